"""Every wrong answer loses exactly its own points, and every right one none."""

from __future__ import annotations

import pytest

from autograder.course import cells
from tests.content.answers import (
    ASSIGNMENTS,
    answered,
    apply,
    blank,
    failed,
    grade_in_process,
    loses,
    mutants,
    proven,
    reference,
    rewrites,
    source,
)

EXPERIMENT = "run"
"""The answer cell of each theme that trains models."""


def of_lessons(kind):
    """All (lesson, mutant); `make prove` does the same of themes, which train models again and again."""
    return [
        pytest.param(assignment, mutant, id=f"{assignment}-{mutant.cell}-{mutant.name}")
        for assignment in ASSIGNMENTS
        if not assignment.startswith("theme_")
        for mutant in kind(assignment)
    ]


def of_themes(kind):
    """All (theme, mutant) whose own test does without the theme's experiment."""
    return [
        pytest.param(assignment, mutant, id=f"{assignment}-{mutant.cell}-{mutant.name}")
        for assignment in ASSIGNMENTS
        if assignment.startswith("theme_")
        for mutant in kind(assignment)
        if own_test(assignment, mutant) not in reference(assignment).used_by[EXPERIMENT]
    ]


def own_test(assignment, mutant) -> str:
    return reference(assignment).own_test[mutant.cell]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_reference_gets_all_points(assignment, tmp_path):
    execution = grade_in_process(assignment, answered(assignment), tmp_path)
    assert {result.cell: result.message for result in execution.cells if result.message} == {}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_blank_release_gets_no_point(assignment, tmp_path):
    execution = grade_in_process(assignment, blank(assignment), tmp_path)
    assert [result.cell for result in execution.cells if result.points] == []


@pytest.mark.parametrize(("assignment", "mutant"), of_lessons(mutants))
def test_a_wrong_answer_loses_exactly_its_own_points(assignment, mutant, tmp_path):
    lost = loses(assignment, mutant)
    execution = grade_in_process(assignment, apply(assignment, mutant), tmp_path, mutant.cell)
    assert failed(execution) == lost
    assert all(result.message for result in execution.cells if result.cell in lost)


@pytest.mark.parametrize(("assignment", "rewrite"), of_lessons(rewrites))
def test_a_right_answer_in_another_style_loses_nothing(assignment, rewrite, tmp_path):
    execution = grade_in_process(assignment, apply(assignment, rewrite), tmp_path, rewrite.cell)
    assert execution.cells
    assert {result.cell: result.message for result in execution.cells if result.message} == {}


@pytest.mark.parametrize(("assignment", "mutant"), of_themes(mutants))
def test_a_wrong_answer_to_a_theme_fails_its_own_test(assignment, mutant, tmp_path):
    own = own_test(assignment, mutant)
    execution = grade_in_process(assignment, apply(assignment, mutant), tmp_path, test=own)
    assert failed(execution) == {own}
    assert all(result.message for result in execution.cells)


@pytest.mark.parametrize(("assignment", "rewrite"), of_themes(rewrites))
def test_a_right_answer_to_a_theme_passes_its_own_test(assignment, rewrite, tmp_path):
    own = own_test(assignment, rewrite)
    execution = grade_in_process(assignment, apply(assignment, rewrite), tmp_path, test=own)
    assert {result.cell: result.message for result in execution.cells} == {own: ""}


@pytest.mark.parametrize("assignment", proven())
def test_every_answer_cell_has_mutants_and_a_rewrite(assignment):
    answers = {cell.id for cell in source(assignment).cells if cells.is_answer(cell)}
    assert {mutant.cell for mutant in mutants(assignment)} == answers
    assert {rewrite.cell for rewrite in rewrites(assignment)} <= answers
