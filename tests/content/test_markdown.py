"""What stands in Markdown is shown as meant, in any reader of CommonMark: JupyterLab's, Colab's, GitHub's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.content.answers import ASSIGNMENTS, COURSE, source

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/ja/*.md", "release/*/README.md")
    for path in COURSE.root.glob(pattern)
)
SHOWN = {"softbreak": "\n", "code_inline": "C", "html_inline": ""}
LEFT_OVER = re.compile(r"\*\*|(?<!\w)\*(?=\w)|`|\n\s*\d\. |^\s*(?:[-|]|#+) ", re.MULTILINE)
"""Marks of Markdown in what a reader sees: asterisks between a bracket and a letter, for one, end nothing."""


def left_over(text: str) -> Iterator[str]:
    """Where a reader of a Markdown text would see its marks; formulas and code aside."""
    text = re.sub(r"\$\$.*?\$\$", "M", text, flags=re.DOTALL)
    text = re.sub(r"\$[^$\n]+\$", "M", text)
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        seen = "".join(SHOWN.get(child.type, child.content) for child in token.children or ())
        yield from (seen[max(0, found.start() - 20) : found.end() + 20] for found in LEFT_OVER.finditer(seen))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_cell_shows_marks_of_markdown(assignment: str):
    notebook = source(assignment)
    shown = {cell.id: list(left_over(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown"}
    assert {cell: lines for cell, lines in shown.items() if lines} == {}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(COURSE.root)))
def test_no_page_shows_marks_of_markdown(path: Path):
    assert list(left_over(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "**これを「陽性」**とします",
        "文\n2. 二つ目",
        "| a | b |\n| c | d |",
        "`a",
        "*a",
        "文\n#\u3000見出し**",
    ],
)
def test_marks_that_do_nothing_are_found(text: str):
    assert list(left_over(text)) != []
