"""What a student wrote outside its place: into a given cell, into the question above, or wherever else words stand."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.template import Template
from autograder.submission.additions import added_code, added_text, as_comments
from autograder.submission.matching import Matching, normal
from autograder.submission.pictures import pasted_pictures
from autograder.submission.prose import has_parts, has_sentences, is_text
from autograder.text import listed

__all__ = ["Misplaced"]

NOT_RUN = (
    "# 採点では実行しません：配布セル '{name}' を書き換えた部分 / not run: changes to the given cell '{name}'"
)


class Misplaced:
    """Finds what stands in cells that are not the student's, and written answers that stand nowhere in their places.

    Attributes:
        released_texts: The texts of all cells that were handed out, now or before.
        outdated_texts: Those of them that are not handed out any more.
        inside: For each given cell's index, what was added to it, as cells behind it.
        ahead: For a test's index, of what was added to it what its asserts may use, as a cell before it.
        typed: For a written answer's index, the answer that was typed into its question.
        places: The ids of written answers that may stand in other cells.
        texts: These cells, as submitted.
    """

    def __init__(self, template: Template, matching: Matching) -> None:
        self.matching = matching
        self.wanted, self.submitted, self.match = matching.wanted, matching.submitted, matching.match
        now = {normal(template.regions.released(cell.source)) for cell in template.notebook.cells}
        self.released_texts = now | matching.given_before
        self.outdated_texts = matching.given_before - now
        self.inside: dict[int, list[NotebookNode]] = {}
        self.ahead: dict[int, NotebookNode] = {}
        self.typed: dict[int, NotebookNode] = {}
        self.places: list[str] = []
        self.texts: list[NotebookNode] = []
        self._given_lines = {line for text in self.released_texts for line in text.splitlines()}
        self._texts_inside: list[NotebookNode] = []  # of what was added, what may be an answer

    def code_of_student(self) -> Iterator[NotebookNode]:
        """The submitted code cells that are not as released."""
        for cell in self.submitted:
            if cell.get("cell_type") == "code" and normal(cell.source) not in self.released_texts:
                yield cell

    def keep_additions(self) -> None:
        """What a student wrote into a given cell: kept after that cell, or as the answer that it is."""
        for index, cell in enumerate(self.wanted):
            submitted = self.submitted[self.match[index]] if index in self.match else None
            if submitted is None or not self.matching.is_given(cell) or self.matching.is_unchanged(index):
                continue
            if cell.cell_type == "code":
                self._keep_code(index, submitted.source)
            else:
                self._keep_text(index, submitted)

    def _keep_code(self, index: int, source: str) -> None:
        cell = self.wanted[index]
        name = cells.grade_id(cell) or cell.id
        added = added_code(self.matching.released[index], source, cells.is_test(cell))
        if added.ahead:
            self.ahead[index] = nbformat.v4.new_code_cell(added.ahead)
            self.matching.repairs.append(f"what had been added to '{name}' runs in a cell before it")
        if added.run:
            self._keep_inside(
                index, nbformat.v4.new_code_cell(added.run), has_sentences(added.run, self._given_lines)
            )
            self.matching.repairs.append(f"what had been added to '{name}' runs in a cell after it")
        if added.kept:
            kept = f"{NOT_RUN.format(name=name)}\n{as_comments(added.kept)}"
            self._keep_inside(
                index, nbformat.v4.new_code_cell(kept), has_sentences(added.kept, self._given_lines)
            )

    def _keep_text(self, index: int, submitted: NotebookNode) -> None:
        cell = self.wanted[index]
        name = cells.grade_id(cell) or cell.id
        added = added_text(self.matching.released[index], submitted.source)
        if added.changed:
            changed = nbformat.v4.new_markdown_cell(added.changed, attachments=pasted_pictures(submitted))
            self._keep_inside(index, changed, holds_text=True)
        text = nbformat.from_dict({**submitted, "source": added.new})
        answer = self._answer_below(index)
        if not added.new:
            return
        if answer is None:
            self._keep_inside(index, text, holds_text=True)
            self.matching.repairs.append(f"what had been written into '{name}' is kept in a cell after it")
            return
        if answer in self.typed:  # under the heading, and under the question
            before = self.typed[answer]
            text.source = f"{before.source}\n\n{text.source}"
            text["attachments"] = {**pasted_pictures(before), **pasted_pictures(text)}
        self.typed[answer] = text
        self.matching.repairs.append(
            f"written answer '{self.wanted[answer].id}' had been typed into '{name}', and was put in its place"
        )

    def _keep_inside(self, index: int, cell: NotebookNode, holds_text: bool) -> None:
        self.inside.setdefault(index, []).append(cell)
        if holds_text:
            self._texts_inside.append(cell)

    def _answer_below(self, index: int) -> int | None:
        """The written answer that a given text asks for, where its place is as released."""
        for number in range(index + 1, len(self.wanted)):
            if self.wanted[number].cell_type != "markdown":
                return None
            if self.matching.is_text(self.wanted[number]):
                return number if self.matching.is_left_out(number) else None
        return None

    def ask_for_texts(self) -> None:
        """Points that a person gives: where the place of an answer is as released, and words stand elsewhere."""
        empty = [
            cell.id
            for index, cell in enumerate(self.wanted)
            if self.matching.is_text(cell) and self.matching.is_left_out(index) and index not in self.typed
        ]
        own = [
            self.submitted[number]
            for number in sorted(self.matching.free | self._code_in_place())
            if normal(self.submitted[number].source) not in self.released_texts
        ]
        texts = [
            *(cell for cell in own if is_text(cell) or has_sentences(cell.source, self._given_lines)),
            *self._texts_inside,
        ]
        if not empty:
            return
        shared = self._answers_that_may_hold_others()
        texts += shared.values()
        if texts:
            self.places, self.texts = empty, texts
            named = f" ({listed(list(map(repr, shared)), 3)} among them)" if shared else ""
            self.matching.questions.append(
                f"written answer {', '.join(map(repr, empty))}: its place is as released, and the student has "
                f"{len(texts)} text{'s' if len(texts) > 1 else ''} in other cells{named}; read them when you mark"
            )

    def _answers_that_may_hold_others(self) -> dict[str, NotebookNode]:
        """The written answers next to one that is left out, where they may be the answer to both questions."""
        places = [index for index, cell in enumerate(self.wanted) if self.matching.is_text(cell)]
        written = {
            index: self.submitted[self.match[index]]
            for index in places
            if not self.matching.is_left_out(index)
        }
        written |= self.typed
        found = {}
        for index in places:
            if index in written:
                continue
            sides = (max((one for one in written if one < index), default=None),
                     min((one for one in written if one > index), default=None))  # fmt: skip
            for one in sides:
                if one is not None and (
                    index not in self.match or one in self.typed or has_parts(written[one].source)
                ):
                    found[self.wanted[one].id] = written[one]
        return found

    def _code_in_place(self) -> set[int]:
        """The submitted cells in the places of code that is the student's."""
        return {
            number
            for index, number in self.match.items()
            if self.wanted[index].cell_type == "code" and not self.matching.is_given(self.wanted[index])
        }
