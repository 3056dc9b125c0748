"""nbgrader's gradebook: assignments are registered, executions are recorded by nbgrader itself."""

from __future__ import annotations

import os

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course import cells
from autograder.course.folder import Course
from autograder.errors import SourceError
from autograder.gradebook import assignments as gradebook
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

    def test_a_question_is_taken_out_of_the_score_with_0_points(self, course):
        before = self.max_score(course)
        lost = cells.points(cell_of(course.template("small").notebook, "test_total"))
        edit_source(course, lambda source: cell_of(source, "test_total").metadata.nbgrader.update(points=0))
        assert gradebook.bring_up_to_date(course, "small")
        assert self.max_score(course) == before - lost

    @staticmethod
    def max_score(course):
        with Gradebook(course.directory.db_url, course.directory.course_id) as opened:
            return opened.find_assignment("small").max_score

    def test_a_change_of_an_answer_needs_no_registration(self, course):
        edit_source(
            course, lambda source: cell_of(source, "scale").update(source="def scale(x, factor): ...")
        )
        assert not gradebook.bring_up_to_date(course, "small")

    def test_a_source_that_breaks_a_rule_is_refused(self, course):
        edit_source(course, lambda source: cell_of(source, "test_total").update(source="assert unknown(1)"))
        with pytest.raises(SourceError, match="unknown"):
            gradebook.bring_up_to_date(course, "small")
