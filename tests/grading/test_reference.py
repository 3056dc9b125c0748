"""What `build` and `adopt` say of tests that cannot be released: the cell, and what to write."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.grading import reference
from tests.grading.pools import FakePool


def faults(
    tmp_path: Path, answer: str, test: str, files: dict[str, str] | None = None, known: bool = True
) -> list[str]:
    """Why an assignment with one answer, which nbgrader may not know of, and one test is not released."""
    folder = tmp_path / "course"
    place = folder / "source" / "hw"
    place.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "c"\n')
    for name, text in (files or {}).items():
        (place / name).write_text(text)
    cells = [
        nbformat.v4.new_code_cell(
            source,
            id=name,
            metadata={"nbgrader": {"grade_id": name, "schema_version": 3, "locked": name == "test", **flags}}
            if known or name == "test"
            else {},
        )
        for name, source, flags in (
            ("answer", answer, {"solution": True, "grade": False}),
            ("test", test, {"solution": False, "grade": True, "points": 1}),
        )
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), place / "hw.ipynb")
    course = Course(folder)
    [found] = reference.faults(course, ["hw/hw"], tmp_path / "results").values()
    return [fault.why for fault in found]


@pytest.mark.parametrize(
    ("answer", "test", "said"),
    [
        ("def f(): return 1", "assert f() == 1", []),
        (
            "def f(): return 1",
            "import math\ndef test_f():\n    assert f() == 2",
            ["it defines test_f and does not call it: end with `test_f()`"],
        ),
        ("x = 1", "assert 1 + 1 == 2", ["test something that only an answer can do"]),
        (
            "import urllib.error\nraise urllib.error.URLError('no')\ndf = 1",
            "assert df == 1",
            ["students' code has no network where it is graded"],
        ),
        ("raise ValueError\nx = 1", "assert x == 1", ["Restart and Run All must reach it"]),
        ("def f(): return missing", "assert f() == 1", ["reads a name that no cell sets before this test"]),
        (
            "def f():\n    raise NotImplementedError\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION",
            "assert f() == 1",
            ["take `raise NotImplementedError` out of the source's answer"],
        ),
        (
            "def center(xs): xs[:] = [x - 1 for x in xs]\ndef total(xs): return sum(xs)",
            "def check(n):\n    xs = [n, 1]\n    center(xs)\n    return total(xs)\nassert check(3) == 2",
            ["if the answer is to change xs: arguments are copies"],
        ),
        (
            "def f(xs): return sum(xs)",
            "xs = [1]\nassert f(xs) == 2",
            ["the reference itself does not pass this test: this does not hold: assert f(xs) == 2"],
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(answer, test, said, tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "run_all", FakePool())
    found = faults(tmp_path, answer, test)
    assert len(found) == len(said)
    assert all(text in why for text, why in zip(said, found, strict=True))


@pytest.mark.parametrize("answer", ["def f(): return 1", "def f():\n    pass  # YOUR CODE HERE"])
def test_answers_in_cells_that_nbgrader_does_not_know_are_to_be_made_answers(answer, tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "run_all", FakePool())
    [why] = faults(tmp_path, answer, "assert f() == 1", known=False)
    assert "make the one that defines f an autograded answer" in why


@pytest.mark.kernel
def test_a_file_that_the_answer_writes_must_not_be_shipped(tmp_path):
    answer = "### BEGIN SOLUTION\nopen('out.txt', 'w').write('x')\n### END SOLUTION"
    test = "assert open('out.txt').read() == 'x'"
    [found] = faults(tmp_path, answer, test, {"out.txt": "x"})
    assert "remove out.txt from beside the notebook" in found
