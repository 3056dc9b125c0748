"""Realistic wrong answers, one module for each assignment, and correct answers in other styles."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Mutant"]


@dataclass(frozen=True)
class Mutant:
    """One changed answer cell of the reference notebook.

    Attributes:
        name: What a student did, in a few words.
        cell: The id of the answer cell.
        old: Text that occurs exactly once in the cell's source; None replaces the whole cell.
        new: What stands there instead.
        loses: The ids of the test cells that must fail; every other one must pass.
    """

    name: str
    cell: str
    old: str | None
    new: str
    loses: tuple[str, ...]

    def apply(self, source: str) -> str:
        """The source of the cell with the change made.

        Raises:
            ValueError: `old` does not occur exactly once.
        """
        if self.old is None:
            return self.new
        if source.count(self.old) != 1:
            raise ValueError(
                f"mutant '{self.name}': {self.old!r} occurs {source.count(self.old)} times in cell "
                f"'{self.cell}', expected once"
            )
        return source.replace(self.old, self.new)
