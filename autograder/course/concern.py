"""What a person has to look at, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Concern"]


@dataclass(frozen=True)
class Concern:
    """One thing to look at.

    Attributes:
        what: A file, or student/assignment.
        why: The reason, and what to do, in one or two sentences.
    """

    what: str
    why: str
