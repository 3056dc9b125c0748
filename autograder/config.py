"""Puts the engine into nbgrader's own commands, for nbgrader_config.py.

from autograder.config import configure

c = get_config()
configure(c)
"""

from __future__ import annotations

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import Execute, SaveAutoGrades
from traitlets.config import Config

from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.preprocessors import StudentFeedback
from autograder.gradebook.preprocessors import SaveGrades
from autograder.grading.preprocessors import EscapeNames, RebuildSubmission
from autograder.marking.formgrader import TEMPLATES
from autograder.mistakes.preprocessors import ExecuteAndRecognise
from autograder.release.colab import ColabBadge
from autograder.release.language import SelectLanguage
from autograder.release.rules import CheckRelease, CheckSource

__all__ = ["configure"]


def configure(c: Config) -> None:
    """Add the engine's steps to those with which nbgrader builds, grades and writes feedback.

    Call it first: what nbgrader_config.py sets after it counts.

    Args:
        c: What `get_config()` gives in nbgrader_config.py; it is changed.
    """
    c.GenerateAssignment.preprocessors = [
        CheckSource,
        SelectLanguage,
        *GenerateAssignment().preprocessors,
        ColabBadge,
        CheckRelease,
    ]
    c.Autograde.sanitize_preprocessors = [RebuildSubmission, *Autograde().sanitize_preprocessors]
    c.Autograde.autograde_preprocessors = [
        {Execute: ExecuteAndRecognise, SaveAutoGrades: SaveGrades}.get(step, step)
        for step in Autograde().autograde_preprocessors
    ]
    c.ExportApp.plugin_class = (
        "autograder.export.exporters.NbgraderExporter"  # unless --exporter names another
    )
    c.GenerateFeedback.exporter_class = FeedbackExporter
    c.GenerateFeedback.preprocessors = [StudentFeedback]
    # formgrader's pages show students' texts without anything that a browser would run or fetch, and need no network
    c.HTMLExporter.extra_template_basedirs = TEMPLATES
    c.HTMLExporter.filters = {"markdown2html": "autograder.submission.markup.markdown_to_html"}
    c.HTMLExporter.preprocessors = [EscapeNames]
