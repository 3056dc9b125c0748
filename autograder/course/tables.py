"""Read tables of students: rosters, and what Moodle and Canvas export, as CSV files."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from autograder.course.encodings import decoded
from autograder.course.roster import Person, Roster
from autograder.errors import CourseError

__all__ = [
    "COLUMNS",
    "GRADE",
    "MAX_GRADE",
    "column",
    "id_column",
    "is_canvas",
    "is_worksheet",
    "participant_column",
    "read_lines",
    "read_roster",
    "read_rows",
    "read_table",
    "written",
]

ID_COLUMNS = ("id", "student", "student_id", "学籍番号")
COLUMNS = {
    "id": (*ID_COLUMNS, "student id", "学生番号", "id number", "idナンバー"),
    "name": ("name", "full name", "氏名", "名前", "フルネーム", "姓名"),
    "first_name": ("first_name", "first name", "given name", "名"),
    "last_name": ("last_name", "last name", "surname", "family name", "姓"),
    "email": ("email", "e-mail", "mail", "email address", "メールアドレス", "メール"),
    "username": ("username", "login", "ユーザ名", "ユーザー名"),
    "lms_user_id": ("lms_user_id", "lms user id", "canvas id", "canvas user id"),
}
"""The column names that are understood, in English and Japanese, without regard to case."""

WORKSHEET = {
    "participant": ("identifier", "識別子", "id"),
    "submitted": ("last modified (submission)", "最終更新日時 (提出)"),
}
GRADE = ("grade", "評点", "評定", "成績")
MAX_GRADE = ("maximum grade", "最大評点", "最大評定")
GRADE_MODIFIED = ("last modified (grade)", "最終更新日時 (評定)")
"""A column that only Moodle's grading worksheet has."""
_PARTICIPANT = re.compile(r"\D+(\d+)")


def read_lines(path: Path) -> list[list[str]]:
    """Read the cells of a CSV file, in UTF-8 (with or without a mark), UTF-16, or an encoding of Japan.

    Shift_JIS, EUC-JP and ISO-2022-JP are told apart by what they make of the text; where two of them
    make sense of it, it is not guessed.

    The cells are separated by commas, semicolons or tabs, whichever the first line has most of.

    Raises:
        CourseError: There is no such file, or it is something else.
    """
    try:
        text = decoded(path.read_bytes())
        if "\0" in text:
            raise CourseError(
                f"{path} is no text: a spreadsheet, or another binary file; export it as CSV in UTF-8"
            )
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except FileNotFoundError:
        raise CourseError(f"{path} does not exist") from None
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeError:
        raise CourseError(
            f"{path} cannot be read as a CSV file: it is not text in UTF-8, and not for certain in one of Japan's "
            "encodings (Shift_JIS, EUC-JP, ISO-2022-JP); export it again as CSV in UTF-8"
        ) from None
    except csv.Error as error:
        raise CourseError(f"{path} cannot be read as a CSV file: {error}") from None


def read_rows(
    path: Path, needed: Sequence[str], columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a file of the course's own, each with its number.

    Args:
        needed: The columns that it must have.
        columns: All that it can have, for the message.

    Raises:
        CourseError: It cannot be read, or lacks a column.
    """
    lines = read_lines(path)
    names = [name.strip().lower() for name in lines[0]] if lines else []
    if not set(needed) <= set(names):
        got = ", ".join(names) or "nothing"
        optional = [name for name in columns if name not in needed]
        more = f", and may have {', '.join(optional)}" if optional else ""
        raise CourseError(f"{path} needs the columns {', '.join(needed)}{more}; got {got}")
    for number, line in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in line):
            yield number, dict(zip(names, line, strict=False))


def written(lines: Iterable[Iterable[object]], end: str = "\r\n") -> str:
    """Cells as the text of a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(lines)
    return text.getvalue()


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with column names; lines without any cell are left out.

    Raises:
        CourseError: There is no such file, or it is something else.
    """
    lines = [line for line in read_lines(path) if any(line)]
    if not lines:
        return []
    names = lines[0]
    return [dict(zip(names, [*line, *[""] * len(names)], strict=False)) for line in lines[1:]]


def id_column(path: Path, rows: list[dict[str, str]]) -> str:
    """The name of the column that holds students' ids.

    Raises:
        CourseError: There is none, or no line below the names.
    """
    names = _names(path, rows)
    found = column(names, COLUMNS["id"])
    if found is None:
        got = ", ".join(filter(None, names)) or "an empty file"
        raise CourseError(f"{path} needs a line of column names with 'id', and lines below it; got {got}")
    if not rows:
        raise CourseError(_no_lines(path))
    return found


def _names(path: Path, rows: list[dict[str, str]]) -> list[str]:
    """The column names, also of a file that has nothing else."""
    return list(rows[0]) if rows else next(filter(any, read_lines(path)), [])


def _no_lines(path: Path) -> str:
    return f"{path} has only a line of column names; expected a line for each student below it"


def read_roster(path: Path) -> Roster:
    """Read a roster: a CSV file with a column `id`, and any of the others of `COLUMNS`.

    Two files of learning management systems are understood as they are: Moodle's grading
    worksheet (the id is the ID number where it has that column, otherwise the user name, the
    e-mail address or the full name) and Canvas's exported gradebook (the id is the SIS user id,
    otherwise the login, otherwise Canvas's number).

    Raises:
        CourseError: There is no such file or column, a line without an id, or an id twice.
    """
    rows = read_table(path)
    names = _names(path, rows)
    if not rows and (is_worksheet(names) or is_canvas(names)):
        raise CourseError(_no_lines(path))
    if is_worksheet(names):
        people = [_of_worksheet(row, names) for row in rows]
    elif is_canvas(names):
        people = [_of_canvas(row) for row in rows if _is_student_of_canvas(row)]
    else:
        id_column(path, rows)
        people = [_of_row(row, names) for row in rows]
    for number, person in enumerate(people, 2):
        if not person.id:
            raise CourseError(f"{path}, line {number}: there is no student id")
    twice = sorted(student for student, count in Counter(person.id for person in people).items() if count > 1)
    if twice:
        raise CourseError(f"the roster {path} names {', '.join(twice)} more than once")
    return Roster(people)


def is_worksheet(names: Sequence[str]) -> bool:
    """Whether these are the columns of Moodle's grading worksheet."""
    return column(names, GRADE_MODIFIED) is not None and column(names, WORKSHEET["participant"]) is not None


def is_canvas(names: Sequence[str]) -> bool:
    """Whether these are the columns of Canvas's exported gradebook."""
    return {"Student", "ID", "Section"} <= {name.strip() for name in names}


def participant_column(names: Sequence[str]) -> str | None:
    """The column of Moodle's grading worksheet that says 'Participant 123'."""
    return column(names, WORKSHEET["participant"])


def column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The column that is called like one of these; the first of the wanted ones that there is."""
    known = {name.strip().lower(): name for name in reversed(names)}
    return next((known[want] for want in wanted if want in known), None)


def _value(row: dict[str, str], names: Sequence[str], wanted: Sequence[str]) -> str:
    found = column(names, wanted)
    return row[found].strip() if found is not None else ""


def _of_row(row: dict[str, str], names: Sequence[str]) -> Person:
    return Person(**{field: _value(row, names, wanted) for field, wanted in COLUMNS.items()})


def _of_worksheet(row: dict[str, str], names: Sequence[str]) -> Person:
    identifier = participant_column(names)
    assert identifier is not None, "a worksheet has this column"
    numbered = row[identifier].strip()
    found = _PARTICIPANT.fullmatch(numbered)
    others = [name for name in names if name != identifier]
    fields = {field: _value(row, others, wanted) for field, wanted in COLUMNS.items()}
    fields["id"] = next(
        filter(None, (fields["id"], fields["username"], fields["email"], fields["name"], numbered)), ""
    )
    submitted = _value(row, names, WORKSHEET["submitted"])
    return Person(
        **fields, participant=found[1] if found else "", submitted="" if submitted == "-" else submitted
    )


def _of_canvas(row: dict[str, str]) -> Person:
    value = {name.strip(): text.strip() for name, text in row.items()}
    login, number = value.get("SIS Login ID", ""), value["ID"]
    student = value.get("SIS User ID", "") or login or number
    email = login if "@" in login else ""
    return Person(id=student, name=value["Student"], email=email, username=login, lms_user_id=number)


def _is_student_of_canvas(row: dict[str, str]) -> bool:
    value = {name.strip(): text.strip() for name, text in row.items()}
    return bool(value["ID"]) and value["Student"] not in ("", "Points Possible", "Student, Test")
