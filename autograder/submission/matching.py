"""Which cell of a submission is which cell of the release."""

from __future__ import annotations

import functools

from nbformat import NotebookNode
from rapidfuzz import fuzz

from autograder.course import cells
from autograder.course.template import Template
from autograder.submission.pictures import with_attachments

__all__ = ["REPLY_TAG", "Matching", "normal"]

SAME_TEXT = 90.0
"""rapidfuzz ratio from which a cell without ids counts as a copy of a given one."""
REPLY_TAG = "answer"
NOT_ANSWERED = "raise NotImplementedError"


class Matching:
    """The cells of a submission beside those of its release.

    Attributes:
        wanted: The cells of the release, in the submission's language.
        given_before: What students got of any cell, in earlier releases, too.
        released: What students got of each.
        submitted: The submission's cells.
        match: For the index of a wanted cell, that of its submitted one.
        free: The indices of submitted cells that match nothing: the student's own.
        asked: The indices of wanted cells that a question is about.
        merged: The indices of answers that stand in the cell of another answer.
        again: Whether the submission had been rebuilt before.
        repairs: What was not as released, one sentence each.
        questions: What only the instructor can decide, one sentence each.
    """

    def __init__(self, template: Template, submission: NotebookNode) -> None:
        self.regions = template.regions
        self.submitted = [cell for cell in submission.cells if isinstance(cell.get("source"), str)]
        self.grade_ids = [submitted_grade_id(cell) for cell in self.submitted]
        self.wanted = template.in_language(self.choose_language(template)).cells
        self.released = [normal(self.regions.released(cell.source)) for cell in self.wanted]
        self.given_before = set(map(normal, template.given_before))
        self.given_texts = {
            text for cell, text in zip(self.wanted, self.released, strict=True) if not cells.is_answer(cell)
        }
        self.answered_names = template.answered_names
        self.match: dict[int, int] = {}  # index of a wanted cell -> index of a submitted one
        self.free = set(range(len(self.submitted)))
        self.again = "autograder" in submission.metadata and self.is_rebuilt()
        self.repairs: list[str] = []
        self.questions: list[str] = []
        self.asked: set[int] = set()
        self.merged: set[int] = set()

    def run(self) -> None:
        """Find all matches."""
        if self.again:
            self.match_by(lambda cell: cell.get("id"))
            return
        self.match_answers()
        self.match_texts()
        self.match_by(lambda cell: cell.get("id"))
        self.match_by(submitted_grade_id)
        self.match_by(lambda cell: normal(self.regions.released(cell.source)))
        self.match_similar()
        self.match_replies()
        self.note_differences()

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
        return max(counts, key=counts.__getitem__, default=None)

    def is_rebuilt(self) -> bool:
        """Whether it has been rebuilt before, hidden tests and all: then each cell is what its id says."""

        def shape(cell: NotebookNode, given: bool) -> tuple:
            return cell.get("id"), cell.get("cell_type"), normal(cell.source) if given else None

        given = {cell.id: self.is_given(cell) for cell in self.wanted}
        kept = [cell for cell in self.submitted if cell.get("id") in given]
        there = {cell.id for cell in kept}
        wanted = [cell for cell in self.wanted if cell.id in there or not self.is_experiment(cell)]
        return [shape(cell, given[cell.id]) for cell in kept] == [
            shape(cell, given[cell.id]) for cell in wanted
        ]

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
            if not names and all(self.is_unanswered(index, number) for number in by_id):
                # a placeholder that defines nothing: `prediction = ...`
                names = self.answered_names.get(cell.id, frozenset())
            defining = [
                number
                for number in sorted(self.free)
                if names and names <= cells.defined_names(self.submitted[number].source)
                and not self.is_copy_of_given(number)
                and not (by_id and self.is_in_place_of_experiment(number))
            ]  # fmt: skip
            answering = [number for number in defining if not self.is_unanswered(index, number)]
            in_place = [number for number in by_id if number in answering]
            if in_place:
                self.pair(index, in_place[0])
            elif len({normal(self.submitted[number].source) for number in answering}) == 1:
                self.pair(index, answering[0])
                self.repairs.append(
                    f"the place of answer '{cell.id}' held none, and it was found by what it defines"
                    if by_id
                    else f"answer '{cell.id}' had lost its id and was found by what it defines"
                )
            elif answering:
                self.asked.add(index)
                self.questions.append(
                    f"answer '{cell.id}': {len(answering)} cells define {', '.join(sorted(names))} "
                    "and none is in its place; which one counts?"
                )
            elif self.stands_in_another_answer(cell):
                self.merged.add(index)
            else:
                own = [number for number in by_id if not self.is_copy_of_given(number)]
                rest = sorted(own, key=lambda number: self.is_unanswered(index, number)) or defining
                if rest:
                    self.pair(index, rest[0])

    def match_texts(self) -> None:
        """Of several cells with a written answer's identity, the first that was written in."""
        for index, cell in enumerate(self.wanted):
            if not self.is_text(cell):
                continue
            by_id = self.with_identity(cell)
            written = [number for number in by_id if not self.is_unanswered(index, number)]
            if by_id:
                self.pair(index, (written or by_id)[0])
            if written and written[0] != by_id[0]:
                self.repairs.append(f"written answer '{cell.id}' was found in a second copy of its cell")

    def match_by(self, key) -> None:
        """Pair cells with equal keys, in order."""
        places: dict = {}
        for number in sorted(self.free):
            value = key(self.submitted[number])
            if value:
                places.setdefault(value, []).append(number)
        for index, cell in enumerate(self.wanted):
            if index in self.match or index in self.merged:
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
            if index in self.match or not self.is_text(cell) or index - 1 not in self.match:
                continue
            number = self.match[index - 1] + 1
            if number in self.free and self.submitted[number].get("cell_type") != "code":
                self.pair(index, number)

    def note_differences(self) -> None:
        order = [self.match[index] for index in sorted(self.match)]
        if order != sorted(order):
            self.repairs.append("cells had been moved, and were put back in their order")
        for index, cell in enumerate(self.wanted):
            name = cells.grade_id(cell) or cell.id
            if index not in self.match:
                if cells.grade_id(cell) and index not in self.merged:
                    what = "answer" if cells.is_answer(cell) else "test" if cells.is_test(cell) else "cell"
                    self.repairs.append(f"{what} '{name}' was missing, and was put back as released")
                continue
            submitted = self.submitted[self.match[index]]
            if submitted.get("cell_type") != cell.cell_type and not self.is_experiment(cell):
                self.repairs.append(
                    f"cell '{name}' was of type {str(submitted.get('cell_type'))[:20]}, and was made {cell.cell_type}"
                )
            if self.is_given(cell) and cell.cell_type == "code" and not self.is_unchanged(index):
                what = "test" if cells.is_test(cell) else "given cell"
                self.repairs.append(f"{what} '{name}' had been changed, and was restored")

    def with_identity(self, wanted: NotebookNode) -> list[int]:
        free, name = sorted(self.free), cells.grade_id(wanted)
        by_id = [number for number in free if self.submitted[number].get("id") == wanted.id]
        by_grade_id = [number for number in free if name and self.grade_ids[number] == name]
        return [*by_id, *(number for number in by_grade_id if number not in by_id)]

    def is_unanswered(self, wanted: int, submitted: int) -> bool:
        """Whether a submitted cell holds no more than the placeholder."""
        text = normal(self.submitted[submitted].source)
        if self.wanted[wanted].cell_type == "markdown" and text in self.given_before:
            return True
        return text in ("", self.released[wanted]) or (
            NOT_ANSWERED in text and NOT_ANSWERED in self.released[wanted]
        )

    def is_unchanged(self, index: int) -> bool:
        """Whether a matched cell holds what the student was given, in this release or in an earlier one."""
        text = normal(self.submitted[self.match[index]].source)
        return text in (self.released[index], normal(self.wanted[index].source)) or text in self.given_before

    def is_left_out(self, index: int) -> bool:
        return index not in self.match or self.is_unanswered(index, self.match[index])

    def stands_in_another_answer(self, wanted: NotebookNode) -> bool:
        """Whether the student merged it with another answer."""
        names = cells.defined_names(wanted.source)
        return bool(names) and any(
            cells.is_answer(self.wanted[index])
            and names <= cells.defined_names(self.submitted[number].source)
            for index, number in self.match.items()
        )

    def is_in_place_of_experiment(self, number: int) -> bool:
        identity = self.submitted[number].get("id")
        return any(cell.id == identity and self.is_experiment(cell) for cell in self.wanted)

    def is_copy_of_given(self, number: int) -> bool:
        """Whether a submitted cell is the copy of a given cell (which may define the same name)."""
        return normal(self.submitted[number].source) in self.given_texts

    def is_given(self, cell: NotebookNode) -> bool:
        """Whether the student is not supposed to change it."""
        return not (cells.is_answer(cell) or self.is_experiment(cell) or self.is_reply(cell))

    def is_experiment(self, cell: NotebookNode) -> bool:
        return cell.cell_type == "code" and "nbgrader" not in cell.metadata

    def is_reply(self, cell: NotebookNode) -> bool:
        return REPLY_TAG in cell.metadata.get("tags", [])

    def is_text(self, cell: NotebookNode) -> bool:
        """Whether the student answers in words."""
        return self.is_reply(cell) or (cells.is_answer(cell) and cell.cell_type == "markdown")


def submitted_grade_id(cell: NotebookNode) -> str | None:
    """nbgrader's id in a cell whose metadata may be anything."""
    metadata = cell.get("metadata")
    entry = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    value = entry.get("grade_id") if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


@functools.lru_cache(maxsize=4096)
def normal(source: str) -> str:
    """Text without trailing white space and with its pictures attached, for comparison."""
    if "data:image/" in source:
        source, _ = with_attachments(source)
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
