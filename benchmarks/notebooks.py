"""Notebooks with the reference's answers, run cell by cell in this process."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from autograder.course import cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[1]

__all__ = ["Session"]


class Session:
    """The code cells of a notebook, run one by one in this process, without tests.

    session = Session("lesson1_overfitting", student_number="A1")
    session.run_until("remedy")
    session.run("remedy", ('REMEDY = "dropout"', 'REMEDY = "augmentation"'))
    session["remedy_history"]

    Args:
        assignment: Its id.
        student_number: Instead of the reference's, on which seeds depend.

    Attributes:
        cells: The ids of the cells, in order.
        printed: What the last cell printed.
    """

    def __init__(self, assignment: str, student_number: str | None = None) -> None:
        path = ROOT / "source" / assignment / f"{assignment}.ipynb"
        self._cells = {
            cell.id: cell.source
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "code" and not cells.is_test(cell)
        }
        if student_number is not None:
            self._cells["student"] = f"student_number = {student_number!r}"
        self.cells = tuple(self._cells)
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""

    def __getitem__(self, name: str) -> Any:
        return self._names[name]

    def run(self, cell: str, *changes: tuple[str, str]) -> None:
        """Run a cell, with some words of its source replaced.

        Raises:
            ValueError: Words that are to be replaced do not occur exactly once.
        """
        with self._figures(cell, changes):
            pass

    def run_example(self, cell: str, about: str) -> None:
        """Run an example that a cell gives as a comment: the indented lines below the one with these words."""
        source = self._cells[cell].splitlines()
        first = next(number for number, line in enumerate(source) if about in line) + 1
        example = itertools.takewhile(lambda line: line.startswith("#   "), source[first:])
        name = f"{cell}: {about}"
        self._cells[name] = "\n".join(line.removeprefix("#   ") for line in example)
        self.run(name)

    def lines(self, cell: str) -> dict[str, list[float]]:
        """Run a cell that draws; the heights of each line by its label, the last one of those with the same label."""
        with self._figures(cell, ()) as figures:
            drawn = [line for figure in figures for axes in figure.axes for line in axes.lines]
            return {str(line.get_label()): [float(y) for y in line.get_ydata()] for line in drawn}

    @contextlib.contextmanager
    def _figures(self, cell: str, changes: tuple[tuple[str, str], ...]) -> Iterator[list[Figure]]:
        """Run a cell; the figures that it draws, until they are closed."""
        import matplotlib.pyplot as plt

        plt.switch_backend("Agg")
        source = self._cells[cell]
        for old, new in changes:
            if source.count(old) != 1:
                raise ValueError(f"{old!r} occurs {source.count(old)} times in cell '{cell}', expected once")
            source = source.replace(old, new)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(source, cell, "exec"), self._names)
        self.printed = output.getvalue()
        try:
            yield [plt.figure(number) for number in plt.get_fignums()]
        finally:
            plt.close("all")

    def run_until(self, last: str, *, without: tuple[str, ...] = ()) -> None:
        """Run all cells from the first one to this one, but for some."""
        for cell in self._cells:
            if cell not in without:
                self.run(cell)
            if cell == last:
                return
