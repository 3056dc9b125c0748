"""Links that open a released notebook in Google Colab."""

from __future__ import annotations

import re
from urllib.parse import quote

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import TraitError, Unicode, validate
from traitlets.config import Config

from autograder.errors import CourseError

__all__ = ["CELL_ID", "ColabBadge", "badge", "badge_of"]

CELL_ID = "colab-badge"
IMAGE = "https://colab.research.google.com/assets/colab-badge.svg"
_REPOSITORY = re.compile(r"[\w-]+/[\w.-]+", re.ASCII)


class ColabBadge(NbGraderPreprocessor):
    """Before `CheckRelease` in `GenerateAssignment.preprocessors`: a badge "Open In Colab" as the first cell.

    Without a repository it changes nothing.
    """

    repository = Unicode("", help="The GitHub repository that holds release/, as owner/name").tag(config=True)
    branch = Unicode("main", help="The branch whose release/ students open").tag(config=True)

    @validate("repository")
    def _owner_and_name(self, proposal: dict) -> str:
        value = proposal["value"].strip()
        if value and not _REPOSITORY.fullmatch(value):
            raise TraitError(f"ColabBadge.repository: expected owner/name as on GitHub, got '{value}'")
        return value

    def url(self, language: str, assignment: str, notebook: str) -> str | None:
        """Where a released notebook opens; None where no repository is configured."""
        if not self.repository:
            return None
        path = f"release/{language}/{assignment}/{notebook}.ipynb"
        return f"https://colab.research.google.com/github/{self.repository}/blob/{quote(self.branch)}/{quote(path)}"

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        language = self.config.SelectLanguage.get("language", "ja")
        url = self.url(language, names["assignment"], names["notebook"])
        if url:
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(badge(url), id=CELL_ID))
        return nb, resources


def badge(url: str) -> str:
    """The badge in Markdown, as Colab itself writes it."""
    return f"[![Open In Colab]({IMAGE})]({url})"


def badge_of(config: Config) -> ColabBadge:
    """The badge as a course configures it.

    Raises:
        CourseError: The configuration is wrong.
    """
    try:
        return ColabBadge(config=config)
    except TraitError as error:
        raise CourseError(str(error)) from None
