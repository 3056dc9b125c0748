"""One language of a source notebook."""

from __future__ import annotations

from autograder.release.language import SelectLanguage
from tests import small_course


class TestSelectLanguage:
    def texts(self, language: str) -> list[str]:
        step = SelectLanguage(language=language, languages=["ja", "en"])
        notebook, _ = step.preprocess(small_course.source(), {})
        return [cell.id for cell in notebook.cells if cell.cell_type == "markdown"]

    def test_the_other_languages_are_removed(self):
        assert self.texts("ja") == ["intro-ja", "total-ja", "task", "reply"]
        assert self.texts("en") == ["intro-en", "total-en", "task", "reply"]

    def test_code_is_shared(self):
        step = SelectLanguage(language="ja")
        notebook, _ = step.preprocess(small_course.source(), {})
        assert len([cell for cell in notebook.cells if cell.cell_type == "code"]) == 6
