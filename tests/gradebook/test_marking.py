"""Marks of written answers: several markers never overwrite each other."""

from __future__ import annotations

import copy
import threading

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.gradebook import assignments, marking
from autograder.gradebook.marking import AnswerMark, MarkChange
from autograder.submission.replies import replies
from tests import small_course
from tests.conftest import solutions_of
from tests.feedback.graded import grade

TAKEN = "somebody else has marked it in the meantime"


@pytest.fixture
def course(registered: Course) -> Course:
    grade(registered, "ada")
    grade(registered, "bob", task=2.0, comment="So so.")
    return registered


def marks(course: Course) -> dict[str, AnswerMark]:
    return {one.student: one for one in marking.read(course, "small", "task")}


def change(
    mark: AnswerMark, points: float | None, comment: str = "", version: str | None = None
) -> MarkChange:
    return MarkChange(key=mark.key, version=version or mark.version, points=points, comment=comment)


def test_questions_are_the_cells_that_a_person_marks_with_what_is_left(course):
    [one] = marking.questions(course)
    assert (one.notebook, one.cell, one.max_points) == ("small", "task", 4.0)
    assert (one.answers, one.waiting) == (2, 1)


def test_what_does_not_count_is_neither_asked_nor_counted(course):
    assert assignments.written_answers_without_points(course) == 1
    (course.root / "exceptions.csv").write_text(
        "student,assignment,until,note\nada,,left,\n", encoding="utf-8"
    )
    [one] = marking.questions(Course(course.root))
    assert (one.answers, one.waiting) == (1, 0)
    assert list(marks(Course(course.root))) == ["bob"]
    assert assignments.written_answers_without_points(Course(course.root)) == 0


def test_questions_stand_in_the_order_of_the_notebook(tmp_path):
    source = small_course.source()
    task = small_course.cell_of(source, "task")
    another = copy.deepcopy(task)
    another.id = another.metadata.nbgrader.grade_id = "a-later-one"
    source.cells.append(another)
    course = small_course.make(tmp_path / "course", source)
    course.state.mkdir()
    with solutions_of(course):
        assignments.bring_up_to_date(course, "small")
    assert [one.cell for one in marking.questions(course)] == ["task", "a-later-one"]


def test_comments_on_other_questions_are_those_of_the_assignment_most_used_first(course):
    for student, comment in (("ada", "A number is missing."), ("bob", "Why?"), ("eve", "Why?")):
        grade(course, student, task=2.0, comment=comment)
    assert marking.comments_elsewhere(course, "small", "another") == ["Why?", "A number is missing."]
    assert marking.comments_elsewhere(course, "small", "task") == []


def test_marks_are_those_of_the_gradebook(course):
    found = marks(course)
    assert (found["ada"].points, found["ada"].waits, found["ada"].comment) == (None, True, "")
    assert (found["bob"].points, found["bob"].waits, found["bob"].comment) == (2.0, False, "So so.")


def test_a_mark_is_written_as_formgrader_writes_it(course):
    [result] = marking.put(course, [change(marks(course)["ada"], 3.0, "Good.")])
    assert result.done
    assert result.mark == marks(course)["ada"]
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        found = book.find_grade("task", "small", "small", "ada")
        assert (found.manual_score, found.needs_manual_grade, found.score) == (3.0, False, 3.0)
        assert book.find_comment("task", "small", "small", "ada").comment == "Good."


def test_it_can_be_taken_back(course):
    before = marks(course)["bob"]
    [result] = marking.put(course, [change(before, None, "")])
    assert (result.mark.points, result.mark.waits, result.mark.comment) == (None, True, "")
    [result] = marking.put(course, [change(result.mark, before.points, before.comment)])
    assert result.mark == before


def test_what_somebody_else_has_marked_in_the_meantime_stays(course):
    seen = marks(course)["ada"]
    marking.put(course, [change(seen, 3.0)])
    [result] = marking.put(course, [change(seen, 1.0)])
    assert (result.done, result.why) == (False, TAKEN)
    assert result.mark.points == 3.0
    [result] = marking.put(course, [change(result.mark, 1.0)])
    assert result.done


def test_a_comment_alone_makes_another_version(course):
    seen = marks(course)["bob"]
    marking.put(course, [change(seen, 2.0, "Better.")])
    [result] = marking.put(course, [change(seen, 2.0, "Worse.")])
    assert not result.done
    assert marks(course)["bob"].comment == "Better."


def test_the_same_mark_twice_is_no_conflict(course):
    seen = marks(course)["ada"]
    results = marking.put(course, [change(seen, 3.0), change(seen, 3.0)])
    assert [one.done for one in results] == [True, True]


@pytest.mark.parametrize("points", [-1.0, float("nan"), float("inf")])
def test_points_that_are_none_are_refused(course, points):
    [result] = marking.put(course, [change(marks(course)["ada"], points)])
    assert not result.done
    assert "points are a number from 0 on" in result.why
    assert marks(course)["ada"].waits


def test_an_answer_that_is_gone_is_said_to_be(course):
    [result] = marking.put(course, [MarkChange(key="x", version="y", points=1.0, comment="")])
    assert (result.mark, result.done) == (None, False)


def test_of_many_markers_at_the_same_moment_one_wins(course):
    seen, results = marks(course)["ada"], []
    start = threading.Barrier(6)

    def mark(points: float) -> None:
        start.wait()
        results.extend(marking.put(course, [change(seen, points)]))

    threads = [threading.Thread(target=mark, args=(points,)) for points in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [won] = [one for one in results if one.done]
    assert marks(course)["ada"].points == won.mark.points


def answered(course: Course, text: str) -> None:
    """Ada's graded notebook has another answer."""
    path = course.autograded("ada", "small")
    notebook = nbformat.read(path, as_version=4)
    replies(notebook, "task")[0].source = text
    nbformat.write(notebook, path)


def test_a_mark_is_not_given_to_an_answer_that_the_marker_has_not_seen(course):
    answered(course, "The first one.")
    seen = marks(course)["ada"]
    answered(course, "Quite another one.")
    [result] = marking.put(course, [change(seen, 3.0)])
    assert (result.done, result.why) == (False, "the student's answer is another one by now")
    assert (marks(course)["ada"].points, marks(course)["ada"].waits) == (None, True)
    [result] = marking.put(course, [change(result.mark, 1.0)])
    assert result.done


def test_an_answer_that_was_recorded_again_unchanged_is_marked_as_it_was_seen(course):
    answered(course, "The first one.")
    seen = marks(course)["ada"]
    answered(course, "The first one.")
    [result] = marking.put(course, [change(seen, 3.0)])
    assert result.done
