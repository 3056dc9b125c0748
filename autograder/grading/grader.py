"""Grade a course: find, rebuild, execute (or take from the cache), record, and say what needs attention."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import nbformat
import sqlalchemy.exc

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.themes import ALLOCATION_FILE, PREFIX, read_allocation
from autograder.errors import CourseError, GraderBusy, SandboxUnavailable, SubmissionError
from autograder.gradebook import manual
from autograder.gradebook import recording as gradebook
from autograder.gradebook.recording import Standing
from autograder.grading import submissions
from autograder.grading.cache import ResultCache, engine_hash
from autograder.grading.pool import run_all
from autograder.grading.preparation import Prepared, prepare
from autograder.grading.preprocessors import COMPANIONS
from autograder.grading.results import CellResult, Execution, Status
from autograder.grading.submissions import Submission
from autograder.grading.tasks import Task
from autograder.kernel import bubblewrap
from autograder.kernel.limits import Limits

__all__ = ["Graded", "Grading", "Options", "grade", "working_alone"]

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        assignments: Which ones; all where none is named.
        students: Which ones; all where none is named.
        jobs: Worker processes.
        force: Execute again what is already in the cache.
        require_sandbox: Refuse to run student code where no sandbox can be made.
        scheduler: The address of a Dask scheduler; None uses this machine.
        limits: The bounds of each submission.
    """

    assignments: tuple[str, ...] = ()
    students: tuple[str, ...] = ()
    jobs: int = 1
    force: bool = False
    require_sandbox: bool = False
    scheduler: str | None = None
    limits: Limits = Limits()


@dataclass(frozen=True)
class Graded:
    """One submission after grading.

    Attributes:
        student: The student's id.
        assignment: The assignment's id.
        cells: One result for each grade cell.
        seconds: How long its execution took, when it was executed.
        sandboxed: Whether its code was closed off.
        repairs: What was put right, one sentence each.
        problems: What needs attention and why, one sentence each.
        executed: Whether it was executed now, and not taken from the cache.
        recorded: Whether its points are in the gradebook; otherwise the gradebook was left as it was.
        score_before: The score in the gradebook before, where there was one and it is another now.
        score_now: The score in the gradebook now, where it has changed.
    """

    student: str
    assignment: str
    cells: tuple[CellResult, ...]
    seconds: float = 0.0
    sandboxed: bool = True
    repairs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    executed: bool = False
    recorded: bool = True
    score_before: float | None = None
    score_now: float | None = None

    @property
    def points(self) -> float:
        """Points that the autograder gave."""
        return sum(cell.points or 0.0 for cell in self.cells)

    @property
    def max_points(self) -> float:
        """Points that the autograder can give."""
        return sum(cell.max_points for cell in self.cells if cell.status is not Status.MANUAL)


class Grading:
    """One run of the grader over a course; iterate over `graded()` for results as they come.

    Args:
        course: The course folder.
        options: How to grade.

    Raises:
        CourseError: An assignment or a student does not exist.
        SandboxUnavailable: A sandbox is required and cannot be had.
        GraderBusy: (on iteration) another grader is at work in this course.
        CourseError: (on iteration) the disk is full; what was recorded is kept.
    """

    def __init__(self, course: Course, options: Options) -> None:
        self.course = course
        self.options = options
        self.cache = ResultCache(course.state / "results")
        self.why_no_sandbox = bubblewrap.why_unavailable()
        if options.require_sandbox and self.why_no_sandbox:
            raise SandboxUnavailable(f"student code cannot be sandboxed: {self.why_no_sandbox}")
        self.sandboxed = self.why_no_sandbox is None
        self.copied = False
        self.executed: set[str] = set()
        known = course.assignments()
        for name in options.assignments:
            if name not in known:
                raise CourseError(f"there is no assignment '{name}'; there are {', '.join(known) or 'none'}")
        students = course.students()
        for name in options.students:
            if name not in students:
                raise CourseError(
                    f"student '{name}' has submitted nothing: {course.submitted / name} is not a folder"
                )
        self.submissions = [
            submission
            for assignment in options.assignments or known
            for student in options.students or students
            if (submission := submissions.find(course.submitted, student, assignment))
        ]

    def __len__(self) -> int:
        return len(self.submissions)

    def graded(self) -> Iterator[Graded]:
        """Grade all submissions; gives each as soon as it is in the gradebook."""
        with _no_room_explained(self.course), working_alone(self.course.state):
            wanted = {submission.assignment for submission in self.submissions}
            for assignment in sorted(wanted):
                gradebook.bring_up_to_date(self.course, assignment)
            self.before = gradebook.standings(self.course)
            self.allocated = read_allocation(self.course.root, self.course.assignments())
            yield from self.execute()

    def prepare(self, submission: Submission) -> Prepared | Graded:
        """Read and rebuild; what cannot be is reported, and stops nothing."""
        theme = self.allocated.get(submission.student)
        if theme is not None and submission.assignment.startswith(PREFIX) and submission.assignment != theme:
            return self.ungraded(
                submission,
                f"not graded: the student was allocated {theme} ({ALLOCATION_FILE}), which alone counts",
            )
        try:
            return prepare(self.course, submission, self.options.limits, self.sandboxed)
        except SubmissionError as error:
            return self.ungraded(submission, str(error))

    def ungraded(self, submission: Submission, problem: str) -> Graded:
        """A submission that could not be graded: all its cells are missing, the gradebook is left alone."""
        missing = tuple(
            CellResult(cells.grade_id(cell), Status.MISSING, 0.0, cells.points(cell), problem)
            if cells.is_test(cell)
            else CellResult(cells.grade_id(cell), Status.MANUAL, None, cells.points(cell), problem)
            for cell in self.course.template(submission.assignment).notebook.cells
            if cells.is_test(cell) or cells.is_written(cell)
        )
        return Graded(
            submission.student,
            submission.assignment,
            missing,
            0.0,
            self.sandboxed,
            submission.notes,
            (problem,),
            recorded=False,
        )

    def execute(self) -> Iterator[Graded]:
        waiting: dict[str, list[Prepared]] = {}
        steps = self.steps(waiting)
        for step in steps:
            if isinstance(step, Graded):
                yield step
                continue
            ready: deque[Graded] = deque()
            tasks = chain([step], self.tasks(steps, ready))
            jobs = min(self.options.jobs, len(self.submissions))
            for key, result in run_all(tasks, jobs, self.options.scheduler):
                for number, prepared in enumerate(waiting.pop(key)):
                    if isinstance(result, Exception):
                        yield self.ungraded(prepared.submission, f"it could not be executed: {result}")
                        continue
                    if number == 0:
                        self.cache.write(key, result)
                        self.executed.add(key)
                    yield self.record(prepared, result, executed=number == 0)
                while ready:
                    yield ready.popleft()
            yield from ready

    def steps(self, waiting: dict[str, list[Prepared]]) -> Iterator[Graded | tuple[str, Task]]:
        """Each submission's result where it is there already, otherwise the task that gives it.

        Args:
            waiting: Gets the submissions that wait for each task's result; equal ones share a task.
        """
        for submission in self.submissions:
            prepared = self.prepare(submission)
            if isinstance(prepared, Graded):
                yield prepared
            elif prepared.key in waiting:
                waiting[prepared.key].append(prepared)
            elif (execution := self.kept(prepared.key)) is not None:
                yield self.record(prepared, execution, executed=False)
            else:
                waiting[prepared.key] = [prepared]
                yield prepared.key, self.task(prepared)

    def tasks(
        self, steps: Iterator[Graded | tuple[str, Task]], ready: deque[Graded]
    ) -> Iterator[tuple[str, Task]]:
        """The tasks among these steps; results that are there already are put aside."""
        for step in steps:
            if isinstance(step, Graded):
                ready.append(step)
            else:
                yield step

    def kept(self, key: str) -> Execution | None:
        """The result in the cache, unless it is to be executed again."""
        return None if self.options.force and key not in self.executed else self.cache.read(key)

    def task(self, prepared: Prepared) -> Task:
        setup = self.course.kernel_setup
        remote = self.options.scheduler is not None
        return Task(
            notebook=nbformat.writes(prepared.notebook),
            files=self.course.template(prepared.submission.assignment).files,
            modules=self.course.modules(prepared.notebook),
            setup=setup,
            limits=self.options.limits,
            sandboxed=self.sandboxed,
            seed=prepared.seed,
            setup_digest=setup.digest() if remote else "",
            engine=engine_hash() if remote else "",
        )

    def record(self, prepared: Prepared, execution: Execution, executed: bool) -> Graded:
        """Write to the gradebook what is not there yet."""
        submission = prepared.submission
        graded = Graded(
            submission.student,
            submission.assignment,
            execution.cells,
            execution.seconds,
            execution.sandboxed,
            prepared.repairs,
            (*prepared.questions, *execution.problems),
            executed,
        )
        name = (submission.student, submission.assignment)
        mark = self.course.state / "graded" / submission.assignment / f"{submission.student}.json"
        companions = [path for name in COMPANIONS if _is_small_file(path := submission.path.parent / name)]
        state = {
            "key": prepared.key,
            "repairs": list(prepared.repairs),
            "content": _hash(nbformat.writes(prepared.notebook).encode(), *map(Path.read_bytes, companions)),
        }
        autograded = (
            self.course.root
            / self.course.directory.autograded_directory
            / submission.student
            / submission.assignment
            / f"{submission.assignment}.ipynb"
        )
        before = self.before.get(name)
        if (
            not executed
            and before is not None
            and _read_json(mark) == {**state, "late": self.lateness(before)}
            and autograded.is_file()
        ):
            return graded
        if before is not None and not self.copied:
            keep_copy(self.course)
            self.copied = True
        by_hand = manual.entered(self.course, *name) if before is not None else {}
        written = (
            manual.replies(nbformat.read(autograded, as_version=4))
            if by_hand and autograded.is_file()
            else {}
        )
        try:
            gradebook.record(self.course, *name, prepared.notebook, prepared.key, companions)
        except CourseError as error:
            return replace(graded, problems=(*graded.problems, str(error)), recorded=False)
        now = gradebook.standing(self.course, *name)
        if by_hand:
            replies = manual.replies(prepared.notebook)
            changed = frozenset(cell for cell in written if written[cell] != replies.get(cell))
            said = manual.review(self.course, *name, by_hand, changed)
            graded = replace(graded, problems=(*graded.problems, *said))
        _write_json(mark, {**state, "late": self.lateness(now)})
        if before is not None and now.score != before.score:
            return replace(graded, score_before=before.score, score_now=now.score)
        return graded

    def lateness(self, standing: Standing) -> list:
        """What decides the penalty of a late submission; nbgrader works it out only when it records."""
        if not standing.seconds_late:
            return []
        rules = {name: repr(section) for name, section in self.course.config.items() if "Late" in name}
        return [standing.seconds_late, standing.points, rules]


def grade(course: Course, options: Options) -> list[Graded]:
    """Grade, and return all results at once."""
    return list(Grading(course, options).graded())


def keep_copy(course: Course) -> Path | None:
    """Keep a copy of the gradebook, made by SQLite so that it is whole; the newest five stay."""
    url = course.directory.db_url
    if not url.startswith("sqlite:///"):
        return None
    source = Path(url.removeprefix("sqlite:///"))
    folder = course.state / "gradebook-copies"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / time.strftime("gradebook-%Y%m%d-%H%M%S.db")
    try:
        with (
            contextlib.closing(sqlite3.connect(source)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    for path in sorted(folder.glob("gradebook-*.db"))[:-5]:
        path.unlink()
    return target


@contextlib.contextmanager
def working_alone(state: Path) -> Iterator[None]:
    """Hold the course's lock.

    Raises:
        GraderBusy: Another grader holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with open(state / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GraderBusy(
                f"another grader is at work in {state.parent}; wait until it has finished"
            ) from None
        shutil.rmtree(state / "staged", ignore_errors=True)
        yield


def _hash(*contents: bytes) -> str:
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


@contextlib.contextmanager
def _no_room_explained(course: Course) -> Iterator[None]:
    """Turn what the operating system and databases say of a full disk into one sentence."""
    try:
        yield
    except (OSError, sqlite3.OperationalError, sqlalchemy.exc.OperationalError) as error:
        known = isinstance(error, OSError) and error.errno in NO_ROOM
        if not known and "disk" not in str(error) and "readonly" not in str(error):
            raise
        raise CourseError(
            f"results cannot be written to {course.root} ({error}); everything that was recorded is kept: "
            "make room there and run the same command again"
        ) from error


def _is_small_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size < 1024


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    os.replace(new, path)
