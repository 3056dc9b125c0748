"""A submission is rebuilt on its release: the structure is the instructor's, the answers are the student's."""

from __future__ import annotations

import copy
import random

import nbformat
import pytest
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.course import cells
from autograder.course.regions import Regions
from autograder.course.template import Stubs, load
from autograder.grading.execution import execute
from autograder.grading.task import Task
from autograder.submission.repair import rebuild
from tests import small_course
from tests.fakes import FakeKernels
from tests.small_course import ANSWERS, cell_of
from tests.submission.rebuilding import GRADED, answered, assert_complete, assert_structure, sources


def index_of(notebook: NotebookNode, identity: str) -> int:
    return notebook.cells.index(cell_of(notebook, identity))


def forget(cell: NotebookNode) -> None:
    """What tools do that drop ids and metadata."""
    cell.pop("id", None)
    cell.metadata = nbformat.from_dict({})


class TestAnUntouchedSubmission:
    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_it_needs_no_repair(self, template, language):
        rebuilt = rebuild(template, answered(template, language))
        assert rebuilt.repairs == ()
        assert rebuilt.questions == ()
        assert_structure(rebuilt, template, language)

    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_it_keeps_its_language(self, template, language):
        ids = set(sources(rebuild(template, answered(template, language))))
        assert f"intro-{language}" in ids
        assert {"ja": "intro-en", "en": "intro-ja"}[language] not in ids

    def test_its_tests_get_their_hidden_parts_back(self, template, submission):
        assert "HIDDEN" not in cell_of(submission, "test_scale").source
        assert "call_many(scale" in sources(rebuild(template, submission))["test_scale"]

    def test_the_submission_itself_is_not_changed(self, template, submission):
        before = copy.deepcopy(submission)
        rebuild(template, submission)
        assert submission == before

    def test_the_template_is_not_changed(self, template, submission):
        before = copy.deepcopy(template.notebook)
        cell_of(submission, "imports").source = "import os"
        rebuild(template, submission)
        assert template.notebook == before


class TestLostIdentities:
    def test_lost_ids_are_found_by_metadata(self, template, submission):
        for cell in submission.cells:
            cell.pop("id")
        assert_complete(rebuild(template, submission), template)

    def test_lost_metadata_is_found_by_ids(self, template, submission):
        for cell in submission.cells:
            cell.metadata = nbformat.from_dict({})
        assert_complete(rebuild(template, submission), template)

    @pytest.mark.parametrize("identity", ["imports", "test_scale", "test_total", "task"])
    def test_a_given_cell_that_lost_its_id_and_its_text_is_found_by_metadata(
        self, template, submission, identity
    ):
        cell = cell_of(submission, identity)
        cell.pop("id")
        cell.source = "1 + 1"
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        code = [one.source for one in rebuilt.notebook.cells if one.cell_type == "code"]
        assert "1 + 1" not in "\n".join(code).splitlines()

    def test_a_given_cell_that_defines_the_same_name_is_not_taken_for_the_answer(self, tmp_path):
        source = small_course.source()
        given = copy.deepcopy(cell_of(source, "imports"))
        given.update(id="given", source="def total(values):\n    return 'to be replaced'")
        given.metadata.nbgrader.grade_id = "given"
        source.cells.insert(2, given)
        template = small_course.make(tmp_path, source).template("small")
        submission = answered(template)
        forget(cell_of(submission, "total"))
        rebuilt = rebuild(template, submission)
        assert rebuilt.questions == ()
        assert sources(rebuilt)["total"] == ANSWERS["total"]

    def test_without_both_cells_are_found_by_what_they_say(self, template, submission):
        for cell in submission.cells:
            forget(cell)
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        assert "answer 'scale' had lost its id and was found by what it defines" in rebuilt.repairs
        assert not [cell for cell in rebuilt.notebook.cells if cell.id.startswith("added-")]

    def test_new_random_ids_are_as_good_as_none(self, template, submission):
        for number, cell in enumerate(submission.cells):
            forget(cell)
            cell.id = f"random{number}"
        assert_complete(rebuild(template, submission), template)

    def test_swapped_ids_do_not_swap_answers(self, template, submission):
        scale, total = cell_of(submission, "scale"), cell_of(submission, "total")
        scale.id, total.id = "total", "scale"
        scale.metadata, total.metadata = total.metadata, scale.metadata
        assert_complete(rebuild(template, submission), template)

    def test_an_id_of_a_test_on_an_answer_does_not_make_it_a_test(self, template, submission):
        test, answer = cell_of(submission, "test_scale"), cell_of(submission, "scale")
        test.id, answer.id = "scale", "test_scale"
        test.metadata, answer.metadata = answer.metadata, test.metadata
        assert_complete(rebuild(template, submission), template)


class TestDuplicates:
    def test_of_two_cells_with_one_id_the_first_counts_and_the_second_runs_after_it(
        self, template, submission
    ):
        second = copy.deepcopy(cell_of(submission, "total"))
        second.source = "def total(values):\n    return 0"
        submission.cells.insert(index_of(submission, "total") + 1, second)
        rebuilt = rebuild(template, submission)
        assert sources(rebuilt)["total"] == ANSWERS["total"]
        order = [cell.id for cell in rebuilt.notebook.cells]
        assert order[order.index("total") + 1].startswith("added-")

    def test_a_copy_of_a_test_is_not_graded_twice(self, template, submission):
        submission.cells.append(copy.deepcopy(cell_of(submission, "test_total")))
        assert_complete(rebuild(template, submission), template)

    def test_ids_of_the_result_are_unique(self, template, submission):
        submission.cells += [nbformat.v4.new_code_cell("print(1)", id="imports") for _ in range(3)]
        found = [cell.id for cell in rebuild(template, submission).notebook.cells]
        assert len(found) == len(set(found))


class TestMovedAndSplit:
    def test_moved_cells_are_put_back_in_order(self, template, submission):
        submission.cells.reverse()
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        assert "cells had been moved, and were put back in their order" in rebuilt.repairs

    @pytest.mark.parametrize("seed", range(8))
    def test_any_order_is_put_back(self, template, submission, seed):
        random.Random(seed).shuffle(submission.cells)
        assert_complete(rebuild(template, submission), template)

    def test_the_second_half_of_a_split_answer_runs_after_the_first(self, template, submission):
        cell_of(submission, "total").source = "def helper(values):\n    return sum(values)"
        submission.cells.insert(
            index_of(submission, "total") + 1,
            nbformat.v4.new_code_cell("def total(values):\n    return helper(values)"),
        )
        rebuilt = rebuild(template, submission)
        assert_structure(rebuilt, template)
        code = "\n".join(cell.source for cell in rebuilt.notebook.cells if not cells.is_test(cell))
        assert "def helper" in code
        assert "def total" in code
        assert code.index("def helper") < code.index("def total")

    def test_a_cell_of_the_students_own_keeps_its_place(self, template, submission):
        submission.cells.insert(index_of(submission, "scale"), nbformat.v4.new_code_cell("helper = 1"))
        submission.cells.insert(0, nbformat.v4.new_markdown_cell("My notes"))
        found = [cell.source for cell in rebuild(template, submission).notebook.cells]
        assert found[0] == "My notes"
        assert found[found.index(ANSWERS["scale"]) - 1] == "helper = 1"

    def test_an_answer_in_another_cell_is_found_by_what_it_defines(self, template, submission):
        cell_of(submission, "total").source = ""
        submission.cells.append(nbformat.v4.new_code_cell(ANSWERS["total"]))
        assert sources(rebuild(template, submission))["total"] == ANSWERS["total"]

    def test_two_cells_that_could_both_be_the_answer_are_a_question(self, template, submission):
        submission.cells.remove(cell_of(submission, "total"))
        for number in (1, 2):
            submission.cells.append(nbformat.v4.new_code_cell(f"def total(values):\n    return {number}"))
        rebuilt = rebuild(template, submission)
        assert len(rebuilt.questions) == 1
        assert "answer 'total': 2 cells define total" in rebuilt.questions[0]

    def test_a_question_is_not_answered_by_guessing(self, template, submission):
        cell_of(submission, "total").source = ANSWERS["scale"]
        submission.cells.remove(cell_of(submission, "scale"))
        submission.cells.append(nbformat.v4.new_code_cell("def scale(x, factor):\n    return x"))
        rebuilt = rebuild(template, submission)
        assert "answer 'scale': 2 cells define scale" in rebuilt.questions[0]
        assert "NotImplementedError" in sources(rebuilt)["scale"]

    @pytest.mark.parametrize("kept", ["scale", "total"])
    def test_two_answers_that_were_merged_into_one_cell_both_count(self, template, submission, kept):
        [deleted] = {"scale", "total"} - {kept}
        submission.cells.remove(cell_of(submission, deleted))
        cell_of(submission, kept).source = f"{ANSWERS['total']}\n\n{ANSWERS['scale']}"
        rebuilt = rebuild(template, submission)
        execution = execute(Task(notebook=rebuilt.notebook), FakeKernels())
        assert [str(result.status) for result in execution.cells[1:]] == ["passed", "manual"]
        assert "NotImplementedError" not in "".join(sources(rebuilt).values())
        assert_structure(rebuilt, template)

    def test_a_second_definition_elsewhere_does_not_replace_an_answer_in_its_place(
        self, template, submission
    ):
        submission.cells.append(nbformat.v4.new_code_cell("def total(values):\n    return 1"))
        rebuilt = rebuild(template, submission)
        assert rebuilt.questions == ()
        assert sources(rebuilt)["total"] == ANSWERS["total"]


class TestChangedAndDeleted:
    def test_given_code_that_was_changed_is_restored(self, template, submission):
        cell_of(submission, "imports").source = "import torch\n\nFACTOR = 1_000"
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        assert rebuilt.repairs == ("given cell 'imports' had been changed, and was restored",)
        after = rebuilt.notebook.cells[index_of(rebuilt.notebook, "imports") + 1]
        assert after.source.splitlines()[1:] == ["# FACTOR = 1_000"]

    @pytest.mark.parametrize("source", ["assert True", "", "pass  # scale"])
    def test_a_test_that_was_edited_is_restored(self, template, submission, source):
        cell_of(submission, "test_scale").source = source
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        assert rebuilt.repairs == ("test 'test_scale' had been changed, and was restored",)

    def test_white_space_at_the_ends_of_lines_is_no_change(self, template, submission):
        for cell in submission.cells:
            cell.source = cell.source.replace("\n", "  \n") + "\n\n"
        assert rebuild(template, submission).repairs == ()

    @pytest.mark.parametrize("identity", ["test_scale", "imports", "task", "intro-en"])
    def test_a_given_cell_that_was_deleted_is_put_back(self, template, submission, identity):
        submission.cells.remove(cell_of(submission, identity))
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        assert identity in sources(rebuilt)

    def test_an_answer_that_was_deleted_is_put_back_unanswered_and_its_test_says_so(
        self, template, submission
    ):
        submission.cells.remove(cell_of(submission, "total"))
        rebuilt = rebuild(template, submission)
        assert_structure(rebuilt, template)
        assert "NotImplementedError" in sources(rebuilt)["total"]
        assert "answer 'total' was missing, and was put back as released" in rebuilt.repairs
        assert rebuilt.notebook.metadata.autograder.tests_of_missing_answers == ["test_total"]

    def test_an_experiment_that_was_deleted_stays_deleted(self, template, submission):
        submission.cells.remove(cell_of(submission, "try-it"))
        assert "try-it" not in sources(rebuild(template, submission))

    def test_an_experiment_that_was_changed_stays_changed(self, template, submission):
        cell_of(submission, "try-it").source = "print('mine')"
        rebuilt = rebuild(template, submission)
        assert sources(rebuilt)["try-it"] == "print('mine')"
        assert rebuilt.repairs == ()
        notes = rebuilt.notebook.metadata.autograder
        assert "try-it" not in notes.given_code
        assert notes.changed_experiments == ["try-it"]

    def test_an_experiment_that_nobody_has_touched_is_given_code(self, template, submission):
        notes = rebuild(template, submission).notebook.metadata.autograder
        assert "try-it" in notes.given_code
        assert notes.changed_experiments == []

    def test_an_empty_notebook_becomes_the_release(self, template):
        rebuilt = rebuild(template, nbformat.v4.new_notebook())
        assert_structure(rebuilt, template, "ja")
        assert rebuilt.notebook.metadata.autograder.tests_of_missing_answers == ["test_scale", "test_total"]

    def test_another_assignments_notebook_becomes_the_release_with_their_cells(self, template):
        other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
        rebuilt = rebuild(template, other)
        assert_structure(rebuilt, template, "ja")
        assert "x = 1" in sources(rebuilt).values()

    def test_a_given_cell_that_lost_its_identity_and_was_changed_a_little_does_not_run(
        self, template, submission
    ):
        cell = cell_of(submission, "test_scale")
        forget(cell)
        cell.source = cell.source.replace("three times one is three", "three times one is four")
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        [added] = [cell for cell in rebuilt.notebook.cells if cell.id.startswith("added-")]
        assert all(line.startswith("#") for line in added.source.splitlines())


class TestRetyped:
    @pytest.mark.parametrize("kind", ["markdown", "raw", "nonsense", None])
    @pytest.mark.parametrize("identity", GRADED)
    def test_a_retyped_cell_gets_its_type_back(self, template, submission, identity, kind):
        cell = cell_of(submission, identity)
        original = cell.cell_type
        cell.cell_type = kind
        rebuilt = rebuild(template, submission)
        assert_complete(rebuilt, template)
        assert cell_of(rebuilt.notebook, identity).cell_type == original

    def test_the_repair_is_noted(self, template, submission):
        cell_of(submission, "scale").cell_type = "markdown"
        assert rebuild(template, submission).repairs == (
            "cell 'scale' was of type markdown, and was made code",
        )


class TestReplies:
    def test_a_written_reply_is_the_students(self, template, submission):
        cell_of(submission, "reply").source = "Mine."
        assert sources(rebuild(template, submission))["reply"] == "Mine."

    def test_a_reply_without_its_id_is_the_text_after_its_question(self, template, submission):
        cell = cell_of(submission, "reply")
        forget(cell)
        cell.source = "Mine."
        rebuilt = rebuild(template, submission)
        assert sources(rebuilt)["reply"] == "Mine."
        assert [cell.source for cell in rebuilt.notebook.cells].count("Mine.") == 1

    def test_so_is_a_graded_text_without_its_id(self, template, submission):
        graded = copy.deepcopy(template)
        entry = {"grade_id": "reply", "grade": True, "solution": True, "points": 2, "schema_version": 3}
        cell_of(graded.notebook, "reply").metadata = {"nbgrader": {**entry, "cell_type": "markdown"}}
        cell = cell_of(submission, "reply")
        forget(cell)
        cell.source = "Mine."
        rebuilt = rebuild(graded, submission)
        assert sources(rebuilt)["reply"] == "Mine."
        assert rebuilt.questions == ()

    def test_the_texts_of_the_source_are_named_whatever_the_submission_names(self, template, submission):
        submission.cells.append(nbformat.v4.new_markdown_cell("Mine."))
        submission.metadata["autograder"] = {"given_texts": ["reply", submission.cells[-1].id]}
        notes = rebuild(template, submission).notebook.metadata.autograder
        assert notes.given_texts == ["intro-en", "total-en", "task"]


def test_an_answer_whose_placeholder_defines_nothing_is_found_by_the_name_that_its_test_uses(tmp_path):
    source = nbformat.v4.new_notebook(
        cells=[
            graded_cell("guess", "### BEGIN SOLUTION\nprediction = 30\n### END SOLUTION", solution=True),
            graded_cell("test_guess", "assert prediction >= 0", grade=True, points=1),
        ]
    )
    folder = tmp_path / "guessing"
    folder.mkdir()
    nbformat.write(source, folder / "guessing.ipynb")
    template = load(folder / "guessing.ipynb", Stubs.of(Config()), Regions())
    without_ids = nbformat.from_dict(
        {"metadata": {}, "cells": [{"cell_type": "code", "metadata": {}, "source": "prediction = 12"}]}
    )
    rebuilt = rebuild(template, without_ids)
    assert rebuilt.notebook.cells[0].source == "prediction = 12"
    assert rebuilt.notebook.cells[0].id == "guess"


def graded_cell(identity, source, **nbgrader):
    entry = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return nbformat.v4.new_code_cell(
        source, id=identity, metadata={"nbgrader": {"grade_id": identity, **entry, **nbgrader}}
    )
