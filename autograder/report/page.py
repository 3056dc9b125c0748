"""The class report as one HTML page that needs nothing else: no server, no network, no other file."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.collecting import beforehand
from autograder.course.folder import Course
from autograder.course.times import shown_time
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.report import figures, texts
from autograder.report.attention import attention
from autograder.report.classroom import Classroom
from autograder.report.details import details
from autograder.report.early import early
from autograder.report.examples import Example, Examples
from autograder.report.groups import groups
from autograder.report.items import items
from autograder.report.rows import rows
from autograder.report.statistics import ENOUGH, Spread, spread
from autograder.report.sweeps import sweeps
from autograder.sentences import translated
from autograder.similarity import pairs
from autograder.text import clean_text, duration, in_language

__all__ = ["DEFAULT_OUTPUT", "FORMGRADER", "render", "write"]

DEFAULT_OUTPUT = Path("report") / "report.html"
FORMGRADER = "http://localhost:8888"
SLOWEST = 3
MOST_EXAMPLES = 5
"""Groups of each test that are shown with an example."""


@dataclass(frozen=True)
class Times:
    """How long the submissions of an assignment took.

    Attributes:
        seconds: How they are spread.
        slowest: (student, seconds), the slowest first.
    """

    assignment: str
    seconds: Spread
    slowest: tuple[tuple[str, float], ...]


def write(
    course: Course,
    classroom: Classroom,
    output: Path | None = None,
    language: str = "en",
    formgrader: str = FORMGRADER,
) -> Path:
    """Write the report of a course.

    Args:
        output: The file, or the folder for it; `DEFAULT_OUTPUT` in the course folder where it is not given.
        language: Of the page, one of `texts.LANGUAGES`.

    Returns:
        The file.

    Raises:
        CourseError: The file cannot be written.
    """
    target = (output or course.root / DEFAULT_OUTPUT).absolute()
    if target.is_dir():
        target /= DEFAULT_OUTPUT.name
    similar = {name: pairs.read(course.state, name) for name in classroom.assignments}
    html = render(
        classroom,
        similar,
        datetime.datetime.now().astimezone(),
        partial(_feedback_link, course, target.parent),
        language,
        formgrader,
        Examples(course),
    )
    try:
        write_whole(target, html)
    except OSError as error:
        raise CourseError(f"the report cannot be written to {target} ({error.strerror or error})") from error
    return target


def render(
    classroom: Classroom,
    similar: dict[str, pairs.Similar],
    now: datetime.datetime,
    feedback_link: Callable[[str, str], str | None],
    language: str = "en",
    formgrader: str = FORMGRADER,
    example: Callable[[str, str, str], Example | None] = lambda student, assignment, test: None,
) -> str:
    """The page.

    Args:
        feedback_link: Gives the relative address of a student's feedback; None where there is none.
        example: Gives a student's answer in an assignment that a test is about.
    """
    reports = {name: items(classroom, name) for name in classroom.assignments}
    loader = PackageLoader("autograder.report")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    gettext, ngettext = texts.translations(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        gettext, ngettext, newstyle=True
    )

    def said(message: str) -> str:
        return translated(in_language(message, language), language)

    environment.filters.update(
        breakable=_breakable,
        clean=clean_text,
        duration=duration,
        percent=_percent,
        points=_points,
        said=said,
    )
    environment.finalize = _without_control_characters
    students, root = rows(classroom), formgrader.rstrip("/")
    script, style = (loader.get_source(environment, name)[0] for name in ("report.js", "report.css"))
    distributions = {
        name: [score.total for score in classroom.counted(name).values()] for name in classroom.assignments
    }
    return environment.get_template("report.html").render(
        classroom=classroom,
        language=language,
        now=shown_time(now, classroom.zone),
        attention=attention(classroom, reports),
        similar=[(name, pair) for name, found in similar.items() for pair in found.pairs],
        more_similar=sum(found.more for found in similar.values()),
        reports=reports,
        groups={name: groups(classroom, name) for name in classroom.assignments},
        example=example,
        most_examples=MOST_EXAMPLES,
        spreads={name: spread(scores) for name, scores in distributions.items()},
        histograms={
            name: figures.score_distribution(
                scores,
                classroom.book.max_points(name),
                spreading.median,
                (gettext("Scores").lower(), gettext("Students").lower()),
            )
            for name, scores in distributions.items()
            if (spreading := spread(scores)) is not None
        },
        times=[found for name in classroom.assignments if (found := _times(classroom, name))],
        rows=students,
        known=_data(details(classroom, students, similar, f"{root}/formgrader/submissions/", gettext, said)),
        early=early(classroom),
        handed_in=lambda standing: beforehand.sentence(standing, classroom.zone, gettext),
        themes=_themes(classroom),
        feedback_link=feedback_link,
        formgrader=partial(_formgrader_link, classroom, root),
        enough=ENOUGH,
        script=Markup(script),
        style=Markup(style),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _data(content: object) -> Markup:
    """JSON in which nothing ends the element that it stands in."""
    return Markup(json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _times(classroom: Classroom, assignment: str) -> Times | None:
    seconds = sorted(
        (
            (one.student, one.seconds)
            for one in classroom.outcomes.values()
            if one.assignment == assignment and one.cells and classroom.counts(one.student, assignment)
        ),
        key=lambda item: (-item[1], item[0]),
    )
    found = spread([value for _, value in seconds])
    return None if found is None else Times(assignment, found, tuple(seconds[:SLOWEST]))


def _themes(classroom: Classroom) -> list[tuple]:
    """For each theme with tables: the sweeps, and a picture for each panel."""
    found = []
    for name in classroom.assignments:
        if classroom.groups.of(name) is not None:
            outcomes = [
                one
                for (student, other), one in sorted(classroom.outcomes.items())
                if other == name and classroom.counts(student, name)
            ]
            drawn = sweeps(name, outcomes)
            if drawn is not None:
                found.append(
                    (drawn, [figures.sweep(panel, drawn.metric, drawn.scores) for panel in drawn.panels])
                )
    return found


def _formgrader_link(classroom: Classroom, root: str, assignment: str, student: str = "") -> str | None:
    """The page of an assignment in formgrader, or of one submission; None where it has none."""
    if not student:
        return f"{root}/formgrader/gradebook/{quote(assignment)}/{quote(assignment)}"
    score = classroom.book.scores.get((student, assignment))
    return f"{root}/formgrader/submissions/{quote(score.notebook)}/" if score and score.notebook else None


def _feedback_link(course: Course, folder: Path, student: str, assignment: str) -> str | None:
    path = course.root / course.directory.feedback_directory / student / assignment / f"{assignment}.html"
    if "/" in student or not path.is_file():
        return None
    return quote(os.path.relpath(path, folder).replace(os.sep, "/"), errors="surrogateescape")


def _without_control_characters(value: object) -> object:
    return clean_text(value) if type(value) is str else value


def _breakable(name: str) -> Markup:
    """A name that may be broken after its underscores."""
    return Markup("_<wbr>").join(escape(clean_text(name)).split("_"))


def _points(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"
