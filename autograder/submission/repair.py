"""Rebuild a submission on its release: the structure is the instructor's, the answers are the student's.

From the submission come only the sources of answer cells, of experiment cells and of cells
that the student added, whole or inside a given one. Everything else (given code, tests, texts,
points, ids, tags) comes from the template, whatever the submission says about it. No line that
a student wrote disappears: what has no place is kept where it stood, and runs only where it
leaves what is given as it is.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.template import Template
from autograder.kernel.devices import asks_for_gpu
from autograder.kernel.outputs import weight
from autograder.submission import outputs
from autograder.submission.markup import harmless_markdown
from autograder.submission.matching import Matching, normal
from autograder.submission.misplaced import Misplaced
from autograder.submission.pictures import elsewhere, pasted_pictures
from autograder.submission.redefined import defined_again
from autograder.text import listed

__all__ = ["Rebuilt", "rebuild"]

OUTPUTS_PER_NOTEBOOK = 8
"""What a whole submission carries of outputs is at most this many times as long as one cell's."""


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
    this order; one that holds only the placeholder never goes before one that holds an answer.
    A cell of the student's that matches nothing keeps its place: it runs after the cell that it
    followed, or before an answer that was put back to its place. Two cells that both define what
    one answer cell should define, neither of them in its place, are a question for the
    instructor, and no guess; so are texts of a student whose written answer is as released.
    """
    matching = Matching(template, submission)
    matching.run()
    misplaced = Misplaced(template, matching)
    if not matching.again:
        misplaced.keep_additions()
        misplaced.ask_for_texts()
        if any(asks_for_gpu(cell.source) for cell in misplaced.code_of_student()):
            matching.repairs.append("its code asks for a GPU; where the course lets it, it runs on the CPU")
    notebook = _Assembly(template, matching, misplaced).assemble()
    if not matching.again:
        matching.repairs += defined_again(notebook.cells)
    return Rebuilt(notebook, tuple(matching.repairs), tuple(matching.questions))


class _Assembly:
    """The rebuilt notebook, put together from what matches and from what is the student's own."""

    def __init__(self, template: Template, matching: Matching, misplaced: Misplaced) -> None:
        self.template = template
        self.matching = matching
        self.misplaced = misplaced
        self.wanted, self.submitted, self.match = matching.wanted, matching.submitted, matching.match
        self.added_before: dict[str, int] = {}
        self.seen: dict[str, list[NotebookNode]] = {}  # by cell id, what the student saw
        self.room = outputs.MOST_BYTES * OUTPUTS_PER_NOTEBOOK
        self.ids_of_texts: list[str] = []

    def assemble(self) -> NotebookNode:
        """The rebuilt notebook, with the notes that grading and its pages read."""
        before, after = self.places_of_own()
        code = [index for index, cell in enumerate(self.wanted) if cell.cell_type == "code"]
        as_released = [index for index in code if self.is_as_released(index)]  # before they are filled
        result = [self.own(self.submitted[number]) for number in after.get(-1, [])]
        missing = []
        for index, cell in enumerate(self.wanted):
            result += [self.own(self.submitted[number]) for number in before.get(index, [])]
            result += [self.own(self.misplaced.ahead[index])] if index in self.misplaced.ahead else []
            submitted = self.misplaced.typed.get(index)
            if submitted is None and index in self.match:
                submitted = self.submitted[self.match[index]]
            if submitted is None and cells.is_answer(cell) and cell.cell_type == "code":
                if index in self.matching.merged:
                    cell.source = ""  # the placeholder would replace what the other cell defines
                else:
                    missing.append(index)
            if submitted is not None or not self.matching.is_experiment(cell):
                result.append(cell if submitted is None else self.filled(cell, submitted))
            result += [self.own(addition) for addition in self.misplaced.inside.get(index, [])]
            result += [self.own(self.submitted[number]) for number in after.get(index, [])]
        metadata = copy.deepcopy(self.template.notebook.metadata)
        notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=metadata, cells=result)
        notebook.metadata["autograder"] = {
            "repairs": self.matching.repairs,
            "questions": self.matching.questions,
            "tests_of_missing_answers": sorted(self.tests_of(missing)),
            **self.notes_for_tests(),
            "given_texts": [
                cell.id
                for cell in self.wanted
                if cell.cell_type == "markdown" and self.matching.is_given(cell)
            ],
            "given_code": [self.wanted[index].id for index in as_released],
            "changed_experiments": [
                self.wanted[index].id
                for index in code
                if self.matching.is_experiment(self.wanted[index]) and index not in as_released
            ],
            "submitted_outputs": self.seen,
            "answered_elsewhere": {"places": self.misplaced.places, "texts": self.ids_of_texts},
        }
        return notebook

    def notes_for_tests(self) -> dict:
        """What the test cells need to know of the course."""
        return {
            "surroundings": {name: item.noted() for name, item in self.template.surroundings.items()},
            "regions": self.template.regions.noted(),
        }

    def is_as_released(self, index: int) -> bool:
        """Whether a cell of code is not the student's: given code, or an experiment, that nobody has changed."""
        cell = self.wanted[index]
        if cell.cell_type != "code" or cells.is_test(cell) or cells.is_answer(cell):
            return False
        if index not in self.match:
            return self.matching.is_given(cell)
        return self.matching.is_unchanged(index)

    def keep_outputs(self, cell: NotebookNode, submitted: NotebookNode) -> None:
        """What the student saw under a cell, made harmless, as long as there is room for it."""
        if cell.cell_type == "code" and not cells.is_test(cell) and outputs.has_run(submitted):
            self.seen[cell.id] = outputs.harmless(submitted, min(outputs.MOST_BYTES, self.room))
            self.room -= weight(self.seen[cell.id])

    def filled(self, cell: NotebookNode, submitted: NotebookNode) -> NotebookNode:
        """A wanted cell with what the student wrote in it, where that is theirs."""
        self.keep_outputs(cell, submitted)
        if self.matching.is_given(cell):
            return cell
        if self.matching.is_experiment(cell) and submitted.get("cell_type") != "code":
            return self.own(submitted)  # no code any more, and nothing depends on its type
        cell.source = source_of(submitted, cell.cell_type)
        if cell.cell_type == "markdown":
            self.take_pictures(cell, submitted)
        self.note_text(cell, submitted)
        return cell

    def note_text(self, cell: NotebookNode, submitted: NotebookNode) -> None:
        """Remember which cell of the result holds words that may be an answer."""
        if any(submitted is text for text in self.misplaced.texts):
            self.ids_of_texts.append(cell.id)

    def take_pictures(self, cell: NotebookNode, submitted: NotebookNode) -> None:
        """The pictures that the student pasted into a text; those that lie elsewhere are named."""
        take_attachments(cell, submitted)
        if names := elsewhere(submitted.source, submitted.get("attachments", {})):
            self.matching.repairs.append(
                f"'{cells.called(cell)}' shows {listed(names, 3)}, which is not in the notebook: look at what else was "
                "handed in, or ask for it"
            )

    def places_of_own(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """The student's own cells: before which wanted cells, and after which."""
        placeholders = {
            text
            for cell, text in zip(self.wanted, self.matching.released, strict=True)
            if text and not self.matching.again and (cells.is_answer(cell) or self.matching.is_reply(cell))
        }
        before: dict[int, list[int]] = {}
        after: dict[int, list[int]] = {}
        owner = {submitted: wanted for wanted, submitted in self.match.items()}
        last, waiting = -1, []
        for number, cell in enumerate(self.submitted):
            if number not in owner:
                text = normal(cell.source)
                is_outdated = cell.get("cell_type") != "code" and text in self.misplaced.outdated_texts
                if text not in placeholders and not is_outdated:
                    waiting.append(number)
                continue
            wanted = owner[number]
            if wanted < last and cells.is_answer(self.wanted[wanted]):
                before[wanted] = waiting  # what an answer that is put back needs stands before it
            else:
                after.setdefault(last, []).extend(waiting)
            last, waiting = wanted, []
        after.setdefault(last, []).extend(waiting)
        return before, after

    def tests_of(self, missing: Iterable[int]) -> set[str]:
        """The tests that use what missing answers should have defined."""
        names = set().union(*(cells.defined_names(self.wanted[index].source) for index in missing))
        found: set[str] = set()
        for cell in self.wanted:
            if cells.is_test(cell) and names & cells.used_names(cell.source):
                found.add(cells.grade_id(cell))
        return found

    def own(self, submitted: NotebookNode) -> NotebookNode:
        """What a student wrote, as a cell of its own without metadata."""
        kind = submitted.get("cell_type")
        kind = kind if kind in ("code", "raw") else "markdown"
        make = getattr(nbformat.v4, f"new_{kind}_cell")
        source = source_of(submitted, kind)
        digest = hashlib.sha256(f"{kind}\n{source}".encode("utf-8", "replace")).hexdigest()[:12]
        self.added_before[digest] = self.added_before.get(digest, 0) + 1
        cell = make(source, id=f"{cells.ADDED}{digest}-{self.added_before[digest]}")
        self.keep_outputs(cell, submitted)
        self.note_text(cell, submitted)
        if kind == "markdown":
            self.take_pictures(cell, submitted)
        return cell


def take_attachments(cell: NotebookNode, submitted: NotebookNode) -> None:
    """Pictures that the student pasted into a text."""
    if cell.cell_type == "markdown" and (pictures := pasted_pictures(submitted)):
        cell.attachments = nbformat.from_dict(pictures)


def source_of(submitted: NotebookNode, kind: str) -> str:
    """A submitted cell's source for a cell of some type: code as it is, texts made harmless."""
    if kind == "code":
        return submitted.source
    return harmless_markdown(submitted.source, pasted_pictures(submitted) if kind == "markdown" else ())
