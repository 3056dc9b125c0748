"""Results are found under the keys that grading uses, whichever way a submission was graded."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading import grader, preprocessors
from autograder.grading.grader import Options
from autograder.kernel import bubblewrap
from autograder.report import classroom, outcomes
from autograder.report.outcomes import Outcome, State
from tests import small_course
from tests.fakes import FakeEngine
from tests.grading.pools import FakePool
from tests.recording import grade


@pytest.fixture
def course(registered: Course, monkeypatch) -> Course:
    monkeypatch.setattr(grader, "run_all", FakePool())
    return registered


def outcome(course: Course, student: str) -> Outcome:
    return outcomes.read(course, ["small"])[student, "small"]


class TestWaysOfGrading:
    @pytest.mark.parametrize("why_no_sandbox", [None, "there is none"])
    def test_by_the_command(self, course, monkeypatch, why_no_sandbox):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: why_no_sandbox)
        small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
        grade(course, Options())
        found = outcome(course, "ada")
        assert found.state is State.KNOWN
        assert {cell.cell: cell.points for cell in found.cells} == {
            "test_scale": 0.0,
            "test_total": 3.0,
            "task": None,
        }
        assert found.sandboxed is (why_no_sandbox is None)
        assert classroom.read(course).is_current("ada", "small")

    @pytest.mark.parametrize("sandboxed", [True, False])
    def test_by_nbgrader(self, course, monkeypatch, sandboxed):
        monkeypatch.setattr(preprocessors, "_execute", FakeEngine().execute)
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: None if sandboxed else "no bwrap")
        monkeypatch.chdir(course.root)
        small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
        config = course.config.copy()
        config.CourseDirectory.assignment_id = "small"
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
        found = outcome(course, "ada")
        assert (found.state, found.sandboxed) == (State.KNOWN, sandboxed)
        assert classroom.read(course).is_current("ada", "small")

    def test_nothing_is_executed_and_nothing_is_written(self, course, monkeypatch):
        small_course.submit(course, "ada")
        monkeypatch.setattr(grader, "run_all", lambda *_: pytest.fail("executed"))
        before = sorted(course.root.rglob("*"))
        assert outcome(course, "ada").state is State.UNKNOWN
        assert sorted(course.root.rglob("*")) == before


class TestStates:
    def test_a_file_that_cannot_be_read_is_broken_and_says_why(self, course):
        small_course.submit(course, "eve", b"not a notebook")
        grade(course, Options())
        found = outcome(course, "eve")
        assert found.state is State.BROKEN
        assert "is not a notebook" in found.broken

    def test_a_submission_that_changed_since_is_unknown(self, course):
        small_course.submit(course, "ada")
        grade(course, Options())
        small_course.submit(course, "ada", total="def total(values):\n    return 3")
        assert outcome(course, "ada").state is State.UNKNOWN

    def test_repairs_and_signs_are_there(self, course):
        notebook = small_course.answered(
            course, scale="import ctypes\ndef scale(x, factor):\n    return x * factor"
        )
        small_course.cell_of(notebook, "test_scale").source = "assert True"
        small_course.submit(course, "ada", notebook)
        grade(course, Options())
        found = outcome(course, "ada")
        assert found.repairs == ("test 'test_scale' had been changed, and was restored",)
        assert found.signs == ("imports ctypes (in cell scale)",)

    def test_somebody_without_a_folder_has_no_outcome(self, course):
        small_course.submit(course, "ada")
        assert list(outcomes.read(course, ["small"])) == [("ada", "small")]


class TestScores:
    @pytest.fixture
    def opened(self, course) -> Iterator[Gradebook]:
        small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
        grade(course, Options())
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            yield gradebook

    def test_a_persons_points_extra_credit_and_penalties_count_as_nbgrader_counts_them(self, course, opened):
        notebook = opened.find_submission_notebook("small", "small", "ada")
        for grade_ in notebook.grades:
            if grade_.name == "task":
                grade_.manual_score, grade_.extra_credit, grade_.needs_manual_grade = 3.0, 0.5, False
            if grade_.name == "test_total":
                grade_.manual_score = 2.0
        notebook.late_submission_penalty = 1.5
        opened.db.commit()
        found = classroom.read(course).book.scores["ada", "small"]
        submission = opened.find_submission("small", "ada")
        assert (
            (found.points, found.penalty)
            == (submission.score, submission.late_submission_penalty)
            == (5.5, 1.5)
        )
        assert found.total == 4.0
        assert found.notebook == notebook.id
        assert found.waiting == ()
        assert found.cells["test_total"].points == 2.0
        assert found.cells["test_total"].auto_points == 3.0

    def test_what_waits_for_a_person_is_known(self, course, opened):
        book = classroom.read(course).book
        assert book.scores["ada", "small"].waiting == ("task",)
        assert [(item.cell, item.manual) for item in book.items["small"]] == [
            ("test_scale", False),
            ("test_total", False),
            ("task", True),
        ]
        assert book.max_points("small") == 9.0

    @pytest.mark.parametrize(("extension", "late"), [(None, 5400.0), (1, 1800.0), (2, 0.0)])
    def test_lateness_is_nbgraders(self, course, opened, extension, late):
        opened.find_assignment("small").duedate = datetime.datetime(2026, 11, 1, 12)
        submission = opened.find_submission("small", "ada")
        submission.timestamp = datetime.datetime(2026, 11, 1, 13, 30)
        if extension:
            submission.extension = datetime.timedelta(hours=extension)
        opened.db.commit()
        assert classroom.read(course).book.scores["ada", "small"].seconds_late == late
        assert submission.total_seconds_late == late

    def test_the_roster_is_the_gradebooks(self, course, opened):
        opened.update_or_create_student("bob", first_name="Bob", last_name="Babbage")
        opened.update_or_create_student("mei", first_name="芽衣", last_name="阿部")
        opened.db.commit()
        made = classroom.read(course)
        assert made.students == ["ada", "bob", "mei"]
        assert made.book.roster == {"bob", "mei"}
        assert [made.shown(student) for student in made.students] == [
            "ada",
            "Bob Babbage (bob)",
            "阿部 芽衣 (mei)",
        ]


class TestCourse:
    def test_what_belongs_to_no_assignment_is_named(self, course):
        small_course.submit(course, "ada")
        for name in ("smal/smal.ipynb", "small.ipynb", ".ipynb_checkpoints/small.ipynb", "notes.txt"):
            small_course.write(course.submitted / "ada" / name, b"{}")
        small_course.write(course.submitted / ".ipynb_checkpoints" / "x" / "x.ipynb", b"{}")
        assert [one.what for one in classroom.read(course, ["small"]).misplaced] == [
            "submitted/ada/notes.txt",
            "submitted/ada/smal",
            "submitted/ada/small.ipynb",
        ]

    def test_an_unknown_assignment_is_refused_with_the_known_ones(self, course):
        with pytest.raises(CourseError, match="no assignment 'smal'; there are small"):
            classroom.read(course, ["smal"])

    def test_a_course_without_submissions_has_no_report(self, course):
        with pytest.raises(CourseError, match="nothing has been submitted"):
            classroom.read(course)

    @pytest.mark.parametrize("content", [b"not a database", b""], ids=["no database", "empty"])
    def test_a_gradebook_that_cannot_be_read_is_one_sentence(self, course, content):
        small_course.submit(course, "ada")
        (course.root / "gradebook.db").write_bytes(content)
        if content:
            with pytest.raises(CourseError, match="cannot be read .*not a database.*nbgrader db upgrade"):
                classroom.read(course)
        else:
            assert classroom.read(course).book.scores == {}

    def test_a_course_without_a_gradebook_is_read_and_gets_none(self, tmp_path):
        made = small_course.make(tmp_path / "course")
        small_course.submit(made, "ada")
        found = classroom.read(made)
        assert found.outcomes["ada", "small"].state is State.UNKNOWN
        assert not (made.root / "gradebook.db").exists()
