"""What checks say comes in the languages of a course, whatever they put into their sentences."""

from __future__ import annotations

import ast
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from autograder.checking import messages
from autograder.checking.messages import Catalogue, catalogue_of, in_languages
from autograder.checking.values import describe, form
from autograder.errors import CourseError
from autograder.text import in_language, is_japanese

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ROOT / "checks"
MODULES = sorted([*CHECKS.rglob("*.py"), *Path(messages.__file__).parent.glob("*.py")])
FOR_NOBODY = {"derived_seed", "evaluated", "in_kernel", "ValueError", "CourseError"}
"""What is called with words that no student reads."""
SAME_IN_ALL = {"CURVES"}
"""Names that the texts give to the groups of a sweep, in all languages the same."""
PUT_IN = "§"
"""Stands for whatever a check puts into a sentence."""


@pytest.fixture(scope="module")
def japanese() -> Catalogue:
    found = catalogue_of("ja", CHECKS)
    assert found is not None
    return found


def said(path: Path) -> Iterator[str]:
    """Every text of two words or more in a module of checks that may become a part of a message."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        called = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or called in FOR_NOBODY or isinstance(node, ast.Subscript):
            silent |= set(map(id, ast.walk(node)))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            silent |= set(map(id, ast.walk(node.returns)))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in SAME_IN_ALL:
            silent |= set(map(id, ast.walk(node)))
        elif isinstance(node, ast.JoinedStr):
            silent |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) not in silent and isinstance(node, ast.JoinedStr | ast.Constant):
            for text in _texts(node):
                words = [word for word in text.replace(PUT_IN, " ").split() if any(map(str.isalpha, word))]
                if len(words) > 1 and "\n" not in text and not is_japanese(text):
                    yield text


def _texts(node: ast.expr) -> list[str]:
    """What an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return ["".join(pair) for pair in itertools.product(_texts(node.left), _texts(node.right))]
    if isinstance(node, ast.JoinedStr):
        return ["".join(parts) for parts in itertools.product(*map(_texts, node.values))]
    return _texts(node.value) if isinstance(node, ast.FormattedValue) else [PUT_IN]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(path.parents[1])))
def test_whatever_a_check_says_is_known_in_japanese(path, japanese):
    assert [text for text in said(path) if not is_japanese(japanese.translated(text) or "")] == []


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        (
            "for x = [1, 2]: it returned 3: count again by hand",
            "x = [1, 2] のとき：3 が返されました。手で数え直してみてください",
        ),
        (
            "for config = {'a': 1}: the result must be a float32 tensor of shape (2, 3), got None (is there a return?)",
            "config = {'a': 1} のとき：戻り値は形 (2, 3) の float32 テンソルのはずですが、None（return はありますか）でした",
        ),
        (
            "for run_surface(momentum=0.5, learning_rate=0.0, steps=2, start=(9.0, 1.0)): x is wrong after 1 steps, "
            "and right before: got 7.2, expected 9",
            "run_surface(momentum=0.5, learning_rate=0.0, steps=2, start=(9.0, 1.0)) のとき："
            "1 歩後の x が正しくありません（その前までは正しいです）：9 のはずですが、7.2 でした",
        ),
        (
            "for x = ')': it returned '(': count again by hand",
            "x = ')' のとき：'(' が返されました。手で数え直してみてください",
        ),
    ],
)
def test_parts_of_a_message_are_translated_too(japanese, english, expected):
    assert japanese.translated(english) == expected


def test_what_values_are_is_said_in_japanese(japanese):
    values = [
        None,
        torch.zeros(2),
        nn.Parameter(torch.zeros(2, 3)),
        [1],
        {},
        3,
        2.0,
        True,
        "a",
        nn.Sequential(nn.ReLU()),
    ]
    values += [torch.zeros(2).numpy(), torch.zeros(1).numpy()[0], object()]
    for value in values:
        assert is_japanese(japanese.translated(form(value)) or "") or form(value).split()[-1] in (
            "int",
            "float",
            "bool",
            "str",
        )


def test_a_model_in_a_message_is_called_by_its_layers():
    assert describe(nn.Sequential(nn.Linear(1, 1), nn.ReLU())) == "Sequential(Linear, ReLU)"


def test_a_message_comes_in_the_languages_of_the_assignment():
    english = "it changed its argument; work on a copy"
    both = in_languages(english, ("ja", "en"), CHECKS)
    assert in_language(both, "en") == english
    assert is_japanese(in_language(both, "ja"))
    assert "copy" not in in_language(both, "ja")
    assert in_languages(english, ("en",), CHECKS) == english
    assert in_languages(english, (), CHECKS) == english
    assert is_japanese(in_languages(english, ("ja",), CHECKS))
    assert in_languages("of nobody's catalogue", ("ja", "en"), CHECKS) == "of nobody's catalogue"


@pytest.mark.parametrize(
    "both",
    [
        "Python の int を返してください（今は Equal） / expected a Python int, got Equal",
        "int(...) で Python の int にしてください / expected a Python int, got Equal: wrap the result in int(...)",
        "リストを返してください（今は Equal） / expected a list of rows, got Equal",
        "expected a list of rows, got Equal / リストを返してください（今は Equal）",
        "8 通りのはずです / expected 8 values, got 7: use // instead of /",
    ],
)
def test_a_message_that_says_both_already_stays_as_it_is(both):
    assert in_languages(both, ("ja", "en"), CHECKS) == both


def test_what_a_student_wrote_in_japanese_is_quoted_in_a_message_in_japanese():
    said = in_languages("for x = 1: it raised ValueError: 形が違う / a / b", ("ja", "en"), CHECKS)
    assert said.startswith("x = 1 のとき：例外 ValueError: 形が違う")


def test_a_message_made_to_take_for_ever_does_not():
    began = time.process_time()
    for text in ("for " * 900, "a: " * 1300, ", got " * 600, "for x = " + "{': ': 1}, " * 300 + ": y"):
        in_languages(text, ("ja", "en"), CHECKS)
    assert time.process_time() - began < 3


def test_a_file_that_is_no_catalogue_is_named(tmp_path):
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "sentences.yaml").write_text('"it is {a}": "{b}"\n', encoding="utf-8")
    with pytest.raises(CourseError, match=r"sentences\.yaml.*do not fit"):
        catalogue_of("xx", tmp_path)
