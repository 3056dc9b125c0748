"""One language of a source notebook, and the folders in which releases stand."""

from __future__ import annotations

from pathlib import Path

from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode
from traitlets.config import Config

from autograder.course import cells
from autograder.course.folder import Course

__all__ = [
    "SelectLanguage",
    "languages_of",
    "main_language",
    "registered_language",
    "release_folder",
    "released_as",
]


class SelectLanguage(NbGraderPreprocessor, TagRemovePreprocessor):
    """Removes the markdown cells of the other languages.

    A notebook that has no text in the language keeps its first one: without any it would teach nothing.
    """

    language = Unicode("ja", help="The language of the release: cells tagged lang-<other> are removed").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        found = list(dict.fromkeys(filter(None, map(cells.language, nb.cells))))
        kept = self.language if self.language in found else next(iter(found), None)
        self.remove_cell_tags = {f"lang-{other}" for other in found if other != kept}
        return super().preprocess(nb, resources)


def main_language(config: Config) -> str:
    """The language of nbgrader's own commands: that of the gradebook, the exchange and `release_directory`."""
    return config.SelectLanguage.get("language", SelectLanguage.language.default_value)


def release_folder(course: Course, language: str | None) -> Path:
    """Where the releases in a language are written, relative to the course folder.

    nbgrader's own `release_directory`; where that is the folder of one language, the others stand beside it.
    """
    folder = Path(course.directory.release_directory)
    if language is None:
        return folder
    return (folder.parent if folder.name == main_language(course.config) else folder) / language


def registered_language(course: Course, assignment: str) -> str | None:
    """The language in which the gradebook and the exchange have an assignment; None where it has no tags."""
    languages = languages_of(course, assignment)
    wanted = main_language(course.config)
    return wanted if wanted in languages else next(iter(languages), None)


def released_as(course: Course, assignment: str) -> dict[str | None, str | None]:
    """For each language whose folder has an assignment, the language in which it has it.

    Where the course's main language has assignments, it has all of them, for nbgrader's own commands look
    nowhere else: one that is in other languages only stands there in its first one.
    """
    own = languages_of(course, assignment)
    if not own:
        return {None: None}
    main = main_language(course.config)
    elsewhere = main not in own and any(main in languages_of(course, other) for other in course.assignments())
    folders: dict[str | None, str | None] = {language: language for language in own}
    return folders | {main: own[0]} if elsewhere else folders


def languages_of(course: Course, assignment: str) -> tuple[str, ...]:
    """The languages of an assignment's notebooks."""
    every = (course.template(name).languages for name in course.notebooks(assignment))
    return tuple(dict.fromkeys(language for languages in every for language in languages))
