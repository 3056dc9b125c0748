"""Find and read what students handed in, whatever it is."""

from __future__ import annotations

import glob
import json
import os
import re
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course.concern import Concern
from autograder.course.notebooks import assignment_of, path_in
from autograder.course.times import read_time
from autograder.errors import SubmissionError
from autograder.submission import outputs
from autograder.submission.markup import is_picture
from autograder.text import clean_text, listed

__all__ = ["COMPANIONS", "MAX_BYTES", "Submission", "elsewhere", "find", "read", "reads", "submitted_at"]

COMPANIONS = ("timestamp.txt", "submission_secret.txt")
"""Files of nbgrader's exchange: when it was submitted, and under which name its feedback is released."""

IGNORED = (*COMPANIONS, ".ipynb_checkpoints", ".DS_Store")
"""Files beside a notebook that are not the student's."""
MAX_TIMESTAMP = 1_000
MAX_BYTES = 30 * 2**20
MAX_CELLS = 2_000
MAX_SOURCE = 2**20
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INLINE = re.compile(
    r"(?:!\[(?P<shown>[^\[\]\n]{0,200})\]\(\s*|<img\b[^<>]{0,500}?\bsrc\s*=\s*[\"']?)"
    r"data:image/(?P<kind>png|jpeg);base64,(?P<data>[A-Za-z0-9+/=]++)"
    r"(?:[^()\n]{0,200}\)|[^<>]{0,500}>)"
)
_NO_NAME = re.compile(r"[<>&\"\\`\x00-\x1f\x7f-\x9f]")
"""What a student's id may not contain: nbgrader writes it into its pages, and into their scripts, as it is."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What one student handed in for one notebook of an assignment.

    Attributes:
        student: The student's id, as nbgrader has it.
        notebook: The notebook's name; see `autograder.course.notebooks`.
        path: The notebook; None where there is none to grade.
        notes: What was unusual and could be settled, one sentence each.
        problem: Why it cannot be graded, in one sentence; None where it can.
    """

    student: str
    notebook: str
    path: Path | None
    notes: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def assignment(self) -> str:
        """The assignment's id."""
        return assignment_of(self.notebook)

    @property
    def name(self) -> str:
        """student/assignment, and the notebook where the assignment has several."""
        return f"{self.student}/{self.notebook}"

    def file(self) -> Path:
        """The notebook.

        Raises:
            SubmissionError: It cannot be graded.
        """
        if self.path is None:
            raise SubmissionError(self.problem or "there is no notebook")
        return self.path


def find(submitted: Path, student: str, notebook: str, siblings: Sequence[str] = ()) -> Submission | None:
    """The submission in `submitted/<student>/<assignment>/`; None where there is no such folder.

    Args:
        submitted: The folder of all submissions.
        student: The student's id.
        notebook: The notebook's name.
        siblings: The names of all notebooks of its assignment.
    """
    assignment = assignment_of(notebook)
    folder = submitted / student / assignment
    if not os.path.lexists(folder):
        return None

    def problem(text: str) -> Submission:
        return Submission(student=student, notebook=notebook, path=None, notes=(), problem=text)

    if glob.escape(student) != student:
        return problem(
            f"the student's id '{clean_text(student)}' has one of the characters * ? [, which nbgrader takes for "
            f"patterns; rename the folder in {submitted.name}/"
        )
    if forbidden := _NO_NAME.search(student):
        return problem(
            f"a student's id must not contain {forbidden[0]!r}, which nbgrader's pages do not escape; rename the folder"
        )
    if folder.is_symlink() or (submitted / student).is_symlink():
        return problem("the folder is a symbolic link, and is not followed; put the files themselves there")
    if not folder.is_dir():
        return problem(f"expected a folder {student}/{assignment}, got a file")
    expected = path_in(submitted / student, notebook)
    own = [path_in(submitted / student, name) for name in (notebook, *siblings)]
    names_of_own = {path.name for path in own}
    found = sorted(path for path in folder.iterdir() if path.name not in (*names_of_own, *IGNORED))
    missing = {path for path in own if not os.path.lexists(path)}
    others = [path for path in found if path.suffix.lower() == ".ipynb"]
    beside = [*_said_of_companions(folder), *_said_of_files([path for path in found if path not in others])]
    if os.path.lexists(expected):
        kind = _kind(expected)
        if kind != "file":
            return problem(f"{expected.name} is {kind}, not a file; ask the student to submit again")
        notes = [f"{shown(path)} lies beside {expected.name} and was not graded" for path in others]
        return Submission(student=student, notebook=notebook, path=expected, notes=(*notes, *beside))
    usable = [path for path in others if _kind(path) == "file"]
    if len(usable) == 1 == len(missing):
        taken = f"{shown(usable[0])} was taken for {expected.name}"
        return Submission(student=student, notebook=notebook, path=usable[0], notes=(taken, *beside))
    if usable:
        names = ", ".join(map(shown, usable))
        return problem(f"there is no {expected.name} but {names}; rename the one that counts")
    names = listed([shown(path) for path in found], 5) or "nothing"
    return problem(f"there is no notebook: expected {expected.name}, found {names}")


def submitted_at(folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC, as its `timestamp.txt` says; None where nothing says it."""
    path = folder / "timestamp.txt"
    if not os.path.lexists(path) or _kind(path) != "file" or path.stat().st_size > MAX_TIMESTAMP:
        return None
    return read_time(path.read_text(encoding="utf-8", errors="replace"))


def elsewhere(submitted: Path, known: Collection[str]) -> tuple[Concern, ...]:
    """What lies in submitted/ where no assignment of the course is looked for: path and reason.

    Args:
        submitted: The folder of all submissions.
        known: The ids of the course's assignments.
    """
    found = []
    for student in sorted(submitted.iterdir()) if submitted.is_dir() else ():
        if student.name.startswith("."):
            continue
        if student.is_symlink() or not student.is_dir():
            why = f"it is no student's folder; expected {submitted.name}/<student>/<assignment>/<assignment>.ipynb"
            found.append(Concern(f"{submitted.name}/{shown(student)}", why))
            continue
        for path in sorted(student.iterdir()):
            if path.name in known or path.name.startswith("."):
                continue
            why = (
                "no assignment of the course is called so, and nothing in it is graded; where the assignment was "
                "renamed, rename the folder and its notebook"
                if path.is_dir()
                else f"it is in no assignment's folder, and is not graded; expected {submitted.name}/"
                f"{clean_text(student.name)}/<assignment>/"
            )
            found.append(Concern(f"{submitted.name}/{clean_text(student.name)}/{shown(path)}", why))
    return tuple(found)


def _said_of_companions(folder: Path) -> list[str]:
    if os.path.lexists(folder / "timestamp.txt") and submitted_at(folder) is None:
        return ["timestamp.txt says no time, so that nothing is known of when it was submitted"]
    return []


def _said_of_files(paths: Sequence[Path]) -> list[str]:
    if not paths:
        return []
    verb = "lies" if len(paths) == 1 else "lie"
    return [
        f"{listed([shown(path) for path in paths], 5)} {verb} beside the notebook and cannot be used by it: it is graded "
        "alone"
    ]


def shown(path: Path) -> str:
    """A file's name for messages; a name may hold control characters, and bytes that are no text."""
    return clean_text(path.name)


def _kind(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "a folder" if stat.S_ISDIR(mode) else "a special file"


def read(path: Path) -> tuple[NotebookNode, tuple[str, ...]]:
    """Read a submitted notebook, following no link and waiting for no pipe.

    Returns:
        The notebook (only what grading uses of it), and notes.

    Raises:
        SubmissionError: It cannot be read as a notebook.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SubmissionError(f"{shown(path)} cannot be opened ({error.strerror})") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SubmissionError(f"{shown(path)} is not a file")
        if status.st_size > MAX_BYTES:
            raise SubmissionError(
                f"{shown(path)} has {status.st_size / 2**20:.0f} MB, the limit is {MAX_BYTES // 2**20} MB; "
                "ask the student to clear all outputs and submit again"
            )
        return reads(file.read(MAX_BYTES + 1), shown(path))


def reads(data: bytes, name: str = "the notebook") -> tuple[NotebookNode, tuple[str, ...]]:
    """Read a notebook from bytes; see `read`."""
    if not data.strip():
        raise SubmissionError(f"{name} is empty")
    if data[:4] == b"PK\x03\x04":
        raise SubmissionError(f"{name} is a zip archive; unpack it")
    text, notes = _decode(data, name)
    try:
        content = json.loads(text)
    except RecursionError:
        raise SubmissionError(f"{name} is nested too deeply to be a notebook") from None
    except ValueError as error:
        raise SubmissionError(f"{name} is not a notebook, or was cut off: {error}") from None
    return _notebook(content, name, notes)


def _decode(data: bytes, name: str) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif data[:3] == b"\xef\xbb\xbf":
        encoding = "utf-8-sig"
    else:
        encoding = "utf-8"
    notes = [] if encoding == "utf-8" else [f"{name} was saved as {encoding} and read as such"]
    try:
        return data.decode(encoding), notes
    except UnicodeDecodeError:
        return data.decode("latin-1"), [f"{name} is not valid {encoding} and was read as Latin-1"]


def _notebook(content: Any, name: str, notes: list[str]) -> tuple[NotebookNode, tuple[str, ...]]:
    if not isinstance(content, dict):
        raise SubmissionError(
            f"{name} is not a notebook: expected a JSON object, got {type(content).__name__}"
        )
    major = content.get("nbformat")
    if major == 3 and "worksheets" in content:
        try:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        except Exception as error:
            raise SubmissionError(
                f"{name} is in the old format 3 and cannot be converted: {clean_text(str(error))}"
            ) from None
        notes.append(f"{name} was in the old format 3 and was converted")
    elif major != 4 and "cells" not in content:
        raise SubmissionError(f"{name} is not a notebook of format 4 (nbformat is {str(major)[:20]})")
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise SubmissionError(f"{name} has no list of cells")
    if len(cells) > MAX_CELLS:
        raise SubmissionError(f"{name} has {len(cells):,} cells, the limit is {MAX_CELLS:,}")
    kept = [_cell(cell, number, notes) for number, cell in enumerate(cells, 1)]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": kept}
    return nbformat.from_dict(notebook), tuple(notes)


def _cell(cell: Any, number: int, notes: list[str]) -> dict:
    """Of a submitted cell: type, source, id, grade_id, pasted pictures, harmless outputs. Nothing else is used."""
    if not isinstance(cell, dict):
        cell = {"source": cell}
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "raw"
    if not isinstance(source, str):
        notes.append(f"cell {number} is not as notebooks have it, and is kept as text")
        kind, source = "raw", "" if source is None else json.dumps(source, ensure_ascii=False)
    attachments = cell["attachments"] if isinstance(cell.get("attachments"), dict) else {}
    if kind != "code":
        source, pictures = _inline_pictures(source)
        attachments = {**attachments, **pictures}
    if len(source) > MAX_SOURCE:
        notes.append(
            f"cell {number} has {len(source):,} characters, the limit is {MAX_SOURCE:,}; the rest of it is only "
            "in the submitted notebook, look there"
        )
        source = source[:MAX_SOURCE]
    kept = {
        "cell_type": kind,
        "source": source.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode(),
        "metadata": {},
    }
    if kind == "code" and outputs.has_run(cell):
        kept["outputs"] = outputs.harmless(cell)
        kept["execution_count"] = 1
    identity = cell.get("id")
    if isinstance(identity, str) and _ID.fullmatch(identity):
        kept["id"] = identity
    metadata = cell.get("metadata")
    entry = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(entry, dict) and isinstance(entry.get("grade_id"), str):
        kept["metadata"] = {"nbgrader": {"grade_id": entry["grade_id"]}}
    if attachments:
        kept["attachments"] = attachments
        if others := _not_shown(attachments):
            notes.append(
                f"cell {number} holds {', '.join(others)}: only PNG and JPEG pictures are shown to whoever marks it; "
                "look at the submitted notebook"
            )
    return kept


def _inline_pictures(source: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Make attachments of the pictures that Colab pastes into a text itself, as addresses that hold them."""
    pictures: dict[str, dict[str, str]] = {}

    def attached(found: re.Match) -> str:
        name = f"inline-{len(pictures) + 1}.{found['kind']}"
        pictures[name] = {f"image/{found['kind']}": found["data"]}
        return f"![{found['shown'] or ''}](attachment:{name})"

    return _INLINE.sub(attached, source), pictures


def _not_shown(attachments: dict) -> list[str]:
    """Names of attachments of which no form is a picture that may be shown."""
    return [
        clean_text(str(name))[:60]
        for name, bundle in attachments.items()
        if not isinstance(bundle, dict) or not any(is_picture(mime, data) for mime, data in bundle.items())
    ]
