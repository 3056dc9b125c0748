"""The trusted side of an assignment: its source notebook, made ready for comparison and grading."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.course import cells
from autograder.errors import CourseError

__all__ = ["Template", "load"]


@dataclass(frozen=True)
class Template:
    """What a submission of an assignment is measured against.

    Attributes:
        notebook: The source with solutions cleared and hidden tests kept, in all languages.
        files: What the assignment ships beside its notebook: relative path and content.
        languages: The languages of its markdown cells, the first one first.
        answered_names: For each answer cell's id, the names that the reference's answer defines and a test uses.
    """

    notebook: NotebookNode
    files: tuple[tuple[str, bytes], ...]
    languages: tuple[str, ...]
    answered_names: dict[str, frozenset[str]]

    def in_language(self, language: str | None) -> NotebookNode:
        """A copy without the cells of the other languages."""
        notebook = copy.copy(self.notebook)
        notebook.metadata = copy.deepcopy(notebook.metadata)
        notebook.cells = [
            copy.deepcopy(cell) for cell in notebook.cells if cells.language(cell) in (None, language)
        ]
        return notebook


def load(folder: Path, code_stub: str, text_stub: str) -> Template:
    """Read the source of an assignment (again only where it has changed), without files beside it.

    Args:
        folder: source/<assignment>, which holds <assignment>.ipynb.
        code_stub: What nbgrader puts in the place of a solution in code.
        text_stub: The same in text.

    Raises:
        CourseError: There is no such notebook, or it cannot be read.
    """
    path = folder / f"{folder.name}.ipynb"
    if not path.is_file():
        raise CourseError(f"there is no assignment '{folder.name}': {path} does not exist")
    return _load(path, path.stat().st_mtime_ns, code_stub, text_stub)


@functools.lru_cache(maxsize=64)
def _load(path: Path, _mtime: int, code_stub: str, text_stub: str) -> Template:
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        raise CourseError(f"source notebook {path} cannot be read: {error}") from error
    tested = frozenset().union(*(_names_used(cell) for cell in notebook.cells if cells.is_test(cell)))
    answered_names = {
        cell.id: cells.defined_names(cell.source) & tested
        for cell in notebook.cells
        if cells.is_answer(cell) and cell.cell_type == "code"
    }
    clear = ClearSolutions(code_stub={"python": code_stub}, text_stub=text_stub)
    resources: dict = {}
    try:
        notebook, resources = clear.preprocess(notebook, resources)
    except RuntimeError as error:  # a region that is not closed, or not opened
        raise CourseError(f"source notebook {path} cannot be released: {error}") from error
    notebook, resources = ClearOutputPreprocessor(enabled=True).preprocess(notebook, resources)
    languages = dict.fromkeys(filter(None, map(cells.language, notebook.cells)))
    return Template(notebook, (), tuple(languages), answered_names)


def _names_used(test: NotebookNode) -> frozenset[str]:
    try:
        return cells.free_names(test.source)
    except SyntaxError:  # `build` refuses such a test cell, and says why
        return frozenset()
