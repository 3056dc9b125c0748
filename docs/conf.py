"""The documentation: `make docs`. Commands and settings are written from the program itself."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docutils import nodes

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

import reference  # noqa: E402

reference.write(HERE / "_made")

project = "autograder"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "_made", "numbers", "pictures"]
html_theme = "furo"
html_title = "autograder"
myst_heading_anchors = 3
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
html_show_copyright = False
smartquotes = False  # what is copied from here into a shell or a configuration must work

WIDE = re.compile(r"[\u3001-\u303f\u3040-\u30ff\u4e00-\u9fff\uff01-\uff60]")


def without_breaks(app, doctree: nodes.document) -> None:
    """Japanese has no spaces between words: the end of a line in the source is no gap on the page."""
    for text in list(doctree.findall(nodes.Text)):
        if text != "\n" or text.parent is None:
            continue
        place = text.parent.index(text)
        before, after = text.parent[:place], text.parent[place + 1 :]
        if before and after and all(map(WIDE.match, (before[-1].astext()[-1:], after[0].astext()[:1]))):
            text.parent.remove(text)


def setup(app) -> None:
    app.connect("doctree-read", without_breaks)
