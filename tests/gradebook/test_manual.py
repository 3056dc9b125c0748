"""What a person entered is kept, and asked for again only where it may fit no more."""

from __future__ import annotations

import datetime

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import CONFIG_FILE, Course
from autograder.gradebook import manual, marking, transcripts
from autograder.gradebook.marks import read as read_marks
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading import grader as module
from autograder.grading.graded import Graded
from autograder.grading.grader import Options
from tests import points, small_course
from tests.grading.pools import FakePool
from tests.recording import grade


@pytest.fixture
def course(registered: Course, monkeypatch) -> Course:
    monkeypatch.setattr(module, "run_all", FakePool())
    return registered


def graded(course: Course) -> Graded:
    [result] = grade(course, Options())
    return result


def mark(course: Course, cell: str, points: float) -> None:
    """As formgrader does when a person types points."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        found = book.find_grade(cell, "small", "small", "ada")
        found.manual_score, found.needs_manual_grade = points, False
        book.db.commit()


def waits(course: Course) -> dict[str, bool]:
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        [notebook] = book.find_submission("small", "ada").notebooks
        return {found.name: found.needs_manual_grade for found in notebook.grades}


def change_a_hidden_test(course: Course) -> None:
    source = small_course.source()
    small_course.cell_of(source, "test_total").source += "\n# another version"
    nbformat.write(source, course.source / "small" / "small.ipynb")


class TestReplies:
    def test_a_tasks_answer_stands_in_the_cell_below_it(self, course):
        assert manual.written(small_course.answered(course)) == {"task": "It is what adding gives."}

    def test_code_is_no_reply(self, course):
        notebook = small_course.answered(course)
        notebook.cells.append(nbformat.v4.new_code_cell("1 + 1"))
        assert manual.written(notebook) == manual.written(small_course.answered(course))


class TestReview:
    def test_points_for_the_same_answer_are_not_asked_for_again(self, course):
        small_course.submit(course, "ada")
        graded(course)
        mark(course, "task", 3.0)
        mark(course, "test_total", 1.0)
        change_a_hidden_test(course)
        again = graded(course)
        assert again.executed
        assert again.concerns == ()
        assert not any(waits(course).values())
        assert points.standing(course, "ada", "small").points == 3.0 + 1.0 + 2.0

    def test_an_answer_that_changed_after_it_was_marked_is_asked_for_again(self, course):
        small_course.submit(course, "ada")
        graded(course)
        mark(course, "task", 3.0)
        small_course.submit(course, "ada", reply="I have thought about it again.")
        assert "the answer to 'task' has changed since it was marked" in " ".join(graded(course).concerns)
        assert waits(course)["task"]
        assert points.standing(course, "ada", "small").points == 5.0
        [again] = [one for one in marking.read(course, "small", "task") if one.student == "ada"]
        assert again.points == 3.0  # on the marker's page, to be confirmed or not

    def test_a_test_that_a_person_overrode_is_asked_for_again_where_it_has_another_result(self, course):
        small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
        graded(course)
        mark(course, "test_scale", 1.0)
        small_course.submit(course, "ada")
        assert "the autograder gives 'test_scale' 2 points now, and 0 when" in " ".join(
            graded(course).concerns
        )
        assert waits(course)["test_scale"]
        assert not waits(course)["test_total"]

    def test_points_above_what_a_cell_is_worth_are_named(self, course):
        small_course.submit(course, "ada")
        graded(course)
        mark(course, "task", 4.0)
        worth(course, task=2)
        assert "'task' has 4 points, and is worth 2 now" in " ".join(graded(course).concerns)

    def test_they_wait_to_be_marked_again(self, course):
        small_course.submit(course, "ada")
        graded(course)
        mark(course, "task", 4.0)
        worth(course, task=2)
        graded(course)
        assert waits(course)["task"]
        graded(course)
        assert waits(course)["task"]


def worth(course: Course, **points: float) -> None:
    source = small_course.source()
    for cell, number in points.items():
        small_course.cell_of(source, cell).metadata.nbgrader.points = number
    nbformat.write(source, course.source / "small" / "small.ipynb")


class TestAQuestionThatIsDropped:
    def test_points_that_a_person_gave_for_it_count_no_more(self, course):
        small_course.submit(course, "ada")
        graded(course)
        mark(course, "task", 4.0)
        mark(course, "test_total", 1.0)
        worth(course, task=0, test_total=0)
        said = " ".join(graded(course).concerns)
        assert "'task' is worth nothing now: a person's mark of 4 points no longer counts" in said
        assert "'test_total' is worth nothing now: a person's mark of 1 point no longer counts" in said
        assert points.standing(course, "ada", "small").points == 2.0
        assert not any(waits(course).values())

    def test_one_that_nobody_has_marked_waits_for_nobody(self, course):
        small_course.submit(course, "ada")
        graded(course)
        worth(course, task=0)
        graded(course)
        assert not any(waits(course).values())

    def test_taken_back_it_is_asked_for_again(self, course):
        small_course.submit(course, "ada")
        graded(course)
        mark(course, "task", 4.0)
        worth(course, task=0)
        graded(course)
        worth(course, task=4)
        graded(course)
        assert waits(course)["task"]


class TestLateness:
    @pytest.fixture
    def late(self, course) -> Course:
        (course.root / CONFIG_FILE).write_text(
            (course.root / CONFIG_FILE).read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
        )
        path = small_course.submit(course, "ada")
        (path.parent / "timestamp.txt").write_text("2026-11-06 12:00:00 UTC")
        return Course(course.root)

    def due(self, course: Course, day: int) -> None:
        with Gradebook(course.directory.db_url, course.directory.course_id) as book:
            book.find_assignment("small").duedate = datetime.datetime(2026, 11, day)
            book.db.commit()

    def test_a_due_date_that_is_set_later_counts_at_the_next_grading(self, late):
        graded(late)
        assert points.standing(late, "ada", "small").total == 5.0
        self.due(late, 5)
        result = graded(late)
        assert not result.executed
        assert (result.score_before, result.score_now) == (5.0, 0.0)
        self.due(late, 9)
        assert graded(late).score_now == 5.0

    def test_points_that_are_given_to_a_late_answer_are_late_too(self, late):
        self.due(late, 5)
        graded(late)
        mark(late, "task", 4.0)
        graded(late)
        assert points.standing(late, "ada", "small").total == 0.0

    def test_lateness_costs_a_share_of_what_is_marked_of_the_answer_that_is_there(self, late):
        rule = "autograder.gradebook.penalties.LatePerDay"
        file = late.root / CONFIG_FILE
        file.write_text(file.read_text() + f'\nc.AssignLatePenalties.plugin_class = "{rule}"\n')
        late = Course(late.root)
        self.due(late, 5)
        graded(late)
        mark(late, "task", 4.0)
        small_course.submit(late, "ada", reply="I have thought about it again.")
        graded(late)
        standing = points.standing(late, "ada", "small")
        [told] = transcripts.read(late, "ada", "small").values()
        assert standing.total == told.points == read_marks(late, unfinished="partial").score("ada", "small")
        assert standing.penalty == pytest.approx(5.0 * 0.2)

    @pytest.mark.parametrize(
        ("said", "total"), [("2026-11-04 12:00:00 UTC", 5.0), (None, 5.0), ("2026-11-07 UTC", 0.0)]
    )
    @pytest.mark.parametrize("other", [False, True])
    def test_the_time_of_the_submission_that_is_there_counts(self, late, said, total, other):
        self.due(late, 5)
        graded(late)
        stamp = late.submitted / "ada" / "small" / "timestamp.txt"
        stamp.unlink()
        if said:
            stamp.write_text(said)
        if other:
            small_course.submit(late, "ada", total="def total(values):\n    return sum(list(values))")
        graded(late)
        assert points.standing(late, "ada", "small").total == total

    def test_nothing_is_recorded_twice_where_nothing_changed(self, late, monkeypatch):
        self.due(late, 5)
        graded(late)
        monkeypatch.setattr(GradebookRecorder, "record", lambda *_: 1 / 0)
        assert graded(late).concerns == ()
