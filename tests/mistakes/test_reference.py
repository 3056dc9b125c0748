"""What known answers refer to in the source notebook."""

from __future__ import annotations

import nbformat
import pytest

from autograder.course.regions import DEFAULT, Regions
from autograder.mistakes.reference import Reference, needed_cells
from tests.mistakes.notebooks import assignment


@pytest.fixture(scope="module")
def reference():
    return Reference.of(assignment(), DEFAULT)


def test_answers_come_without_the_marks_of_their_solution(reference):
    assert "SOLUTION" not in reference.answers["area"]
    assert reference.answers["volume"] == (
        "def volume(radius, height):\n    base = area(radius)\n    return base * height"
    )


def test_solutions_are_what_students_do_not_get(reference):
    assert reference.solutions["volume"] == "    base = area(radius)\n    return base * height"
    assert "import math" in reference.public
    assert "radius * radius" not in reference.public


def test_a_cell_without_a_marked_region_is_all_solution():
    notebook = assignment()
    [cell] = [cell for cell in notebook.cells if cell.id == "cell-volume"]
    cell.source = "volume = 3"
    reference = Reference.of(notebook, DEFAULT)
    assert reference.solutions["volume"] == "volume = 3"
    assert "volume = 3" not in reference.public


def test_the_marks_of_solutions_are_those_of_the_course():
    notebook = assignment()
    for cell in notebook.cells:
        cell.source = cell.source.replace("BEGIN SOLUTION", "HIDE").replace("END SOLUTION", "SHOW")
    reference = Reference.of(notebook, Regions(solution=("HIDE", "SHOW")))
    assert reference.solutions["volume"] == "    base = area(radius)\n    return base * height"
    assert "SHOW" not in reference.answers["volume"]


def test_a_cells_own_test_is_the_first_below_it_that_uses_what_it_defines(reference):
    assert reference.own_test == {"area": "test_area", "volume": "test_volume"}


def test_a_test_above_the_answer_is_not_its_own():
    notebook = assignment()
    notebook.cells.insert(0, notebook.cells.pop(3))
    assert notebook.cells[0].id == "cell-test_area"
    assert Reference.of(notebook, DEFAULT).own_test["area"] == "test_both"


def test_a_cell_used_only_through_another_has_the_others_test():
    notebook = assignment()
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("cell-test_area", "cell-test_both")]
    assert Reference.of(notebook, DEFAULT).own_test == {"area": "test_volume", "volume": "test_volume"}


def test_tests_that_an_answer_can_change_are_known(reference):
    assert reference.used_by == {
        "area": ("test_area", "test_volume", "test_both"),
        "volume": ("test_volume", "test_both"),
    }


@pytest.mark.parametrize(
    "fills",
    [
        "curves['pruning'] = measured()",
        "for k in (1, 2):\n    curves.setdefault('pruning', []).append(k)",
        "curves.total = 3",
        "curves['pruning'][-1] += 1",
    ],
)
def test_a_test_needs_the_cells_that_fill_what_it_uses(fills):
    sources = [
        "curves = {}",
        "def measured():\n    return 1",
        fills,
        "def other(curves):\n    curves['k'] = 0",
    ]
    before = [nbformat.v4.new_code_cell(source) for source in sources]
    test = nbformat.v4.new_code_cell("assert curves['pruning']")
    assert needed_cells(before, test) == {0, 2} | ({1} if "measured" in fills else set())


def test_a_notebook_without_cell_ids_is_read_alike(reference):
    notebook = assignment()
    for cell in notebook.cells:
        del cell["id"]
    assert Reference.of(notebook, DEFAULT) == reference


def test_languages_are_those_of_the_texts(reference):
    assert reference.languages == ("ja", "en")
