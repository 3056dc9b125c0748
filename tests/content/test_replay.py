"""A transcript of right answers is worth nothing: every hidden test asks something else with another seed."""

from __future__ import annotations

import pytest

from autograder.course import cells
from autograder.course.regions import DEFAULT
from autograder.grading import execution as module
from autograder.grading.execution import execute
from autograder.grading.task import Task
from autograder.submission.repair import rebuild
from autograder.verdict import importing
from tests.content.answers import ASSIGNMENTS, COURSE, answered, what_decides
from tests.fakes import InProcessKernel

ABOUT_DATA = {"test_claims"}
"""Tests of numbers that a student has measured: no function is asked anything."""


def each():
    return [
        pytest.param(name, marks=[pytest.mark.slow_theme] if name.startswith("theme_") else [])
        for name in ASSIGNMENTS
    ]


@pytest.mark.parametrize("assignment", each())
def test_every_hidden_test_asks_something_else_with_another_seed(assignment, tmp_path, monkeypatch):
    notebook = what_decides(rebuild(COURSE.template(assignment), answered(assignment)).notebook)
    importing.install(COURSE.modules(notebook))
    first, second = (asked(notebook, seed, tmp_path, monkeypatch) for seed in (1, 2))
    hidden = {
        cells.grade_id(cell)
        for cell in notebook.cells
        if cells.is_test(cell) and DEFAULT.released(cell.source) != cell.source.rstrip("\n")
    }
    hidden -= ABOUT_DATA
    assert hidden
    assert [name for name in sorted(hidden) if first[name] <= second[name]] == []


def asked(notebook, seed, folder, monkeypatch) -> dict[str, set[bytes]]:
    """For each test cell, what the student's kernel was asked while it ran."""
    requests: dict[str, set[bytes]] = {}
    judge = module.run_test_cell

    class Listening(InProcessKernel):
        test = ""

        def request(self, payload):
            requests.setdefault(self.test, set()).add(payload)
            return super().request(payload)

    def run_test_cell(source, kernel, name, **rest):
        kernel.test = name
        return judge(source, kernel, name, **rest)

    monkeypatch.setattr(module, "run_test_cell", run_test_cell)
    execution = execute(Task(notebook=notebook, seed=seed), lambda limits: Listening(folder=folder))
    monkeypatch.undo()
    assert {result.cell: result.message for result in execution.cells if result.message} == {}
    return requests
