"""Answers as submissions that can be executed: rebuilt as a student's would be, with the tests that matter."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of
from autograder.errors import CourseError
from autograder.grading.preparation import task_of
from autograder.grading.task import Task
from autograder.kernel import bubblewrap
from autograder.mistakes import validation
from autograder.mistakes.known import KnownMistakes, WrongAnswer
from autograder.mistakes.proofs import Proof, ProofKind, proofs
from autograder.mistakes.reading import load
from autograder.mistakes.reference import Reference, needed_cells
from autograder.submission.repair import rebuild

__all__ = ["Trials"]

IMPORT_RANDOM = """import random as _random
import numpy as _numpy
import torch as _torch"""
KEEP_RANDOM = "_{} = _random.getstate(), _numpy.random.get_state(), _torch.get_rng_state()"
RESTORE_RANDOM = """_random.setstate(_{0}[0])
_numpy.random.set_state(_{0}[1])
_torch.set_rng_state(_{0}[2])"""
"""In one kernel, each wrong answer begins with the random numbers of a kernel of its own."""


class Trials:
    """Of one notebook, what its known answers refer to, and the tasks that execute them.

    Raises:
        CourseError: There is no such notebook, or its known answers do not fit it.
        MistakesError: The file of known answers cannot be read.

    Attributes:
        wrong: Each known wrong answer, as a submission with the tests that it must fail.
    """

    def __init__(self, course: Course, name: str) -> None:
        self.course = course
        self.name = name
        self.template = course.template(name)
        self.limits = course.limits(assignment_of(name))
        self.reference = Reference.of(course.source_notebook(name), course.regions)
        self.known: KnownMistakes = load(course.root / "mistakes", name)
        if faults := validation.problems(self.known, self.reference):
            raise CourseError("\n".join(faults))
        quickly = proofs(self.known, self.reference, quick=True)
        self.wrong: tuple[tuple[WrongAnswer, Proof], ...] = tuple(
            zip(self.known.wrong, (one for one in quickly if one.kind is ProofKind.WRONG), strict=True)
        )
        self.sandboxed = bubblewrap.why_unavailable() is None

    def task(self, proof: Proof, seed: int) -> Task:
        """What executes a submission with the hidden inputs of a seed."""
        return self._task(self._notebook(proof), seed)

    def _task(self, notebook: NotebookNode, seed: int, everything: bool = False) -> Task:
        return task_of(self.course, self.name, notebook, self.limits, self.sandboxed, seed, everything)

    def batch(self, tried: Sequence[tuple[str, Proof]], seed: int) -> Task:
        """What executes several wrong answers one after another in one kernel, each with one test.

        What the test needs is executed again with each of them, from the first cell that any of them
        changes, without the names of the one before, and with the same random numbers. What it needs before that
        is executed once for all of its wrong answers. That is several times as fast as a kernel for each.

        Args:
            tried: Each wrong answer behind the grade_id of its test; those with one test follow one another.
        """
        notebook = self._notebook(self._everything)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        place = {str(cells.grade_id(cell)): number for number, cell in enumerate(code)}
        made = [nbformat.v4.new_code_cell(f"{IMPORT_RANDOM}\n{KEEP_RANDOM.format('first')}")]
        there: set[int] = set()
        left: set[str] = set()  # names that wrong answers have left

        def forget(kept: Collection[int]) -> str:
            gone = sorted(left - _names_defined(code[at] for at in kept))
            return f"{' = '.join(gone)} = None\ndel {', '.join(gone)}\n" if gone else ""

        for test, group in itertools.groupby(tried, key=operator.itemgetter(0)):
            proofs = [proof for _, proof in group]
            needed = set().union(*(self._needed(code, test, one) for one in proofs))
            first = min(place[one.cell] for one in proofs)
            there = {at for at in there if not left & _names_defined([code[at]])}
            made.append(nbformat.v4.new_code_cell(forget(there) + RESTORE_RANDOM.format("first")))
            made += [deepcopy(code[at]) for at in sorted(needed - there) if at < first]
            made.append(nbformat.v4.new_code_cell(KEEP_RANDOM.format("then")))
            there |= {at for at in needed if at < first}
            left = set()
            for one in proofs:
                block = deepcopy([code[at] for at in sorted(needed) if at >= first] + [code[place[test]]])
                for cell in block:
                    if cells.grade_id(cell) == one.cell:
                        cell.source = one.answers[one.cell]
                made.append(nbformat.v4.new_code_cell(forget(there) + RESTORE_RANDOM.format("then")))
                made += block
                left = _names_defined(block[:-1])
        for number, cell in enumerate(made):
            cell.id = f"trial-{number}"
        notebook.cells = made
        return self._task(notebook, seed, everything=True)  # what nothing needs is not among them

    def _needed(self, code: Sequence[NotebookNode], test: str, one: Proof) -> set[int]:
        """Which cells define what a test needs of a wrong answer, which may use more than the reference's."""
        answered = [
            cell if cells.grade_id(cell) != one.cell else NotebookNode(cell, source=one.answers[one.cell])
            for cell in code
        ]
        at = [cells.grade_id(cell) for cell in code].index(test)
        return needed_cells(answered[:at], answered[at])

    @property
    def _everything(self) -> Proof:
        reference = self.reference
        return Proof(
            assignment=self.name,
            kind=ProofKind.REFERENCE,
            answers=reference.answers,
            tests=reference.tests,
        )

    @functools.lru_cache(maxsize=8)  # noqa: B019 - lives as long as a command
    def decided_by(self, seed: int) -> str:
        """The hash of all that decides what known answers do, beside what they are: the reference, the tests."""
        return self._task(self._notebook(self._everything), seed).key

    def _notebook(self, proof: Proof) -> NotebookNode:
        """What is executed: the tests of the proof, and what they need of a notebook that had been run."""
        language = self.template.languages[0] if self.template.languages else None
        release = self.template.in_language(language)
        notebook = rebuild(self.template, proof.submission(release)).notebook
        if proof.tests != self.reference.tests:
            notebook.cells = _only_for(notebook.cells, proof.tests)
        notes = notebook.metadata["autograder"]
        notes["submitted_outputs"] = {cell: [] for cell in notes["given_code"]}
        return notebook


def _only_for(all_cells: Sequence[NotebookNode], tests: Collection[str]) -> list[NotebookNode]:
    """Some tests and the code that they need, in order: a sweep takes a hundred times as long as most tests."""
    code = [cell for cell in all_cells if cell.cell_type == "code"]
    chosen = [
        place for place, cell in enumerate(code) if cells.is_test(cell) and cells.grade_id(cell) in tests
    ]
    needed = {at for place in chosen for at in needed_cells(code[:place], code[place])}
    return [code[at] for at in sorted(needed.union(chosen))]


def _names_defined(code: Iterable[NotebookNode]) -> set[str]:
    return {name for cell in code for name in cells.defined_names(cell.source)}
