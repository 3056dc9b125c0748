"""Grade what arrives: collect, grade, write feedback, release it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from autograder.collecting import archive, beforehand
from autograder.collecting.collect import Collection, collect
from autograder.collecting.sorting import Provenance
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.errors import ArchiveError, CourseError, GraderBusy
from autograder.feedback import term, writer
from autograder.gradebook import deadlines, late
from autograder.gradebook.attempts import attempts_of, content_of, put_off
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading.graded import Graded
from autograder.grading.grader import Grading, Options
from autograder.grading.pool import Workers
from autograder.mistakes.recognition import recognise
from autograder.watch.arrivals import Arrivals, files_in, submissions_in
from autograder.watch.exchange import ExchangeInbox

__all__ = ["Begins", "Inbox", "Round", "Watch"]

Name = tuple[str, str]
Begins = Callable[[str, int], AbstractContextManager[Callable[[Graded], None]]]
"""Entered with an assignment and how many of its submissions are looked at; what it gives takes each as it is ready."""
DUE_SECONDS = 60.0
"""How old what is known of deadlines may be."""


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """A folder in which archives land, and where they come from.

    Attributes:
        replace: Whether an archive's notebook is taken where nothing says which of two is later.
    """

    folder: Path
    origin: Provenance
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one look led to.

    Attributes:
        collected: What was collected, by the name of the archive.
        graded: What was graded, or was found to be graded already.
        put_off: Submissions that are over the number of attempts a day, for the first time now.
        pages: Pages of feedback that were written.
        released: Those that students can fetch from the exchange.
        attention: What a person has to look at.
    """

    collected: dict[str, Collection]
    graded: tuple[Graded, ...] = ()
    put_off: tuple[Name, ...] = ()
    pages: tuple[Name, ...] = ()
    released: tuple[Name, ...] = ()
    attention: tuple[Concern, ...] = ()


class Watch:
    """Looks at where submissions arrive; nothing of what it remembers is needed to go on after a crash.

    Args:
        options: How to grade; the assignments that are named are those that are watched.
        inbox: Where archives land, if anywhere.
        now: The time, with a zone.
        begins: Told of grading while it goes on.
    """

    def __init__(
        self,
        course: Course,
        options: Options,
        workers: Workers | None = None,
        inbox: Inbox | None = None,
        exchange: ExchangeInbox | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        begins: Begins = lambda assignment, number: contextlib.nullcontext(lambda graded: None),
    ) -> None:
        self._course = course
        self._options = options
        self._workers = workers
        self._inbox = inbox
        self._exchange = exchange
        self._now = now
        self._begins = begins
        self._attempts = attempts_of(course)
        self._collected = _Collected(course.state / "collected-archives")
        self._archives = Arrivals(lambda: files_in(inbox.folder) if inbox else {})
        self._submissions = Arrivals(
            lambda: submissions_in(course.submitted, options.assignments or course.assignments())
        )
        self._put_off: set[Name] = set()
        self._deadlines: dict[str, datetime] = {}
        self._extended: dict[Name, datetime] = {}
        self._deadlines_read: datetime | None = None
        self._told: datetime | None = None  # when feedback was last brought up to date
        self._attention: list[Concern] = []

    def look(self) -> Round:
        """Do what there is to do now."""
        self._attention = []
        collected = self._collect()
        graded, put_off = self._grade()
        pages, released = self._tell(bool(graded or put_off))
        return Round(
            collected=collected,
            graded=graded,
            put_off=put_off,
            pages=pages,
            released=released,
            attention=tuple(self._attention),
        )

    def _collect(self) -> dict[str, Collection]:
        if self._exchange is not None:
            for assignment, why in self._exchange.collect().items():
                self._attention.append(Concern(assignment, f"the exchange could not be collected: {why}"))
        found: dict[str, Collection] = {}
        inbox = self._inbox
        if inbox is None:
            return found
        for name in self._archives.new():
            path = inbox.folder / name
            try:
                if not self._collected.has(path):
                    with archive.opened(path) as files:
                        found[name] = collect(self._course, files, inbox.origin, replace=inbox.replace)
                    self._attention += found[name].attention
                    self._collected.note(path)
            except GraderBusy:
                continue  # it is there at the next look, too
            except (ArchiveError, CourseError, OSError) as error:
                self._attention.append(Concern(name, str(error)))
            self._archives.take(name)
        return found

    def _grade(self) -> tuple[tuple[Graded, ...], tuple[Name, ...]]:
        now = self._now()
        self._read_deadlines(now)
        wanted: dict[str, list[str]] = {}
        put_off = set()
        here = frozenset(self._course.students())
        for student, assignment in self._submissions.new():
            if student not in here:  # they have left the course
                self._submissions.take((student, assignment))
                continue
            beforehand.note_submitted(self._course, student, assignment)
            if self._may_be_graded(student, assignment, now):
                wanted.setdefault(assignment, []).append(student)
            else:
                put_off.add((student, assignment))
        newly, self._put_off = put_off - self._put_off, put_off
        graded: list[Graded] = []
        for assignment, students in wanted.items():
            try:
                graded += self._graded(assignment, students)
            except GraderBusy:
                continue
        return tuple(graded), tuple(sorted(newly))

    def _graded(self, assignment: str, students: Sequence[str]) -> list[Graded]:
        options = replace(self._options, assignments=(assignment,), students=tuple(students))
        grading = Grading(
            self._course, options, GradebookRecorder(self._course), self._workers, self._course.kernel_setup
        )
        done = []
        with self._begins(assignment, len(grading)) as tell:
            for graded in grading.graded():
                self._submissions.take((graded.record.student, assignment))
                done.append(graded)
                tell(graded)
        with contextlib.suppress(GraderBusy):  # whoever is at work names mistakes, too
            return list(recognise(self._course, done, self._options.jobs, workers=self._workers).graded)
        return done

    def _may_be_graded(self, student: str, assignment: str, now: datetime) -> bool:
        """Whether the student has an attempt left today; it counts from here on."""
        due = self._extended.get((student, assignment), self._deadlines.get(assignment))
        if put_off(self._course, self._attempts, student, assignment, due, now):
            return False
        if content := content_of(self._course, student, assignment):
            self._attempts.note(student, assignment, content, now)
        return True

    def _read_deadlines(self, now: datetime) -> None:
        if self._deadlines_read is None or (now - self._deadlines_read).total_seconds() > DUE_SECONDS:
            found = deadlines.read(self._course)
            self._deadlines = {name: due for name, due in found.items() if due is not None}
            self._extended = self._course.exceptions.later(self._deadlines)
            self._deadlines_read = now

    def _tell(self, changed: bool) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Write the pages that have changed: after an arrival, at the start, and when a deadline has passed."""
        now, before = self._now(), self._told
        every = (*self._deadlines.values(), *self._extended.values())
        passed = before is not None and any(before < due <= now for due in every)
        if not changed and not passed and before is not None:
            return (), ()
        late.refresh(self._course)
        written = writer.write(self._course, jobs=self._options.jobs, now=now)
        for name, why in written.failed.items():
            self._attention.append(Concern("/".join(name), f"its page could not be made ({why})"))
        if written.new:
            term.write(self._course, written)
        # whoever was killed between the two may have left pages that were written and not released
        names = written.pages if before is None else written.new
        released = self._exchange.release(written.pages, names) if self._exchange is not None else []
        self._told = now
        return tuple(sorted(written.new)), tuple(released)


class _Collected:
    """Archives that have been collected, by their content."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = set(path.read_text().split()) if path.is_file() else set()

    def has(self, archive: Path) -> bool:
        """Whether it was; a folder is looked at each time it changes."""
        return archive.is_file() and _digest(archive) in self._known

    def note(self, archive: Path) -> None:
        """Remember that it was."""
        if archive.is_file():
            self._known.add(_digest(archive))
            with self._path.open("a") as file:
                file.write(f"{_digest(archive)}\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
