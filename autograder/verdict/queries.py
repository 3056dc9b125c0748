"""Queries that a test cell has SQLite execute: one of a student's reaches no file, and ends.

`ATTACH '…/gradebook.db' AS g` is a query like any other, and so are `VACUUM INTO` and a recursion without end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

__all__ = ["limited"]

STEPS = 100_000
"""Of SQLite's machine, between two moments at which what stops a test cell can stop a query."""
IN_MEMORY = ("", ":memory:")


def limited(
    connect: Callable[..., sqlite3.Connection], applies: Callable[[], bool], may_open: Callable[[str], bool]
) -> Callable[..., sqlite3.Connection]:
    """`sqlite3.connect`, whose connections open no other file that may not be opened.

    Args:
        applies: Whether it is a test cell that opens it.
        may_open: Whether a query may open the file of this name.
    """

    def authorize(action: int, first: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_ATTACH and first not in IN_MEMORY and not may_open(first or ""):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def connected(*arguments: Any, **keywords: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **keywords)
        if applies():
            connection.set_authorizer(authorize)
            connection.set_progress_handler(lambda: 0, STEPS)
        return connection

    return connected
