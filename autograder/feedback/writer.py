"""Write the pages of a course: what has not changed is left as it is, the rest is shared among all cores."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import nbformat

import autograder
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, path_in, split
from autograder.course.settings import Told
from autograder.errors import CourseError
from autograder.feedback.exporter import FeedbackExporter, pictures_of
from autograder.feedback.page import Hints
from autograder.feedback.rendering import Pictures
from autograder.files import write_whole
from autograder.gradebook import attempts, early, transcripts
from autograder.gradebook.attempts import Attempts
from autograder.gradebook.transcripts import Transcript
from autograder.grading.pool import die_with_parent
from autograder.grading.preprocessors import COMPANIONS
from autograder.grading.record import Records
from autograder.stopping import deaf_children

__all__ = ["WrittenPages", "page_path", "write"]

WORTH_A_POOL = 100
"""Pages from which on several processes are faster than one; each imports for a second or two."""
AT_ONCE = 16

_CODE = (
    "feedback",
    "course/rubric.py",
    "course/cells.py",
    "gradebook/early.py",
    "gradebook/messages.py",
    "kernel/outputs.py",
    "verdict/disclosure.py",
    "submission/formulas.py",
    "submission/markup.py",
    "submission/outputs.py",
    "sentences.py",
    "sentences.yaml",
    "text.py",
)
_LIBRARIES = ("latex2mathml", "mistune", "nbconvert", "nh3", "pillow", "pygments")
_KEY = re.compile(rb'<meta name="autograder-key" content="([0-9a-f]{64})">')
_HEAD = 600
"""Bytes of a page in which its key stands."""


@dataclass(frozen=True, kw_only=True)
class WrittenPages:
    """What was written.

    Attributes:
        pages: For each student and notebook's name, its page.
        new: Those of them that were written now.
        failed: For each of them whose page could not be made, why.
        transcripts: What the gradebook has, as far as it may be told.
    """

    pages: dict[tuple[str, str], Path]
    new: frozenset[tuple[str, str]]
    failed: dict[tuple[str, str], str]
    transcripts: dict[tuple[str, str], Transcript]


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One page: where from, where to, and under which key."""

    student: str
    notebook: str
    source: Path
    target: Path
    transcript: Transcript | None
    told: Told
    hints: Hints
    key: str


def page_path(course: Course, student: str, notebook: str) -> Path:
    """Where nbgrader expects the page of a student's notebook."""
    directory = course.directory
    assignment, identity = split(notebook)
    folder = Path(directory.format_path(directory.feedback_directory, student, assignment))
    return folder / f"{identity}.html"


def write(
    course: Course,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    now: datetime | None = None,
) -> WrittenPages:
    """Write feedback/<student>/<assignment>/<notebook>.html for what has been graded.

    A page is written where the graded notebook, what the gradebook says of it, the template or
    this code has changed since; its key says so, and stands in the page.

    Args:
        jobs: Processes, where many pages are to be written.
        now: Decides whether a deadline has passed, before which less may be told; with a zone.

    Raises:
        OSError: A page cannot be written.
    """
    known = transcripts.read(course)
    base = _base(course)
    now = now or datetime.now(UTC)
    counted = attempts.attempts_of(course)
    found: list[_Job] = []
    for student, notebook, source in _graded(course):
        job = _job(course, student, notebook, source, known.get((student, notebook)), base, now, counted)
        if job.transcript is not None:
            known[student, notebook] = job.transcript
        found.append(job)
    changed = [job for job in found if _key_of(job.target) != job.key]
    done = len(found) - len(changed)
    progress(done, len(found))
    failed: dict[tuple[str, str], str] = {}

    def note(job: _Job, problem: str) -> None:
        nonlocal done
        done += 1
        if problem:
            failed[job.student, job.notebook] = problem
        progress(done, len(found))

    if jobs > 1 and len(changed) >= WORTH_A_POOL:
        with ProcessPoolExecutor(jobs, get_context("spawn"), die_with_parent) as pool:
            with deaf_children():
                write_one = functools.partial(_write, course.file.parent)
                results = pool.map(write_one, changed, chunksize=AT_ONCE)
            for job, problem in zip(changed, results, strict=True):
                note(job, problem)
    else:
        for job in changed:
            note(job, _write(course.file.parent, job))
    pages = {(job.student, job.notebook): job.target for job in found}
    return WrittenPages(
        pages={name: path for name, path in pages.items() if name not in failed},
        new=frozenset((job.student, job.notebook) for job in changed) - failed.keys(),
        failed=failed,
        transcripts=known,
    )


def _graded(course: Course):
    """Each student who is in the course, notebook's name and graded notebook in autograded/."""
    folder = Path(course.directory.root, course.directory.autograded_directory)
    left = course.exceptions.left
    for name in course.all_notebooks():
        for path in sorted(folder.glob(path_in(Path("*"), name).as_posix())):
            student = path.parent.parent.name
            if student not in left:
                yield student, name, path


def _job(
    course: Course,
    student: str,
    notebook: str,
    source: Path,
    transcript: Transcript | None,
    base: str,
    now: datetime,
    counted: Attempts,
) -> _Job:
    record = Records.of(course).read(student, notebook)
    hints = record.hints if record else {}
    content = source.read_bytes()
    if transcript is not None:
        waits = attempts.put_off(course, counted, student, assignment_of(notebook), transcript.due, now)
        transcript = replace(transcript, put_off=waits)
    told = early.told_at(now, transcript, Told(course.settings.before_deadline))
    if transcript is not None and told is Told.VISIBLE:
        with contextlib.suppress(Exception):  # of one that is damaged no page is made, and that is said
            transcript = early.transcript_told(transcript, nbformat.v4.reads(content.decode()), told)
    digest = hashlib.sha256(f"{base}\0{student}\0{notebook}\0{transcript!r}\0{told}\0{hints!r}\0".encode())
    digest.update(content)
    for name, picture in sorted(_pictures(course.file.parent, notebook).items()):
        digest.update(f"{name}\0{picture}".encode())
    target = page_path(course, student, notebook)
    return _Job(
        student=student,
        notebook=notebook,
        source=source,
        target=target,
        transcript=transcript,
        told=told,
        hints=hints,
        key=digest.hexdigest(),
    )


def _base(course: Course) -> str:
    """What all pages depend on: this code, the libraries, the template."""
    digest = hashlib.sha256()
    package = Path(autograder.__file__).parent
    for name in _CODE:
        place = package / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.read_bytes())
    digest.update(repr([importlib.metadata.version(name) for name in _LIBRARIES]).encode())
    environment = _exporter(course.file.parent).environment
    digest.update(repr((environment.globals["requests_to"], course.settings.timezone)).encode())
    for name in ("index.html.j2", "feedback.css"):  # the course may have its own
        digest.update(environment.loader.get_source(environment, name)[0].encode())
    return digest.hexdigest()


def _key_of(page: Path) -> str:
    try:
        with page.open("rb") as file:
            found = _KEY.search(file.read(_HEAD))
    except OSError:
        return ""
    return found[1].decode() if found else ""


def _write(root: Path, job: _Job) -> str:
    """Write one page of the course in a folder; why it could not be made, where it could not."""
    try:
        notebook = nbformat.v4.reads(job.source.read_text(encoding="utf-8"))
        text = _exporter(root).page(
            early.notebook_told(notebook, job.told),
            job.student,
            job.notebook,
            job.transcript,
            _pictures(root, job.notebook),
            job.key,
            job.hints,
        )
    except Exception as error:  # whatever a student's notebook does to a page, the others are made
        return f"{type(error).__name__}: {error}"
    write_whole(job.target, text)
    if _course(root).directory.groupshared:
        job.target.chmod(0o664)
    for name in COMPANIONS:  # nbgrader's exchange finds them beside the page
        if (job.source.parent / name).is_file():
            shutil.copyfile(job.source.parent / name, job.target.parent / name)
    return ""


_course = functools.lru_cache(maxsize=1)(Course)


@functools.lru_cache(maxsize=4)
def _exporter(root: Path) -> FeedbackExporter:
    return FeedbackExporter(config=_course(root).config)


@functools.lru_cache(maxsize=64)
def _pictures(root: Path, notebook: str) -> Pictures:
    try:
        return pictures_of(_course(root).template(notebook))
    except CourseError:  # graded when it was still in source/
        return Pictures()
