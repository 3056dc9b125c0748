"""What a student is told about one submission, as plain frozen data; `templates/` says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from nbformat import NotebookNode

from autograder.course import cells, rubric
from autograder.course.regions import Regions
from autograder.feedback.rendering import Pictures, inline, trusted_text
from autograder.gradebook.database import CellMark
from autograder.gradebook.early import AWAITED, HELD_BACK, LATER
from autograder.gradebook.messages import message_of
from autograder.gradebook.transcripts import Transcript
from autograder.sentences import is_for_students, translated
from autograder.submission.replies import is_answered_elsewhere, replies
from autograder.text import clean_text

__all__ = ["Exercise", "Hints", "Page", "WrittenAnswer", "anchor", "is_given", "page", "title_of"]

Hints = Mapping[str, Mapping[str, str]]
"""For grade cells' ids, a text in each of some languages."""

_NO_RESPONSE = "No response."
"""nbgrader's own comment where an answer is as it was released."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One test cell.

    Attributes:
        cell: Its id.
        title: Of its section.
        names: The functions or values of the student's that it tests.
        status: As `autograder.grading.results.Status` has it.
        entry: Its points.
        message: What is wrong, in the student's language; "" where it has passed.
        hint: Of the mistake that was recognised; "" where none was.
        replaced: The names of wrong earlier answers in whose place the reference's were tested.
        kept: Whether its points are those of an earlier submission, which was better.
        answer: The anchor of the student's own code; "" where there is none.
    """

    cell: str
    title: Markup
    names: tuple[str, ...]
    status: str
    entry: CellMark
    message: str = ""
    hint: Markup = Markup()
    replaced: tuple[str, ...] = ()
    kept: bool = False
    answer: str = ""

    @property
    def counts(self) -> bool:
        """Whether there are points for it: an instructor may have taken them away."""
        return bool(self.entry.max_points or self.entry.points)

    @property
    def passed(self) -> bool:
        """Whether all its points were given."""
        return self.entry.points >= self.entry.max_points and (self.status == "passed" or self.entry.by_hand)


@dataclass(frozen=True, kw_only=True)
class WrittenAnswer:
    """One answer that a person marks.

    Attributes:
        cell: Its id.
        title: Of its question.
        entry: Its points.
        level: The level that was reached; None where the scheme has no levels, or it is not marked yet.
        top: The highest level.
        reached: What an answer of that level is like.
        needed: What one of the next level takes; empty at the top.
        comment: Of the person who marked it.
        blank: Whether nothing was written.
        answer: The anchor of what the student wrote.
    """

    cell: str
    title: Markup
    entry: CellMark
    level: int | None = None
    top: int = 0
    reached: Markup = Markup()
    needed: Markup = Markup()
    comment: Markup = Markup()
    blank: bool = False
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Feedback on one submission.

    Attributes:
        title: Of the notebook.
        transcript: Points and what waits.
        exercises: Those that the autograder has checked, in the order of the notebook.
        written: Those that a person marks.
        comments: What a person wrote about cells without points: anchor and text.
        repairs: What was put right while grading.
        doubts: What grading could not settle.
        graded: Whether the gradebook has it at all.
    """

    language: str
    title: Markup
    student: str
    transcript: Transcript
    exercises: tuple[Exercise, ...] = ()
    written: tuple[WrittenAnswer, ...] = ()
    comments: tuple[tuple[str, Markup], ...] = ()
    repairs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    graded: bool = True

    @property
    def waiting(self) -> dict[str, tuple[Exercise | WrittenAnswer, ...]]:
        """What has no points yet, by what it waits for: the deadline, or a person; in this order."""
        every: tuple[Exercise | WrittenAnswer, ...] = (*self.exercises, *self.written)
        later = tuple(one for one in self.exercises if one.entry.waits and one.status == AWAITED)
        by_hand = tuple(one for one in every if one.entry.waits and one not in later)
        return {name: ones for name, ones in (("hidden_wait", later), ("waiting", by_hand)) if ones}


@dataclass(kw_only=True)
class _Section:
    """Where in the notebook one is: its title, and the last headline above."""

    title: str = ""
    headline: str = ""

    def go_on(self, text: NotebookNode, regions: Regions) -> None:
        """Go past a text."""
        for level, line in cells.headlines(regions.released(text.source)):
            if level == 1 and not self.title:
                self.title = line
            else:
                self.headline = line


def anchor(cell: NotebookNode) -> str:
    """The name of a cell on the page."""
    return f"cell-{cell.get('id') or cells.grade_id(cell) or ''}"


def title_of(notebook: NotebookNode, regions: Regions, otherwise: str) -> Markup:
    """The title of a notebook of the course's, in one language; otherwise another text."""
    section = _Section()
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not section.title:
            section.go_on(cell, regions)
    return inline(section.title) if section.title else Markup.escape(otherwise)


def page(
    notebook: NotebookNode,
    transcript: Transcript | None,
    student: str,
    assignment: str,
    files: Pictures,
    hints: Hints | None = None,
) -> Page:
    """Say what a student is to know of one submission.

    Args:
        transcript: What the gradebook has of it; None where it has nothing.
        assignment: The assignment's id, for a notebook without a title.
        hints: For grade cells with a known mistake, by language, what the course says to it.
    """
    language = cells.language_of(notebook)
    known = transcript or Transcript()
    notes = notebook.metadata.get("autograder", {})
    regions = Regions.of_notes(notes)
    results = notes.get("cells", {})
    section = _Section()
    exercises, written, comments = [], [], []
    for position, cell in enumerate(notebook.cells):
        grade_id = cells.grade_id(cell)
        if cell.cell_type == "markdown" and is_given(cell, notes):
            section.go_on(cell, regions)
        if grade_id and cells.is_test(cell):
            entry = known.entries.get(grade_id) or _unrecorded(cell)
            result = {**results.get(grade_id, {}), "hint": (hints or {}).get(grade_id, {}).get(language, "")}
            exercises.append(_exercise(cell, notebook.cells, position, result, entry, section, language))
        elif grade_id and cells.is_written(cell):
            entry = known.entries.get(grade_id) or _unrecorded(cell)
            scheme = cell.source if is_given(cell, notes) else ""
            written.append(_written(cell, scheme, notebook, entry, section, language, files, regions))
        elif (comment := known.comments.get(grade_id or "", _NO_RESPONSE)) != _NO_RESPONSE:
            comments.append((anchor(cell), trusted_text(comment, files, {})))
    return Page(
        language=language,
        title=inline(section.title) if section.title else Markup.escape(assignment),
        student=student,
        transcript=known,
        exercises=tuple(exercises),
        written=tuple(written),
        comments=tuple(comments),
        repairs=_said(notes.get("repairs", ()), language),
        doubts=_said(
            [
                one
                for one in (*notes.get("questions", ()), *notes.get("problems", ()))
                if is_for_students(str(one))
            ],
            language,
        ),
        graded=transcript is not None,
    )


def _said(sentences: Sequence[str], language: str) -> tuple[str, ...]:
    return tuple(clean_text(translated(str(one), language)) for one in sentences)


def _unrecorded(cell: NotebookNode) -> CellMark:
    return CellMark(points=0.0, max_points=cells.points(cell), waits=True)


def is_given(cell: NotebookNode, notes: Mapping) -> bool:
    """Whether a text is the course's; in a notebook that was not rebuilt, none is known to be."""
    return cell.get("id") in notes.get("given_texts", ())


def _exercise(
    test: NotebookNode,
    every: Sequence[NotebookNode],
    position: int,
    result: Mapping,
    entry: CellMark,
    section: _Section,
    language: str,
) -> Exercise:
    answer, names = _answered(test, every, position)
    status = str(result.get("status") or ("passed" if entry.points >= entry.max_points else "failed"))
    told = status != "passed" and result.get("message") not in (HELD_BACK, LATER)
    hint = str(result["hint"]) if told else ""
    return Exercise(
        cell=anchor(test),
        title=inline(section.headline or section.title),
        names=names,
        status=status,
        entry=entry,
        message=message_of(test, {**result, "status": status}, language),
        hint=inline(hint) if hint else Markup(),
        replaced=tuple(result.get("replaced", ())),
        kept=not entry.by_hand
        and (entry.auto_points or 0.0) > (result.get("points", entry.auto_points) or 0.0),
        answer=anchor(answer) if answer is not None else "",
    )


def _answered(
    test: NotebookNode, every: Sequence[NotebookNode], position: int
) -> tuple[NotebookNode | None, tuple[str, ...]]:
    """The student's cell that a test is about, the last one before it, and what the test uses of it."""
    try:
        used = cells.free_names(test.source)
    except SyntaxError:
        used = frozenset()
    nearest = None
    for cell in reversed(every[:position]):
        if not cells.is_own_code(cell):
            continue
        if names := used & cells.defined_names(cell.source):
            return cell, tuple(sorted(names))
        if nearest is None and cells.is_answer(cell):
            nearest = cell
    return nearest, ()


def _written(
    cell: NotebookNode,
    source: str,
    notebook: NotebookNode,
    entry: CellMark,
    section: _Section,
    language: str,
    files: Pictures,
    regions: Regions,
) -> WrittenAnswer:
    scheme = rubric.read(source, language, regions)
    headlines = cells.headlines(rubric.question(source, language, regions))
    level = None if entry.waits else scheme.reached(entry.points, entry.max_points)
    reached = scheme.level(level) if level is not None else None
    needed = scheme.level(level + 1) if level is not None else None
    found = replies(notebook, cells.grade_id(cell))
    reply = next((one for one in found if not is_answered_elsewhere(notebook, one)), None)
    comment = "" if entry.comment == _NO_RESPONSE else entry.comment
    return WrittenAnswer(
        cell=anchor(cell),
        title=inline(headlines[0][1] if headlines else section.headline or section.title),
        entry=entry,
        level=level,
        top=scheme.top,
        reached=trusted_text(reached.text, files, {}) if reached else Markup(),
        needed=trusted_text(needed.text, files, {}) if needed else Markup(),
        comment=trusted_text(comment, files, {}) if comment else Markup(),
        blank=entry.comment == _NO_RESPONSE,
        answer=anchor(reply) if reply is not None else "",
    )
