"""The student's objects that an earlier test cell has made: a later one goes on with them, in the same process only."""

from __future__ import annotations

import nbformat
import pytest

from autograder.boundary.held import MOST, copied, objects_in
from autograder.course.given import Surroundings
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status, Verdict
from tests.fakes import InProcessKernel

CLASS = "class P:\n    def __init__(self, x): self.x, self.next = x, None\nkept = []"


class Notebook:
    """Test cells of one notebook, one behind the other."""

    def __init__(self, *sources: str) -> None:
        self.kernel = InProcessKernel(CLASS, *sources)
        self.values: dict = {}

    def run(self, source: str, carried: str = "", kept: str = "p q") -> Verdict:
        given = Surroundings(classes=("P",), carried=tuple(carried.split()), kept=tuple(kept.split()))
        return run_test_cell(source, self.kernel, given=given, values=self.values)


def test_an_object_is_there_in_each_later_cell():
    notebook = Notebook()
    assert notebook.run("p = P(1)").status is Status.PASSED
    for number in range(1, 4):
        assert notebook.run(f"assert p.x == {number}\np.x += 1\nP(7)", carried="p").status is Status.PASSED


def test_an_object_that_no_later_cell_needs_ends_with_its_cell():
    notebook = Notebook()
    notebook.run("import weakref\np, other = P(1), P(2)", kept="p")
    notebook.run("assert P(3).x == 3 and p.x == 1", carried="p", kept="")
    assert [item.x for item in notebook.kernel.agent.objects.values() if hasattr(item, "x")] == [1, 3]
    notebook.run("assert P(3).x == 3", kept="")
    assert [item.x for item in notebook.kernel.agent.objects.values() if hasattr(item, "x")] == [3]


def test_one_object_is_itself_whichever_way_it_comes():
    notebook = Notebook("def keep(p):\n    kept.append(p)\ndef give(): return kept[0]")
    assert notebook.run("p = P(1)\nkeep(p)\nq = {p: 'a'}").status is Status.PASSED
    test = "assert give() is p and give() == p and q[give()] == 'a' and P(1) is not p and P(1) not in q"
    assert notebook.run(test, carried="p q").status is Status.PASSED


@pytest.mark.parametrize(
    "use",
    [
        "p.x",
        "p == p.next",
        "f(p)",
        "f([p])",
        "str(p)",
        "[*p]",
        "p + 1",
        "p.x = 3",
        "p is P(1) or p.x",
        "hash(p)",
        "p == P(1)",
    ],
)
def test_where_the_process_has_ended_since_a_test_that_uses_the_object_fails_and_says_why(use):
    notebook = Notebook("def f(*x): return x")
    notebook.run("p = P(1)")
    notebook.kernel = InProcessKernel(CLASS, "def f(*x): return x\nfor n in range(50): kept.append(P(n))")
    verdict = notebook.run(f"others = [P(n) for n in range(20)]\n{use}", carried="p")
    assert verdict.status is Status.ERROR
    assert "ended since then: make it in this cell, too" in verdict.message
    assert notebook.run("assert P(1).x == 1", carried="p").status is Status.PASSED


def test_an_object_of_another_process_is_not_one_of_the_same_number():
    notebook = Notebook()
    notebook.run("p = P(1)")
    notebook.kernel = InProcessKernel(CLASS)
    verdict = notebook.run("others = [P(n) for n in range(20)]\nassert p not in others", carried="p")
    assert verdict.status is Status.ERROR
    assert notebook.run("assert not any(p is P(n) for n in range(20))", carried="p").status is Status.PASSED


def test_what_is_held_where_nobody_looks_is_gone_and_the_test_says_so():
    notebook = Notebook()
    notebook.run("import numpy as np\np = np.array([P(1), None], dtype=object)")
    for test in ("p[0].x", "q = p[0]\nq.x", "str(p[0])"):
        verdict = notebook.run(f"P(2)\n{test}", carried="p")
        assert verdict.status is Status.ERROR
        assert "make it in this cell, too" in verdict.message


def test_items_that_were_asked_for_ahead_are_not_lost():
    notebook = Notebook("def count(n):\n    for i in range(n): yield P(i)")
    assert (
        notebook.run("p = count(40)\nq = [next(iter(p)).x, next(p).x]\nassert q == [0, 1]").status
        is Status.PASSED
    )
    assert notebook.run("assert next(p).x == 2", carried="p").status is Status.PASSED
    assert (
        notebook.run("assert [item.x for item in p] == [*range(3, 40)]", carried="p").status is Status.PASSED
    )


def test_a_length_that_was_asked_for_is_held_against_the_items():
    notebook = Notebook("class L:\n    def __len__(self): return 2\n    def __iter__(self): return iter([1])")
    assert notebook.run("p = L()\nassert len(p) == 2").status is Status.PASSED
    assert notebook.run("for _ in zip(p, [1, 2]): pass", carried="p").status is Status.ERROR


def test_a_test_that_stops_leaves_what_it_had_made():
    notebook = Notebook()
    assert notebook.run("p = P(1)\nassert False").status is Status.FAILED
    assert notebook.run("assert p.x == 1", carried="p").status is Status.PASSED


def test_copies_of_values_have_the_same_objects_and_ask_nobody():
    notebook = Notebook("P.__deepcopy__ = lambda self, memo: 1 / 0")
    notebook.run("p = P(1)\nq = [[p], {'a': p}]")
    requests = notebook.kernel.requests
    [first], second = copied(notebook.values["q"])
    assert first is second["a"] is notebook.values["p"]
    assert notebook.kernel.requests == requests


def test_what_leads_to_a_library_or_to_everything_is_not_looked_through():
    notebook = Notebook()
    notebook.run("p = P(1)")
    p = notebook.values["p"]
    error = ValueError(p)
    assert objects_in([[p], (p,), error, {"a": nbformat}, pytest, lambda: p]) == [p]
    assert objects_in([list(range(2 * MOST))]) == []
