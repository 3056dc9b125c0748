"""Formgrader without a network: its page of a submission waits for MathJax from a server far away."""

from __future__ import annotations

from pathlib import Path

import nbgrader

__all__ = ["TEMPLATES"]

TEMPLATES = [
    str(Path(__file__).parent / "templates"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
]
"""For `HTMLExporter.extra_template_basedirs`: nbgrader's templates, but for the one that loads MathJax."""
