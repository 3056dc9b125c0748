"""All that is known about each student, as plain data: the page makes it visible where a row is opened.

Two hundred students in twelve assignments have some 25,000 grade cells. As elements of the page they would make it
slow; as data, with each text once, they are a few hundred kilobytes that nobody notices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autograder.collecting import beforehand
from autograder.course.times import shown_time
from autograder.report.classroom import Classroom
from autograder.report.outcomes import Outcome, State
from autograder.report.rows import Row
from autograder.similarity.pairs import Similar
from autograder.text import clean_text, duration

__all__ = ["details"]

LONGEST = 600
"""Characters of one text."""


def details(
    classroom: Classroom,
    rows: list[Row],
    similar: Mapping[str, Similar],
    formgrader: str,
    _: Callable[[str], str],
    said: Callable[[str], str],
) -> dict[str, Any]:
    """What the rows of the table of students open to.

    Args:
        formgrader: What addresses of submissions begin with.
        said: Gives what tests and grading say in the language of the page.

    Returns:
        `texts`; `assignments`: the name, and the name and points of each cell; `formgrader`; and `students`, one list
        for each row. In it are the student's submissions: the number of the assignment; facts about it; for each
        cell its points (None: not marked yet), or points, message and mistake; notes, each with its label; the name
        of the submission in formgrader. Texts are numbers in `texts`, 0 is none.
    """
    texts: dict[str, int] = {"": 0}

    def number(text: str) -> int:
        return texts.setdefault(clean_text(text)[:LONGEST], len(texts))

    def of_cell(name: str, points: float | None, outcome: Outcome | None) -> Any:
        result = next((one for one in outcome.cells if one.cell == name), None) if outcome else None
        message = number(said(result.message)) if result else 0
        mistake = number(" · ".join(result.mistake)) if result else 0
        value = None if points is None else round(points, 4)
        return [value, message, mistake] if message or mistake else value

    def submission(student: str, place: int, assignment: str) -> list | None:
        outcome = classroom.outcomes.get((student, assignment))
        score = classroom.book.scores.get((student, assignment))
        notes = [
            [number(label), number(text)]
            for label, text in _notes(classroom, student, assignment, outcome, similar, _, said)
        ]
        facts = [number(fact) for fact in _facts(classroom, student, assignment, _)]
        if outcome is None and score is None and not notes and not facts:
            return None
        cells = []
        for item in classroom.book.items.get(assignment, ()) if score else ():
            kept = score.cells.get(item.cell) if score else None
            cells.append(of_cell(item.cell, None if kept is None or kept.waits else kept.points, outcome))
        return [place, facts, cells, notes, score.notebook if score else ""]

    students = [
        [
            found
            for place, assignment in enumerate(classroom.assignments)
            if (found := submission(row.student, place, assignment))
        ]
        for row in rows
    ]
    return {
        "words": {
            "feedback": _("feedback"),
            "formgrader": "formgrader",
            "waits": _("not marked yet"),
            "full": _("full points:"),
            "nothing": _("Nothing has been handed in."),
        },
        "texts": list(texts),
        "formgrader": formgrader,
        "assignments": [
            [name, [[clean_text(item.cell), item.max_points] for item in classroom.book.items.get(name, ())]]
            for name in classroom.assignments
        ],
        "students": students,
    }


def _facts(classroom: Classroom, student: str, assignment: str, _: Callable[[str], str]) -> Iterator[str]:
    score = classroom.book.scores.get((student, assignment))
    if score is not None and score.submitted is not None:
        yield _("handed in %(time)s") % {"time": shown_time(score.submitted, classroom.zone)}
    until = classroom.later.get((student, assignment))
    if until is not None:
        yield _("more time until %(time)s") % {"time": shown_time(until, classroom.zone)}
    if score is not None and score.seconds_late:
        late = _("late by %(time)s") % {"time": duration(score.seconds_late)}
        yield f"{late}, {_('penalty')} {score.penalty:g}" if score.penalty else late
    if classroom.groups.excused(student, assignment):
        yield _("excused")


def _notes(
    classroom: Classroom,
    student: str,
    assignment: str,
    outcome: Outcome | None,
    similar: Mapping[str, Similar],
    _: Callable[[str], str],
    said: Callable[[str], str],
) -> Iterator[tuple[str, str]]:
    if outcome is not None:
        if outcome.state is State.BROKEN:
            yield _("cannot be graded"), said(outcome.broken)
        if outcome.state is State.UNKNOWN:
            yield _("grade again"), _("its result does not fit any more")
        for label, texts in (
            (_("only you can decide"), outcome.questions),
            (_("stopped"), outcome.problems),
            (_("worth a look"), outcome.signs),
            (_("put right"), outcome.repairs),
        ):
            for text in texts:
                yield label, said(text)
    for cell, handed in classroom.beforehand.get((student, assignment), ()):
        if handed is not None:
            sentence = beforehand.sentence(handed, classroom.zone, _)
            yield cell, f"{sentence}: {handed.text}" if handed.text else sentence
    for one in classroom.requests:
        if (one.student, one.assignment) == (student, assignment):
            label = _("question %(number)s about the score") % {"number": one.number}
            asked = f"{one.exercise}: {one.why}" if one.exercise else one.why
            answered = "" if one.waits else f" → {one.answer} ({one.was or '–'} → {one.now or '–'})"
            yield label, asked + answered
    for pair in similar[assignment].pairs if assignment in similar else ():
        if student in (pair.first, pair.second):
            other = pair.second if student == pair.first else pair.first
            yield _("similar to"), f"{classroom.shown(other)}: {pair.score:.2f}"
