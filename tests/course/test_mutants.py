"""Every wrong answer loses exactly its own points, and every right one none."""

from __future__ import annotations

from collections import Counter

import pytest

from autograder.grading import cells
from tests.course.answers import (
    ASSIGNMENTS,
    answered,
    apply,
    blank,
    failed,
    grade_in_process,
    mutants,
    needed_cells,
    rewrites,
    source,
)

SWEEP = "test_sweep_table"
AT_ONCE = 2
"""So many mutants of a cell whose change makes a theme's whole sweep run again; `make mutants` runs all."""


def each(kind):
    """All (assignment, mutant), the slow ones marked."""
    params = []
    for assignment in ASSIGNMENTS:
        decisive = needed_for(assignment, SWEEP)
        seen = Counter()
        for mutant in kind(assignment):
            seen[mutant.cell] += 1
            slow = mutant.cell in decisive and seen[mutant.cell] > AT_ONCE
            marks = [pytest.mark.slow_mutant] if slow else []
            name = f"{assignment}-{mutant.cell}-{mutant.name}"
            params.append(pytest.param(assignment, mutant, id=name, marks=marks))
    return params


def needed_for(assignment, test):
    """The ids of the cells that a test of an assignment needs; none where it has no such test."""
    code = [cell for cell in source(assignment).cells if cell.cell_type == "code"]
    for position, cell in enumerate(code):
        if cell.id == test:
            return needed_cells(code[:position], cell)
    return frozenset()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_reference_gets_all_points(assignment, tmp_path):
    execution = grade_in_process(assignment, answered(assignment), tmp_path)
    assert {result.cell: result.message for result in execution.cells if result.message} == {}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_blank_release_gets_no_point(assignment, tmp_path):
    execution = grade_in_process(assignment, blank(assignment), tmp_path)
    assert [result.cell for result in execution.cells if result.points] == []


@pytest.mark.parametrize(("assignment", "mutant"), each(mutants))
def test_a_wrong_answer_loses_exactly_its_own_points(assignment, mutant, tmp_path):
    assert mutant.loses, "a mutant loses something"
    execution = grade_in_process(assignment, apply(assignment, mutant), tmp_path, mutant.cell)
    assert failed(execution) == set(mutant.loses)
    assert all(result.message for result in execution.cells if result.cell in mutant.loses)


@pytest.mark.parametrize(("assignment", "rewrite"), each(rewrites))
def test_a_right_answer_in_another_style_loses_nothing(assignment, rewrite, tmp_path):
    execution = grade_in_process(assignment, apply(assignment, rewrite), tmp_path, rewrite.cell)
    assert execution.cells
    assert {result.cell: result.message for result in execution.cells if result.message} == {}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_answer_cell_has_mutants_and_a_rewrite(assignment):
    answers = {cell.id for cell in source(assignment).cells if cells.is_answer(cell)}
    assert {mutant.cell for mutant in mutants(assignment)} == answers
    assert {rewrite.cell for rewrite in rewrites(assignment)} <= answers
