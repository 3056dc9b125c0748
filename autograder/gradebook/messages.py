"""What a student is told of a test cell, in feedback and wherever else points go."""

from __future__ import annotations

from collections.abc import Mapping

from nbformat import NotebookNode

from autograder.sentences import translated
from autograder.text import clean_text, in_language

__all__ = ["message_of"]


def message_of(test: NotebookNode, result: Mapping, language: str) -> str:
    """Why a test cell was not passed, in the student's language; "" where it was.

    Args:
        test: The cell in the autograded notebook.
        result: What grading noted of it; empty where nbgrader alone has graded.
    """
    if result.get("status") == "passed":
        return ""
    errors = [output for output in test.get("outputs", []) if output.get("output_type") == "error"]
    message = str(result.get("message") or (errors[-1].get("evalue", "") if errors else ""))
    return in_language(translated(clean_text(message), language), language)
