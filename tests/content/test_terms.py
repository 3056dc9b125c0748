"""One idea has one name in all texts for students: the term sheet docs/terms.md is kept."""

from __future__ import annotations

import re

import pytest
import yaml

from autograder.course import cells
from tests.content.answers import ASSIGNMENTS, COURSE, source

SHEET = COURSE.root / "docs" / "terms.md"


def rows() -> list[list[str]]:
    """The table of the sheet, without its head."""
    lines = [line for line in SHEET.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[column.strip() for column in line.strip("|").split("|")] for line in lines[2:]]


def refused(language: str, assignment: str | None) -> list[tuple[str, str]]:
    """Each word that a text in a language may not use, with the words to use instead."""
    use, avoid = {"ja": (1, 2), "en": (3, 4)}[language]
    found = []
    for row in rows():
        for entry in filter(None, re.split("[、,] ?", row[avoid])):
            where, _, word = entry.rpartition(": ")
            if where in ("", assignment):
                found.append((word, row[use]))
    return found


def misused(text: str, language: str, assignment: str | None = None) -> list[str]:
    """Sentences about words that the sheet does not allow."""
    return [
        f"{word!r}: the term is {use!r} (docs/terms.md)"
        for word, use in refused(language, assignment)
        if word.lower() in text.lower()
    ]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_notebooks_use_the_terms_of_the_sheet(assignment):
    problems = []
    for cell in source(assignment).cells:
        for language in [cells.language(cell)] if cells.language(cell) else ["ja", "en"]:
            problems += [f"{cell.id}: {problem}" for problem in misused(cell.source, language, assignment)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "name", ["README.ja.md", "release/ja/README.md", "release/en/README.md", "README.md"]
)
def test_readmes_use_the_terms_of_the_sheet(name):
    language = "ja" if "ja" in name else "en"
    assert misused((COURSE.root / name).read_text(encoding="utf-8"), language) == []


@pytest.mark.parametrize("path", sorted(COURSE.root.glob("checks/ja/*.yaml")), ids=lambda path: path.stem)
def test_messages_use_the_terms_of_the_sheet(path):
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert misused("\n".join(said.values()), "ja", path.stem) == []


def test_a_wrong_word_is_found_with_the_right_one():
    assert misused("評価データの精度", "ja") == [
        "'評価データ': the term is 'テストデータ、テスト画像' (docs/terms.md)"
    ]


def test_a_word_may_be_wrong_in_one_assignment_only():
    assert misused("ノイズ", "ja") == []
    assert misused("ノイズ", "ja", "theme_f_adversarial") != []
