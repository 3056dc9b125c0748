"""What `autograder watch` does and prints: a line for each thing that happens, until it is told to stop."""

from __future__ import annotations

import contextlib
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from autograder.collecting.naming import System
from autograder.commands.collect import origin_of
from autograder.commands.console import progress, say, write_json_line
from autograder.commands.grade import warn_of_the_secret, warn_without_sandbox
from autograder.course.folder import Course
from autograder.errors import CourseError, SandboxUnavailable
from autograder.grading.graded import Graded
from autograder.grading.grader import Options
from autograder.grading.pool import cores, warm_workers
from autograder.kernel import bubblewrap
from autograder.text import counted
from autograder.watch.exchange import ExchangeInbox
from autograder.watch.watch import Inbox, Round, Watch

__all__ = ["watch"]

LOOK_SECONDS = 2.0


def watch(
    folder: Path,
    assignments: Sequence[str] = (),
    *,
    archives: Path | None = None,
    system: System | None = None,
    rosters: Sequence[Path] = (),
    timezone: str | None = None,
    replace: bool = False,
    exchange: bool = False,
    jobs: int = 0,
    require_sandbox: bool = False,
    scheduler: str | None = None,
    json: Path | None = None,
) -> NoReturn:
    """Watch until Ctrl-C or SIGTERM; `json` is where each thing that happens is written as a line of JSON."""
    course = Course(folder)
    course.chosen(assignments)
    why_no_sandbox = bubblewrap.why_unavailable()
    if require_sandbox and why_no_sandbox:
        raise SandboxUnavailable(f"student code cannot be sandboxed: {why_no_sandbox}")
    warn_without_sandbox(why_no_sandbox)
    warn_of_the_secret(course)
    options = Options(
        assignments=tuple(assignments),
        jobs=jobs or cores(),
        require_sandbox=require_sandbox,
        scheduler=scheduler,
    )
    inbox = _inbox(course, archives, system, assignments, rosters, timezone, replace)
    with warm_workers(options.jobs, scheduler) as workers:
        watched = Watch(
            course,
            options,
            workers,
            inbox,
            ExchangeInbox(course) if exchange else None,
            begins=functools.partial(_grading, json),
        )
        places = [
            course.submitted,
            *([archives] if archives else []),
            *(["the exchange"] if exchange else []),
        ]
        say(f"Watching {', '.join(map(str, places))}. Ctrl-C ends it.")
        while True:
            _say(watched.look(), course.settings.attempts_per_day, json)
            time.sleep(LOOK_SECONDS)


def _inbox(
    course: Course,
    archives: Path | None,
    system: System | None,
    assignments: Sequence[str],
    rosters: Sequence[Path],
    timezone: str | None,
    replace: bool,
) -> Inbox | None:
    if (archives is None) != (system is None):
        raise CourseError(
            "--archives and --from go together: the folder, and the system whose archives land there"
        )
    if archives is None or system is None:
        return None
    if not archives.is_dir():
        raise CourseError(
            f"{archives} is not a folder; expected the one in which archives of submissions land"
        )
    assignment = assignments[0] if len(assignments) == 1 else None
    origin = origin_of(course, system, assignment, rosters, timezone)
    return Inbox(folder=archives, origin=origin, replace=replace)


@contextlib.contextmanager
def _grading(json: Path | None, assignment: str, number: int) -> Iterator[Callable[[Graded], None]]:
    """Say that it begins, then each verdict as it comes, and how long the rest takes."""
    done = itertools.count(1)
    _line(f"{assignment}: {counted(number, 'submission')}, of which what is new is graded")
    with progress("grading", number) as update:

        def tell(graded: Graded) -> None:
            if not graded.unchanged or graded.concerns:
                _line(_verdict(graded), bool(graded.concerns))
                _event(json, "graded", **_as_data(graded))
            update(next(done), number, "")

        yield tell


def _line(text: str, loud: bool = False) -> None:
    say(f"{datetime.now():%H:%M:%S} {text}", loud)


def _event(json: Path | None, event: str, **data: Any) -> None:
    write_json_line(json, {"time": datetime.now().astimezone(), "event": event, **data})


def _say(seen: Round, attempts: int, json: Path | None) -> None:
    for name, collection in seen.collected.items():
        _event(json, "collected", archive=name, submissions=collection.collected)
        _line(f"{name}: {counted(len(collection.collected), 'submission')} collected")
    for student, assignment in seen.put_off:
        _event(json, "put off", student=student, assignment=assignment, attempts_per_day=attempts)
        _line(
            f"{student}/{assignment}: not graded today, {counted(attempts, 'submission')} of today "
            "were; the last one is graded tomorrow or at the deadline"
        )
    if seen.pages:
        released = f", {len(seen.released)} released" if seen.released else ""
        _event(json, "feedback", pages=seen.pages, released=seen.released)
        _line(f"feedback: {counted(len(seen.pages), 'page')}{released}")
    for concern in seen.attention:
        _event(json, "attention", what=concern.what, why=concern.why)
        _line(f"{concern.what}: {concern.why}", loud=True)


def _as_data(graded: Graded) -> dict[str, Any]:
    record = graded.record
    return {
        "student": record.student,
        "assignment": record.assignment,
        "notebook": record.notebook,
        "points": record.points if graded.recorded else None,
        "max_points": record.max_points,
        "seconds": record.seconds,
        "attention": graded.concerns,
    }


def _verdict(graded: Graded) -> str:
    record = graded.record
    if graded.recorded:
        outcome = f"{record.points:g} of {record.max_points:g} points in {record.seconds:.1f} s"
    else:
        outcome = "not graded"
    return "; ".join((f"{record.student}/{record.assignment}: {outcome}", *graded.concerns))
