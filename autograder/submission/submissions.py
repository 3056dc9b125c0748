"""Find what students handed in, whatever it is."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.course.concern import Concern
from autograder.course.notebooks import assignment_of, path_in
from autograder.course.times import read_time
from autograder.errors import SubmissionError
from autograder.text import clean_text, listed

__all__ = ["COMPANIONS", "TIMESTAMP", "Submission", "elsewhere", "find", "shown", "submitted_at"]

TIMESTAMP = "timestamp.txt"
COMPANIONS = (TIMESTAMP, "submission_secret.txt")
"""Files of nbgrader's exchange: when it was submitted, and under which name its feedback is released."""

IGNORED = (*COMPANIONS, ".ipynb_checkpoints", ".DS_Store")
"""Files beside a notebook that are not the student's."""
MAX_TIMESTAMP = 1_000
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
        siblings: The names of all notebooks of its assignment.
    """
    assignment = assignment_of(notebook)
    folder = submitted / student / assignment
    if not os.path.lexists(folder):
        return None

    def problem(text: str) -> Submission:
        return Submission(student=student, notebook=notebook, path=None, problem=text)

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
    there = set(os.listdir(folder))
    own = {expected.name, *(path_in(submitted, name).name for name in siblings)}
    found = [folder / name for name in sorted(there.difference(own, IGNORED))]
    others = [path for path in found if path.suffix.lower() == ".ipynb"]
    beside = _said_of_files([path for path in found if path not in others])
    if TIMESTAMP in there:
        beside = [*_said_of_time(folder), *beside]
    if expected.name in there:
        kind = _kind(expected)
        if kind != "file":
            return problem(f"{expected.name} is {kind}, not a file; ask the student to submit again")
        notes = [f"{shown(path)} lies beside {expected.name} and was not graded" for path in others]
        return Submission(student=student, notebook=notebook, path=expected, notes=(*notes, *beside))
    usable = [path for path in others if _kind(path) == "file"]
    if len(usable) == 1 == len(own - there):
        taken = f"{shown(usable[0])} was taken for {expected.name}"
        return Submission(student=student, notebook=notebook, path=usable[0], notes=(taken, *beside))
    if usable:
        names = ", ".join(map(shown, usable))
        return problem(f"there is no {expected.name} but {names}; rename the one that counts")
    names = listed([shown(path) for path in found], 5) or "nothing"
    return problem(f"there is no notebook: expected {expected.name}, found {names}")


def submitted_at(folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC, as its `timestamp.txt` says; None where nothing says it."""
    path = folder / TIMESTAMP
    if not os.path.lexists(path) or _kind(path) != "file" or path.stat().st_size > MAX_TIMESTAMP:
        return None
    return read_time(path.read_text(encoding="utf-8", errors="replace"))


def elsewhere(submitted: Path, known: Collection[str]) -> tuple[Concern, ...]:
    """What lies in submitted/ where no assignment of the course is looked for: path and reason."""
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


def _said_of_time(folder: Path) -> list[str]:
    if submitted_at(folder) is None:
        return [f"{TIMESTAMP} says no time, so that nothing is known of when it was submitted"]
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
