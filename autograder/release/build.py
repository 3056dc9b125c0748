"""Build releases and solutions from source notebooks."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from autograder.course import cells
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.notebooks import path_in
from autograder.course.released import remember
from autograder.errors import ReleaseError, SourceError
from autograder.files import write_whole
from autograder.release import readme as release_readme
from autograder.release.keeping import kept
from autograder.release.language import (
    SelectLanguage,
    registered_language,
    release_folder,
    released_as,
)
from autograder.release.rules import CheckRelease, CheckSource
from autograder.release.solutions import solutions_module
from autograder.temporary import TemporaryFolder

__all__ = ["Built", "build", "notebook_text", "register", "uses_solutions"]


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
            if into is None:
                remember(course.releases, course.state, notebook)
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
