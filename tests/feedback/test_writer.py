"""Pages are written where something has changed, and only there; nbgrader makes the same ones."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.course import exceptions
from autograder.course.folder import Course
from autograder.course.groups import Group, Groups
from autograder.feedback import term, writer
from autograder.gradebook import requests
from tests import small_course
from tests.feedback.graded import grade, notebook


@pytest.fixture
def course(registered: Course) -> Course:
    grade(registered, "ada", task=4.0)
    grade(registered, "bob")
    return registered


def new(course: Course, **settings) -> list[str]:
    return sorted(student for student, _ in writer.write(course, **settings).new)


def page_of(course: Course, student: str) -> str:
    return writer.page_path(course, student, "small").read_text(encoding="utf-8")


class TestWriting:
    def test_what_has_not_changed_is_left_as_it_is(self, course):
        assert new(course) == ["ada", "bob"]
        before = writer.page_path(course, "ada", "small").stat()
        assert new(course) == []
        assert writer.page_path(course, "ada", "small").stat().st_mtime_ns == before.st_mtime_ns

    def test_points_a_comment_or_a_penalty_make_a_new_page(self, course):
        new(course)
        for change in (
            {"task": 2.0},
            {"task": 2.0, "comment": "Yes."},
            {"task": 2.0, "comment": "Yes.", "late": 1.0},
        ):
            grade(course, "bob", **change)
            assert new(course) == ["bob"]
        assert "Yes." in page_of(course, "bob")

    def test_another_notebook_makes_a_new_page(self, course):
        new(course)
        grade(course, "ada", notebook(course, scale="def scale(x, factor):\n    return x"), task=4.0)
        assert new(course) == ["ada"]

    def test_a_template_of_the_course_makes_all_of_them_anew(self, course):
        new(course)
        own = course.root / "templates" / "feedback_page"
        own.mkdir(parents=True)
        (own / "feedback.css").write_text("body { color: navy }")
        with open(course.root / "nbgrader_config.py", "a") as file:
            file.write(f"\nc.FeedbackExporter.extra_template_basedirs = [{str(own.parent)!r}]\n")
        writer._exporter.cache_clear(), writer._course.cache_clear()
        with pytest.raises(Exception, match="index.html.j2"):  # a whole template, or none
            new(Course(course.root))

    def test_settings_may_stand_in_the_folder_around_the_courses(self, course, tmp_path):
        around = tmp_path / "around"
        around.mkdir()
        (course.root / "nbgrader_config.py").rename(around / "nbgrader_config.py")
        with (around / "nbgrader_config.py").open("a") as file:
            file.write('\nc.CourseDirectory.root = "inside"\n')
        course.root.rename(around / "inside")
        assert new(Course(around)) == ["ada", "bob"]

    def test_a_page_that_somebody_removed_is_written_again(self, course):
        new(course)
        writer.page_path(course, "ada", "small").unlink()
        assert new(course) == ["ada"]

    def test_one_that_cannot_be_made_stops_no_other(self, course):
        path = course.root / "autograded" / "bob" / "small" / "small.ipynb"
        path.write_text("no notebook")
        written = writer.write(course)
        assert list(written.failed) == [("bob", "small")]
        assert list(written.pages) == [("ada", "small")]

    def test_times_of_submission_are_beside_it_where_nbgraders_exchange_reads_them(self, course):
        small_course.write(
            course.root / "autograded" / "ada" / "small" / "timestamp.txt", b"2026-01-01 00:00:00 UTC"
        )
        new(course)
        assert (course.root / "feedback" / "ada" / "small" / "timestamp.txt").is_file()

    def test_a_submission_that_the_gradebook_does_not_have_has_no_score(self, course):
        made = notebook(course)
        path = course.root / "autograded" / "eve" / "small" / "small.ipynb"
        small_course.write(path, nbformat.writes(made).encode())
        new(course)
        assert "not in the gradebook yet" in page_of(course, "eve")

    def test_progress_is_said(self, course):
        said = []
        writer.write(course, progress=lambda done, total: said.append((done, total)))
        assert said == [(0, 2), (1, 2), (2, 2)]


class TestRequests:
    ASKED: ClassVar = {
        "student": "ada",
        "assignment": "small",
        "exercise": "Sum",
        "why": "I wrote <b>adding</b>.",
    }

    def test_a_question_and_its_answer_with_both_scores_are_on_the_page_and_on_that_of_the_term(self, course):
        writer.write(course)
        requests.take(course, self.ASKED)
        assert new(course) == ["ada"]
        assert "not answered yet" in page_of(course, "ada")
        grade(course, "ada", task=2.5)
        requests.answer(course, 1, "Half of it.")
        assert new(course) == ["ada"]
        index = term.write(course, writer.write(course))["ada"].read_text(encoding="utf-8")
        for html in (page_of(course, "ada"), index):
            assert "<b>Sum</b> I wrote &lt;b&gt;adding&lt;/b&gt;." in html
            assert "Half of it." in html
            assert "Score 9 → 7.5" in html
            assert "not answered yet" not in html

    def test_that_the_score_stays_is_said(self, course):
        requests.take(course, self.ASKED)
        requests.answer(course, 1, "It is as the text says.")
        new(course)
        assert "The score stays as it was." in page_of(course, "ada")

    def test_nobody_else_reads_it(self, course):
        requests.take(course, self.ASKED)
        new(course)
        assert "I wrote" not in page_of(course, "bob")


def test_nbgrader_makes_the_same_page(course, monkeypatch):
    requests.take(course, TestRequests.ASKED)
    new(course)
    ours = page_of(course, "ada")
    monkeypatch.chdir(course.root)
    config = deepcopy(course.config)
    config.CourseDirectory.assignment_id, config.CourseDirectory.student_id = "small", "ada"
    GenerateFeedback(coursedir=CourseDirectory(config=config), config=config, force=True).start()
    key = next(line for line in ours.splitlines() if "autograder-key" in line)
    assert page_of(course, "ada") == ours.replace(key, "")


class TestTerm:
    def index(self, course: Course, student: str) -> str:
        return term.write(course, writer.write(course))[student].read_text(encoding="utf-8")

    def test_it_links_to_each_assignment_and_says_what_is_final(self, course):
        html = self.index(course, "ada")
        assert 'href="small/small.html">A small assignment</a>' in html
        assert "<strong>9</strong> <span>of 9 points" in html
        assert "final" in html

    def test_what_is_not_marked_makes_no_total_that_looks_final(self, course):
        html = self.index(course, "bob")
        assert "Total so far" in html
        assert "4 points still open" in html
        assert "<strong>5</strong> <span>of 5 points" in html

    def test_what_could_not_be_graded_has_no_link_and_no_score(self, course):
        small_course.submit(course, "eve", b"no notebook")
        html = self.index(course, "eve")
        assert "it could not be graded yet" in html
        assert "href" not in html
        assert "<strong>not marked yet</strong>" in html

    def test_who_is_excused_from_everything_has_a_name_and_no_score_to_wait_for(self, course):
        with Gradebook(course.directory.db_url, course.directory.course_id) as book:
            book.update_or_create_student("eve", first_name="Eve", last_name="Noether")
        (course.root / exceptions.FILE).write_text(
            "student,assignment,until,note\neve,small,excused,\n", encoding="utf-8"
        )
        html = self.index(Course(course.root), "eve")
        assert "Eve Noether" in html
        assert "<strong>excused</strong>" in html
        assert "not marked yet" not in html

    def test_who_has_left_gets_no_page(self, course):
        (course.root / exceptions.FILE).write_text(
            "student,assignment,until,note\nbob,,left,\n", encoding="utf-8"
        )
        written = writer.write(Course(course.root))
        assert {student for student, _ in written.pages} == {"ada"}

    def test_what_was_due_and_not_handed_in_counts_as_nothing_of_its_points(self, course):
        due = datetime(2026, 12, 1, tzinfo=UTC)
        with Gradebook(course.directory.db_url, course.directory.course_id) as book:
            book.add_assignment("later", duedate=due.replace(tzinfo=None))
            book.add_notebook("later", "later")
            book.add_grade_cell("test", "later", "later", max_score=6.0, cell_type="code")
        (course.root / exceptions.FILE).write_text(
            "student,assignment,until,note\nbob,later,2026-12-03 00:00 UTC,\n", encoding="utf-8"
        )

        def totals(now: datetime) -> list[str]:
            made = term.write(course, writer.write(course), now)
            texts = [made[student].read_text(encoding="utf-8") for student in ("ada", "bob")]
            assert [now > due, now > due + timedelta(days=2)] == ["not handed in" in one for one in texts]
            return [
                re.search(r"<strong>(.*?)</strong> <span>(.*?)<", text).expand(r"\1 \2") for text in texts
            ]

        assert totals(due - timedelta(hours=1)) == ["9 of 9 points", "5 of 5 points"]
        assert totals(due + timedelta(hours=1)) == ["9 of 15 points", "5 of 5 points"]
        assert totals(due + timedelta(days=3)) == ["9 of 15 points", "5 of 11 points"]

    def test_another_theme_than_the_allocated_one_is_not_in_the_total(self, course, monkeypatch):
        theme = Group(name="theme", pattern="small")
        groups = Groups(groups=(theme,), chosen={"theme": {"ada": "another"}})
        monkeypatch.setattr(Course, "groups", lambda self: groups)
        html = self.index(course, "ada")
        assert "not counted" in html
        assert "of 9 points" not in html

    def test_it_is_written_again_only_where_it_says_something_else(self, course):
        written = writer.write(course)
        before = {student: path.stat().st_mtime_ns for student, path in term.write(course, written).items()}
        grade(course, "bob", task=1.0)
        after = term.write(course, writer.write(course))
        assert [one for one in after if after[one].stat().st_mtime_ns != before[one]] == ["bob"]

    def test_the_students_language_is_that_of_the_pages(self, course):
        grade(course, "ada", notebook(course, language="ja"), task=4.0)
        html = self.index(course, "ada")
        assert '<html lang="ja">' in html
        assert "小さな課題" in html
