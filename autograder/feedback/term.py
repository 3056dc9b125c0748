"""One page a student for the term: feedback/<student>/index.html links to the feedback on each assignment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of
from autograder.errors import CourseError
from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.page import title_of
from autograder.feedback.writer import WrittenPages, page_path
from autograder.files import write_whole
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
    """

    title: Markup
    link: str = ""
    transcript: Transcript | None = None
    excused: bool = False


def write(course: Course, written: WrittenPages) -> dict[str, Path]:
    """Write the pages of all students who have handed something in; those that say the same are left.

    Args:
        course: The course folder.
        written: The pages of their submissions, of all assignments.

    Returns:
        For each student, the page.
    """
    template = FeedbackExporter(config=course.config).environment.get_template("term.html.j2")
    handed_in = _handed_in(course)
    excused, left = course.exceptions.excused, course.exceptions.left
    languages = {name: _language(path) for name, path in written.pages.items()}
    made = {}
    every = {*written.pages, *handed_in, *excused}
    for student in sorted({name[0] for name in every} - left):
        own = [languages[name] for name in languages if name[0] == student]
        language = max(set(own), key=own.count) if own else _usual(languages)
        names = sorted(name for name in every if name[0] == student)
        target = (
            page_path(course, student, "any").parent.parent / "index.html"
        )  # above those of the assignments
        lines = [_line(course, name, written, target.parent, language, name in excused) for name in names]
        text = template.render(
            language=language,
            student=student,
            name=next((one.transcript.name for one in lines if one.transcript), ""),
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


def _line(
    course: Course, name: tuple[str, str], written: WrittenPages, folder: Path, language: str, excused: bool
) -> TermLine:
    page = written.pages.get(name)
    return TermLine(
        title=_title(course, name[1], language),
        link=quote(page.relative_to(folder).as_posix()) if page else "",
        transcript=written.transcripts.get(name) if page and not excused else None,
        excused=excused,
    )


def _title(course: Course, notebook: str, language: str) -> Markup:
    try:
        return title_of(course.template(notebook).in_language(language), course.regions, notebook)
    except CourseError:
        return Markup.escape(notebook)


def _total(lines: Sequence[TermLine]) -> Mapping[str, float | bool]:
    """Of what is marked, and whether that is all."""
    known = [line.transcript for line in lines if line.transcript]
    return {
        "points": sum(one.points for one in known),
        "max_points": sum(one.max_points for one in known),
        "final": len(known) == sum(not line.excused for line in lines)
        and not any(one.waiting for one in known),
    }


def _language(page: Path) -> str:
    with page.open("rb") as file:
        found = _LANGUAGE.search(file.read(200))
    return found[1].decode() if found else "en"


def _usual(languages: Mapping[tuple[str, str], str]) -> str:
    every = list(languages.values())
    return max(set(every), key=every.count, default="en")
