"""Rules that sources and releases keep to: what breaks one would harm students or grading, and is refused."""

from __future__ import annotations

import contextlib
from copy import deepcopy
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import name_of
from autograder.course.regions import Regions
from autograder.course.template import with_ids
from autograder.errors import ReleaseError, SourceError
from autograder.release.faults import check_metadata, faults_of_tests
from autograder.release.messages import faults_of_messages

__all__ = ["CheckRelease", "CheckSource", "check_release", "check_source"]

TELLING = 16
"""Shorter lines of a solution (`return x`) may well stand elsewhere and tell nothing."""


def check_source(notebook: NotebookNode, name: str, regions: Regions) -> None:
    """Check the rules for source notebooks.

    A test cell imports what it uses, and every other free name is one that a code cell of
    the notebook defines; a markdown cell in one language is followed by its partner in the
    other, and where these are Japanese and English, messages of visible tests are in both; cell ids and grade_ids are
    unique.

    Raises:
        SourceError: Names the cell and what to do.
    """
    check_metadata(notebook, name, regions)
    _check_ids(notebook, name)
    _check_languages(notebook, name)
    _check_messages(notebook, name, regions)
    for cell, why in faults_of_tests(notebook, regions):
        raise SourceError.at(name, cell.id, why)


def _check_ids(notebook: NotebookNode, name: str) -> None:
    seen: set[str] = set()
    for cell in notebook.cells:
        for identity in {cell.get("id"), cells.grade_id(cell)} - {None, ""}:
            if identity in seen:
                raise SourceError.at(name, identity, "the id is used by two cells; give each its own")
            seen.add(identity)


def _check_languages(notebook: NotebookNode, name: str) -> None:
    languages = list(dict.fromkeys(filter(None, map(cells.language, notebook.cells))))
    if not languages:
        return
    position = 0
    while position < len(notebook.cells):
        cell = notebook.cells[position]
        language = cells.language(cell)
        if language is None:
            if cell.cell_type == "markdown" and not (utils.is_task(cell) or _for_all_languages(cell)):
                raise SourceError.at(
                    name, cell.id, f"a text for students needs a tag, one of lang-{', lang-'.join(languages)}"
                )
            position += 1
            continue
        group = notebook.cells[position : position + len(languages)]
        if [cells.language(partner) for partner in group] != languages:
            raise SourceError.at(
                name,
                cell.id,
                f"expected its partners in {', '.join(languages)} to stand together, in this order",
            )
        position += len(languages)


def _check_messages(notebook: NotebookNode, name: str, regions: Regions) -> None:
    if set(filter(None, map(cells.language, notebook.cells))) != {"ja", "en"}:
        return
    for cell in filter(cells.is_test, notebook.cells):
        for why in faults_of_messages(regions.public(cell.source)):
            raise SourceError.at(name, cell.id, why)


def _for_all_languages(cell: NotebookNode) -> bool:
    return utils.is_solution(cell) or "answer" in cell.metadata.get("tags", [])


def check_release(release: NotebookNode, source: NotebookNode, name: str, regions: Regions) -> None:
    """Check that a release holds no trace of a solution, a hidden test or a mark scheme.

    Raises:
        ReleaseError: Names the cell and the line.
    """
    known = {line.strip() for cell in source.cells for line in regions.public(cell.source).splitlines()}
    secret = {
        line
        for cell in source.cells
        for line in map(str.strip, regions.secret_lines(cell.source))
        if len(line) >= TELLING and line not in known
    }
    for cell in with_ids(release).cells:
        for marker in regions.delimiters:
            if marker in cell.source:
                raise ReleaseError(
                    f"release of '{name}', cell '{cell.id}': the words '{marker}' are still there"
                )
        for line in cell.source.splitlines():
            if line.strip() in secret:
                raise ReleaseError(
                    f"release of '{name}', cell '{cell.id}' shows a line that is to be removed: {line.strip()!r}"
                )
        if cell.get("outputs"):
            raise ReleaseError(
                f"release of '{name}', cell '{cell.id}' has outputs, which may show a solution"
            )


class CheckSource(NbGraderPreprocessor):
    """First in `GenerateAssignment.preprocessors`: see `check_source`."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        check_source(with_ids(deepcopy(nb)), _name(resources), Regions.of(self.config))
        resources["autograder_source"] = deepcopy(nb)
        return nb, resources


class CheckRelease(NbGraderPreprocessor):
    """Last in `GenerateAssignment.preprocessors`: see `check_release`; of the files beside it some go out."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        name = _name(resources)
        check_release(deepcopy(nb), resources["autograder_source"], name, Regions.of(self.config))
        self.remove_other_files(resources["nbgrader"]["assignment"])
        return nb, resources

    def remove_other_files(self, assignment: str) -> None:
        """Of what nbgrader has copied beside the notebook, leave what `Course.shipping` lets out."""
        directory = CourseDirectory(config=self.config)
        folder = Path(directory.format_path(directory.release_directory, ".", assignment))
        wanted = set(Course(directory.root, self.config).shipping(assignment).files)
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.rmdir()
            elif path.suffix != ".ipynb" and path.relative_to(folder) not in wanted:
                path.unlink()


def _name(resources: dict) -> str:
    return name_of(resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"])
