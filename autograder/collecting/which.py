"""Which notebook of which assignment a file is: by its cells, by its name, or by what was asked for."""

from __future__ import annotations

import functools
import warnings

from nbformat import NotebookNode
from nbformat.warnings import MissingIDFieldWarning

from autograder.collecting.naming import Named
from autograder.collecting.stems import assignment_in
from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, split
from autograder.errors import SubmissionError, UnclearName
from autograder.submission import reading
from autograder.text import clean_text

__all__ = ["NotebookFinder"]


class NotebookFinder:
    """Knows the notebooks of a course by their names and cells.

    Args:
        wanted: The assignment that files belong to; None where each says it.

    Attributes:
        words: By which a file may be named: ids of assignments, names of notebooks.
    """

    def __init__(self, course: Course, wanted: str | None) -> None:
        self.course = course
        self.wanted = wanted
        self.notebooks = course.all_notebooks()
        self.words = list(dict.fromkeys(word for name in self.notebooks for word in split(name)))

    def find(self, stem: str, named: Named, data: bytes) -> tuple[str, str]:
        """Which notebook it is, and what is strange about it; "" where nothing is.

        Args:
            stem: The name of the file, without what copies add to it.

        Raises:
            UnclearName: Nothing says it, or its name, its cells and what is wanted contradict each other.
        """
        called = self._called(stem, named)
        try:
            notebook, _ = reading.reads(data, clean_text(named.file))
        except SubmissionError as error:
            holds, strange = None, f"it cannot be graded: {error}"
        else:
            holds, strange = self._held(notebook), ""
        if holds and self.wanted and assignment_of(holds) != self.wanted:
            raise UnclearName(
                f"it holds the cells of {holds}, not of {self.wanted}; was it handed in in the wrong place?"
            )
        if holds and not self.wanted and called and called != holds:
            raise UnclearName(
                f"it is named after {called} and holds the cells of {holds}; ask the student which it is"
            )
        if not holds and self.wanted and called and assignment_of(called) != self.wanted:
            raise UnclearName(f"it is named after {called}, not after {self.wanted}")
        alone = self.wanted if self.wanted in self.notebooks else None
        notebook = holds or called or alone
        if notebook is None:
            raise UnclearName(
                "neither its name nor its cells say which assignment it is; name it with --assignment"
            )
        if not holds and not strange:
            strange = "none of its cells is of this assignment"
        return notebook, strange

    def _called(self, stem: str, named: Named) -> str | None:
        """The notebook that a file is named after, where that is one."""
        word = assignment_in(stem, self.words) or named.folder
        found = [name for name in self.notebooks if word in split(name)]
        nearer = [name for name in found if assignment_of(name) in (self.wanted, named.folder)] or found
        return nearer[0] if len(nearer) == 1 else None

    @functools.cached_property
    def _notebook_of_cell(self) -> dict[str, str]:
        """For each cell id that only one notebook has, that notebook."""
        having: dict[str, set[str]] = {}
        for name in self.notebooks:
            with warnings.catch_warnings():
                # cells without an id are told apart by their grade_id
                warnings.simplefilter("ignore", MissingIDFieldWarning)
                template = self.course.template(name)
            for cell in template.notebook.cells:
                for identity in _ids(cell):
                    having.setdefault(identity, set()).add(name)
        return {identity: next(iter(names)) for identity, names in having.items() if len(names) == 1}

    def _held(self, notebook: NotebookNode) -> str | None:
        """The notebook that has most of a file's cells."""
        counts: dict[str, int] = {}
        for cell in notebook.cells:
            for name in {self._notebook_of_cell[one] for one in _ids(cell) & self._notebook_of_cell.keys()}:
                counts[name] = counts.get(name, 0) + 1
        return max(sorted(counts), key=counts.__getitem__, default=None)


def _ids(cell: NotebookNode) -> set[str]:
    return {identity for identity in (cells.grade_id(cell), cell.get("id")) if identity}
