"""What a submitted file comes down to; to rebuild a whole class is slow, so it is remembered."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.course.folder import Course
from autograder.grading.preparation import key_of, prepare
from autograder.grading.submissions import MAX_BYTES, Submission
from autograder.kernel.limits import Limits
from autograder.report import suspicion

__all__ = ["Facts", "Memory", "circumstances", "facts"]


@dataclass(frozen=True)
class Facts:
    """What follows from a submitted file alone.

    Attributes:
        content: The hash of the file.
        keys: Of its result in the cache, executed in a sandbox and without one.
        repairs: What was put right.
        questions: What only the instructor can decide.
        signs: What in its source is worth a look.
    """

    content: str
    keys: tuple[str, ...]
    repairs: tuple[str, ...]
    questions: tuple[str, ...]
    signs: tuple[str, ...]


def facts(course: Course, submission: Submission, remembered: Facts | None = None) -> Facts:
    """The facts of a submission; the remembered ones where the file is the same.

    Raises:
        SubmissionError: It cannot be graded.
    """
    content = _hash(submission.path)
    if remembered is not None and content and remembered.content == content:
        return remembered
    limits = Limits()
    prepared = prepare(course, submission, limits, sandboxed=True)
    unboxed = key_of(course, submission.assignment, prepared.notebook, limits, False, prepared.seed)
    return Facts(
        content,
        (prepared.key, unboxed),
        prepared.repairs[len(submission.notes) :],
        prepared.questions,
        tuple(suspicion.signs_in_source(prepared.notebook)),
    )


def _hash(path: Path | None) -> str:
    """The hash of a file that may be graded; "" of any other."""
    if path is None or path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def circumstances(course: Course, assignment: str) -> str:
    """The hash of all that the facts follow from beside the file: source, checks, solutions, data, this kit."""
    notebook = course.template(assignment).notebook
    source = course.source / assignment / f"{assignment}.ipynb"
    parts = [
        key_of(course, assignment, notebook, Limits(), True, course.secret.seeds(assignment)[0]).encode(),
        source.read_bytes(),
        _own_source(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@functools.cache
def _own_source() -> bytes:
    return Path(suspicion.__file__).read_bytes() + Path(__file__).read_bytes()


class Memory:
    """Facts by student and assignment, kept in a file; one that is lost or damaged costs time only.

    Args:
        path: The file.
        wanted: For each assignment, its circumstances; facts from others are forgotten.
    """

    def __init__(self, path: Path, wanted: Mapping[str, str]) -> None:
        self.path = path
        self.wanted = wanted
        self.kept = self._read()
        self.facts = {
            assignment: entry["facts"]
            for assignment, entry in self.kept.items()
            if wanted.get(assignment) == entry["circumstances"]
        }

    def _read(self) -> dict[str, dict]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                assignment: {
                    "circumstances": str(entry["circumstances"]),
                    "facts": {student: _facts(known) for student, known in entry["facts"].items()},
                }
                for assignment, entry in content.items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def get(self, submission: Submission) -> Facts | None:
        """What is remembered of a submission."""
        return self.facts.get(submission.assignment, {}).get(submission.student)

    def keep(self, found: Iterable[tuple[Submission, Facts | None]]) -> None:
        """Remember the facts of all submissions of the wanted assignments, and write the file."""
        for assignment, hashed in self.wanted.items():
            self.kept[assignment] = {"circumstances": hashed, "facts": {}}
        for submission, known in found:
            if known is not None:
                self.kept[submission.assignment]["facts"][submission.student] = known
        content = {
            assignment: {
                **entry,
                "facts": {student: asdict(known) for student, known in entry["facts"].items()},
            }
            for assignment, entry in self.kept.items()
        }
        new = self.path.with_suffix(".new")
        with contextlib.suppress(OSError):  # a folder that cannot be written, a disk that is full
            new.write_text(json.dumps(content), encoding="utf-8")
            os.replace(new, self.path)


def _facts(entry: dict) -> Facts:
    return Facts(
        str(entry["content"]),
        *(tuple(map(str, entry[name])) for name in ("keys", "repairs", "questions", "signs")),
    )
