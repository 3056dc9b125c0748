"""What students may be told before the deadline, while they can still hand in another answer.

Feedback and exports both keep to it; reports, the gradebook and what a grader reads tell everything.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Assignment, Gradebook, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course import cells
from autograder.course.notebooks import qualified
from autograder.course.regions import Regions
from autograder.course.settings import Told, settings_of
from autograder.gradebook.transcripts import Transcript

__all__ = [
    "AWAITED",
    "HELD_BACK",
    "LATER",
    "ToldSoFar",
    "notebook_told",
    "told_at",
    "told_so_far",
    "transcript_told",
]

HELD_BACK = "a hidden test fails; what it says is shown after the deadline"
LATER = "the tests that you see pass; the hidden ones count, and are shown after the deadline"
AWAITED = "awaited"
"""The status of a test cell of which only the visible part is told, and has passed."""


@dataclass(frozen=True, kw_only=True)
class ToldSoFar:
    """What may be told of a submission whose deadline is to come.

    Attributes:
        told: What the course tells before the deadline.
        waits: The test cells whose points wait, as `qualified` names them; None for all, as where the graded
            notebook is missing that would say which.
    """

    told: Told
    waits: frozenset[str] | None = frozenset()

    def holds(self, cell: str) -> bool:
        """Whether the points of a test cell wait."""
        return self.waits is None or cell in self.waits


def told_so_far(
    gradebook: Gradebook, directory: CourseDirectory, config: Config, now: datetime | None = None
) -> dict[tuple[str, str], ToldSoFar]:
    """For each (student, assignment) of which not everything may be told yet, what may.

    Args:
        gradebook: nbgrader's gradebook, which knows deadlines and extensions.
        directory: The course's folders.
        config: The course's configuration.
        now: A time with a zone; this moment where it is not given.
    """
    told = Told(settings_of(config).before_deadline)
    if told is Told.MESSAGES:
        return {}
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)  # as nbgrader keeps times
    rows = gradebook.db.query(
        SubmittedAssignment.student_id, Assignment.name, Assignment.duedate, SubmittedAssignment.extension
    ).join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    found = {}
    for student, assignment, due, extension in rows:
        if due is not None and moment < due + (extension or timedelta()):
            folder = Path(directory.format_path(directory.autograded_directory, student, assignment))
            waits = _waiting_in(folder, assignment) if told is Told.VISIBLE else frozenset[str]()
            found[student, assignment] = ToldSoFar(told=told, waits=waits)
    return found


def _waiting_in(folder: Path, assignment: str) -> frozenset[str] | None:
    """The test cells of a graded submission whose points wait; None where that is not known."""
    found: set[str] = set()
    try:
        graded = [(path.stem, nbformat.read(path, as_version=4)) for path in sorted(folder.glob("*.ipynb"))]
    except (OSError, ValueError):
        return None
    for stem, notebook in graded:
        found |= {qualified(assignment, stem, cell) for cell in _awaited(notebook)}
    return frozenset(found) if graded else None


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
    # a question's old and new score are those of all tests
    requests = tuple(replace(one, before="", after="") for one in transcript.requests)
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
