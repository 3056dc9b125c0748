"""The documentation: `make docs`. Commands and settings are written from the program itself."""

from __future__ import annotations

import sys
from pathlib import Path

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
