"""Feedback as it leaves the course: an archive that Moodle or Canvas takes, and a table to write e-mails from.

Both systems find a student by the name of a file, and expect the names of the submissions that
they gave: what Moodle does was read in its `mod/assign/feedback/file/importziplib.php`, and
Canvas's in its `Assignment#infer_comment_context_from_filename`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.collecting import archive
from autograder.collecting.naming import System
from autograder.collecting.sorting import Provenance, sort
from autograder.course import tables
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of
from autograder.course.spreadsheets import harmless
from autograder.errors import CourseError
from autograder.feedback.writer import WrittenPages
from autograder.files import write_whole
from autograder.gradebook import roster as people
from autograder.gradebook.marks import number

__all__ = ["Delivered", "mail_merge", "zipped"]

_MOODLE = re.compile(r"(?P<before>.+_\d+_assignsubmission_[a-z]+)_?(?P<file>.*)")
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_COLUMNS = (
    "id", "name", "email", "assignment", "points", "max_points", "not_marked_yet", "final", "file"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A file that was written.

    Attributes:
        path: Where.
        to: The system that takes it; None for a mail merge.
        pages: How many pages it holds or names.
        attention: Pages that it does not hold, and files whose student is unclear.
    """

    path: Path
    to: System | None = None
    pages: int
    attention: tuple[Concern, ...] = ()


def zipped(
    course: Course, written: WrittenPages, assignment: str, destination: System, names: Path, output: Path
) -> Delivered:
    """Pack one assignment's pages so that a system gives each to its student.

    Args:
        names: The archive of submissions that the system gave; for Moodle a grading worksheet will do.

    Raises:
        CourseError: The file of names cannot be used for this system.
        ArchiveError: The archive cannot be read.
    """
    if names.suffix.lower() == ".csv":
        called, unclear = _of_worksheet(course, names, assignment, destination), tuple[Concern, ...]()
    else:
        called, unclear = _of_archive(course, names, assignment, destination)
    pages: dict[str, list[Path]] = {}
    for (student, name), path in sorted(written.pages.items()):
        if assignment_of(name) == assignment:
            pages.setdefault(student, []).append(path)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for student in sorted(pages.keys() & called.keys()):
            for page in pages[student]:
                of_several = "" if page.stem == assignment else f"-{page.stem}"
                name = f"{called[student].removesuffix('.html')}{of_several}.html"
                entry = zipfile.ZipInfo(name, _NO_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, page.read_bytes())
    write_whole(output, content.getvalue())
    left = [
        Concern(f"{student}/{assignment}", f"{names.name} does not name the student; the page is not packed")
        for student in sorted(pages.keys() - called.keys())
    ]
    packed_pages = sum(len(pages[student]) for student in pages.keys() & called.keys())
    return Delivered(path=output, to=destination, pages=packed_pages, attention=(*unclear, *left))


def _of_archive(
    course: Course, path: Path, assignment: str, destination: System
) -> tuple[dict[str, str], tuple[Concern, ...]]:
    """For each student, what the file is called in the system's own archive, and what is unclear there."""
    known = people.from_gradebook(course)
    origin = Provenance(system=destination, assignment=assignment, roster=known if len(known) else None)
    with archive.opened(path) as files:
        found = sort(course, files, origin)
    called = {}
    for candidates in found.submissions:
        latest = candidates[-1]
        parts = (latest.entry.within or latest.entry).parts
        if destination is System.CANVAS:
            called[latest.student] = f"{parts[-1].rpartition('.')[0]}.html"
        else:
            called[latest.student] = _moodle_path(parts, assignment)
    return called, found.attention


def _moodle_path(parts: tuple[str, ...], assignment: str) -> str:
    """In the student's folder where the archive has folders, otherwise with the student's prefix."""
    for part in parts:
        if found := _MOODLE.fullmatch(part):
            between = "_" if found["file"] or part.endswith("_") else ""
            folder = "" if found["file"] else "/"
            return f"{found['before']}{between}{folder}{assignment}.html"
    raise CourseError(f"'{'/'.join(parts)}' is not named as Moodle names submissions")


def _of_worksheet(course: Course, path: Path, assignment: str, destination: System) -> Mapping[str, str]:
    if destination is not System.MOODLE:
        raise CourseError(f"{path.name} is a table; Canvas needs the archive of submissions that it gave")
    worksheet = tables.read_roster(path)
    if not any(person.participant for person in worksheet.people):
        raise CourseError(
            f"{path.name} has no participants' numbers; expected Moodle's grading worksheet "
            "(Assignment, Submissions, Download grading worksheet)"
        )
    known = people.from_gradebook(course)
    roster = known.with_worksheet(worksheet) if len(known) else worksheet
    return {
        # Moodle cuts the name at the first underscore, and looks at the number only
        person.id: f"{(person.full_name or person.id).replace('_', ' ').replace('/', ' ')}"
        f"_{person.participant}_assignsubmission_file_/{assignment}.html"
        for person in roster.people
        if person.participant
    }


def mail_merge(course: Course, written: WrittenPages, output: Path) -> Delivered:
    """A table with one line a page: whom to write to, what the score is, and the file to attach."""
    roster = {person.id: person for person in people.from_gradebook(course).people}
    lines: list[tuple[str, ...]] = [_COLUMNS]
    for (student, assignment), page in sorted(written.pages.items()):
        person, known = roster.get(student), written.transcripts.get((student, assignment))
        lines.append(
            (
                harmless(student),
                harmless(person.full_name if person else ""),
                harmless(person.email if person else ""),
                assignment,
                number(known.points) if known and (known.max_points or not known.waiting) else "",
                number(known.max_points) if known else "",
                number(known.open_points) if known else "",
                "yes" if known and not known.waiting else "no",
                str(page),
            )
        )
    write_whole(
        output, "\ufeff" + tables.written(lines)
    )  # without the mark Excel reads Japanese as Latin letters
    nobody = [
        Concern(student, "the gradebook has no e-mail address; `autograder roster` gives one")
        for student in sorted({name[0] for name in written.pages})
        if not (roster.get(student) and roster[student].email)
    ]
    return Delivered(path=output, pages=len(written.pages), attention=tuple(nobody))
