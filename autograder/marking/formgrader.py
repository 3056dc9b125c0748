"""Formgrader without a network: its page of a submission waits for MathJax from a server far away."""

from __future__ import annotations

from pathlib import Path

from nbgrader.server_extensions.formgrader.handlers import template_path

__all__ = ["TEMPLATES"]

TEMPLATES = [str(Path(__file__).parent / "templates"), template_path]
"""For `HTMLExporter.extra_template_basedirs`: nbgrader's templates, but for the one that loads MathJax."""
