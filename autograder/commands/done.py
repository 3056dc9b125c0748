"""What a command hands back to the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Done"]


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended.

    Attributes:
        status: The exit status.
        data: What --json writes: dicts, lists, texts and numbers, with dataclasses, paths and times among them; or a
            function that gives it, which is called only where it is asked for.
    """

    status: int = 0
    data: Any = None
