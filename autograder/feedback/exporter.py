"""The page as nbconvert makes it, for `autograder feedback` and for `nbgrader generate_feedback` alike."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment
from nbconvert.exporters import TemplateExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from traitlets import default

from autograder.course import cells
from autograder.course.settings import settings_of
from autograder.course.template import Template
from autograder.course.times import local_zone, shown_time
from autograder.feedback import page, parts
from autograder.feedback.page import Hints
from autograder.feedback.rendering import Pictures, given_text
from autograder.feedback.texts import duration, phrases
from autograder.gradebook.transcripts import Transcript
from autograder.text import points
from autograder.verdict.disclosure import for_students

__all__ = ["KEY", "FeedbackExporter", "number", "pictures_of"]

TEMPLATES = Path(__file__).parent / "templates"
KEY = "autograder"
"""Where in nbconvert's resources the transcript and the course's pictures are."""
LARGEST_PICTURE = 200_000
"""Bytes of a picture of the assignment's that is put into every page."""


class FeedbackExporter(TemplateExporter):
    """One page of HTML that needs nothing beside it; `GenerateFeedback.exporter_class` names it.

    A notebook is preprocessed by `StudentFeedback`, which puts into the resources what the
    gradebook says. The template is `feedback_page/index.html.j2`; a folder of the course's in
    `FeedbackExporter.extra_template_basedirs` can hold another one of that name.
    """

    export_from_notebook = None
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "feedback_page"

    @default("template_extension")
    def _template_extension_default(self) -> str:
        return ".html.j2"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.globals["requests_to"] = settings_of(self.config).requests_to
        return environment

    def default_filters(self) -> Iterable[tuple[str, object]]:
        """Beside nbconvert's: the page's own."""
        yield from super().default_filters()
        yield "feedback_page", _page
        yield "feedback_parts", _parts
        yield "phrases", phrases
        yield "duration", duration
        yield "number", number
        yield "points", points
        yield "trusted", given_text
        zone = local_zone(settings_of(self.config).timezone)
        yield "local_time", lambda time: shown_time(time, zone)

    def page(
        self,
        notebook: NotebookNode,
        student: str,
        assignment: str,
        transcript: Transcript | None,
        files: Pictures,
        key: str = "",
        hints: Hints | None = None,
    ) -> str:
        """The page of a notebook whose transcript is known, without nbconvert's preprocessors."""
        resources = ResourcesDict(nbgrader={"student": student, "assignment": assignment})
        resources[KEY] = {"transcript": transcript, "files": files, "hints": hints, "key": key}
        return self.template.render(nb=notebook, resources=resources)


def number(value: float) -> str:
    """Points without digits that say nothing."""
    return f"{round(value, 2):g}"


def pictures_of(template: Template) -> Pictures:
    """The pictures that an assignment ships, as data URLs."""
    files = Pictures()
    for name, content in template.files:
        kind = mimetypes.guess_type(name)[0] or ""
        if kind in ("image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp") and (
            len(content) <= LARGEST_PICTURE
        ):
            files[name] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return files


def _page(notebook: NotebookNode, resources: ResourcesDict) -> page.Page:
    names = resources.get("nbgrader", {})
    transcript, files = _known(resources)
    hints = resources.get(KEY, {}).get("hints")
    return page.page(
        notebook, transcript, names.get("student", ""), names.get("assignment", ""), files, hints
    )


def _parts(notebook: NotebookNode, resources: ResourcesDict) -> Iterable[parts.Part]:
    return parts.parts(for_students(notebook), cells.language_of(notebook), _known(resources)[1])


def _known(resources: ResourcesDict) -> tuple[Transcript | None, Pictures]:
    known = resources.get(KEY, {})
    return known.get("transcript"), known.get("files") or Pictures()
