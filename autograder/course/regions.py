"""The regions that nbgrader removes from cells, with the delimiters that the course configures."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from traitlets.config import Config

from autograder.files import with_tuples

__all__ = ["DEFAULT", "Regions"]


@dataclass(frozen=True, kw_only=True)
class Regions:
    """Where regions begin and end: a line that contains the words, as nbgrader reads it.

    Attributes:
        solution: Begin and end of what students write themselves.
        hidden: Begin and end of tests that students do not see.
        scheme: Begin and end of what markers read.
        autotest: What begins a line of which nbgrader makes tests.
    """

    solution: tuple[str, str] = ("BEGIN SOLUTION", "END SOLUTION")
    hidden: tuple[str, str] = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    scheme: tuple[str, str] = ("BEGIN MARK SCHEME", "END MARK SCHEME")
    autotest: str = "AUTOTEST"

    @classmethod
    def of(cls, config: Config) -> Regions:
        """As a course configures nbgrader's own preprocessors."""
        # workers only use regions, and importing nbgrader takes half a second
        from nbgrader.preprocessors import (
            ClearHiddenTests,
            ClearMarkScheme,
            ClearSolutions,
            InstantiateTests,
        )

        solutions = ClearSolutions(config=config)
        hidden = ClearHiddenTests(config=config)
        scheme = ClearMarkScheme(config=config)
        return cls(
            solution=(solutions.begin_solution_delimeter, solutions.end_solution_delimeter),
            hidden=(hidden.begin_test_delimeter, hidden.end_test_delimeter),
            scheme=(scheme.begin_mark_scheme_delimeter, scheme.end_mark_scheme_delimeter),
            autotest=InstantiateTests(config=config).autotest_delimiter,
        )

    @property
    def delimiters(self) -> tuple[str, ...]:
        """All words that no student may see."""
        return (*self.solution, *self.hidden, *self.scheme)

    def released(self, source: str) -> str:
        """A source without its hidden tests and its mark scheme, as students get it."""
        return _released(self, source)

    def without_scheme(self, source: str) -> str:
        """A source without its mark scheme."""
        return "\n".join(self._outside(source, self.scheme)).rstrip("\n")

    def scheme_of(self, source: str) -> str:
        """The first mark scheme in a source; empty where there is none."""
        found: list[str] = []
        for _ in self._outside(source, self.scheme, inside=found):
            if found:
                break
        return "\n".join(found) + "\n" if found else ""

    def solution_of(self, source: str) -> str:
        """The lines within the solutions; empty where there are none."""
        return "\n".join(self._inside(source, self.solution))

    def public(self, source: str) -> str:
        """A source without all regions."""
        return "\n".join(self._outside(source, self.solution, self.hidden, self.scheme)).rstrip("\n")

    def answered(self, source: str) -> str:
        """A source with the solution in it, and without the lines that delimit it."""
        kept = [line for line in source.split("\n") if not any(words in line for words in self.solution)]
        return "\n".join(kept)

    def secret_lines(self, source: str) -> list[str]:
        """The lines within all regions."""
        return self._inside(source, self.solution, self.hidden, self.scheme)

    def autotests(self, source: str) -> list[str]:
        """The expressions of which nbgrader would make tests."""
        lines = (line for line in source.splitlines() if line.lstrip().startswith("#"))
        found = (line.partition(self.autotest)[2] for line in lines if self.autotest in line)
        return [part.strip() for line in found for part in line.split(";")]

    def first_hidden_line(self, source: str) -> int:
        """The number of the line that begins the hidden tests, from 1; after the last one where there is none."""
        lines = source.splitlines()
        return next(
            (number for number, line in enumerate(lines, 1) if self.hidden[0] in line), len(lines) + 1
        )

    def noted(self) -> dict:
        """As the notes of a rebuilt notebook keep them; empty where they are nbgrader's own."""
        return {} if self == DEFAULT else asdict(self)

    @classmethod
    def of_notes(cls, notes: Mapping) -> Regions:
        """From the notes of a rebuilt notebook."""
        return cls(**with_tuples(notes.get("regions") or {}))

    def _inside(self, source: str, *regions: tuple[str, str]) -> list[str]:
        found: list[str] = []
        for _ in self._outside(source, *regions, inside=found):
            pass
        return found

    def _outside(
        self, source: str, *regions: tuple[str, str], inside: list[str] | None = None
    ) -> Iterator[str]:
        """The lines outside of some regions; what is not closed is no region."""
        lines = source.split("\n")
        # line by line, as a student's cell may begin a hundred thousand regions and end none
        last = {
            end: max((number for number, line in enumerate(lines) if end in line), default=-1)
            for _, end in regions
        }
        closing: str | None = None
        for number, line in enumerate(lines):
            rest = line
            if closing is None:
                found = ((first, end) for first, end in regions if first in line and number <= last[end])
                begin, closing = next(found, (None, None))
                if begin is None or closing is None:
                    yield line
                    continue
                rest = line.partition(begin)[2]
            elif inside is not None and closing not in line:
                inside.append(line)
            if closing in rest:
                closing = None


@functools.lru_cache(maxsize=4096)
def _released(regions: Regions, source: str) -> str:
    return "\n".join(regions._outside(source, regions.hidden, regions.scheme)).rstrip("\n")


DEFAULT = Regions()
