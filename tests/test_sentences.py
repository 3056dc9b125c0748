"""Every sentence that grading may say to a student has its Japanese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from autograder.boundary import arrays_in, pandas_in, proxies, raised, student, wire
from autograder.boundary.withheld import ONLY_FOR_MARKERS
from autograder.errors import BoundaryError, CellTimeout, KernelDied
from autograder.kernel import watching
from autograder.sentences import translated
from autograder.submission import matching, reading, repair
from autograder.verdict import stopped, testcell

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.mark.parametrize(
    "sentence",
    [
        str(CellTimeout.after(30)),
        str(CellTimeout.waiting(60)),
        str(CellTimeout.of_the_check(10)),
        str(CellTimeout.of_the_whole(600)),
        str(KernelDied.because("it was killed")),
        f"{CellTimeout.after(30)} (in test_scale, test_total and 3 more)",
        "your code raised ValueError: two\nlines",
        "name 'x' is not defined: did the cell that defines it run without an error?",
        "'f' is not defined, because its cell 'answer' was stopped: SyntaxError: invalid syntax",
        f"your code raised ValueError {ONLY_FOR_MARKERS}",
        f"your code raised an exception of its own {ONLY_FOR_MARKERS}",
        "written answer 'a': its place is as released, and the student has 2 texts in other cells ('b' among them); "
        "read them when you mark",
        "'f' is defined once more before its test, in added cell 'def f():': the test gets this one",
        "'f' is defined once more after its test, in total: the test gets the one before it",
    ],
)
def test_a_sentence_of_the_kit_is_translated_whole(sentence):
    assert JAPANESE.search(translated(sentence, "ja"))
    assert translated(sentence, "en") == sentence
    assert translated(sentence, "fr") == sentence


def test_a_cell_of_the_students_own_is_told_by_its_first_line():
    told = translated(f"{CellTimeout.after(30)} (in added cell 'while True: pass')", "ja")
    assert told.endswith("（追加されたセル「while True: pass」）")


def test_braces_in_what_a_student_wrote_stay():
    assert "{0} {x}" in translated("your code raised KeyError: {0} {x}", "ja")


def test_another_sentence_stays_as_it_is():
    assert translated("three times one is three", "ja") == "three times one is three"


@pytest.mark.parametrize(
    ("module", "added_to"), [(matching, "repairs"), (repair, "repairs"), (reading, "notes")]
)
def test_every_repair_is_known(module, added_to):
    """The sentences are read from the code that says them, so that a new one is not forgotten."""
    said = []
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            (f"{added_to}.append", "questions.append")
        ):
            only = node.args[0]
            both = (only.body, only.orelse) if isinstance(only, ast.IfExp) else (only,)
            said += [one for one in map(_filled, both) if "when you mark" not in one]
    assert said
    assert [sentence for sentence in said if not JAPANESE.search(translated(sentence, "ja"))] == []


def test_every_verdict_is_known():
    said = [
        _filled(keyword.value)
        for module in (stopped, testcell)
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Verdict"
        for keyword in node.keywords
        if keyword.arg == "message" and isinstance(keyword.value, ast.JoinedStr | ast.Constant)
    ]
    assert len(said) >= 3
    sentences = [one.replace("X: did the cell", "name 'X' is not defined: did the cell") for one in said]
    assert [one for one in sentences if not JAPANESE.search(translated(one, "ja"))] == []


def _filled(node: ast.expr) -> str:
    """A sentence with X for everything that is put into it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr), ast.unparse(node)
    text = "".join(one.value if isinstance(one, ast.Constant) else "X" for one in node.values)
    text = re.sub(r"^X '", "test '", text) if text.startswith("X '") else text
    return re.sub(r"(?<=cell )X(?= is| has| holds)|\bX(?= cells| of| characters|;)", "3", text)


NESTED = {
    "the value cannot be checked (TypeError: X)": [
        _filled(node.exc.args[0]).replace("X", "Tensor")
        for node in ast.walk(ast.parse(Path(proxies.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and ast.unparse(node.exc.func) in ("TypeError", "AttributeError")
    ],
    "the value cannot be checked (BoundaryError: X)": [
        str(BoundaryError.not_understood("the shape of an array is none")),
        *(
            str(BoundaryError.too_large(str(ast.literal_eval(node.args[0])), 1_000_001, 1_000_000))
            for module in (arrays_in, pandas_in, raised, student, wire)
            for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("too_large")
        ),
    ],
    "the process that runs the student's code ended: X": [
        "it used more than 4 GiB of memory",
        "it started more than 64 processes and threads",
        *map(watching.how_it_ended, (256, 9, 24)),
    ],
    "'f' is not defined, because its cell 'answer' was stopped: X": [
        str(CellTimeout.after(30)),
        str(KernelDied.because("it used more than 4 GiB of memory")),
        f"KernelDied: {KernelDied.because('it used more than 4 GiB of memory')}",
    ],
}
KEPT = re.compile(r"'[^']*'|\b(TypeError|BoundaryError|KernelDied|Tensor|SIG\w+|GiB|len|for|pandas|sleep)\b")
"""English in a sentence in Japanese: names, and what a programmer calls it."""


@pytest.mark.parametrize(
    ("outer", "inner"), [(outer, inner) for outer, every in NESTED.items() for inner in every]
)
def test_a_sentence_in_a_sentence_is_translated_too(outer, inner):
    japanese = translated(outer.replace("X", inner), "ja")
    assert not re.search(r"[A-Za-z]{2,}", KEPT.sub("", japanese)), japanese


@pytest.mark.parametrize(
    "own",
    ["ValueError: no such layer", "KeyError: 'rows'", "ValueError: it was (in a, b)", "ValueError: " * 2000],
)
def test_what_a_student_wrote_is_left_as_it_is(own):
    assert translated(f"your code raised {own}", "ja").endswith(own)
