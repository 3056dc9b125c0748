"""The reference in place of a student's functions that failed their own tests, while another one is judged."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.checking.calls import in_kernel, send
from autograder.errors import CellTimeout, KernelDied

__all__ = ["StandIn", "in_place"]

_PUT = """
names = run.__globals__
kept.update((name, names[name]) for name in changed if name in names)
exec(source, names)
"""
_BACK = "run.__globals__.update(kept)"


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """Functions or classes of the reference, and how to tell whether the student's own are right.

    Attributes:
        parts: They, in the order of the notebook.
        test: Judges the student's own; raises where they are wrong, missing, or no functions at all.
        after: Given code that keeps a reference to one of them, to be executed again.
    """

    parts: Sequence[Callable]
    test: Callable[[], object]
    after: str = ""

    def fails(self) -> bool:
        """Whether the student's own fail their test."""
        try:
            self.test()
        except (KernelDied, CellTimeout):
            raise
        except Exception:
            return True
        return False


@contextlib.contextmanager
def in_place(run: Callable, stand_ins: Sequence[StandIn]) -> Iterator[None]:
    """Inside the block, run finds the reference's functions under these names; afterwards its own again."""
    parts = [part for stand_in in stand_ins for part in stand_in.parts]
    after = [stand_in.after for stand_in in stand_ins if stand_in.after]
    assigned = [line.partition("=")[0].strip() for line in after]
    kept: Any = send({})
    details = {
        "run": run,
        "kept": kept,
        "changed": [part.__name__ for part in parts] + assigned,
        "source": "\n\n".join([*map(inspect.getsource, parts), *after]),
    }
    try:
        in_kernel(exec, _PUT, details)
    except AttributeError:  # a run that is no plain function keeps its names elsewhere
        yield
        return
    try:
        yield
    finally:
        in_kernel(exec, _BACK, {"run": run, "kept": kept})
