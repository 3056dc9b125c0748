"""What a student's notebook shows after Restart and Run All, and the numbers in it that a reply may quote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from autograder.checking.seeds import DEFAULT_SEED
from autograder.course import cells
from autograder.errors import CourseError
from autograder.grading.pool import cores, run_all
from autograder.grading.preparation import task_of
from autograder.kernel import bubblewrap
from autograder.submission.repair import rebuild
from benchmarks.answers import COURSE

__all__ = ["claimed", "executed", "numbers"]

CLAIMS = re.compile(r"^claims = (\{.*\})$", re.MULTILINE)
COMPRESSED = re.compile(
    r"^(?P<label>[^:\n]+): +(?P<size>[\d.]+) kB .*?RMSE (?P<rmse>[\d.]+) +accuracy (?P<accuracy>[\d.]+) %",
    re.MULTILINE,
)
BUDGET = re.compile(r"^your budget for discussion 2: (\d+) kB$", re.MULTILINE)
OF_FEW_BITS = re.compile(r"^ +(\d+) +([\d.]+) %$", re.MULTILINE)


def executed(notebooks: Mapping[tuple[str, str], NotebookNode]) -> dict[tuple[str, str], NotebookNode]:
    """These notebooks with what their cells put out, each run in a kernel of its own; tests are not run.

    Args:
        notebooks: By student and assignment.

    Raises:
        CourseError: One cannot be executed at all.
    """
    sandboxed = bubblewrap.why_unavailable() is None

    def tasks() -> Iterator:
        for (student, assignment), notebook in notebooks.items():
            run = rebuild(COURSE.template(assignment), notebook).notebook
            run.cells = [cell for cell in run.cells if not cells.is_test(cell)]
            limits = COURSE.limits(assignment)
            yield (
                (student, assignment),
                task_of(COURSE, assignment, run, limits, sandboxed, DEFAULT_SEED, True, ()),
            )

    done = {}
    for key, result in run_all(tasks(), cores()):
        if isinstance(result, Exception):
            raise CourseError(f"the notebook of {' for '.join(key)} cannot be executed: {result}")
        done[key] = notebooks[key]
        for cell in done[key].cells:
            if cell.cell_type == "code":
                cell.outputs = [nbformat.from_dict(output) for output in result.outputs.get(cell.id, ())]
                cell.execution_count = 1
    return done


def claimed(notebook: NotebookNode) -> str | None:
    """The line `claims = {...}` that a run has printed."""
    found = CLAIMS.search(_printed(notebook.cells))
    return found and found.group()


def numbers(notebook: NotebookNode, prediction: float) -> dict[str, object]:
    """The student's own numbers, by the names that replies use for them."""
    text = _printed(notebook.cells)
    found: dict[str, object] = {"prediction": f"{prediction:g}"}
    if claims := CLAIMS.search(text):
        found |= json.loads(claims[1])
    if budget := BUDGET.search(text):
        found["budget"] = budget[1]
    for line in COMPRESSED.finditer(text):
        label = " ".join(line["label"].split())
        found |= {f"{label} {name}": line[name] for name in ("size", "rmse", "accuracy")}
    found |= {f"{bits} bits accuracy": accuracy for bits, accuracy in OF_FEW_BITS.findall(text)}
    if isinstance(width := found.get("my_width"), int):
        found |= {f"GB with {bits} bits": width / 10 * bits / 8 for bits in (16, 8)}
        found |= {"GB left": 16 - width / 10, "larger mlp": 3147 * width + 10}
    return found


def _printed(every: Iterable[NotebookNode]) -> str:
    return "".join(
        output.text
        for cell in every
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output.name == "stdout"
    )
