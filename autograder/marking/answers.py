"""Written answers as a marker sees them: harmless, with what they rest on, and those that are alike together."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rapidfuzz import fuzz, process
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from autograder.course import cells, rubric
from autograder.course.folder import Course
from autograder.feedback import rendering
from autograder.feedback.exporter import pictures_of
from autograder.feedback.rendering import Budget
from autograder.submission.matching import normal
from autograder.submission.reading import MAX_BYTES
from autograder.submission.replies import replies
from autograder.words import words

__all__ = ["Answer", "Asked", "asked", "figures", "groups", "read"]

ALIKE = 85.0
"""rapidfuzz ratio from which two answers stand together."""
COMPARED = 4_000
"""Letters of an answer that are compared."""
SHORT = 12
"""Lines of code that are shown at once; more are folded."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a student has written for one question.

    Attributes:
        text: As it was written.
        html: As it is shown.
        blank: Whether nothing was written.
    """

    text: str
    html: str
    blank: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question in one language.

    Attributes:
        title: Of its cell, or of its section.
        question: HTML.
        general: What the mark scheme says before its levels; HTML.
        levels: The lowest first: number, what it takes and an example, in HTML.
    """

    title: str
    question: str
    general: str
    levels: tuple[tuple[int, str, str], ...]


def asked(course: Course, notebook: str, cell: str, language: str) -> Asked | None:
    """What was asked, and how it is marked; None where the source has no such cell."""
    template = course.template(notebook)
    released, files = template.in_language(language), pictures_of(template)
    headline, before = notebook, ""
    for one in released.cells:
        if one.cell_type == "markdown" and (found := cells.headlines(template.regions.released(one.source))):
            headline = found[-1][1]
        if cells.grade_id(one) == cell:
            scheme = rubric.read(one.source, language, template.regions)
            own = rubric.question(one.source, language, template.regions)
            titles = cells.headlines(own)

            def shown(text: str) -> str:
                return str(rendering.trusted_text(text, files, {})) if text else ""

            return Asked(
                title=str(rendering.inline(titles[0][1] if titles else headline)),
                question=shown(before) + ("" if cells.is_answer(one) else shown(own)),
                general=shown(scheme.general),
                levels=tuple(
                    (level.number, shown(level.text), shown(level.example)) for level in scheme.levels
                ),
            )
        if one.cell_type == "markdown":
            before = one.source
    return None


def read(course: Course, student: str, notebook: str, cell: str) -> Answer | None:
    """One student's answer; None where there is no graded notebook."""
    path = course.autograded(student, notebook)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    released = "\n".join(one.source for one in replies(course.template(notebook).notebook, cell))
    return _read(path, changed, cell, released)


@functools.lru_cache(maxsize=4096)
def _read(path: Path, _changed: int, cell: str, released: str) -> Answer:
    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    found = replies(notebook, cell)
    budget = Budget(pictures=MAX_BYTES)  # whoever marks an answer sees all that was pasted into it
    text = "\n".join(one.source for one in found).strip()
    html = "".join(
        f'<pre class="code">{rendering.code(one.source, budget)}</pre>'
        if one.cell_type == "code"
        else str(rendering.student_text(one.source, one.get("attachments", {}), budget))
        for one in found
    )
    pasted = any(one.get("attachments") for one in found)
    return Answer(text=text, html=html, blank=not pasted and _plain(text) in ("", _plain(released)))


def figures(course: Course, student: str, notebook: str, cell: str, language: str) -> str:
    """What an answer is looked up in: tests that passed, the student's code, what cells have drawn and printed; HTML.

    The cells before the answer come first, the nearest one at the top; then those after it.
    """
    path = course.autograded(student, notebook)
    graded = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    notes, say, budget = graded.metadata.get("autograder", {}), words(__file__)[language], Budget()
    answer = [one.id for one in replies(graded, cell)][:1]
    place = next((at for at, one in enumerate(graded.cells) if one.id in answer), len(graded.cells))
    template = course.template(notebook)
    released = {one.id: normal(template.regions.released(one.source)) for one in template.notebook.cells}
    shown = [
        _cell(one, normal(one.source) == released.get(one.id), budget, say, language)
        for one in [*reversed(graded.cells[:place]), *graded.cells[place:]]
        if one.cell_type == "code" and not cells.is_test(one)
    ]
    tests = [
        f"<span>{'✓' if result['status'] == 'passed' else '✗'} <code>{escape(name)}</code></span>"
        for name, result in ((cells.grade_id(one), _result(notes, one)) for one in graded.cells)
        if result.get("status", "manual") != "manual"
    ]
    return (f'<p class="tests">{" ".join(tests)}</p>' if tests else "") + "".join(shown)


def _result(notes: NotebookNode, cell: NotebookNode) -> NotebookNode:
    return notes.get("cells", {}).get(cells.grade_id(cell), {})


def _cell(cell: NotebookNode, as_given: bool, budget: Budget, say: Mapping[str, str], language: str) -> str:
    """A cell by its name: the code in it that is the student's, and its outputs; "" where there is neither."""
    parts = [str(output) for output in rendering.outputs(cell, budget, language)]
    if cells.is_own_code(cell) and as_given and not parts:
        parts.append(f"<p>{say['as_given']}</p>")
    elif cells.is_own_code(cell) and not as_given and cell.source.strip():
        lines = cell.source.count("\n") + 1
        code = f'<pre class="code">{rendering.code(cell.source, budget)}</pre>'
        if lines > SHORT:
            code = f"<details><summary>{say['code'].format(lines)}</summary>{code}</details>"
        parts.insert(0, code)
    return f"<h2><code>{escape(cells.called(cell))}</code></h2>{''.join(parts)}" if parts else ""


def language(course: Course, student: str, notebook: str) -> str:
    """The language of a student's notebook."""
    text = course.autograded(student, notebook).read_text(encoding="utf-8")
    return cells.language_of(nbformat.v4.reads(text))


def groups(answers: Sequence[str]) -> list[int]:
    """For each answer the number of its group: answers that are equal or alike, directly or by others.

    Groups are numbered by size, the largest first.
    """
    if not answers:
        return []
    texts = [_plain(answer)[:COMPARED] for answer in answers]
    distinct = list(dict.fromkeys(texts))
    alike = process.cdist(distinct, distinct, scorer=fuzz.ratio, score_cutoff=ALIKE)  # 0 for what is not
    _, labels = connected_components(csr_matrix(alike), directed=False)
    label_of = dict(zip(distinct, labels.tolist(), strict=True))
    sizes = Counter(label_of[text] for text in texts)
    order = {label: place for place, (label, _) in enumerate(sizes.most_common())}
    return [order[label_of[text]] for text in texts]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
