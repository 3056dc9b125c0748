"""Grade a course: find, rebuild, execute (or take from the cache), and keep a record of each submission."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import sqlalchemy.exc

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.lock import working_alone
from autograder.course.notebooks import assignment_of
from autograder.errors import CourseError, SandboxUnavailable, SubmissionError
from autograder.grading import preload
from autograder.grading.cache import ResultCache
from autograder.grading.circumstances import circumstances
from autograder.grading.graded import Graded, Recorder
from autograder.grading.plan import needed_sources
from autograder.grading.pool import Workers, run_all
from autograder.grading.preparation import Prepared, prepare
from autograder.grading.record import Record, Records, content_hash, made_of
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task, engine_hash
from autograder.kernel import bubblewrap
from autograder.kernel.ahead import Wanted
from autograder.kernel.setup import KernelSetup
from autograder.submission import submissions
from autograder.submission.submissions import Submission
from autograder.verdict.verdict import Status

__all__ = ["Grading", "Options"]

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to grade.

    Attributes:
        assignments: Which ones; all where none is named.
        students: Which ones; all where none is named.
        jobs: Worker processes.
        force: Execute again what is already in the cache.
        everything: Execute also what decides nothing.
        require_sandbox: Refuse to run student code where no sandbox can be made.
        scheduler: The address of a Dask scheduler; None uses this machine.
    """

    assignments: tuple[str, ...] = ()
    students: tuple[str, ...] = ()
    jobs: int = 1
    force: bool = False
    everything: bool = False
    require_sandbox: bool = False
    scheduler: str | None = None


class Grading:
    """One run of the grader over a course; iterate over `graded()` for results as they come.

    Args:
        workers: Those that execute, where they are there already.
        setup: Of the kernels of workers that stay for several runs; otherwise what the code of this one needs.

    Raises:
        CourseError: An assignment or a student does not exist.
        SandboxUnavailable: A sandbox is required and cannot be had.
        GraderBusy: (on iteration) another grader is at work in this course.
        CourseError: (on iteration) the disk is full; what was recorded is kept.
    """

    def __init__(
        self,
        course: Course,
        options: Options,
        recorder: Recorder,
        workers: Workers | None = None,
        setup: KernelSetup | None = None,
    ) -> None:
        self.course = course
        self.workers = workers
        self.setup_of_workers = setup
        self.options = options
        self.recorder = recorder
        self.cache = ResultCache.of(course)
        self.records = Records.of(course)
        self.everything = options.everything or course.settings.everything
        self.why_no_sandbox = bubblewrap.why_unavailable()
        if options.require_sandbox and self.why_no_sandbox:
            raise SandboxUnavailable(f"student code cannot be sandboxed: {self.why_no_sandbox}")
        self.sandboxed = self.why_no_sandbox is None
        self.executed: set[str] = set()
        self.circumstances: dict[str, str] = {}
        assignments = course.chosen(options.assignments)
        students = course.students()
        for name in options.students:
            if name in course.exceptions.left:
                raise CourseError(
                    f"'{name}' has left the course; `autograder roster --restore {name}` takes them back"
                )
            if name not in students:
                raise CourseError(
                    f"student '{name}' has submitted nothing: {course.submitted / name} is not a folder"
                )
        self.submissions = [
            submission
            for assignment in assignments
            for student in options.students or students
            for notebook in course.notebooks(assignment)
            if (
                submission := submissions.find(
                    course.submitted, student, notebook, course.notebooks(assignment)
                )
            )
        ]

    def __len__(self) -> int:
        return len(self.submissions)

    def graded(self) -> Iterator[Graded]:
        """Grade all submissions; gives each as soon as its points and its record are kept."""
        with _no_room_explained(self.course), working_alone(self.course.state):
            self.groups = self.course.groups(self.course.assignments())
            wanted = sorted({submission.assignment for submission in self.submissions})
            self.circumstances = {
                name: self.circumstances_of(name)
                for assignment in wanted
                for name in self.course.notebooks(assignment)
            }
            self.setup = self.setup_of_workers or self.course.kernel_setup.for_code(
                source
                for name in self.circumstances
                for source in needed_sources(self.course.source_notebook(name), self.everything)
            )
            if wanted and self.options.scheduler is None:
                limits = self.course.limits(wanted[0])
                launched = Wanted(setup=self.setup, sandboxed=self.sandboxed, limits=limits)
                preload.remember(self.course.root, self.course.submitted, launched)
            self.recorder.begin(wanted)
            try:
                yield from self.execute()
            finally:
                self.recorder.end()

    def circumstances_of(self, notebook: str) -> str:
        """All that decides the results of a notebook beside what was handed in."""
        limits = self.course.limits(assignment_of(notebook))
        return circumstances(self.course, notebook, limits, self.sandboxed, self.everything)

    def unchanged(self, submission: Submission, content: str) -> Record | None:
        """The record of a submission for which there is nothing to do."""
        record = self.records.read(submission.student, submission.notebook)
        if (
            record is None
            or not content
            or (record.content, record.circumstances) != (content, self.circumstances[submission.notebook])
            or not record.key
            or record.repairs[: len(submission.notes)] != submission.notes  # another file lies beside it now
            or (self.options.force and record.key not in self.executed)
        ):
            return None
        return record if self.recorder.is_current(record) else None

    def prepare(self, submission: Submission) -> Prepared | Graded:
        """Read and rebuild what has changed; what cannot be is reported, and stops nothing."""
        instead = self.groups.instead(submission.student, submission.assignment)
        if instead != submission.assignment:
            group = self.groups.of(submission.assignment)
            return self.broken(
                submission,
                f"not graded: the student was allocated {instead} ({group.file if group else ''}), "
                "which alone counts",
            )
        record = self.unchanged(submission, content_hash(submission.path))
        if record is not None:
            return Graded(record=record, unchanged=True)
        try:
            limits = self.course.limits(submission.assignment)
            return prepare(self.course, submission, limits, self.sandboxed, self.everything)
        except SubmissionError as error:
            return self.broken(submission, str(error))

    def broken(self, submission: Submission, why: str) -> Graded:
        """A submission that could not be graded: all its cells are missing, the gradebook is left alone."""
        missing = []
        for cell in self.course.template(submission.notebook).notebook.cells:
            if cells.is_test(cell) or cells.is_written(cell):
                status, points = (Status.MISSING, 0.0) if cells.is_test(cell) else (Status.MANUAL, None)
                missing.append(
                    CellResult(
                        cell=cells.grade_id(cell),
                        status=status,
                        points=points,
                        max_points=cells.points(cell),
                        message=why,
                    )
                )
        record = Record(
            student=submission.student,
            notebook=submission.notebook,
            content=content_hash(submission.path),
            circumstances=self.circumstances[submission.notebook],
            cells=tuple(missing),
            sandboxed=self.sandboxed,
            repairs=submission.notes,
            broken=why,
        )
        self.records.write(record)
        return Graded(record=record, recorded=False)

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
            for key, result in run_all(tasks, jobs, self.options.scheduler, self.workers):
                for number, prepared in enumerate(waiting.pop(key)):
                    if isinstance(result, Exception):
                        yield self.broken(prepared.submission, f"it could not be executed: {result}")
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
            elif prepared.task.key in waiting:
                waiting[prepared.task.key].append(prepared)
            elif (execution := self.kept(prepared.task.key)) is not None:
                yield self.record(prepared, execution, executed=False)
            else:
                waiting[prepared.task.key] = [prepared]
                yield prepared.task.key, self.task(prepared)

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
        task = replace(prepared.task, setup=self.setup)
        if self.options.scheduler is None:
            return task
        return replace(task, setup_digest=self.setup.digest(), engine=engine_hash())

    def record(self, prepared: Prepared, execution: Execution, executed: bool) -> Graded:
        """Have the points kept, and keep the record behind them."""
        languages = self.course.template(prepared.submission.notebook).languages
        execution = execution.in_languages(languages, self.course.root / "checks")
        record = made_of(prepared, execution, self.circumstances[prepared.submission.notebook])
        graded = replace(self.recorder.record(prepared, execution, record), executed=executed)
        self.records.write(graded.record)
        return graded


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
