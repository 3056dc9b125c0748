"""Rebuild a submission on its release: the structure is the instructor's, the answers are the student's.

From the submission come only the sources of answer cells, of experiment cells and of cells
that the student added. Everything else (given code, tests, texts, points, ids, tags) comes
from the template, whatever the submission says about it.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode
from rapidfuzz import fuzz

from autograder.course import cells
from autograder.course.template import Template
from autograder.grading.markup import harmless_markdown, is_picture

__all__ = ["Rebuilt", "rebuild"]

SAME_TEXT = 90.0
"""rapidfuzz ratio from which a cell without ids counts as a copy of a given one."""

REPLY_TAG = "answer"


@dataclass(frozen=True)
class Rebuilt:
    """A submission, ready to be executed.

    Attributes:
        notebook: Template structure with the student's answers.
        repairs: What was not as released and has been put right, one sentence each.
        questions: What only the instructor can decide, one sentence each.
    """

    notebook: NotebookNode
    repairs: tuple[str, ...]
    questions: tuple[str, ...]


def rebuild(template: Template, submission: NotebookNode) -> Rebuilt:
    """Match the cells of a submission to the template's, and put them together.

    Cells are matched by id, by nbgrader's grade_id, by what they define, and by text, in
    this order. A cell of the student's that matches nothing keeps its place: it runs after
    the cell that it followed. Two cells that both define what one answer cell should
    define, neither of them in its place, are a question for the instructor, and no guess.
    """
    return _Matching(template, submission).rebuild()


class _Matching:
    def __init__(self, template: Template, submission: NotebookNode) -> None:
        self.template = template
        self.submitted = [cell for cell in submission.cells if isinstance(cell.get("source"), str)]
        self.wanted = template.in_language(self.choose_language(template)).cells
        self.released = [normal(template.regions.released(cell.source)) for cell in self.wanted]
        self.given_texts = {
            text for cell, text in zip(self.wanted, self.released, strict=True) if not cells.is_answer(cell)
        }
        self.answered_names = template.answered_names
        self.metadata = copy.deepcopy(template.notebook.metadata)
        self.match: dict[int, int] = {}  # index of a wanted cell -> index of a submitted one
        self.free = set(range(len(self.submitted)))
        self.again = "autograder" in submission.metadata and self.is_rebuilt()
        self.repairs: list[str] = []
        self.questions: list[str] = []
        self.asked: set[int] = set()  # wanted cells that a question is about
        self.added_before: dict[str, int] = {}

    def choose_language(self, template: Template) -> str | None:
        ids = {cell.get("id") for cell in self.submitted}
        texts = {normal(cell.source) for cell in self.submitted}
        counts = {
            language: sum(
                cell.id in ids or normal(cell.source) in texts
                for cell in template.notebook.cells
                if cells.language(cell) == language
            )
            for language in template.languages
        }
        return max(counts, key=counts.get, default=None)

    def is_rebuilt(self) -> bool:
        """Whether it has been rebuilt before, hidden tests and all: then each cell is what its id says."""

        def shape(cell: NotebookNode, given: bool) -> tuple:
            return cell.get("id"), cell.get("cell_type"), cell.source if given else None

        given = {cell.id: self.is_given(cell) for cell in self.wanted}
        kept = [cell for cell in self.submitted if cell.get("id") in given]
        there = {cell.id for cell in kept}
        wanted = [cell for cell in self.wanted if cell.id in there or not self.is_experiment(cell)]
        return [shape(cell, given[cell.id]) for cell in kept] == [
            shape(cell, given[cell.id]) for cell in wanted
        ]

    def rebuild(self) -> Rebuilt:
        if self.again:
            self.match_by(lambda cell: cell.get("id"))
            return Rebuilt(self.assemble(), (), ())
        self.match_answers()
        self.match_by(lambda cell: cell.get("id"))
        self.match_by(submitted_grade_id)
        self.match_by(lambda cell: normal(self.template.regions.released(cell.source)))
        self.match_similar()
        self.match_replies()
        self.note_differences()
        return Rebuilt(self.assemble(), tuple(self.repairs), tuple(self.questions))

    def pair(self, wanted: int, submitted: int) -> None:
        self.match[wanted] = submitted
        self.free.discard(submitted)

    def match_answers(self) -> None:
        """Code answers first: what a cell defines says more than the id that it carries."""
        for index, cell in enumerate(self.wanted):
            if not (cells.is_answer(cell) and cell.cell_type == "code"):
                continue
            by_id = self.with_identity(cell)
            names = cells.defined_names(cell.source)
            if not names and not by_id:  # a placeholder that defines nothing: `prediction = ...`
                names = self.answered_names.get(cell.id, frozenset())
            defining = [
                number
                for number in sorted(self.free)
                if names and names <= cells.defined_names(self.submitted[number].source)
                and not self.is_copy_of_given(number)
            ]  # fmt: skip
            placed = [number for number in by_id if number in defining] or ([] if defining else by_id)
            if placed:
                self.pair(index, placed[0])
            elif len(defining) == 1:
                self.pair(index, defining[0])
                self.repairs.append(f"answer '{cell.id}' had lost its id and was found by what it defines")
            elif defining:
                self.asked.add(index)
                self.questions.append(
                    f"answer '{cell.id}': {len(defining)} cells define {', '.join(sorted(names))} "
                    "and none is in its place; which one counts?"
                )

    def is_copy_of_given(self, number: int) -> bool:
        """Whether a submitted cell is the copy of a given cell (which may define the same name)."""
        return normal(self.submitted[number].source) in self.given_texts

    def with_identity(self, wanted: NotebookNode) -> list[int]:
        by_id = [number for number in sorted(self.free) if self.submitted[number].get("id") == wanted.id]
        by_grade_id = [
            number
            for number in sorted(self.free)
            if submitted_grade_id(self.submitted[number]) == cells.grade_id(wanted)
        ]
        return [*by_id, *(number for number in by_grade_id if number not in by_id)]

    def match_by(self, key) -> None:
        """Pair cells with equal keys, in order."""
        places: dict = {}
        for number in sorted(self.free):
            value = key(self.submitted[number])
            if value:
                places.setdefault(value, []).append(number)
        for index, cell in enumerate(self.wanted):
            if index in self.match:
                continue
            value = key(cell)
            if value and places.get(value):
                self.pair(index, places[value].pop(0))

    def match_similar(self) -> None:
        """Pair slightly changed copies of given cells, so that they do not run as the student's."""
        for index, cell in enumerate(self.wanted):
            if index in self.match or cells.is_answer(cell):
                continue
            text = self.released[index]
            ratios = {
                number: fuzz.ratio(text, normal(self.submitted[number].source), score_cutoff=SAME_TEXT)
                for number in self.free
            }
            best = max(ratios, key=lambda number: (ratios[number], -number), default=None)
            if best is not None and ratios[best] >= SAME_TEXT and len(text) > 20:
                self.pair(index, best)

    def match_replies(self) -> None:
        """A written reply without its id is the text directly after its question."""
        for index, cell in enumerate(self.wanted):
            if index in self.match or not self.is_reply(cell) or index - 1 not in self.match:
                continue
            number = self.match[index - 1] + 1
            if number in self.free and self.submitted[number].get("cell_type") == cell.cell_type:
                self.pair(index, number)

    def note_differences(self) -> None:
        order = [self.match[index] for index in sorted(self.match)]
        if order != sorted(order):
            self.repairs.append("cells had been moved, and were put back in their order")
        for index, cell in enumerate(self.wanted):
            name = cells.grade_id(cell) or cell.id
            if index not in self.match:
                if cells.grade_id(cell):
                    what = "answer" if cells.is_answer(cell) else "test" if cells.is_test(cell) else "cell"
                    self.repairs.append(f"{what} '{name}' was missing, and was put back as released")
                continue
            submitted = self.submitted[self.match[index]]
            if submitted.get("cell_type") != cell.cell_type:
                self.repairs.append(
                    f"cell '{name}' was of type {str(submitted.get('cell_type'))[:20]}, and was made {cell.cell_type}"
                )
            if (
                self.is_given(cell)
                and cell.cell_type == "code"
                and normal(submitted.source) not in (self.released[index], normal(cell.source))
            ):
                what = "test" if cells.is_test(cell) else "given cell"
                self.repairs.append(f"{what} '{name}' had been changed, and was restored")

    def is_given(self, cell: NotebookNode) -> bool:
        """Whether the student is not supposed to change it."""
        return not (cells.is_answer(cell) or self.is_experiment(cell) or self.is_reply(cell))

    def is_experiment(self, cell: NotebookNode) -> bool:
        return cell.cell_type == "code" and "nbgrader" not in cell.metadata

    def is_reply(self, cell: NotebookNode) -> bool:
        return REPLY_TAG in cell.metadata.get("tags", [])

    def assemble(self) -> NotebookNode:
        added_after: dict[int, list[int]] = {}
        owner = {submitted: wanted for wanted, submitted in self.match.items()}
        last = -1
        for number in range(len(self.submitted)):
            if number in owner:
                last = owner[number]
            else:
                added_after.setdefault(last, []).append(number)
        result = [self.added(number) for number in added_after.get(-1, [])]
        missing = []
        for index, cell in enumerate(self.wanted):
            if index in self.match:
                if not self.is_given(cell):
                    submitted = self.submitted[self.match[index]]
                    if cells.is_answer(cell) or submitted.get("cell_type") == cell.cell_type:
                        cell.source = source_of(submitted, cell.cell_type)
                        take_attachments(cell, submitted)
            elif cells.is_answer(cell) and cell.cell_type == "code":
                if index not in self.asked and self.stands_in_another_answer(cell):
                    cell.source = ""  # the placeholder would replace what the other cell defines
                else:
                    missing.append(index)
            if index in self.match or not self.is_experiment(cell):
                result.append(cell)
            result += [self.added(number) for number in added_after.get(index, [])]
        notebook = nbformat.v4.new_notebook(cells=result, metadata=self.metadata)
        notebook.metadata["autograder"] = {
            "repairs": self.repairs,
            "questions": self.questions,
            "tests_of_missing_answers": sorted(self.tests_of(missing)),
            "surroundings": {
                name: {"prelude": item.prelude, "replaced": list(item.replaced), "left": item.left}
                for name, item in self.template.surroundings.items()
            },
            "hidden": self.template.regions.hidden[0],
            "given_texts": [
                cell.id for cell in self.wanted if cell.cell_type == "markdown" and self.is_given(cell)
            ],
        }
        return notebook

    def stands_in_another_answer(self, wanted: NotebookNode) -> bool:
        """Whether the student merged it with another answer."""
        names = cells.defined_names(wanted.source)
        return bool(names) and any(
            cells.is_answer(self.wanted[index])
            and names <= cells.defined_names(self.submitted[number].source)
            for index, number in self.match.items()
        )

    def tests_of(self, missing: Iterable[int]) -> set[str]:
        """The tests that use what missing answers should have defined."""
        names = set().union(*(cells.defined_names(self.wanted[index].source) for index in missing))
        found = set()
        for cell in self.wanted:
            if cells.is_test(cell) and names & cells.free_names(cell.source):
                found.add(cells.grade_id(cell))
        return found

    def added(self, number: int) -> NotebookNode:
        """A cell of the student's own, without its metadata."""
        submitted = self.submitted[number]
        kind = submitted.get("cell_type")
        kind = kind if kind in ("code", "raw") else "markdown"
        make = getattr(nbformat.v4, f"new_{kind}_cell")
        source = source_of(submitted, kind)
        digest = hashlib.sha256(f"{kind}\n{source}".encode("utf-8", "replace")).hexdigest()[:12]
        self.added_before[digest] = self.added_before.get(digest, 0) + 1
        cell = make(source, id=f"added-{digest}-{self.added_before[digest]}")
        if kind == "markdown":
            take_attachments(cell, submitted)
        return cell


def take_attachments(cell: NotebookNode, submitted: NotebookNode) -> None:
    """Pictures that the student pasted into a text."""
    if cell.cell_type == "markdown" and (pictures := pasted_pictures(submitted)):
        cell.attachments = nbformat.from_dict(pictures)


def pasted_pictures(submitted: NotebookNode) -> dict[str, dict[str, str]]:
    """Of a submitted cell's attachments, those that are pictures and nothing else."""
    attachments = submitted.get("attachments")
    if not isinstance(attachments, dict):
        return {}
    pictures = {
        str(name): {mime: data for mime, data in bundle.items() if is_picture(mime, data)}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }
    return {name: bundle for name, bundle in pictures.items() if bundle}


def source_of(submitted: NotebookNode, kind: str) -> str:
    """A submitted cell's source for a cell of some type: code as it is, texts made harmless."""
    if kind == "code":
        return submitted.source
    return harmless_markdown(submitted.source, pasted_pictures(submitted) if kind == "markdown" else ())


def submitted_grade_id(cell: NotebookNode) -> str | None:
    """nbgrader's id in a cell whose metadata may be anything."""
    metadata = cell.get("metadata")
    entry = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    value = entry.get("grade_id") if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def normal(source: str) -> str:
    """Text without trailing white space, for comparison."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
