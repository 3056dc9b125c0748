"""Marks as a table: to mark in a spreadsheet, and back without overwriting what others have marked meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.course import cells, rubric, tables
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.rubric import Rubric
from autograder.course.spreadsheets import harmless, plain
from autograder.errors import CourseError
from autograder.gradebook import marking
from autograder.gradebook.marking import AnswerMark, MarkChange
from autograder.gradebook.marks import number
from autograder.marking import answers

__all__ = ["COLUMNS", "Taken", "take", "text"]

COLUMNS = (
    "assignment", "question", "student", "name", "answer", "level", "points", "max_points", "comment", "version"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a table.

    Attributes:
        written: How many marks were written.
        unchanged: How many lines say what the gradebook has, or nothing.
        attention: Lines that were not taken, and why.
    """

    written: int
    unchanged: int
    attention: tuple[Concern, ...] = ()


def text(course: Course, assignment: str) -> str:
    """The table of an assignment's written answers, as CSV that a spreadsheet opens; blank answers, too.

    Raises:
        CourseError: There is no such assignment, or nothing of it that a person marks.
    """
    lines: list[tuple[str, ...]] = [COLUMNS]
    for question in marking.questions_of(course, assignment):
        scheme = _scheme(course, question.notebook, question.cell)
        for mark in marking.read(course, question.notebook, question.cell):
            answer = answers.read(course, mark.student, question.notebook, question.cell)
            level = (
                None if mark.points is None or mark.waits else _level(scheme, mark.points, mark.max_points)
            )
            lines.append(
                (
                    question.notebook,
                    question.cell,
                    harmless(mark.student),
                    harmless(mark.name),
                    harmless(answer.text) if answer else "",
                    "" if level is None else number(level),
                    "" if mark.waits else number(mark.points),
                    number(mark.max_points),
                    harmless(mark.comment),
                    mark.version,
                )
            )
    return "\ufeff" + tables.written(lines)  # without the mark Excel reads Japanese as Latin letters


def take(course: Course, lines: Iterable[Mapping[str, str]]) -> Taken:
    """Write the marks of a table; a line without level and points leaves its answer as it is.

    A level goes before points where it is another one than the gradebook has.

    Args:
        lines: Of a table that `text` made and a person has filled in.

    Raises:
        CourseError: A column is missing.
    """
    known: dict[tuple[str, str], dict[str, AnswerMark]] = {}
    schemes: dict[tuple[str, str], Rubric] = {}
    written = unchanged = 0
    attention = []
    for place, line in enumerate(lines, 2):
        missing = [
            name for name in COLUMNS if name not in line and name not in ("name", "answer", "max_points")
        ]
        if missing:
            raise CourseError(
                f"the table has no column {', '.join(missing)}; expected one that `autograder mark --write` made"
            )
        name = (line["assignment"], line["question"])
        if name not in known:
            known[name] = {one.student: one for one in marking.read(course, *name)}
            schemes[name] = _scheme(course, *name)
        mark = known[name].get(_plain(line["student"]))
        what = f"line {place}: {'/'.join((_plain(line['student']), *name))}"
        if mark is None:
            attention.append(Concern(what, "the gradebook has no such answer"))
            continue
        try:
            points = _points(line, mark, schemes[name])
        except ValueError as error:
            attention.append(Concern(what, str(error)))
            continue
        comment = _plain(line["comment"])
        if points is None and comment == mark.comment:
            unchanged += 1
            continue
        points = mark.points if points is None else points
        if (points, comment) == (mark.points, mark.comment) and not mark.waits:
            unchanged += 1
            continue
        [result] = marking.put(
            course, [MarkChange(key=mark.key, version=line["version"], points=points, comment=comment)]
        )
        written += result.done
        if not result.done:
            attention.append(Concern(what, f"{result.why}; write the table anew and fill this line in again"))
    return Taken(written=written, unchanged=unchanged, attention=tuple(attention))


def _scheme(course: Course, notebook: str, cell: str) -> Rubric:
    if notebook not in course.all_notebooks():
        return Rubric()
    every = course.template(notebook).notebook.cells
    source = next((one.source for one in every if cells.grade_id(one) == cell), "")
    return rubric.read(source, "en", course.regions)


def _level(scheme: Rubric, points: float, max_points: float) -> float | None:
    return points * scheme.top / max_points if scheme.top and max_points else None


def _points(line: Mapping[str, str], mark: AnswerMark, scheme: Rubric) -> float | None:
    """The points that a line asks for; None where it asks for none.

    Raises:
        ValueError: It is no number, or no level of the scheme.
    """
    level, points = _number(line["level"], "level"), _number(line["points"], "points")
    if level is not None and scheme.top:
        before = None if mark.points is None else _level(scheme, mark.points, mark.max_points)
        if before is None or abs(level - before) > 1e-6:
            if not 0 <= level <= scheme.top:
                raise ValueError(f"level {level:g} is none of 0 to {scheme.top}")
            return level * mark.max_points / scheme.top
    return points


def _number(written: str, what: str) -> float | None:
    if not written.strip():
        return None
    try:
        return float(written)
    except ValueError:
        raise ValueError(f"{what} is no number: '{written[:40]}'") from None


def _plain(written: str) -> str:
    """A cell as it was before it was made harmless to spreadsheets."""
    return plain(written.replace("\r\n", "\n"))
