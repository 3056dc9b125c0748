"""What the commands do, and what they print."""

from __future__ import annotations

import datetime
import platform
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder import mnist as digits
from autograder.commands.summary import summary, width_console, write_json
from autograder.course import tables
from autograder.course import themes as allocation
from autograder.course.attention import counted, listed
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.feedback import preprocessors as feedback_for_students
from autograder.gradebook import recording as gradebook
from autograder.grading.grader import Graded, Grading, Options
from autograder.grading.pool import cores
from autograder.kernel import bubblewrap
from autograder.release import build as building
from autograder.text import clean_text

__all__ = ["build", "doctor", "feedback", "grade", "mnist", "report", "themes"]

SILENCE_SECONDS = 10.0


def build(folder: Path, assignments: Sequence[str]) -> None:
    """Build, and list what changed."""
    course = Course(folder)
    console = width_console()
    for name in assignments or course.assignments():
        gradebook.check_cells(course, name)
        known = gradebook.is_current(course, name)
        built = building.build(course, [name])
        what = counted(len(built.changed), "file") + " changed" if built.changed else "unchanged"
        if not built.changed and not known:
            what = "the release is unchanged, its tests are not: the next `autograder grade` grades it again"
        console.print(f"{name}: {what}")


def grade(
    folder: Path,
    assignments: Sequence[str],
    students: Sequence[str],
    jobs: int,
    force: bool,
    require_sandbox: bool,
    scheduler: str | None,
    json: Path | None,
) -> int:
    """Grade; returns the exit status."""
    grading = Grading(
        Course(folder),
        Options(tuple(assignments), tuple(students), jobs or cores(), force, require_sandbox, scheduler),
    )
    console = width_console()
    if grading.why_no_sandbox:
        console.print(
            f"[bold red]Student code will run WITHOUT a sandbox:[/] {escape(grading.why_no_sandbox)}. "
            "It cannot change its own grade, but it can read this machine's files and use its network. "
            "--require-sandbox refuses this."
        )
    if not len(grading):
        console.print(f"Nothing to grade in {grading.course.submitted}.")
        return 0
    results = sorted(_with_progress(grading, console), key=lambda graded: (graded.assignment, graded.student))
    console.print(summary(results))
    executed = sum(graded.executed for graded in results)
    console.print(
        f"{counted(len(results), 'submission')}: {executed} executed, {len(results) - executed} taken from results."
    )
    if waiting := gradebook.written_answers_without_points(grading.course):
        console.print(
            f"Written answers without points: {waiting}. Mark them in JupyterLab, menu Nbgrader, Formgrader."
        )
    if json is not None:
        write_json(results, json)
    return int(any(graded.problems for graded in results))


def _with_progress(grading: Grading, console: Console) -> list[Graded]:
    """A bar on a terminal; elsewhere a line now and then."""
    results: list[Graded] = []
    failing = 0
    if console.is_terminal:
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failing]} need attention"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("grading", total=len(grading), failing=0)
            for graded in _until_interrupted(grading):
                results.append(graded)
                failing += bool(graded.problems)
                progress.update(bar, advance=1, failing=failing)
        return results
    last = time.monotonic()
    for graded in _until_interrupted(grading):
        results.append(graded)
        failing += bool(graded.problems)
        if time.monotonic() - last > SILENCE_SECONDS:
            last = time.monotonic()
            console.print(f"{len(results)} of {len(grading)} graded, {failing} need attention")
    return results


def _until_interrupted(grading: Grading) -> Iterator[Graded]:
    """Its results; Ctrl-C counts even if it comes while a library's callback swallows every exception."""
    pressed: list[bool] = []

    def interrupt(*_: object) -> None:
        pressed.append(True)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        for graded in grading.graded():
            yield graded
            if pressed:
                raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)


def feedback(folder: Path, assignments: Sequence[str]) -> None:
    """Write feedback for graded assignments, and say where it is."""
    course = Course(folder)
    graded = {assignment for _, assignment in gradebook.scores(course)}
    if not graded:
        raise CourseError("nothing has been graded yet; run `autograder grade` first")
    for assignment in assignments or sorted(graded):
        if assignment not in course.assignments():
            raise CourseError(
                f"there is no assignment '{assignment}'; there are {', '.join(course.assignments()) or 'none'}"
            )
        if assignment not in graded:
            raise CourseError(
                f"nothing of '{assignment}' has been graded; run `autograder grade {assignment}` first"
            )
        feedback_for_students.generate(course, assignment)
    console = width_console()
    console.print(f"feedback is in {course.root / course.directory.feedback_directory}", soft_wrap=True)
    if waiting := gradebook.written_answers_without_points(course):
        console.print(
            f"Written answers without points: {waiting}. They are shown with 0 points until they are marked."
        )


def report(
    folder: Path, assignments: Sequence[str], output: Path | None, language: str, formgrader: str
) -> None:
    """Write the class report, and say where it is."""
    # imported only here: other commands need no matplotlib
    from autograder.report import page, texts

    if language not in texts.LANGUAGES:
        raise CourseError(f"there is no report in '{language}'; there are {', '.join(texts.LANGUAGES)}")
    if not formgrader.startswith(("http://", "https://")):
        raise CourseError(f"--formgrader: expected an address that starts with http, got '{formgrader}'")
    written = page.write(Course(folder), assignments, output, language, formgrader)
    width_console().print(f"report: {written}", soft_wrap=True, markup=False)


def themes(
    folder: Path, roster: Path, preferences: Path | None, capacity: int | None, seed: int, keep: bool = False
) -> None:
    """Allocate, write, and say who has another theme than before, and how many got which choice."""
    course = Course(folder)
    known = [name for name in course.assignments() if name.startswith(allocation.PREFIX)]
    wishes = allocation.read_preferences(preferences, known) if preferences else {}
    kept = allocation.read_kept(course.root, known) if keep else []
    students = tables.read_roster(roster).ids
    given = allocation.allocate(students, wishes, known, capacity, seed, kept)
    path = course.root / allocation.ALLOCATION_FILE
    written = allocation.write(given, path, datetime.datetime.now())
    console = width_console()
    if kept:
        console.print(f"kept as they were: {counted(len(kept), 'student')}")
        gone = sorted({item.student for item in kept} - set(students))
        if gone:
            names = escape(clean_text(listed(gone)))
            console.print(f"kept, though not on the roster: {names}; delete their lines to free the places")
    if written.changes:
        console.print(
            f"{counted(len(written.changes), 'student')} had another theme before "
            "(--keep leaves the lines of themes.csv as they are):"
        )
        for student, (before, after) in written.changes.items():
            change = f"{student}: {before} -> {after or 'none, not on the roster'}"
            console.print(f"  {escape(clean_text(change))}", soft_wrap=True)
    choices = Counter(item.choice for item in given)
    for choice in sorted(filter(None, choices)):
        console.print(f"choice {choice}: {counted(choices[choice], 'student')}")
    if choices[None]:
        console.print(f"none of their choices, or none named: {counted(choices[None], 'student')}")
    for theme, count in sorted(Counter(item.theme for item in given).items()):
        console.print(f"{theme}: {counted(count, 'student')}")
    if written.copy:
        console.print(f"the old file is kept: {written.copy}", soft_wrap=True, markup=False)
    console.print(f"written to {path}", soft_wrap=True, markup=False)


def doctor(folder: Path) -> int:
    """Print the state of this installation; returns 1 where something should be done."""
    console = width_console()
    todo = []
    console.print(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {cores()} cores"
    )
    for name in ("torch", "torchvision", "nbgrader", "jupyter_client", "ipykernel"):
        console.print(f"{name} {metadata.version(name)}")
    reason = bubblewrap.why_unavailable()
    if reason:
        console.print(f"[red]sandbox: none[/] - {escape(reason)}")
        todo.append("install bubblewrap, or grade on Linux; until then student code runs as you")
    else:
        console.print(f"sandbox: works ({shutil.which('bwrap')})")
    try:
        course = Course(folder)
    except CourseError as error:
        console.print(f"[red]course: {escape(str(error))}[/]")
        todo.append("run this in the course folder, or name it with --course")
    else:
        console.print(
            f"course: {course.root}, {len(course.assignments())} assignments, {len(course.students())} students",
            soft_wrap=True,
        )
        kind = digits.describe(course.mnist)
        said = {
            "official": "MNIST's official files",
            "other": "1797 digits of scikit-learn in MNIST's format; `autograder mnist --download` gets the official ones",
            "missing": "none yet: made at the first grading, or `autograder mnist --download` gets the official ones",
        }
        console.print(f"digits: {said[kind]} ({course.mnist})", soft_wrap=True)
    for step in todo:
        console.print(f"[bold]to do:[/] {escape(step)}")
    return int(bool(todo))


def mnist(folder: Path, path: Path | None, download: bool) -> int:
    """Put the chosen digits where grading finds them."""
    course = Course(folder)
    console = width_console()
    if download and path:
        raise CourseError("name a folder or --download, not both")
    if download:
        digits.download(course.mnist)
    elif path:
        kind = digits.describe(path)
        if kind == "missing":
            raise CourseError(f"{path} does not hold the four files {', '.join(digits.FILES)}")
        digits.copy(path, course.mnist)
    else:
        course.digits()
    console.print(f"digits for grading: {digits.describe(course.mnist)} ({course.mnist})")
    return 0
