"""Before the deadline feedback tells of hidden tests what the course wants it to, and afterwards everything."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.course.folder import Course
from autograder.course.settings import Told
from autograder.errors import CourseError
from autograder.feedback import term, writer
from autograder.gradebook import early, requests
from autograder.verdict.testcell import run_test_cell
from tests.fakes import InProcessKernel
from tests.feedback.graded import grade, notebook

DUE = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
WAITS = "Hidden tests decide after the deadline: "
KEY = re.compile(r'<meta name="autograder-key" content="\w+">')
HIDDEN = {"test_scale": {"status": "failed", "message": "scale gives a wrong tensor", "hidden": True}}
SEEN = {
    "test_total": {"status": "failed", "message": "this does not hold: total([1, 2]) == 3", "hidden": False}
}
QUIET = {"test_scale": {"status": "timeout", "message": "stopped after 30 s of computing", "hidden": True}}


@pytest.fixture
def course(registered: Course) -> Course:
    with Gradebook(registered.directory.db_url, registered.directory.course_id) as book:
        book.find_assignment("small").duedate = DUE.replace(tzinfo=None)
        book.db.commit()
    grade(registered, "ada", task=4.0)
    grade(registered, "bob", notebook(registered, HIDDEN), task=4.0)
    grade(registered, "eve", notebook(registered, SEEN | QUIET), task=4.0)
    return registered


def pages(course: Course, told: Told, now: datetime = DUE - timedelta(hours=1)) -> dict[str, str]:
    course.config.CourseSettings.before_deadline = str(told)
    vars(course).pop("settings", None)
    written = writer.write(course, now=now)
    term.write(course, written)
    return {
        student: KEY.sub("", path.read_text() + (path.parents[1] / "index.html").read_text())
        for (student, _), path in written.pages.items()
    }


def test_which_test_fails_is_told_and_not_why(course):
    made = pages(course, Told.NAMES)
    assert "wrong tensor" not in made["bob"]
    assert early.HELD_BACK in made["bob"]
    assert "<strong>7</strong>" in made["bob"]
    assert "this does not hold: total([1, 2]) == 3" in made["eve"]
    assert "stopped after" not in made["eve"]


def test_with_the_visible_part_only_right_and_wrong_look_alike(course):
    made = pages(course, Told.VISIBLE)
    assert made["ada"].replace("ada", "bob") == made["bob"]
    assert WAITS in made["ada"]
    assert "<strong>4</strong>" in made["ada"]
    assert "this does not hold: total([1, 2]) == 3" in made["eve"]
    assert "stopped after" not in made["eve"]


@pytest.mark.parametrize("told", Told)
def test_from_the_deadline_on_all_is_told_and_the_page_is_written_again(course, told):
    pages(course, told)
    made = pages(course, told, DUE)
    assert "scale gives a wrong tensor" in made["bob"]
    assert "<strong>7</strong>" in made["bob"]
    assert "stopped after 30 s of computing" in made["eve"]
    assert made == pages(course, Told.MESSAGES)


def test_an_extension_is_the_students_deadline(course):
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_submission("small", "bob").extension = timedelta(days=1)
        book.db.commit()
    made = pages(course, Told.VISIBLE, DUE + timedelta(hours=1))
    assert WAITS in made["bob"]
    assert WAITS not in made["ada"]


def test_without_a_deadline_all_is_told(course):
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_assignment("small").duedate = None
        book.db.commit()
    assert "scale gives a wrong tensor" in pages(course, Told.VISIBLE)["bob"]


def test_what_a_person_has_given_is_shown(course):
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        [entry] = [
            one
            for one in book.find_submission("small", "ada").notebooks[0].grades
            if one.name == "test_scale"
        ]
        entry.manual_score = 1.5
        book.db.commit()
    assert "<strong>5.5</strong>" in pages(course, Told.VISIBLE)["ada"]


def test_the_answer_to_a_question_does_not_tell_the_score(course):
    requests.take(course, {"student": "bob", "assignment": "small", "why": "look again"})
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        grades = book.find_submission("small", "bob").notebooks[0].grades
        next(one for one in grades if one.name == "test_scale").auto_score = 2.0
        book.db.commit()
    requests.answer(course, 1, "You are right.")
    early_page = pages(course, Told.VISIBLE)["bob"]
    assert "You are right." in early_page
    assert "→" not in early_page
    assert "7 → 9" in pages(course, Told.VISIBLE, DUE)["bob"]


def test_nbgraders_own_command_tells_no_more(course, monkeypatch):
    monkeypatch.chdir(course.root)
    config = course.config.copy()
    config.CourseSettings.before_deadline = "visible"
    config.CourseDirectory.assignment_id = "small"
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_assignment("small").duedate = datetime.now() + timedelta(days=9)
        book.db.commit()
    GenerateFeedback(coursedir=CourseDirectory(config=config), config=config).start()
    page = writer.page_path(course, "bob", "small").read_text()
    assert WAITS in page
    assert "wrong tensor" not in page


def test_another_word_for_it_is_refused(course):
    with pytest.raises(CourseError, match="before_deadline"):
        pages(course, "nothing")


@pytest.mark.parametrize(
    ("student", "hidden"),
    [
        ("def f(x):\n    return 1", True),
        ("def f(x):\n    return 0", False),
        ("def f(x):\n    return 1 if x else die()", True),
        ("def f(x):\n    return 1 if x else 1 / 0", True),
        ("def f(x):\n    hang()", False),
        ("f = None", False),
        ("g = 1", False),
    ],
)
def test_grading_notes_whether_the_visible_part_had_passed(student, hidden):
    test = "assert f(1) == 1\n### BEGIN HIDDEN TESTS\nassert f(0) == 0\n### END HIDDEN TESTS"
    verdict = run_test_cell(test, InProcessKernel(student))
    assert str(verdict.status) != "passed"
    assert verdict.hidden is hidden


def test_what_waits_for_the_deadline_is_not_said_to_wait_for_a_marker(course):
    page = pages(course, Told.VISIBLE)["ada"]
    waiting = page.partition('<div class="waiting">')[2].partition("</div>")[0]
    hidden, last = re.findall("<p>(.*?)</p>", waiting)
    assert hidden.startswith(WAITS)
    assert last == "The score is not final."
    assert '<p class="message">' not in page  # nothing has gone wrong
