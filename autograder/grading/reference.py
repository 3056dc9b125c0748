"""Whether an assignment's own reference passes its tests, executed as a submission is."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.checking.seeds import DEFAULT_SEED
from autograder.course import cells
from autograder.course import names as python
from autograder.course.folder import Course
from autograder.course.given import Surroundings
from autograder.course.modules import Module
from autograder.course.regions import Regions
from autograder.course.template import Template
from autograder.errors import SourceError
from autograder.grading.cache import ResultCache
from autograder.grading.pool import run_all
from autograder.grading.preparation import task_of
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task
from autograder.kernel import bubblewrap
from autograder.kernel.limits import Limits
from autograder.release.build import uses_solutions
from autograder.release.rules import check_source
from autograder.release.solutions import solutions_module
from autograder.submission.repair import rebuild
from autograder.verdict.mutations import handed_again
from autograder.verdict.stopped import DOES_NOT_HOLD
from autograder.verdict.verdict import Status

__all__ = ["Fault", "advised", "check", "faults"]

EVERYTHING_SHOWN = Regions(hidden=("\0", "\0"))
"""What hidden tests say is for the instructor here."""
ADVICE = (
    (
        "unsupported operand type",
        "the test calculates with an object of the student's and something of its own: "
        "`from autograder.checking.calls import in_kernel`, then `in_kernel(operator.add, p, q)`",
    ),
    (
        "the placeholder is still there",
        "take `raise NotImplementedError` out of the source's answer: the placeholder is put there on release",
    ),
    (
        "expected plain data",
        "compare its attributes (`.value` of an enum), `str(x)` or `list(x)`: the object stays with the student, and "
        "`==` and `<` are asked of objects as their class has made them: `P(1) == P(1)`",
    ),
    (
        "'__main__.",
        "define it in a given cell: its objects then are where the student's code runs",
    ),
    (
        "boundary.proxies.Proxy'",
        "a library is given what stays with the student, such as a frame with more than 200,000 texts: ask the object "
        "itself (`len(df)`, `df['a'].sum()`), or take a part of it (`df[['a', 'b']]`)",
    ),
    ("cannot be sent", "pass plain data or library objects to the student's code"),
    ("never sent", "pass plain data or library objects to the student's code"),
    ("did not match", "test its type: messages are withheld once hidden inputs were met"),
    (
        "urlopen error",
        "students' code has no network where it is graded: put the file beside the notebook, and read it from there",
    ),
    ("No module named", "install it where the course is graded, or write the notebook without it"),
    ("is not installed", "install it where the course is graded, or write the test without it"),
    ("because its cell", "let that cell run in a fresh kernel: Restart and Run All must reach it"),
    (
        "your code raised NameError",
        "the reference's answer reads a name that no cell sets before this test, or that a test gives something else "
        "than data: hand it over as an argument, or set it in a given cell",
    ),
    (
        "never run where it is graded",
        "have the student's code do it (`f(x)` in place of `eval(answer)`), or compare the text; "
        "`ast.literal_eval`, `json.loads` and `yaml.safe_load` read data",
    ),
    (
        "private attribute '__code__'",
        "have the student's code do it, or read the text of the function with `inspect.getsource(f)`",
    ),
    ("is not defined", "define it in the test cell, or import it there"),
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A test cell that does not do what it is for.

    Attributes:
        cell: Its grade_id.
        why: What is wrong and what to do, in one sentence.
    """

    cell: str
    why: str


def check(
    course: Course, assignments: Iterable[str], update: Callable[[int, int, str], None] = lambda *_: None
) -> None:
    """Refuse assignments whose reference fails a test, or that give points for nothing.

    Executions are kept in the course's result cache: what has not changed is not executed again.

    Args:
        update: As for `faults`.

    Raises:
        SourceError: Names the cells, and what to write.
    """
    names = [name for assignment in assignments for name in course.notebooks(assignment)]
    for name in names:
        check_source(course.source_notebook(name), name, course.regions)
    found = faults(course, names, course.state / "results", update)
    for name in names:
        if found[name]:
            sentences = [str(SourceError.at(name, fault.cell, fault.why)) for fault in found[name]]
            raise SourceError("\n".join(sentences))


def faults(
    course: Course,
    names: Iterable[str],
    results: Path,
    update: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, tuple[Fault, ...]]:
    """What is wrong with the tests of each notebook, by executing its reference.

    Args:
        results: A folder in which executions are kept.
        update: Told how many executions are done, of how many, and a remark.
    """
    cache = ResultCache(results)
    sandboxed = bubblewrap.why_unavailable() is None
    wanted: dict[str, dict[str, str]] = {}
    tasks: dict[str, Task] = {}
    found: dict[str, Execution] = {}
    for name in names:
        wanted[name] = {}
        for kind, notebook in _notebooks(course, name):
            modules = _modules(course, name, notebook)
            task = task_of(course, name, notebook, Limits(), sandboxed, DEFAULT_SEED, modules=modules)
            wanted[name][kind] = task.key
            kept = cache.read(task.key)
            if kept is not None:
                found[task.key] = kept
            else:
                tasks[task.key] = task
    if tasks:
        update(0, len(tasks), "")
    executed = run_all(iter(tasks.items()), min(len(tasks), os.cpu_count() or 1), None) if tasks else ()
    for done, (key, result) in enumerate(executed, 1):
        if isinstance(result, Exception):
            raise result
        update(done, len(tasks), "")
        cache.write(key, result)
        found[key] = result
    return {
        name: (
            *_failed(found[kinds["reference"]], course.template(name)),
            *_lost_by_leaving_out(found[kinds["reference"]], found[kinds["handed in"]]),
            *_given_for_nothing(found[kinds["blank"]], course.template(name)),
        )
        for name, kinds in wanted.items()
    }


def _notebooks(course: Course, name: str) -> Iterator[tuple[str, NotebookNode]]:
    template = course.template(name)
    answered = course.source_notebook(name)
    for cell in answered.cells:
        if cells.is_answer(cell):
            cell.source = course.regions.answered(cell.source)
    for kind, submitted in (
        ("reference", answered),
        ("handed in", answered),
        ("blank", template.in_language(None)),
    ):
        notebook = rebuild(template, submitted).notebook
        notes = notebook.metadata["autograder"]
        notes["regions"] = EVERYTHING_SHOWN.noted()
        notes["submitted_outputs"] = {cell: [] for cell in notes["given_code"]} if kind == "handed in" else {}
        yield kind, notebook


def _modules(course: Course, name: str, notebook: NotebookNode) -> tuple[Module, ...]:
    """The modules that its tests import; its solutions as its source has them now."""
    modules = dict(course.modules(notebook))
    if uses_solutions(course, name):
        text = solutions_module(course.source_notebook(name), name, course.regions)
        modules[f"solutions/{name}.py"] = text
    return tuple(sorted(modules.items()))


def _failed(execution: Execution, template: Template) -> Iterator[Fault]:
    for result in execution.cells:
        if result.status in (Status.PASSED, Status.MANUAL):
            continue
        why = f"the reference itself does not pass this test: {advised(result)}"
        elsewhere = _in_no_answer(template, result.cell) or _arguments_are_copies(template, result)
        yield Fault(cell=result.cell, why=f"{why}; {elsewhere}" if elsewhere else why)


def _in_no_answer(template: Template, test: str) -> str:
    """What to do where a test of a notebook without answers uses what cells define that nbgrader does not know."""
    if any(map(cells.is_answer, template.notebook.cells)):
        return ""
    [source] = [cell.source for cell in template.notebook.cells if cells.grade_id(cell) == test]
    plain = [cell for cell in template.notebook.cells if cells.is_own_code(cell)]
    defined = set().union(*(cells.defined_names(cell.source) for cell in plain))
    found = ", ".join(sorted(cells.used_names(source) & defined))
    return found and (
        f"no cell of the notebook is an answer: make the one that defines {found} an autograded answer "
        "(Create Assignment), with its solution between the delimiters"
    )


def _arguments_are_copies(template: Template, result: CellResult) -> str:
    """What to write where an assertion fails and an argument of a student's function is used again behind it."""
    if result.status is not Status.FAILED or not result.message.startswith(DOES_NOT_HOLD):
        return ""
    [source] = [cell.source for cell in template.notebook.cells if cells.grade_id(cell) == result.cell]
    found = ", ".join(handed_again(python.of_test(source)))
    return found and (
        f"if the answer is to change {found}: arguments are copies, so write `from autograder.checking.calls import "
        "call`, then `call(f, xs).arguments_after`"
    )


def _lost_by_leaving_out(whole: Execution, handed_in: Execution) -> Iterator[Fault]:
    """The tests that pass only where every given cell is executed; see `autograder.grading.plan`."""
    passed = {result.cell for result in whole.cells if result.status is Status.PASSED}
    for result in handed_in.cells:
        if result.cell in passed and result.status is not Status.PASSED:
            yield Fault(
                cell=result.cell,
                why="the reference passes it only where given cells are executed that seem to decide nothing "
                f"({result.message}); let those cells define what is needed, or set CourseSettings.everything",
            )


def advised(result: CellResult) -> str:
    """What was wrong with a test cell, and what to write instead."""
    advice = next((text for mark, text in ADVICE if mark in result.message), "")
    return f"{result.message}; {advice}" if advice else result.message


def _given_for_nothing(execution: Execution, template: Template) -> Iterator[Fault]:
    tests = {cells.grade_id(cell): cell.source for cell in template.notebook.cells if cells.is_test(cell)}
    for result in execution.cells:
        if result.points and result.status is not Status.MANUAL:
            yield Fault(
                cell=result.cell,
                why=f"it gives {result.points:g} of {result.max_points:g} points to a notebook in which nothing was "
                f"answered; {_why_for_nothing(tests[result.cell], template, result.cell)}",
            )


def _why_for_nothing(source: str, template: Template, cell: str) -> str:
    """Why a test gives points to everybody, and what to do."""
    if elsewhere := _in_no_answer(template, cell):
        return elsewhere
    shipped = {name for name, _ in template.files}
    files = sorted(shipped.intersection(template.surroundings.get(cell, Surroundings()).written))
    if files:
        return f"the answer's file is shipped to students, too: remove {', '.join(files)} from beside the notebook"
    body = ast.parse(source).body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    if defined and all(isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom)) for node in body):
        return f"it defines {', '.join(defined)} and does not call it: end with `{defined[-1]}()`"
    return "test something that only an answer can do"
