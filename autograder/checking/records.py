"""What a test cell keeps for the class report: small tables of plain data, beside its verdict.

    record("sweep", [{"value": 0.5, "seed": 0, "score": 97.1}])

Nothing of it reaches a verdict. Where nobody collects (under stock nbgrader, in a notebook of
the instructor's) it does nothing.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

__all__ = ["MAX_CELLS", "MAX_TABLES", "MAX_TEXT", "Table", "collecting", "record"]

Table = list[dict[str, Any]]

MAX_CELLS = 20_000
"""Rows times columns of one table."""
MAX_TABLES = 4
"""Tables of one test cell."""
MAX_TEXT = 60
"""Characters of one text; longer ones are shortened."""
MAX_INTEGER = 2**53

_tables: ContextVar[dict[str, Table] | None] = ContextVar("tables", default=None)


def record(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep a table for the class report; a table that is too large or no plain data is left out.

    Args:
        name: What it is, such as "sweep"; a second table of the same name replaces the first.
        rows: Dicts of column names to None, bool, int, float or str (numpy's scalars, too).
    """
    tables = _tables.get()
    if tables is None or (name not in tables and len(tables) >= MAX_TABLES):
        return
    if sum(map(len, rows)) > MAX_CELLS:
        return
    kept = [{key: _plain(value) for key, value in row.items()} for row in rows]
    if not any(value is _UNFIT for row in kept for value in row.values()):
        tables[name] = kept


@contextlib.contextmanager
def collecting() -> Iterator[dict[str, Table]]:
    """While a test cell runs: gives the dict that its tables come into."""
    tables: dict[str, Table] = {}
    token = _tables.set(tables)
    try:
        yield tables
    finally:
        _tables.reset(token)


_UNFIT = object()


def _plain(value: Any) -> Any:
    """A value of exactly a builtin type that JSON carries; `_UNFIT` where there is none."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) is bool:
        return value
    if type(value) is str:
        return value[:MAX_TEXT]
    if type(value) is int and abs(value) <= MAX_INTEGER:
        return value
    return value if type(value) is float and math.isfinite(value) else _UNFIT
