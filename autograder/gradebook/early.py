"""What students may be told before the deadline, while they can still hand in another answer.

Feedback and exports both keep to it; reports, the gradebook and what a grader reads tell everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import qualified
from autograder.course.regions import Regions
from autograder.course.settings import Told
from autograder.gradebook.database import CellMark
from autograder.gradebook.scores import Score
from autograder.gradebook.transcripts import Transcript

__all__ = [
    "AWAITED",
    "HELD_BACK",
    "LATER",
    "cells_told",
    "graded_notebooks",
    "left_out",
    "notebook_told",
    "told_at",
    "transcript_told",
    "waiting",
]

HELD_BACK = "a hidden test fails; what it says is shown after the deadline"
LATER = "the tests that you see pass; the hidden ones count, and are shown after the deadline"
AWAITED = "awaited"
"""The status of a test cell of which only the visible part is told, and has passed."""


def waiting(course: Course, scores: Mapping[tuple[str, str], Score]) -> dict[tuple[str, str], frozenset[str]]:
    """For each (student, assignment) of which not everything may be told yet, the test cells whose points wait."""
    told, now = Told(course.settings.before_deadline), datetime.now(UTC)
    if told is Told.MESSAGES:
        return {}
    return {
        name: _waiting_in(course, name, score) if told is Told.VISIBLE else frozenset()
        for name, score in scores.items()
        if score.due is not None and now < score.due
    }


@contextmanager
def left_out(gradebook: Gradebook, waits: Mapping[tuple[str, str], Set[str]]) -> Iterator[None]:
    """In this block the gradebook has no points of test cells that wait, as `waiting` gives them; nothing is written."""
    try:
        for (student, assignment), held in waits.items():
            for notebook in gradebook.find_submission(assignment, student).notebooks:
                for grade in notebook.grades:
                    automatic = grade.auto_score is not None and grade.manual_score is None
                    if automatic and qualified(assignment, notebook.name, grade.name) in held:
                        grade.auto_score, grade.extra_credit = 0.0, None
        gradebook.db.flush()
        gradebook.db.expire_all()  # sums are worked out by the database
        yield
    finally:
        gradebook.db.rollback()


def _waiting_in(course: Course, name: tuple[str, str], score: Score) -> frozenset[str]:
    """Those of a graded submission; all, where the graded notebook is missing that would say which."""
    found: set[str] = set()
    try:
        for notebook, graded in graded_notebooks(course, *name):
            found |= {qualified(name[1], notebook, cell) for cell in _awaited(graded)}
    except (OSError, ValueError):
        return frozenset(cell for cell, one in score.cells.items() if one.auto_points is not None)
    return frozenset(found)


def graded_notebooks(course: Course, student: str, assignment: str) -> Iterator[tuple[str, NotebookNode]]:
    """The graded notebooks of a submission, with their ids.

    Raises:
        OSError, ValueError: There are none, or one cannot be read.
    """
    directory = course.directory
    folder = Path(directory.format_path(directory.autograded_directory, student, assignment))
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise FileNotFoundError(folder)
    for path in found:
        yield path.stem, nbformat.read(path, as_version=4)


def cells_told(entries: Mapping[str, CellMark], waits: Set[str]) -> dict[str, CellMark]:
    """Grade cells without the autograder's points of those that wait; a person's points stay."""
    return {
        name: replace(one, points=0.0, auto_points=None, extra=None, waits=True)
        if name in waits and not one.by_hand
        else one
        for name, one in entries.items()
    }


def told_at(now: datetime, transcript: Transcript | None, told: Told) -> Told:
    """What a student may see at a time: all from the deadline on, and where none is known.

    Args:
        now: A time with a zone.
        told: What the course tells before the deadline.
    """
    due = transcript.due if transcript is not None else None
    return Told.MESSAGES if due is None or now.astimezone(UTC) >= due else told


def transcript_told(transcript: Transcript, notebook: NotebookNode, told: Told) -> Transcript:
    """A transcript in which points wait that would tell how hidden tests went."""
    if told is not Told.VISIBLE:
        return transcript
    entries = cells_told(transcript.entries, _awaited(notebook))
    # a question's old and new score are those of all tests
    requests = tuple(
        replace(one, before="", after="", before_of="", after_of="") for one in transcript.requests
    )
    return replace(transcript, entries=entries, requests=requests)


def notebook_told(notebook: NotebookNode, told: Told) -> NotebookNode:
    """An autograded notebook without what may not be told yet; the one given is not changed."""
    if told is Told.MESSAGES:
        return notebook
    awaited = _awaited(notebook) if told is Told.VISIBLE else frozenset()
    early = deepcopy(notebook)
    notes = early.metadata.get("autograder", {})
    notes["problems"] = []  # they name the tests in which they were met
    results = notes.get("cells", {})
    for cell in early.cells:
        name = cells.grade_id(cell)
        if not cells.is_test(cell) or name not in results:
            continue
        result = results[name]
        if name in awaited:
            results[name], cell.outputs = {"status": AWAITED, "message": LATER}, []
        elif result.get("hidden") and result.get("status") != "passed":
            results[name] = {"status": result["status"], "message": HELD_BACK}
            cell.outputs = [
                nbformat.v4.new_output(
                    "error", ename=result["status"], evalue=HELD_BACK, traceback=[HELD_BACK]
                )
            ]
    return early


def _awaited(notebook: NotebookNode) -> frozenset[str]:
    """The test cells with hidden tests whose visible part has passed."""
    notes = notebook.metadata.get("autograder", {})
    results, regions = notes.get("cells", {}), Regions.of_notes(notes)
    return frozenset(
        name
        for cell in notebook.cells
        if cells.is_test(cell) and (name := cells.grade_id(cell)) in results
        if regions.released(cell.source) != cell.source
        if results[name].get("status") == "passed" or results[name].get("hidden")
    )
