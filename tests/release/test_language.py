"""One language of a source notebook."""

from __future__ import annotations

from autograder.course import cells
from autograder.release.language import SelectLanguage
from tests import small_course


class TestSelectLanguage:
    def texts(self, language: str) -> list[str]:
        notebook, _ = SelectLanguage(language=language).preprocess(small_course.source(), {})
        return [cell.id for cell in notebook.cells if cell.cell_type == "markdown"]

    def test_the_other_languages_are_removed(self):
        assert self.texts("ja") == ["intro-ja", "total-ja", "task", "reply"]
        assert self.texts("en") == ["intro-en", "total-en", "task", "reply"]

    def test_a_notebook_in_another_language_only_keeps_its_texts(self):
        source = small_course.source()
        source.cells = [cell for cell in source.cells if cells.language(cell) != "ja"]
        notebook, _ = SelectLanguage(language="ja").preprocess(source, {})
        assert "intro-en" in [cell.id for cell in notebook.cells]

    def test_code_is_shared(self):
        step = SelectLanguage(language="ja")
        notebook, _ = step.preprocess(small_course.source(), {})
        assert len([cell for cell in notebook.cells if cell.cell_type == "code"]) == 6
