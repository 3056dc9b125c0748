"""Gradebooks that Canvas imports.

What Canvas does with them was read in its source, `lib/gradebook_importer.rb`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autograder.course import tables
from autograder.course.concern import Concern
from autograder.course.roster import Person, Roster, matching_key
from autograder.course.spreadsheets import harmless
from autograder.errors import CourseError
from autograder.export.sheets import Sheet, factor, one_line_each
from autograder.gradebook.marks import Marks, number
from autograder.text import counted

__all__ = ["filled", "new"]

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "Points Possible"
NOT_ASSIGNED = "N/A"
EXCUSED = "EX"
"""What Canvas reads as excused, in an import as in its own gradebook."""
_TITLE = re.compile(r"(?P<title>.*) \((?P<number>\d+)\)")


def new(marks: Marks) -> Sheet:
    """A gradebook for Canvas without one to fill in.

    Canvas finds students by its own number (lms_user_id), then by the SIS user id, then by the name,
    and assignments by their names; what it does not find it offers to make.
    """
    header = (*COLUMNS, *marks.assignments)
    possible = (f"    {POINTS_POSSIBLE}", "", "", "", "", *map(number, marks.assignments.values()))
    lines = [
        (
            harmless(_last_first(person)),
            harmless(person.lms_user_id),
            harmless(person.id),
            "",
            "",
            *(
                EXCUSED if (person.id, name) in marks.excused else number(marks.score(person.id, name))
                for name in marks.assignments
            ),
        )
        for person in marks.roster.people
    ]
    unnumbered = sum(not person.lms_user_id for person in marks.roster.people)
    attention: tuple[Concern, ...] = ()
    if unnumbered:
        why = (
            f"no Canvas number is known of {counted(unnumbered, 'student')}; Canvas looks for the SIS user id, then "
            "for the name: --template with the gradebook exported from Canvas is safer"
        )
        attention = (Concern("Canvas", why),)
    return Sheet((header, possible, *lines), attention)


def filled(
    template: Sequence[Sequence[str]],
    marks: Marks,
    columns: Mapping[str, str] | None = None,
    scale: bool = False,
) -> Sheet:
    """The gradebook that Canvas exported, filled in: its students, and only the columns of these assignments.

    Where there is no score, what Canvas has stays; who is excused is excused there, too.

    Args:
        columns: For an assignment, the title or the number of its column, where it is not its id.
        scale: Convert scores to the points possible in Canvas.

    Raises:
        CourseError: It is not Canvas's gradebook, or an assignment has no column or more than one.
    """
    header = [name.strip() for name in template[0]] if template else []
    if not tables.is_canvas(header):
        raise CourseError(
            f"the template is not a gradebook exported from Canvas: expected the columns {', '.join(COLUMNS)}; "
            f"got {', '.join(header[:6]) or 'nothing'}"
        )
    own = header.index("Section") + 1
    places = {name: _place(header, own, name, (columns or {}).get(name, name)) for name in marks.assignments}
    rows = [[*cells, *[""] * (len(header) - len(cells))] for cells in template[1:]]
    possible = next((row for row in rows if POINTS_POSSIBLE in row[0]), None)
    rows = [row for row in rows if _is_student(row)]
    found = [_whose(dict(zip(header[:own], row, strict=False)), marks.roster) for row in rows]
    people, attention = one_line_each(found, marks, "Canvas")
    lines = [(*header[:own], *(template[0][place] for place in places.values()))]
    factors = dict.fromkeys(places, 1.0)
    if possible is not None:
        lines.append((*possible[:own], *(possible[place] for place in places.values())))
        for name, place in places.items():
            factors[name], warnings = factor(possible[place], marks.assignments[name], scale, "Canvas", name)
            attention += warnings
    for row, person in zip(rows, people, strict=True):
        cells = []
        for name, place in places.items():
            score = marks.score(person.id, name) if person is not None else None
            if person is not None and score is not None and row[place].strip() == NOT_ASSIGNED:
                why = "Canvas has not assigned it to this student; it is not exported"
                attention.append(Concern(f"{person.id}/{name}", why))
                score = None
            if person is not None and (person.id, name) in marks.excused:
                cells.append(EXCUSED)
            else:
                cells.append(row[place] if score is None else number(score * factors[name]))
        lines.append((harmless(row[0]), *row[1:own], *cells))
    return Sheet(tuple(lines), tuple(attention))


def _is_student(row: Sequence[str]) -> bool:
    """Whether it is neither the points possible, nor how grades are posted, nor Canvas's test student."""
    return POINTS_POSSIBLE not in row[0] and row[0].strip() not in ("", "Student, Test")


def _last_first(person: Person) -> str:
    return ", ".join(filter(None, (person.last_name, person.first_name))) or person.id


def _place(header: Sequence[str], own: int, assignment: str, wanted: str) -> int:
    """The place of the column that has this title, or this number."""
    found, titles = [], []
    for place, name in enumerate(header[own:], own):
        parts = _TITLE.fullmatch(name)
        if not parts:
            continue
        titles.append(parts["title"])
        if wanted in (name, parts["number"]) or _plain(parts["title"]) == _plain(wanted):
            found.append(place)
    if len(found) == 1:
        return found[0]
    problem = "more than one column" if found else "no column"
    raise CourseError(
        f"the gradebook from Canvas has {problem} for '{wanted}'; say which one it is with "
        f"--column {assignment}=TITLE or =NUMBER, or name only the assignments to export: there are "
        f"{', '.join(titles) or 'none'}"
    )


def _plain(title: str) -> str:
    return re.sub(r"[_\-:]", "", matching_key(title))


def _whose(identity: Mapping[str, str], roster: Roster) -> Person | None:
    """Whose line it is: by Canvas's number, then by the ids of the university, then by the name."""
    by_number = roster.numbered(identity["ID"].strip(), True)
    if len(by_number) == 1:
        return by_number[0]
    for name in ("SIS User ID", "SIS Login ID", "Student"):
        found = roster.called(identity.get(name, ""))
        if len(found) == 1:
            return found[0]
    return None
