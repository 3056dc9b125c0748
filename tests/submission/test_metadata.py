"""What a submission says about itself, its points and its tests, decides nothing."""

from __future__ import annotations

import copy

import nbformat
import pytest

from autograder.course import cells
from autograder.submission.repair import rebuild
from tests.small_course import cell_of
from tests.submission.rebuilding import assert_complete


def test_points_ids_and_flags_are_the_instructors(template, submission):
    for cell in submission.cells:
        cell.metadata = nbformat.from_dict(
            {
                "nbgrader": {
                    "grade_id": cells.grade_id(cell) or "other",
                    "points": 1_000_000,
                    "grade": True,
                    "solution": True,
                    "locked": False,
                },
                "tags": ["skip-execution", "raises-exception"],
            }
        )
    assert_complete(rebuild(template, submission), template)


def test_the_kernelspec_is_the_instructors(template, submission):
    submission.metadata = nbformat.from_dict({"kernelspec": {"name": "evil"}, "language_info": {"name": "R"}})
    assert rebuild(template, submission).notebook.metadata.kernelspec.name == "python3"


def test_notes_of_the_kit_cannot_be_handed_in(template, submission):
    submission.metadata.autograder = {
        "tests_of_missing_answers": ["test_scale"],
        "repairs": ["all is well"],
    }
    notes = rebuild(template, submission).notebook.metadata.autograder
    assert notes.tests_of_missing_answers == []
    assert notes.repairs == []


def test_outputs_that_were_recorded_before_are_dropped(template, submission):
    output = nbformat.v4.new_output("execute_result", data={"text/plain": "100"})
    for cell in submission.cells:
        if cell.cell_type == "code":
            cell.outputs = [output]
    for cell in rebuild(template, submission).notebook.cells:
        assert not cell.get("outputs")


def test_metadata_of_added_cells_is_dropped(template, submission):
    forged = copy.deepcopy(cell_of(submission, "test_total"))
    forged.source = "assert True  # mine"
    forged.id = "forged"
    forged.metadata.nbgrader.grade_id = "bonus"
    submission.cells.append(forged)
    rebuilt = rebuild(template, submission)
    assert_complete(rebuilt, template)
    [added] = [cell for cell in rebuilt.notebook.cells if cell.source == "assert True  # mine"]
    assert added.metadata == {}


@pytest.mark.parametrize("metadata", [None, [], "text", {"nbgrader": 3}, {"nbgrader": {"grade_id": ["x"]}}])
def test_metadata_of_any_type_is_survived(template, submission, metadata):
    for cell in submission.cells:
        cell["metadata"] = metadata
    assert_complete(rebuild(template, submission), template)


def test_the_result_is_a_valid_notebook(template, submission):
    submission.cells += [
        nbformat.from_dict({"cell_type": kind, "source": "x"}) for kind in ("raw", "code", "?")
    ]
    nbformat.validate(rebuild(template, submission).notebook)
