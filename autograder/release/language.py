"""One language of a source notebook."""

from __future__ import annotations

from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

__all__ = ["SelectLanguage"]


class SelectLanguage(NbGraderPreprocessor, TagRemovePreprocessor):
    """Removes the markdown cells of the other languages, and the tags of this one."""

    language = Unicode("ja", help="The language of the release: cells tagged lang-<other> are removed").tag(
        config=True
    )
    languages = List(Unicode(), ["ja", "en"], help="All languages of the source notebooks").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self.remove_cell_tags = {f"lang-{other}" for other in self.languages if other != self.language}
        return super().preprocess(nb, resources)
