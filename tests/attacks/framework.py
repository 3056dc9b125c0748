"""One attack = what a student hands in, and the points that its honest part earns."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course.folder import Course
from autograder.course.regions import DEFAULT
from autograder.grading.engine import Engine
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.kernel.limits import Limits
from autograder.submission import reading
from autograder.submission.repair import Rebuilt, rebuild
from tests.attacks.assignment import ANSWERS, TOKEN, forms_of
from tests.conftest import solutions_of
from tests.small_course import ASSIGNMENT

__all__ = ["Attack", "Attacked", "everywhere", "functions", "leaks"]


@dataclass(frozen=True)
class Attack:
    """A hostile submission.

    Attributes:
        name: Says what it does.
        earns: The functions that it answers honestly; no other may get its point.
        risks: Functions that it answers honestly and may lose all the same, by what it does before.
        answers: Sources of answer cells, by function; those that it leaves out are answered as `earns` says.
        before: A cell added at the beginning.
        after: Cells added after the answer of that name.
        edit: Changes the notebook at last, and returns it (a dict) or bytes to hand in.
        status: What some of the cells should come to, by function.
        said: Words that the listed problems must contain.
    """

    name: str
    earns: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    after: Mapping[str, str] = field(default_factory=dict)
    edit: Callable[[dict], Any] | None = None
    status: Mapping[str, str] = field(default_factory=dict)
    said: str = ""

    def __str__(self) -> str:
        return self.name

    def handed_in(self, course: Course) -> bytes:
        """The file that the student uploads."""
        notebook = copy.deepcopy(course.template(ASSIGNMENT).in_language(None))
        cells: list[NotebookNode] = []
        if self.before:
            cells.append(nbformat.v4.new_code_cell(self.before))
        for cell in notebook.cells:
            cell.source = DEFAULT.public(cell.source)
            if cell.id in ANSWERS:
                if cell.id in self.earns:
                    cell.source = ANSWERS[cell.id]
                cell.source = self.answers.get(cell.id, cell.source)
            cells.append(cell)
            if cell.id in self.after:
                cells.append(nbformat.v4.new_code_cell(self.after[cell.id]))
        notebook.cells = cells
        content: Any = json.loads(nbformat.writes(notebook))
        if self.edit is not None:
            content = self.edit(content) or content
        return content if isinstance(content, bytes) else json.dumps(content).encode()


class Attacked:
    """A course under attack: grades submissions with one engine, one after another.

    Args:
        course: With the assignment of `tests.attacks.assignment`.
        engine: The real one.
        limits: The bounds of each submission.
    """

    def __init__(self, course: Course, engine: Engine, limits: Limits) -> None:
        self.course = course
        self.engine = engine
        self.limits = limits

    def rebuilt(self, attack: Attack) -> Rebuilt:
        """What is left of it after the repair."""
        notebook, _ = reading.reads(attack.handed_in(self.course))
        return rebuild(self.course.template(ASSIGNMENT), notebook)

    def grade(self, attack: Attack) -> Execution:
        """Rebuild and execute it."""
        task = Task(
            notebook=self.rebuilt(attack).notebook,
            files=self.course.template(ASSIGNMENT).files,
            setup=self.course.kernel_setup,
            limits=self.limits,
        )
        with solutions_of(self.course):
            return self.engine.execute(task)

    def check(self, attack: Attack) -> Execution:
        """Grade it, and compare everything that comes back with what it may earn."""
        execution = self.grade(attack)
        got = {cell.cell.removeprefix("test_"): cell for cell in execution.cells}
        passed = {name for name, cell in got.items() if cell.points == 1.0}
        shown = {name: (str(cell.status), cell.message) for name, cell in got.items()}
        assert list(got) == list(ANSWERS), "the graded cells are the instructor's"
        assert {cell.points for cell in execution.cells} <= {0.0, 1.0}
        assert {cell.max_points for cell in execution.cells} == {1.0}
        assert set(attack.earns) <= passed <= {*attack.earns, *attack.risks}, (
            f"{attack.name}: {shown} {execution.problems}"
        )
        for name, status in attack.status.items():
            assert got[name].status == status, shown
        assert attack.said in " ".join(execution.problems)
        assert leaks(execution) == []
        assert len(json.dumps(asdict(execution))) < 4 * 2**20
        return execution


HONEST = Attack("honest neighbour", earns=tuple(ANSWERS), answers=ANSWERS)


def functions(body: str, names: Iterable[str] = ANSWERS) -> dict[str, str]:
    """The same body for several functions."""
    parameters = {"rms": "values", "centred": "x", "floored": "x, low", "step": "model, x, y, rate"}
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return {name: f"def {name}({parameters[name]}):\n{lines}" for name in names}


def everywhere(name: str, value: str, before: str = "", **settings: Any) -> Attack:
    """All four functions return the same expression."""
    return Attack(name, answers=functions(f"return {value}"), before=before, **settings)


def leaks(execution: Execution) -> list[str]:
    """The forms of the secret that are in what comes back."""
    text = json.dumps(asdict(execution), ensure_ascii=False)
    return [form for form in forms_of(TOKEN) if form in text]
