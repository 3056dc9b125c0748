"""What feedback tells before the deadline, while students can still hand in another answer."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.regions import Regions
from autograder.course.settings import Told
from autograder.gradebook.transcripts import Transcript

__all__ = ["HELD_BACK", "LATER", "notebook_told", "told_at", "transcript_told"]

HELD_BACK = "a hidden test fails; what it says is shown after the deadline"
LATER = "the tests that you see pass; the hidden ones count, and are shown after the deadline"
AWAITED = "awaited"
"""The status of a test cell of which only the visible part is told, and has passed."""


def told_at(now: datetime, transcript: Transcript | None, told: Told) -> Told:
    """What a student may see at a time: all from the deadline on, and where none is known.

    Args:
        now: A time with a zone.
        transcript: Of the submission, with its deadline.
        told: What the course tells before the deadline.
    """
    due = transcript.due if transcript is not None else None
    return Told.MESSAGES if due is None or now.astimezone(UTC) >= due else told


def transcript_told(transcript: Transcript, notebook: NotebookNode, told: Told) -> Transcript:
    """A transcript in which points wait that would tell how hidden tests went.

    Args:
        transcript: Of the submission.
        notebook: The autograded notebook.
        told: What may be told.
    """
    if told is not Told.VISIBLE:
        return transcript
    entries = dict(transcript.entries)
    for name in _awaited(notebook) & entries.keys():
        if not entries[name].by_hand:
            entries[name] = replace(entries[name], points=0.0, waits=True)
    return replace(transcript, entries=entries)


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
