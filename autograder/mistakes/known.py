"""What is known of the answers to an assignment, and the code that each of them stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autograder.errors import MistakesError

__all__ = ["Change", "KnownAnswer", "KnownMistakes", "RightAnswer", "WrongAnswer"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A place in the reference's answer, and what stands there instead.

    A text that ends with a line end stands for whole lines, wherever these are indented; any
    other text is a piece of one line.

    Attributes:
        old: What is there; it occurs exactly once.
        new: What stands there instead; nothing removes it.
    """

    old: str
    new: str

    @property
    def whole_lines(self) -> bool:
        """Whether it changes lines, not a piece of one."""
        return self.old.endswith("\n")

    def made_in(self, source: str) -> str:
        """The source with the change made.

        Raises:
            MistakesError: `old` does not occur exactly once.
        """
        places = list(self._places(source))
        if len(places) != 1:
            shown = self.old.strip().splitlines()[0] + (" …" if "\n" in self.old.strip() else "")
            raise MistakesError(
                f"{shown!r} occurs {len(places)} times in the reference's answer, expected once; "
                + ("give more of it" if places else "copy it from the source notebook")
            )
        start, end, new = places[0]
        return source[:start] + new + source[end:]

    def _places(self, source: str) -> Iterator[tuple[int, int, str]]:
        """Where it is, from and to, and the new text as it must be there."""
        if not self.whole_lines:
            start = source.find(self.old)
            while start >= 0:
                yield start, start + len(self.old), self.new
                start = source.find(self.old, start + 1)
            return
        lines = source.splitlines(keepends=True)
        old = [line.rstrip() for line in self.old.splitlines()]
        for number in range(len(lines) - len(old) + 1):
            found = lines[number : number + len(old)]
            indent = found[0].rstrip().removesuffix(old[0])
            if not indent.strip() and [line.rstrip() for line in found] == _indented(old, indent):
                start = sum(map(len, lines[:number]))
                new = "".join(f"{line}\n" for line in _indented(self.new.splitlines(), indent))
                end = start + sum(map(len, found))
                yield start, end, new if found[-1].endswith("\n") else new.removesuffix("\n")


@dataclass(frozen=True, kw_only=True)
class KnownAnswer:
    """One other answer to one answer cell: some changes of the reference's, or a source of its own.

    Attributes:
        name: What a student did, in a few words; no two answers to a cell have the same.
        cell: The grade_id of the answer cell.
        changes: What is changed in the reference's answer, one after another; none with a `source`.
        source: The whole answer, or None.
        line: Where it stands in its file; 0 where it was not read from one.
    """

    name: str
    cell: str
    changes: tuple[Change, ...] = ()
    source: str | None = None
    line: int = field(default=0, compare=False, repr=False)

    def answer(self, reference: str) -> str:
        """The source of the cell.

        Args:
            reference: The reference's answer, without the marks of the solution region.

        Raises:
            MistakesError: A change does not apply.
        """
        source = reference if self.source is None else self.source
        for change in self.changes:
            source = change.made_in(source)
        return source.strip("\n")


@dataclass(frozen=True, kw_only=True)
class RightAnswer(KnownAnswer):
    """A right answer in another style, which every test must pass."""


@dataclass(frozen=True, kw_only=True)
class WrongAnswer(KnownAnswer):
    """A wrong answer.

    Attributes:
        fails: The grade_ids of the test cells that it must fail; none for the cell's own test.
        hint: For some languages, what a teacher would say to a student who did this.
    """

    fails: tuple[str, ...] = ()
    hint: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class KnownMistakes:
    """All known answers to one notebook.

    Attributes:
        assignment: The notebook's name; the assignment's id where that has one notebook.
        wrong: The wrong answers, grouped by cell.
        right: The right ones in other styles, grouped by cell.
    """

    assignment: str
    wrong: tuple[WrongAnswer, ...] = ()
    right: tuple[RightAnswer, ...] = ()

    @property
    def file(self) -> str:
        """Where they are written, from the course folder."""
        return f"mistakes/{self.assignment}.yaml"

    @property
    def cells(self) -> tuple[str, ...]:
        """The grade_ids of the cells that have known answers, in the order of the file."""
        answers = sorted((*self.wrong, *self.right), key=lambda answer: answer.line)
        return tuple(dict.fromkeys(answer.cell for answer in answers))


def _indented(lines: list[str], indent: str) -> list[str]:
    return [indent + line if line.strip() else line for line in lines]
