"""One page a student for the term: feedback/<student>/index.html links to the feedback on each assignment."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from autograder.course.folder import Course
from autograder.course.groups import Groups
from autograder.course.notebooks import assignment_of, name_of
from autograder.errors import CourseError
from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.page import title_of
from autograder.feedback.writer import WrittenPages, page_path
from autograder.files import write_whole
from autograder.gradebook import database, deadlines
from autograder.gradebook import roster as people
from autograder.gradebook.transcripts import Transcript

__all__ = ["TermLine", "write"]

_LANGUAGE = re.compile(rb'<html lang="([\w-]+)">')


@dataclass(frozen=True, kw_only=True)
class TermLine:
    """One notebook of one student.

    Attributes:
        title: Of its notebook.
        link: To its page; "" where there is none.
        transcript: What the gradebook has of it; None where it has nothing.
        excused: Whether the student need not hand it in.
        counts: Whether it counts for the student; another theme than the allocated one does not.
        missed: All its points, where its deadline has passed and nothing was handed in.
    """

    title: Markup
    link: str = ""
    transcript: Transcript | None = None
    excused: bool = False
    counts: bool = True
    missed: float | None = None


def write(course: Course, written: WrittenPages, now: datetime | None = None) -> dict[str, Path]:
    """Write the pages of all students who have handed something in; those that say the same are left.

    Args:
        written: The pages of their submissions, of all assignments.
        now: A time with a zone, by which deadlines have passed or not; this moment where it is not given.

    Returns:
        For each student, the page.
    """
    template = FeedbackExporter(config=course.config).environment.get_template("term.html.j2")
    handed_in = _handed_in(course)
    groups = course.groups()
    excused, left = groups.exceptions.excused, groups.exceptions.left
    languages = {name: _language(path) for name, path in written.pages.items()}
    made = {}
    every = {*written.pages, *handed_in, *excused}
    students = sorted({name[0] for name in every} - left)
    # of who has handed in nothing, no transcript says the name
    known = people.from_gradebook(course).people if database.exists(course) else ()
    called = {one.id: one.full_name for one in known}
    missed = {
        name: points
        for name, points in _due(course, groups, students, now or datetime.now(UTC)).items()
        if name not in every
    }
    for student in students:
        own = [languages[name] for name in languages if name[0] == student]
        language = max(set(own), key=own.count) if own else _usual(languages)
        names = sorted(name for name in {*every, *missed} if name[0] == student)
        target = (
            page_path(course, student, "any").parent.parent / "index.html"
        )  # above those of the assignments
        lines = [
            TermLine(
                title=_title(course, name[1], language),
                link=_link(written.pages.get(name), target.parent),
                transcript=None if name in excused else written.transcripts.get(name),
                excused=name in excused,
                counts=groups.counts(student, assignment_of(name[1])),
                missed=missed.get(name),
            )
            for name in names
        ]
        text = template.render(
            language=language,
            student=student,
            name=called.get(student, ""),
            lines=lines,
            total=_total(lines),
        )
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            write_whole(target, text)
            if course.directory.groupshared:
                target.chmod(0o664)
        made[student] = target
    return made


def _handed_in(course: Course) -> set[tuple[str, str]]:
    """Each student and notebook's name in submitted/."""
    return {
        (student, name)
        for student in course.students()
        for name in course.all_notebooks()
        if (course.submitted / student / assignment_of(name)).is_dir()
    }


def _due(
    course: Course, groups: Groups, students: Collection[str], now: datetime
) -> dict[tuple[str, str], float]:
    """Each student and notebook that had to be handed in by now, with all its points."""
    if not database.exists(course):
        return {}
    points: dict[str, float] = {}
    with database.opened(course) as gradebook:
        for cell in database.grade_cells(gradebook):
            name = name_of(cell.assignment, cell.notebook)
            points[name] = points.get(name, 0.0) + cell.max_points
    due = deadlines.read(course)
    later = groups.exceptions.later(due)
    found = {}
    for student in students:
        for name, most in points.items():
            assignment = assignment_of(name)
            until = later.get((student, assignment), due.get(assignment))
            if until is not None and until.astimezone(UTC) < now and groups.expects(student, assignment):
                found[student, name] = most
    return found


def _link(page: Path | None, folder: Path) -> str:
    return quote(page.relative_to(folder).as_posix()) if page else ""


def _title(course: Course, notebook: str, language: str) -> Markup:
    try:
        return title_of(course.template(notebook).in_language(language), course.regions, notebook)
    except CourseError:
        return Markup.escape(notebook)


def _total(lines: Sequence[TermLine]) -> Mapping[str, float | bool]:
    """Of what is marked and what was missed, whether that is all, and whether nothing is expected."""
    counting = [line for line in lines if line.counts]
    known = [line.transcript for line in counting if line.transcript]
    missed = [line.missed for line in counting if line.missed is not None]
    return {
        "points": sum(one.points for one in known),
        "max_points": sum(one.max_points for one in known) + sum(missed),
        "excused": all(line.excused for line in lines),
        "final": len(known) + len(missed) == len(counting) and not any(one.waiting for one in known),
    }


def _language(page: Path) -> str:
    with page.open("rb") as file:
        found = _LANGUAGE.search(file.read(200))
    return found[1].decode() if found else "en"


def _usual(languages: Mapping[tuple[str, str], str]) -> str:
    every = list(languages.values())
    return max(set(every), key=every.count, default="en")
