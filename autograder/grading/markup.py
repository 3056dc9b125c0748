"""Make what students wrote harmless where a browser of the instructor's shows it.

Markdown is shown by formgrader and feedback with its HTML, and MathJax has commands that
make links and load code; a student's text keeps its Markdown and its formulas and loses
these. (Outputs are rebuilt from text and pictures where they are read, in `kernel.client`.)
"""

from __future__ import annotations

import re

__all__ = ["harmless_markdown"]

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SCHEME = re.compile(r"(java|vb)script\s*:", re.IGNORECASE)
_TEX = re.compile(r"\\(href|require|style|class|cssId|unicode|url)\b")


def harmless_markdown(source: str) -> str:
    """A student's Markdown without HTML, script links and commands of MathJax that reach outside."""
    source = _TAG.sub("&lt;", source)
    source = _SCHEME.sub(r"\1script&#58;", source)
    return _TEX.sub(r"\\text{\1}", source)
