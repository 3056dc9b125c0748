"""Build releases and solutions from source notebooks, and refuse what would harm students or grading."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveCells
from traitlets.config import Config

from autograder.course import cells
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import name_of, path_in
from autograder.course.regions import DEFAULT, Regions
from autograder.course.template import with_ids
from autograder.errors import ReleaseError, SourceError
from autograder.files import write_whole
from autograder.release import readme as release_readme
from autograder.release.faults import check_metadata, faults_of_tests
from autograder.release.keeping import kept
from autograder.release.language import (
    SelectLanguage,
    registered_language,
    release_folder,
    released_as,
)
from autograder.release.solutions import solutions_module
from autograder.temporary import TemporaryFolder

__all__ = [
    "Built",
    "CheckRelease",
    "CheckSource",
    "build",
    "check_release",
    "check_source",
    "notebook_text",
]

TELLING = 16
"""Shorter lines of a solution (`return x`) may well stand elsewhere and tell nothing."""


@dataclass(frozen=True)
class Built:
    """What a build wrote.

    Attributes:
        assignments: The assignments that were built.
        changed: The files whose content changed.
        left: What lies beside the source notebooks and was not released: path and reason.
    """

    assignments: tuple[str, ...]
    changed: tuple[Path, ...]
    left: tuple[Concern, ...] = ()


def build(course: Course, assignments: Iterable[str] = (), into: Path | None = None) -> Built:
    """Build release/<language>/ and solutions/ of assignments, and register them in the gradebook.

    The README of each release lists all assignments, whichever are built. A file is written only
    where its content changes. A source notebook is written again as Jupyter writes it, line by line and
    without what a run has added, unless `into` is given.

    Args:
        course: The course folder.
        assignments: Which ones; all where none is named.
        into: Write to this folder instead of the course's, and leave the gradebook alone.

    Raises:
        SourceError: A source notebook breaks a rule.
        ReleaseError: A release would show what students must not see.
        CourseError: There is no such assignment.
    """
    names = list(assignments) or course.assignments()
    target = into or course.root
    changed: list[Path] = []
    readmes = release_readme.of_course(course)
    for name in names:
        for notebook in course.notebooks(name):
            source = course.source_notebook(notebook)
            path = path_in(course.source, notebook)
            if (
                into is None and json.loads(path.read_bytes()).get("nbformat_minor", 0) >= 5
            ):  # ids are its own
                changed += _write(path, notebook_text(kept(source)).encode())
        for folder, language in released_as(course, name).items():
            registered = into is None and language == registered_language(course, name)
            place = target / release_folder(course, folder) / name
            changed += _release(course, name, language, place, registered)
        for notebook in course.notebooks(name):
            source = course.source_notebook(notebook)
            if uses_solutions(course, notebook):
                text = solutions_module(source, notebook, course.regions)
                changed += _write(target / "solutions" / f"{notebook}.py", text.encode())
    for language, text in readmes.items():
        changed += _write(target / release_folder(course, language) / "README.md", text.encode())
    left = tuple(one for name in names for one in course.shipping(name).left)
    return Built(tuple(names), tuple(changed), left)


def notebook_text(notebook: NotebookNode) -> str:
    """A notebook as Jupyter writes it to its file: every cell as a list of lines."""
    return nbformat.writes(notebook) + "\n"


def uses_solutions(course: Course, name: str) -> bool:
    """Whether the course has use for importable reference solutions: a folder for them, or a test that imports them."""
    return course.solutions.is_dir() or any(
        cells.is_test(cell) and "solutions" in cell.source for cell in course.template(name).notebook.cells
    )


def register(course: Course, assignment: str) -> None:
    """Put an assignment's current source into the gradebook, as `nbgrader generate_assignment` does."""
    with TemporaryFolder("build") as folder:
        language = registered_language(course, assignment)
        _generate(course, assignment, language, folder / "release", registered=True)


def check_source(notebook: NotebookNode, name: str, regions: Regions = DEFAULT) -> None:
    """Check the rules for source notebooks.

    A test cell imports what it uses, and every other free name is one that a code cell of
    the notebook defines; a markdown cell in one language is followed by its partner in the
    other; cell ids and grade_ids are unique.

    Raises:
        SourceError: Names the cell and what to do.
    """
    check_metadata(notebook, name, regions)
    _check_ids(notebook, name)
    _check_languages(notebook, name)
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


def _for_all_languages(cell: NotebookNode) -> bool:
    return utils.is_solution(cell) or "answer" in cell.metadata.get("tags", [])


def check_release(release: NotebookNode, source: NotebookNode, name: str, regions: Regions = DEFAULT) -> None:
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


def _release(course: Course, name: str, language: str | None, target: Path, registered: bool) -> list[Path]:
    with TemporaryFolder("build") as folder:
        _generate(course, name, language, folder / "release", registered)
        made = folder / "release" / name
        files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
        changed = [path for file in files for path in _write(target / file, (made / file).read_bytes())]
    for path in sorted(target.rglob("*")):
        if (
            path.is_file()
            and path.relative_to(target) not in files
            and ".ipynb_checkpoints" not in path.parts
        ):
            path.unlink()
            changed.append(path)
    return changed


def _write(path: Path, content: bytes) -> list[Path]:
    if path.is_file() and path.read_bytes() == content:
        return []
    write_whole(path, content)
    return [path]


def _generate(course: Course, name: str, language: str | None, release: Path, registered: bool) -> None:
    """Run nbgrader's own converter."""
    config: Config = deepcopy(course.config)
    config.GenerateAssignment.preprocessors = _steps(config, language)
    if not registered:  # one language is enough for the gradebook
        config.GenerateAssignment.no_database = True
        config.GenerateAssignment.preprocessors = [
            step for step in config.GenerateAssignment.preprocessors if step is not SaveCells
        ]
    config.CourseDirectory.release_directory = str(release)
    config.CourseDirectory.assignment_id = name
    several = course.notebooks(name) != [name]
    config.CourseDirectory.notebook_id = "*" if several else name
    if language is not None:
        config.SelectLanguage.language = language
    log = logging.getLogger(f"autograder.release.build.{name}")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    converter = _Converter(coursedir=CourseDirectory(config=config), config=config, force=True, log=log)
    try:
        converter.start()
    except (NbGraderException, SystemExit) as error:
        cause = converter.cause or error
        if isinstance(cause, (SourceError, ReleaseError)):
            raise cause from None
        what = " ".join(str(cause).split()) or type(cause).__name__
        raise SourceError(f"nbgrader could not build '{name}': {what}") from cause
    finally:
        if release.exists() and not (release / name).exists():
            shutil.rmtree(release)


class _Converter(GenerateAssignment):
    """Keeps what was raised while a notebook was converted; nbgrader itself only logs it."""

    cause: Exception | None = None

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.cause = error
            raise


def _steps(config: Config, language: str | None) -> list[type]:
    """nbgrader's steps as configured, with the checks of this kit where the course does not name them."""
    steps = list(GenerateAssignment(config=config).preprocessors)
    if CheckSource not in steps:
        steps.insert(0, CheckSource)
    if language is not None and SelectLanguage not in steps:
        steps.insert(1, SelectLanguage)
    if CheckRelease not in steps:
        steps.append(CheckRelease)
    return steps
