"""What arrives is graded once, answered at once, and within the rules of the course."""

from __future__ import annotations

import fcntl
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.collecting import beforehand
from autograder.collecting.beforehand import When
from autograder.collecting.naming import System
from autograder.collecting.sorting import Provenance
from autograder.course.exceptions import Agreement, Exceptions, write_exceptions
from autograder.course.folder import Course
from autograder.course.times import shown_time
from autograder.errors import CourseError
from autograder.feedback import writer
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading import grader
from autograder.grading.grader import Grading, Options
from autograder.release import build
from autograder.watch.exchange import ExchangeInbox
from autograder.watch.watch import Inbox, Watch
from tests import points, small_course
from tests.grading.pools import FakePool

DUE = datetime(2030, 5, 3, 23, 0).astimezone()


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2030, 5, 1, 12, 0).astimezone()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def course(registered: Course) -> Course:
    with Gradebook(registered.directory.db_url, registered.directory.course_id) as book:
        book.find_assignment("small").duedate = DUE.astimezone(UTC).replace(tzinfo=None)
        book.db.commit()
    return registered


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(monkeypatch) -> FakePool:
    pool = FakePool()
    monkeypatch.setattr(grader, "run_all", pool)
    return pool


@pytest.fixture
def watched(course, clock, pool) -> Watch:
    return Watch(course, Options(), now=clock)


def settled(watch: Watch):
    """The second look, at which what has just arrived is whole."""
    watch.look()
    return watch.look()


def hand_in(course: Course, student: str, version: int) -> None:
    small_course.submit(course, student, total=f"def total(values):\n    return sum(values) + 0 * {version}")


def names(graded) -> list[str]:
    return sorted(one.record.student for one in graded)


class TestSubmitted:
    def test_what_arrives_is_graded_and_answered(self, watched, course):
        assert watched.look().graded == ()
        small_course.submit(course, "ada")
        seen = settled(watched)
        assert [(one.record.student, one.record.points, one.executed) for one in seen.graded] == [
            ("ada", 5.0, True)
        ]
        assert seen.pages == (("ada", "small"),)
        assert points.scores(course) == {("ada", "small"): 5.0}

    def test_nothing_is_graded_twice(self, watched, course, pool):
        small_course.submit(course, "ada")
        settled(watched)
        assert [watched.look().graded for _ in range(3)] == [(), (), ()]
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        assert names(settled(watched).graded) == ["bob"]
        assert len(pool.executed) == 2

    def test_one_that_starts_again_goes_on(self, watched, course, clock, pool):
        small_course.submit(course, "ada")
        settled(watched)
        small_course.submit(course, "bob")
        again = settled(Watch(course, Options(), now=clock))
        assert {one.record.student: one.executed for one in again.graded} == {"ada": False, "bob": False}
        assert len(pool.executed) == 1  # both handed in the same
        assert again.pages == (("bob", "small"),)

    def test_another_version_is_graded_again(self, watched, course):
        small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
        settled(watched)
        small_course.submit(course, "ada")
        assert settled(watched).graded[0].score_now == 5.0

    def test_an_answer_that_comes_before_the_results_is_kept_with_its_time(self, watched, course):
        path = course.source / "small" / "small.ipynb"
        source = nbformat.read(path, as_version=4)
        small_course.cell_of(source, "task").metadata.tags = ["early"]
        small_course.cell_of(source, "total").metadata.tags = ["results"]
        nbformat.write(source, path)
        released = small_course.cell_of(course.template("small").notebook, "total").source
        for total in (released, small_course.ANSWERS["total"]):
            small_course.submit(course, "ada", total=total)
            settled(watched)
        small_course.submit(course, "bob")
        settled(watched)
        found = [beforehand.read(course, student, "small") for student in ("ada", "bob")]
        assert [beforehand.standing(one, "task").when for one in found] == [When.BEFORE, When.WITH]

    def test_only_assignments_that_are_named_are_watched(self, course, clock, pool):
        small_course.write(course.submitted / "ada" / "other" / "other.ipynb", b"x")
        small_course.submit(course, "ada")
        assert names(settled(Watch(course, Options(assignments=("small",)), now=clock)).graded) == ["ada"]

    def test_what_cannot_be_graded_is_said_once(self, watched, course):
        small_course.submit(course, "eve", b"not a notebook")
        assert settled(watched).graded[0].concerns
        assert watched.look().graded == ()

    def test_while_somebody_else_grades_it_waits(self, watched, course):
        small_course.submit(course, "ada")
        with (course.state / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert settled(watched).graded == ()
        assert names(watched.look().graded) == ["ada"]


class TestAttempts:
    def test_over_the_number_of_a_day_the_last_one_waits_for_the_next(self, watched, course, clock):
        course.settings.attempts_per_day = 2
        for version in (1, 2):
            hand_in(course, "ada", version)
            assert names(settled(watched).graded) == ["ada"]
        for version in (3, 4):
            hand_in(course, "ada", version)
            seen = settled(watched)
            assert (seen.graded, seen.put_off) == ((), (("ada", "small"),))
            assert watched.look().put_off == ()
        clock.now += timedelta(days=1)
        assert names(watched.look().graded) == ["ada"]
        kept = nbformat.read(course.root / "autograded" / "ada" / "small" / "small.ipynb", as_version=4)
        assert "0 * 4" in small_course.cell_of(kept, "total").source

    def test_others_are_graded_meanwhile_and_a_restart_changes_nothing(self, course, clock, pool):
        course.settings.attempts_per_day = 1
        hand_in(course, "ada", 1)
        settled(Watch(course, Options(), now=clock))
        hand_in(course, "ada", 2)
        hand_in(course, "bob", 3)
        watch = Watch(course, Options(), now=clock)
        seen = settled(watch)
        assert (names(seen.graded), seen.put_off) == (["bob"], (("ada", "small"),))

    def test_of_several_notebooks_a_change_of_one_is_an_attempt(self, course, clock, pool):
        (course.source / "pair").mkdir()
        for name in ("one", "two"):
            nbformat.write(small_course.source(), course.source / "pair" / f"{name}.ipynb")
        course.settings.attempts_per_day = 1
        watched = Watch(course, Options(assignments=("pair",)), now=clock)

        def hand_in_both(version: int) -> None:
            for name, number in (("one", 0), ("two", version)):
                made = small_course.answered(course, total=f"def total(values):\n    return {number}")
                path = course.submitted / "ada" / "pair" / f"{name}.ipynb"
                small_course.write(path, nbformat.writes(made).encode())

        hand_in_both(1)
        assert names(settled(watched).graded) == ["ada", "ada"]
        hand_in_both(2)
        assert settled(watched).put_off == (("ada", "pair"),)

    def test_the_student_is_told_that_the_newest_submission_waits_until_it_is_graded(
        self, watched, course, clock
    ):
        course.settings.attempts_per_day = 1
        page = writer.page_path(course, "ada", "small")
        pages = page, page.parent.parent / "index.html"
        waits = "today's attempts (1 a day) are used up. It is graded at 2030-05-02 00:00"
        hand_in(course, "ada", 1)
        settled(watched)
        assert not any(waits in one.read_text() for one in pages)
        hand_in(course, "ada", 2)
        assert settled(watched).pages == (("ada", "small"),)
        assert all(waits in unescape(one.read_text()) for one in pages)
        assert watched.look().pages == ()
        clock.now += timedelta(days=1)
        watched.look()
        assert not any("attempts" in one.read_text() for one in pages)

    def test_what_waits_is_said_until_the_deadline_at_the_latest(self, watched, course, clock):
        course.settings.attempts_per_day = 1
        clock.now = DUE - timedelta(minutes=30)
        for version in (1, 2):
            hand_in(course, "ada", version)
            settled(watched)
        page = writer.page_path(course, "ada", "small")
        assert f"It is graded at {shown_time(DUE, course.zone)}" in unescape(page.read_text())

    def test_a_submission_that_was_graded_by_hand_does_not_wait(self, watched, course, clock):
        course.settings.attempts_per_day = 1
        for version in (1, 2):
            hand_in(course, "ada", version)
            settled(watched)
        list(Grading(course, Options(), GradebookRecorder(course)).graded())
        writer.write(course, now=clock.now)
        assert "attempts" not in writer.page_path(course, "ada", "small").read_text()

    def test_more_time_that_is_not_later_than_the_deadline_ends_no_waiting(self, watched, course, clock):
        course.settings.attempts_per_day = 1
        earlier = Agreement(student="ada", assignment="small", until=shown_time(DUE - timedelta(days=1), UTC))
        write_exceptions(course.root, Exceptions(agreements=(earlier,)))
        clock.now = DUE - timedelta(minutes=30)
        hand_in(course, "ada", 1)
        assert names(settled(watched).graded) == ["ada"]
        hand_in(course, "ada", 2)
        assert names(settled(watched).graded) == []

    def test_from_the_deadline_on_all_are_graded(self, watched, course, clock):
        course.settings.attempts_per_day = 1
        clock.now = DUE - timedelta(hours=1)
        for version in (1, 2):
            hand_in(course, "ada", version)
            settled(watched)
        clock.now = DUE + timedelta(seconds=1)
        assert names(watched.look().graded) == ["ada"]


class TestFeedback:
    def test_when_the_deadline_passes_all_is_told(self, watched, course, clock):
        course.settings.before_deadline = "visible"
        small_course.submit(course, "ada", scale="def scale(x, factor):\n    return x.mul_(factor)")
        settled(watched)
        page = writer.page_path(course, "ada", "small")
        assert "Hidden tests decide after the deadline" in page.read_text()
        clock.now = DUE + timedelta(seconds=61)
        assert watched.look().pages == (("ada", "small"),)
        assert "scale changes its argument" in page.read_text()
        assert watched.look().pages == ()


class TestArchives:
    def archive(self, course: Course, folder, name: str, *students: str) -> None:
        with zipfile.ZipFile(folder / name, "w") as packed:
            for number, student in enumerate(students):
                notebook = nbformat.writes(small_course.answered(course))
                packed.writestr(f"{student}_{number}_{number}_small.ipynb", notebook)

    @pytest.fixture
    def inbox(self, tmp_path) -> Inbox:
        (tmp_path / "inbox").mkdir()
        return Inbox(folder=tmp_path / "inbox", origin=Provenance(system=System.CANVAS, assignment="small"))

    def test_an_archive_that_lands_is_collected_and_graded(self, course, clock, pool, inbox):
        watch = Watch(course, Options(), inbox=inbox, now=clock)
        self.archive(course, inbox.folder, "a.zip", "ada", "bob")
        assert len(settled(watch).collected["a.zip"].collected) == 2
        assert len(watch.look().graded) == 2

    def test_it_is_collected_once_also_after_a_restart(self, course, clock, pool, inbox):
        self.archive(course, inbox.folder, "a.zip", "ada")
        settled(Watch(course, Options(), inbox=inbox, now=clock))
        assert settled(Watch(course, Options(), inbox=inbox, now=clock)).collected == {}

    @pytest.mark.parametrize("replaces", [True, False])
    def test_a_second_archive_without_times_replaces_the_first_where_it_is_told_to(
        self, course, clock, pool, inbox, replaces
    ):
        origin = replace(inbox.origin, system=System.PLAIN)
        watch = Watch(course, Options(), inbox=replace(inbox, origin=origin, replace=replaces), now=clock)
        for number, answers in enumerate(({}, {"scale": small_course.WRONG_SCALE})):
            with zipfile.ZipFile(inbox.folder / f"{number}.zip", "w") as packed:
                notebook = nbformat.writes(small_course.answered(course, **answers))
                packed.writestr("ada/small.ipynb", notebook)
            seen = settled(watch)
        assert len(seen.collected["1.zip"].collected) == replaces
        assert ["--replace takes it" in one.why for one in seen.attention] == [True] * (not replaces)

    def test_what_is_no_archive_is_named_once_and_stops_nothing(self, course, clock, pool, inbox):
        (inbox.folder / "broken.zip").write_text("no archive")
        self.archive(course, inbox.folder, "good.zip", "ada")
        watch = Watch(course, Options(), inbox=inbox, now=clock)
        seen = settled(watch)
        assert [concern.what for concern in seen.attention] == ["broken.zip"]
        assert set(seen.collected) == {"good.zip"}
        assert watch.look().attention == ()


class TestExchange:
    @pytest.fixture
    def exchange(self, course, tmp_path):
        inbound = tmp_path / "exchange" / course.directory.course_id / "inbound"
        inbound.mkdir(parents=True)
        course.config.Exchange.root = str(tmp_path / "exchange")
        course.config.ExchangeCollect.check_owner = False
        return inbound

    def submit(self, course, inbound, student: str, time: str, **answers: str) -> None:
        folder = inbound / f"{student}+small+{time} UTC+0"
        text = nbformat.writes(small_course.answered(course, **answers))
        small_course.write(folder / "small.ipynb", text.encode())
        small_course.write(folder / "timestamp.txt", f"{time} UTC".encode())
        small_course.write(folder / "submission_secret.txt", student.encode())

    def test_what_is_submitted_there_is_collected_graded_and_its_feedback_released(
        self, course, clock, pool, exchange
    ):
        watch = Watch(course, Options(), exchange=ExchangeInbox(course), now=clock)
        self.submit(course, exchange, "ada", "2030-05-01 10:00:00.0", scale=small_course.WRONG_SCALE)
        settled(watch)
        seen = watch.look()
        assert names(seen.graded) == ["ada"]
        assert seen.released == (("ada", "small"),)
        [page] = (exchange.parent / "feedback").iterdir()
        assert page.read_bytes() == writer.page_path(course, "ada", "small").read_bytes()
        self.submit(course, exchange, "ada", "2030-05-01 11:00:00.0")
        settled(watch)
        assert watch.look().graded[0].score_now == 5.0

    def test_what_came_otherwise_cannot_be_released(self, course, clock, pool, exchange):
        small_course.submit(course, "bob")
        seen = settled(Watch(course, Options(), exchange=ExchangeInbox(course), now=clock))
        assert seen.pages == (("bob", "small"),)
        assert seen.released == ()

    def test_an_exchange_without_the_course_is_refused(self, course, tmp_path):
        course.config.Exchange.root = str(tmp_path / "nowhere")
        with pytest.raises(CourseError, match="release an assignment first"):
            ExchangeInbox(course)


def test_a_source_that_was_never_registered_is_when_something_arrives(course, clock, pool):
    build.build(course)
    small_course.submit(course, "ada")
    assert names(settled(Watch(course, Options(), now=clock)).graded) == ["ada"]
