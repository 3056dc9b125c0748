"""A student sees what a session of their own had shown, and never what only grading could have put there."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from autograder.kernel.kernel import CellRun
from autograder.verdict.disclosure import behind_tests, for_students, what_was_raised
from tests.fakes import text_of


def a_test(identity: str = "t"):
    cell = new_code_cell("assert True", id=identity)
    cell.metadata.nbgrader = nbformat.from_dict(
        {"grade": True, "solution": False, "task": False, "grade_id": identity, "points": 1}
    )
    return cell


def printed(text: str):
    return new_output("stream", name="stdout", text=text)


def raised(name: str, message: str):
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


def cell_with(identity: str, *outputs):
    return new_code_cell("x", id=identity, outputs=list(outputs))


class TestOutputs:
    def told(self, *cells, **submitted):
        notebook = nbformat.v4.new_notebook(cells=list(cells))
        notebook.metadata.autograder = nbformat.from_dict({"handed_in": submitted})
        return {cell.id: text_of(cell.outputs) for cell in for_students(notebook).cells}

    def test_before_the_first_test_everything_is_shown(self):
        assert self.told(cell_with("a", printed("1")), a_test()) == {"a": "1", "t": ""}

    def test_behind_it_only_what_was_handed_in(self):
        cells = (a_test(), cell_with("a", printed("hidden")), cell_with("b", raised("E", "hidden")))
        assert self.told(*cells, a=[printed("seen")]) == {"t": "", "a": "seen", "b": ""}

    def test_what_was_handed_in_before_any_test_need_not_be_kept(self):
        notebook = nbformat.v4.new_notebook(cells=[cell_with("a"), a_test(), cell_with("b"), cell_with("c")])
        assert behind_tests(notebook, {"a": [1], "b": [2], "t": [3]}) == {"b": [2]}

    def test_of_a_test_the_verdict_is_shown_and_nothing_that_was_printed_meanwhile(self):
        cell = a_test()
        cell.outputs = [printed("hidden"), raised("failed", "twice two is four")]
        assert self.told(cell) == {"t": "failed: twice two is four"}

    def test_the_notebook_itself_keeps_all_for_markers(self):
        notebook = nbformat.v4.new_notebook(cells=[a_test(), cell_with("a", printed("hidden"))])
        for_students(notebook)
        assert text_of(notebook.cells[1].outputs) == "hidden"


class TestWhatStoppedACell:
    RUN = CellRun([printed("x"), raised("ValueError", "the number 815")], "ValueError")

    def test_before_any_test_it_is_told_in_full(self):
        assert what_was_raised(self.RUN, tested=False) == "ValueError: the number 815"

    def test_behind_one_only_its_kind(self):
        assert what_was_raised(self.RUN, tested=True) == "ValueError"
        own = CellRun([raised("Number815", "")], "Number815")
        assert what_was_raised(own, tested=True) == "an exception of its own"

    def test_behind_one_too_which_package_is_missing(self):
        run = CellRun([raised("ModuleNotFoundError", "No module named 'lightning'")], "ModuleNotFoundError")
        told = what_was_raised(run, tested=True, source="import lightning as L")
        assert told.startswith(
            "ModuleNotFoundError: No module named 'lightning' (this package is not installed"
        )
        assert what_was_raised(run, tested=True, source="__import__(x)") == "ModuleNotFoundError"

    @pytest.mark.parametrize(
        ("source", "kind", "message"),
        [
            (
                "def f(x):\n\u3000return x",
                "SyntaxError",
                "invalid non-printable character U+3000 (28011.py, line 2)",
            ),
            (
                "%matplotlib inline\ndef f(x):\nreturn x",
                "IndentationError",
                "expected an indented block after function definition on line 2 (1.py, line 3)",
            ),
            ("f(x", "SyntaxError", "'(' was never closed (28011.py, line 1)"),
            ("def f(x: List[int]):\n    return x", "NameError", "name 'List' is not defined"),
            ("%%time\nx = np.zeros(3)", "NameError", "name 'np' is not defined"),
        ],
    )
    def test_behind_one_too_what_is_wrong_with_its_own_text(self, source, kind, message):
        run = CellRun([raised(kind, message)], kind)
        assert what_was_raised(run, tested=True, source=source) == f"{kind}: {message}"
        assert what_was_raised(run, tested=True, source="x = 1") == kind
        other = CellRun([raised(kind, f"815 {message}")], kind)
        assert what_was_raised(other, tested=True, source=source) == kind
