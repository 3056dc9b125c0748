"""Signs that a submission tries to decide its own grade; each is a reason to look, and no proof."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from nbformat import NotebookNode

from autograder.bounded import TooMuch, bounded
from autograder.course import cells
from autograder.grading.oddities import oddities
from autograder.grading.results import CellResult
from autograder.text import listed

__all__ = ["signs_in_results", "signs_in_source"]

TAMPERED = "sent something that is not plain data"
"""In the message of a cell whose kernel answered with what the kit's own code in it never sends."""
SHOWN = 3


def signs_in_source(notebook: NotebookNode) -> list[str]:
    """What makes the student's code in a rebuilt submission worth a look, one phrase each."""
    found: dict[str, list[str]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cells.is_test(cell):
            for what in dict.fromkeys(_in_source(cell.source)):
                found.setdefault(what, []).append(cells.called(cell))
    return [
        f"{what} (in {'cell' if len(places) == 1 else 'cells'} {listed(places, SHOWN)})"
        for what, places in found.items()
    ]


def signs_in_results(results: Iterable[CellResult]) -> list[str]:
    """What makes the results of its grade cells worth a look, one phrase each."""
    return [
        f"in {result.cell} the kernel {result.message[result.message.index(TAMPERED) :]}"
        for result in results
        if TAMPERED in result.message
    ]


@functools.lru_cache(maxsize=4096)
def _in_source(source: str) -> tuple[str, ...]:
    try:
        return bounded(oddities, source)
    except TooMuch:
        return ("holds code that takes too much time or memory to be read",)
