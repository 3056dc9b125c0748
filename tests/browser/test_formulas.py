"""Every formula and every bold word of the course's texts is set by JupyterLab, as students see it."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from playwright.sync_api import Browser

from autograder.course.folder import Course
from benchmarks.answers import ASSIGNMENTS, languages, release
from benchmarks.jupyter import ACTION_MILLISECONDS, Lab

pytestmark = pytest.mark.browser

SEEN = """() => {
  document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
  const texts = [...document.querySelectorAll(".jp-MarkdownOutput")];
  const withoutCode = texts.map((text) => {
    const copy = text.cloneNode(true);
    copy.querySelectorAll("code, mjx-container").forEach((part) => part.remove());
    return copy.textContent;
  });
  return {
    formulas: document.querySelectorAll("mjx-container").length,
    refused: [...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map((error) => error.outerHTML),
    marks: withoutCode.filter((text) => /\\$|\\*\\*|\\\\\\(/.test(text)),
    wide: texts.filter((text) => text.scrollWidth > text.clientWidth + 2).map((text) => text.textContent),
  };
}"""


def texts() -> list[NotebookNode]:
    """The Markdown of all releases with a formula or a bold word, each once."""
    sources = {
        cell.source: None
        for assignment in ASSIGNMENTS
        for language in languages(assignment)
        for cell in release(assignment, language).cells
        if cell.cell_type == "markdown" and ("$" in cell.source or "**" in cell.source)
    }
    return [new_markdown_cell(text) for text in sources]


def test_jupyterlab_sets_every_formula_and_every_bold_word(classroom: Course, lab: Lab, browser: Browser):
    cells = texts()
    nbformat.write(new_notebook(cells=cells), classroom.root / "formulas.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(ACTION_MILLISECONDS)
    page.goto(lab.url("/lab/tree/formulas.ipynb?reset"))
    page.locator(".jp-MarkdownOutput").nth(len(cells) - 1).wait_for(state="attached")
    page.wait_for_function("() => !/\\$[^$]+\\$/.test(document.querySelector('.jp-Notebook').innerText)")
    seen = page.evaluate(SEEN)
    page.close()
    assert seen["formulas"] > 1000
    assert (seen["refused"], seen["marks"], seen["wide"]) == ([], [], [])
