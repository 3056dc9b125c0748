"""Fingerprints stay the same under what hides a copy, and differ where the code does."""

from __future__ import annotations

import pytest

from autograder.similarity.fingerprints import LONGEST, imported_names, of_code, of_text

KNOWN = {"torch": "torch", "nn": "torch.nn", "score": "score", "model": "model"}

ORIGINAL = '''
def score(model, x, y):
    """How many are right."""
    with torch.no_grad():
        predicted = model(x).argmax(dim=1)
    right = 0
    for guess, truth in zip(predicted, y):
        if guess == truth:
            right += 1
    return 100 * right / len(y)
'''


def prints(source: str) -> frozenset[int]:
    return of_code(source, KNOWN)


def likeness(one: str, other: str) -> float:
    a, b = prints(one), prints(other)
    return len(a & b) / min(len(a), len(b))


@pytest.mark.parametrize(
    ("what", "copy"),
    [
        (
            "names",
            ORIGINAL.replace("predicted", "p").replace("right", "hits").replace("guess", "g").replace("truth", "t"),
        ),
        ("the names of arguments", ORIGINAL.replace("(x)", "(images)").replace("x, y", "images, y")),
        ("a name that given code has too", ORIGINAL.replace("model", "net")),
        ("the docstring", ORIGINAL.replace("How many are right.", "精度を求めます。")),
        ("no docstring", ORIGINAL.replace('    """How many are right."""\n', "")),
        ("comments", ORIGINAL.replace("right = 0", "right = 0  # start\n    # count them")),
        ("layout", ORIGINAL.replace("zip(predicted, y)", "zip(\n        predicted,\n        y,\n    )")),
        ("needless parentheses", ORIGINAL.replace("100 * right / len(y)", "((100 * right) / len(y))")),
        ("annotations", ORIGINAL.replace("x, y):", "x: torch.Tensor, y: torch.Tensor) -> float:")),
        ("imports", "import math, os\n" + ORIGINAL),
        ("IPython's magics", "%matplotlib inline\n!pip list\n" + ORIGINAL),
    ],
)  # fmt: skip
def test_a_change_of_form_changes_no_fingerprint(what, copy):
    assert copy != ORIGINAL
    assert prints(copy) == prints(ORIGINAL)


def test_the_order_of_functions_changes_only_the_fingerprints_at_their_borders():
    other = "def best(table):\n    return max(table, key=lambda row: row[1])[0]\n"
    assert likeness(ORIGINAL + other, other + ORIGINAL) > 0.85


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("another method of the library", ORIGINAL.replace("argmax", "argmin")),
        ("another argument of the library", ORIGINAL.replace("dim=1", "axis=1")),
        ("another number", ORIGINAL.replace("100 *", "1.0 *")),
        ("another operator", ORIGINAL.replace("==", "!=")),
        ("other variables in the same places", ORIGINAL.replace("zip(predicted, y)", "zip(y, y)")),
    ],
)
def test_a_change_of_what_is_computed_changes_fingerprints(what, other):
    assert 0.5 < likeness(ORIGINAL, other) < 1


def test_a_library_under_another_name_is_the_same_library():
    known = KNOWN | {"t": "torch"}
    assert of_code("t.save(t.zeros(3).sum(), 'file')", known) == prints(
        "torch.save(torch.zeros(3).sum(), 'file')"
    )
    assert imported_names("import torch as t\nimport torch.nn\nfrom torch import nn as n, optim") == {
        "t": "torch",
        "torch": "torch",
        "n": "torch.nn",
        "optim": "torch.optim",
    }


def test_attributes_that_a_student_made_up_may_be_renamed():
    source = "class Net(nn.Module):\n    def forward(self, x):\n        self.seen = x.sum()\n        return self.seen + 1"
    assert prints(source.replace("seen", "total")) == prints(source)
    assert prints(source.replace("x.sum", "x.mean")) != prints(source)


def test_the_arguments_of_a_students_own_function_may_be_renamed():
    source = "def half(value):\n    return value / 2\n\nresult = half(value=3) + half(value=4)"
    assert prints(source.replace("value", "v")) == prints(source)


def test_code_that_cannot_be_parsed_is_still_like_its_copy():
    broken = ORIGINAL + "\nprint('accuracy', score(model, x, y)"
    with pytest.raises(SyntaxError):
        compile(broken, "cell", "exec")
    assert likeness(ORIGINAL, broken) > 0.7


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\0",
        "x = 0x" + "f" * 10_000 + " + " + "9" * 5_000 + " - 1 * 2",
        "(" * 10_000 + "1" + ")" * 10_000,
        "x = " + "-" * 20_000 + "1",
        "a" + ".b" * 20_000,
        "'''" * 5_001 + "\\" * 1_001,
        "if x:\n" + "".join(" " * depth + "if x:\n" for depth in range(1, 300)),
        "\ud800 = 1 + 2 + 3 + 4 + 5",
        "é\u202e\x1b[31m = '\\d' + f'{a!r:{b}}' + 1 + 2",
        "x = 1\n" * 30_000,
    ],
)
def test_hostile_code_is_read_like_any_other(source):
    assert of_code(source, KNOWN) == of_code(source, KNOWN)
    of_text(source)


def test_only_so_much_of_an_answer_is_read():
    text = "0123456789" * (LONGEST // 10)
    assert of_text(text + "and something else after it") == of_text(text)


class TestText:
    def test_spaces_punctuation_and_letter_case_do_not_count(self):
        assert of_text("The loss **falls**, but slowly.") == of_text("the loss falls\nbut SLOWLY")

    def test_full_width_letters_are_letters(self):
        assert of_text("ＲＭＳＥは０．５でした。だから良い") == of_text("RMSEは0.5でした、だから良い")

    def test_a_japanese_sentence_that_was_moved_is_found(self):
        first, second = (
            "ビット数を減らすと誤差は急に大きくなりました。",
            "精度は三ビットまでほとんど変わりません。",
        )
        one, other = of_text(first + second), of_text(second + first)
        assert len(one & other) / len(one) > 0.6

    def test_two_answers_to_one_question_are_not_alike(self):
        one = of_text(
            "ビット数を 8 から 1 に減らすと RMSE は 0.001 から 0.2 に増え、精度は 95 % から 40 % に落ちた。"
        )
        other = of_text(
            "精度が大きく下がるのは 2 ビットより小さいときで、それまでは誤差が増えてもほぼ同じ値でした。"
        )
        assert len(one & other) / min(len(one), len(other)) < 0.1
