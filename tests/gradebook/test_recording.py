"""nbgrader's gradebook: assignments are registered, executions are recorded by nbgrader itself."""

from __future__ import annotations

import os

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.errors import CourseError, SourceError
from autograder.gradebook import recording as gradebook
from autograder.grading.cache import ResultCache
from autograder.grading.execution import execute
from autograder.grading.preprocessors import IsolatedExecute
from autograder.grading.repair import rebuild
from tests import small_course
from tests.fakes import FakeKernels
from tests.small_course import cell_of


@pytest.fixture
def course(registered: Course) -> Course:
    return registered


def edit_source(course: Course, change) -> None:
    path = course.source / "small" / "small.ipynb"
    source = nbformat.read(path, as_version=4)
    change(source)
    nbformat.write(source, path)
    os.utime(path, (1, 1))


def prepared(course: Course, **answers: str) -> tuple[nbformat.NotebookNode, str]:
    """A rebuilt submission, and the key of its execution in the cache."""
    notebook = rebuild(course.template("small"), small_course.answered(course, **answers)).notebook
    ResultCache(course.state / "results").write("key-of-a-test", execute(notebook, FakeKernels()))
    return notebook, "key-of-a-test"


class TestBringUpToDate:
    def test_what_is_registered_is_not_registered_again(self, course):
        assert not gradebook.bring_up_to_date(course, "small")

    @pytest.mark.parametrize(
        "change",
        [
            lambda source: cell_of(source, "test_total").metadata.nbgrader.update(points=7),
            lambda source: cell_of(source, "test_total").update(source="assert total([]) == 0"),
            lambda source: cell_of(source, "task").update(source="Another question?"),
        ],
        ids=["points", "test", "task"],
    )
    def test_a_changed_source_is_registered(self, course, change):
        edit_source(course, change)
        assert gradebook.bring_up_to_date(course, "small")
        assert not gradebook.bring_up_to_date(course, "small")

    def test_new_points_are_the_gradebooks(self, course):
        edit_source(course, lambda source: cell_of(source, "test_total").metadata.nbgrader.update(points=7))
        gradebook.bring_up_to_date(course, "small")
        with Gradebook(course.directory.db_url, course.directory.course_id) as opened:
            assert opened.find_assignment("small").max_score == 13

    def test_a_change_of_an_answer_needs_no_registration(self, course):
        edit_source(
            course, lambda source: cell_of(source, "scale").update(source="def scale(x, factor): ...")
        )
        assert not gradebook.bring_up_to_date(course, "small")

    def test_a_source_that_breaks_a_rule_is_refused(self, course):
        edit_source(course, lambda source: cell_of(source, "test_total").update(source="assert unknown(1)"))
        with pytest.raises(SourceError, match="unknown"):
            gradebook.bring_up_to_date(course, "small")


class TestRecord:
    def test_nbgrader_records_the_execution_of_the_cache(self, course):
        notebook, key = prepared(course, scale=small_course.WRONG_SCALE)
        gradebook.record(course, "ada", "small", notebook, key)
        assert gradebook.scores(course) == {("ada", "small"): 3.0}

    def test_the_outputs_are_in_nbgraders_notebook(self, course):
        notebook, key = prepared(course, scale=small_course.WRONG_SCALE)
        gradebook.record(course, "ada", "small", notebook, key)
        written = nbformat.read(str(course.root / "autograded/ada/small/small.ipynb"), as_version=4)
        assert "three times one is three" in str(cell_of(written, "test_scale").outputs)
        assert cell_of(written, "try-it").outputs[0].text == "4.0\n"
        assert written.metadata.autograder.cells.test_total.status == "passed"

    def test_nothing_is_left_in_the_staging_folder(self, course):
        gradebook.record(course, "ada", "small", *prepared(course))
        assert [path for path in (course.state / "staged").rglob("*") if path.is_file()] == []

    def test_recording_one_student_leaves_the_others_alone(self, course):
        gradebook.record(course, "ada", "small", *prepared(course))
        gradebook.record(course, "bob", "small", *prepared(course, total="def total(v):\n    return 3"))
        assert gradebook.scores(course) == {("ada", "small"): 5.0, ("bob", "small"): 2.0}

    @pytest.mark.parametrize("student", ["a*", "a b", "日本", "a+b", "x?"])
    def test_a_student_whose_name_is_a_pattern_is_only_themselves(self, course, student):
        gradebook.record(course, "ab", "small", *prepared(course))
        gradebook.record(course, student, "small", *prepared(course, scale=small_course.WRONG_SCALE))
        assert gradebook.scores(course) == {("ab", "small"): 5.0, (student, "small"): 3.0}

    def test_what_nbgrader_refuses_is_an_error_with_its_reason(self, course, monkeypatch):
        def explode(*_):
            raise RuntimeError("the disk is on fire")

        monkeypatch.setattr(IsolatedExecute, "preprocess", explode)
        with pytest.raises(
            CourseError, match=r"nbgrader could not record it: RuntimeError: the disk is on fire"
        ):
            gradebook.record(course, "ada", "small", *prepared(course))
        assert [path for path in (course.state / "staged").rglob("*") if path.is_file()] == []
