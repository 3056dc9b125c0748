"""What of a submission has to be executed: everything that a verdict can depend on, and nothing else.

A cell of the instructor's, or an experiment in its place, is left out only where it can have no effect on what is executed after
it, and where the submission carries what it put out. When in doubt, it is executed.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence

from nbformat import NotebookNode

from autograder.bounded import TooMuch, bounded
from autograder.course import cells
from autograder.grading.effects import Effects, effects_of

__all__ = ["needed_sources", "not_executed"]


def needed_sources(source: NotebookNode, everything: bool) -> list[str]:
    """The code of an instructor's notebook that is executed where a submission is like it."""
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    given = [cell.id for cell in code if not cells.is_test(cell) and not cells.is_answer(cell)]
    left_out = frozenset() if everything else not_executed(source, given, [cell.id for cell in code])
    return [cell.source for cell in code if cell.id not in left_out]


def not_executed(
    notebook: NotebookNode, given: Iterable[str], ran: Iterable[str], changed: Iterable[str] = ()
) -> frozenset[str]:
    """The ids of the cells that need not be executed.

    Args:
        given: The ids of code cells whose source is the instructor's: given code, and experiments that were
            left as they were released.
        ran: The ids of the cells that had been run when the notebook was handed in, so that it carries
            their outputs; where there are none, everything is executed.
        changed: The ids of experiments that the student has changed: they are left out as given code is, but
            are read as a student's code.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    trusted = frozenset(given) & frozenset(ran)
    optional = trusted | (frozenset(changed) & frozenset(ran))
    if not optional:
        return frozenset()
    effects: dict[str, Effects] = {}
    for cell in code:
        if cells.is_test(cell):
            # it runs in the grader, and needs what it does not define whenever it calls the student's functions
            effects[cell.id] = Effects(uses=cells.used_names(cell.source), always=True)
        else:
            found = effects_of(cell.source) if cell.id in trusted else _of_students_cell(cell.source)
            if cell.id not in trusted and (found is None or found.reaches_anything):
                return frozenset()
            effects[cell.id] = found or Effects(always=True)
    return _without_effect([cell.id for cell in code], effects, optional)


def _without_effect(
    order: Sequence[str], effects: Mapping[str, Effects], optional: frozenset[str]
) -> frozenset[str]:
    """Those of the optional cells on which nothing that is executed depends, directly or through others."""
    bound_as_code = frozenset().union(*(found.binds_code for found in effects.values()))
    bound_otherwise = frozenset().union(*(found.defines - found.binds_code for found in effects.values()))
    mere_code = (bound_as_code - bound_otherwise) | frozenset(dir(builtins))
    executed = {cell for cell in order if cell not in optional or effects[cell].always}
    while True:
        any_time = frozenset().union(*(effects[cell].uses_later for cell in executed))
        needed = any_time.union(*(effects[cell].uses for cell in executed))
        after: frozenset[str] = frozenset()  # names that executed cells behind this one use
        more = set()
        for cell in reversed(order):
            found = effects[cell]
            if cell in executed:
                after |= found.uses
            elif found.defines & needed or (found.touches - mere_code) & (after | any_time):
                more.add(cell)
        if not more:
            return frozenset(order) - executed
        executed |= more


def _of_students_cell(source: str) -> Effects | None:
    try:
        return bounded(effects_of, source)
    except TooMuch:
        return None
