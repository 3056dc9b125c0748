"""Written answers that can be handed in before the rest, such as a hypothesis: what was there, and since when.

The question's cell is tagged `early`. Its answer is there before the results if it was handed in while all other
written answers, and the answer cells that are tagged `results`, were as released. For each student and notebook,
`.autograder/beforehand/` keeps the texts that were handed in, each with the first time, and the first time of the
results; what is said of a student follows from these, in whatever order the submissions were collected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path

from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.template import Template
from autograder.course.times import shown_time
from autograder.files import write_whole
from autograder.submission import reading, submissions
from autograder.submission.matching import normal
from autograder.submission.repair import rebuild
from autograder.submission.replies import replies
from autograder.text import MAX_TEXT

__all__ = [
    "EARLY",
    "JAPANESE",
    "RESULTS",
    "HandedIn",
    "History",
    "Moment",
    "Standing",
    "Text",
    "When",
    "handed_in",
    "note",
    "note_submitted",
    "questions",
    "read",
    "sentence",
    "standing",
    "with_submission",
    "write",
]

EARLY = "early"
"""Tag of a question whose answer can be handed in before the rest."""
RESULTS = "results"
"""Tag of an answer cell that is empty as long as there are no results."""
MOST_TEXTS = 8
"""Texts of one answer that are kept: the first ones, and the last."""


class When(StrEnum):
    """How an answer stands to the results: the sentence that is said of it."""

    BEFORE = "handed in %(time)s, before the results"
    WITH = "handed in %(time)s, only with the results"
    CHANGED = "handed in %(time)s, before the results; changed afterwards, on %(changed)s"
    REMOVED = "handed in %(time)s, before the results; not in the last submission"


OR_EARLIER = "%(time)s or earlier"
JAPANESE = {
    When.BEFORE.value: "提出 %(time)s（結果より前）",
    When.WITH.value: "提出 %(time)s（結果と一緒に初めて）",
    When.CHANGED.value: "提出 %(time)s（結果より前）、変更 %(changed)s（結果の後）",
    When.REMOVED.value: "提出 %(time)s（結果より前）、最後の提出にはなし",
    OR_EARLIER: "%(time)s 以前",
}
"""These sentences in Japanese, by the English ones, as in gettext."""


@dataclass(frozen=True, order=True, kw_only=True)
class Moment:
    """When something was handed in.

    Attributes:
        at: The time, with a zone.
        collected: Whether this is when it was collected, for nothing says when it was handed in.
    """

    at: datetime
    collected: bool = False


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text that answered a question.

    Attributes:
        cell: The question's grade_id.
        text: Its beginning.
        digest: Of all of it, but for white space.
        first: When it was first handed in.
    """

    cell: str
    text: str
    digest: str
    first: Moment


@dataclass(frozen=True, kw_only=True)
class History:
    """What a student has handed in for a notebook.

    Attributes:
        texts: For each question, those that were there.
        results: When results were first there.
        last: For each question, the digest of its text in the submission that counts; "" for no answer.
        content: The digest of that submission.
    """

    texts: tuple[Text, ...] = ()
    results: Moment | None = None
    last: Mapping[str, str] = field(default_factory=dict)
    content: str = ""


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """What one submission holds.

    Attributes:
        answers: For each question, what answers it; "" where it is as released.
        results: Whether something else is there that one has only with results.
    """

    answers: Mapping[str, str]
    results: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is to be said of one answer.

    Attributes:
        when: How it stands to the results.
        first: When it was handed in; where it has changed since, the one before.
        changed: When what is there now was handed in, where it has changed.
        text: What was there before, where it has changed.
    """

    when: When
    first: Moment
    changed: Moment | None = None
    text: str = ""


def questions(template: Template) -> tuple[str, ...]:
    """The grade_ids of the questions of a notebook that can be answered before the rest."""
    return tuple(
        cells.grade_id(cell)
        for cell in template.notebook.cells
        if cells.is_written(cell) and EARLY in cell.metadata.get("tags", ())
    )


def handed_in(template: Template, submission: NotebookNode) -> HandedIn:
    """What a submission holds; its cells are matched to the template's as they are for grading."""
    notebook = rebuild(template, submission).notebook
    released = {cell.id: normal(template.regions.released(cell.source)) for cell in template.notebook.cells}

    def answer(found: Iterable[NotebookNode]) -> str:
        return "\n\n".join(
            "\n".join([cell.source, *map(_picture, cell.get("attachments", {}).values())]).strip()
            for cell in found
            if cell.get("attachments") or normal(cell.source) not in ("", released.get(cell.id))
        )

    early = questions(template)
    rest = [
        [cell] if cell.cell_type == "code" else replies(notebook, cells.grade_id(cell))
        for cell in notebook.cells
        if (cells.is_written(cell) and cells.grade_id(cell) not in early)
        or (cells.is_answer(cell) and RESULTS in cell.metadata.get("tags", ()))
    ]
    return HandedIn(
        answers={name: answer(replies(notebook, name)) for name in early},
        # texts in cells of the student's own may be the answer to any question
        results=any(answer(cell for cell in found if cell.id in released) for found in rest),
    )


def with_submission(history: History, handed: HandedIn, moment: Moment, content: str) -> History:
    """The history with one submission more; the same one twice changes nothing.

    Args:
        content: Its digest, where it is the one that counts; "" for an older one.
    """
    texts = {(one.cell, one.digest): one for one in history.texts}
    last = {}
    for cell, text in handed.answers.items():
        last[cell] = hashlib.sha256(" ".join(text.split()).encode()).hexdigest() if text else ""
        key = cell, last[cell]
        if text and (key not in texts or moment < texts[key].first):
            texts[key] = Text(cell=cell, text=text[:MAX_TEXT], digest=last[cell], first=moment)
    kept: list[Text] = []
    for cell in dict.fromkeys(cell for cell, _ in texts):
        found = sorted((one for one in texts.values() if one.cell == cell), key=lambda one: one.first)
        kept += found if len(found) <= MOST_TEXTS else [*found[: MOST_TEXTS - 1], found[-1]]
    moments = [one for one in (history.results, moment if handed.results else None) if one is not None]
    made = replace(history, texts=tuple(kept), results=min(moments, default=None))
    return replace(made, last=last, content=content) if content else made


def standing(history: History, cell: str) -> Standing | None:
    """What is to be said of a question; None where no answer was ever handed in."""
    texts = [one for one in history.texts if one.cell == cell]
    before = [one for one in texts if history.results is None or one.first.at < history.results.at]
    now = next((one for one in texts if one.digest == history.last.get(cell)), None)
    if now is not None and now in before:
        return Standing(when=When.BEFORE, first=now.first)
    if before:
        when, changed = (When.CHANGED, now.first) if now is not None else (When.REMOVED, None)
        return Standing(when=when, first=before[-1].first, changed=changed, text=before[-1].text)
    return Standing(when=When.WITH, first=now.first) if now is not None else None


def sentence(standing: Standing, zone: tzinfo, translate: Callable[[str], str]) -> str:
    """One sentence for instructors.

    Args:
        translate: Gives the sentence in the reader's language.
    """

    def shown(moment: Moment | None) -> str:
        time = shown_time(moment.at, zone) if moment is not None else ""
        return translate(OR_EARLIER) % {"time": time} if moment is not None and moment.collected else time

    return translate(standing.when) % {"time": shown(standing.first), "changed": shown(standing.changed)}


def read(course: Course, student: str, notebook: str) -> History:
    """What is kept of a student's notebook; an empty history where nothing is, or nothing that can be read."""
    try:
        found = json.loads(_path(course, student, notebook).read_text(encoding="utf-8"))
        return History(
            texts=tuple(Text(**{**one, "first": _moment(one["first"])}) for one in found["texts"]),
            results=_moment(found["results"]) if found["results"] else None,
            last=found["last"],
            content=found["content"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return History()


def write(course: Course, student: str, notebook: str, history: History) -> None:
    """Keep what is known of a student's notebook, in the place of what was known."""
    text = json.dumps(asdict(history), ensure_ascii=False, default=datetime.isoformat)
    write_whole(_path(course, student, notebook), text)


def note(
    course: Course, student: str, notebook: str, data: bytes, time: datetime | None, counts: bool
) -> None:
    """Keep what a submission says of the questions that can be answered before the rest, if there are such.

    A submission that cannot be read is passed over: whoever collects or grades it says so.

    Args:
        time: When; None where nothing says it.
        counts: Whether it is the one in submitted/.
    """
    template = course.template(notebook)
    if not questions(template):
        return
    content = hashlib.sha256(data).hexdigest()
    history = read(course, student, notebook)
    if counts and content == history.content:
        return
    moment = Moment(at=time or datetime.now(UTC), collected=time is None)
    try:
        handed = handed_in(template, reading.reads(data)[0])
    except Exception:  # whatever a student handed in, the others are collected
        return
    made = with_submission(history, handed, moment, content if counts else "")
    if made != history:
        write(course, student, notebook, made)


def note_submitted(course: Course, student: str, assignment: str) -> None:
    """Keep what lies in submitted/, also where nbgrader or a person has put it there."""
    names = course.notebooks(assignment)
    for name in filter(lambda one: questions(course.template(one)), names):
        found = submissions.find(course.submitted, student, name, names)
        path = found.path if found is not None else None
        if path is not None and path.stat().st_size <= reading.MAX_BYTES:
            note(course, student, name, path.read_bytes(), submissions.submitted_at(path.parent), counts=True)


def _picture(pasted: object) -> str:
    return f"[{hashlib.sha256(json.dumps(pasted, sort_keys=True).encode()).hexdigest()[:12]}]"


def _path(course: Course, student: str, notebook: str) -> Path:
    return course.state / "beforehand" / student / f"{notebook}.json"


def _moment(kept: Mapping) -> Moment:
    return Moment(at=datetime.fromisoformat(kept["at"]), collected=bool(kept["collected"]))
