"""Nothing of a student's runs in the instructor's browser, or asks or leads anywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser

from autograder.course.folder import Course
from benchmarks.jupyter import Lab, autograder, environment
from benchmarks.watching import watched
from tests import small_course
from tests.browser.formgrader import identity
from tests.browser.payloads import HOSTILE_ID, PAYLOADS, Payload

pytestmark = pytest.mark.browser

NOTEBOOK = f"{small_course.ASSIGNMENT}/{small_course.ASSIGNMENT}"


def feedback(course: Course, lab: Lab) -> str:
    """What `autograder feedback` has written."""
    return (course.root / "feedback" / "eve" / f"{NOTEBOOK}.html").as_uri()


def feedback_of_nbgrader(course: Course, lab: Lab) -> str:
    """What `nbgrader generate_feedback` writes."""
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "generate_feedback",
        small_course.ASSIGNMENT,
        "--student",
        "eve",
        "--force",
    ]
    subprocess.run(command, cwd=course.root, env=environment(), check=True, capture_output=True)
    return feedback(course, lab)


def converted(course: Course, lab: Lab) -> str:
    """The autograded notebook, by plain nbconvert and without the settings of the course."""
    page = course.root.parent / "converted.html"
    page.write_text(
        html_of(nbformat.read(course.root / "autograded" / "eve" / f"{NOTEBOOK}.ipynb", as_version=4))
    )
    return page.as_uri()


def submission(course: Course, lab: Lab) -> str:
    """Formgrader's page of the submission."""
    return lab.url(f"/formgrader/submissions/{identity(course, 'eve')}/")


def live_notebook(course: Course, lab: Lab) -> str:
    """The autograded notebook in JupyterLab, where formgrader's "open live notebook" leads."""
    return lab.url(f"/lab/tree/autograded/eve/{NOTEBOOK}.ipynb")


def page_of_formgrader(path: str) -> Callable[[Course, Lab], str]:
    """One of formgrader's lists."""
    return lambda course, lab: lab.url(f"/formgrader/{path}")


SHOWN = {
    "formgrader": submission,
    "feedback": feedback,
    "feedback of nbgrader": feedback_of_nbgrader,
    "live notebook": live_notebook,
    "nbconvert": converted,
}
"""Pages that show what eve has handed in, and how to get there."""

WITH_LINKS = ("live notebook", "nbconvert")
"""Of these, programs that show Markdown in their own way: its links lead somewhere, if one follows them."""

LISTED = {
    "submissions": page_of_formgrader(f"manage_submissions/{small_course.ASSIGNMENT}"),
    "notebooks": page_of_formgrader(f"gradebook/{NOTEBOOK}"),
    "students": page_of_formgrader("manage_students"),
    "student": page_of_formgrader("manage_students/eve"),
}
"""Pages that show her name."""


def html_of(notebook: nbformat.NotebookNode) -> str:
    """The page that plain nbconvert makes."""
    return HTMLExporter(template_name="lab").from_notebook_node(notebook)[0]


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("payload", [one for one in PAYLOADS if one.live], ids=str)
def test_the_payload_works_where_nothing_protects(browser: Browser, tmp_path: Path, payload: Payload):
    page = tmp_path / "page.html"
    page.write_text(html_of(nbformat.v4.new_notebook(cells=[payload.cell])), encoding="utf-8")
    with watched(browser) as seen:
        assert seen.glance(page.as_uri()).harmed


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("page", SHOWN)
def test_no_payload_works_where_a_submission_is_shown(
    browser: Browser, classroom: Course, lab: Lab, page: str
):
    with watched(browser) as seen:
        seen.visit(SHOWN[page](classroom, lab), ready=f":has-text('payload {PAYLOADS[-1].name}')")
    assert [one.name for one in PAYLOADS if f"payload {one.name}" not in seen.text] == []
    assert seen.ran == set()
    assert seen.dialogs == []
    assert seen.stolen == []
    assert seen.foreign(lab.origin) == []
    if page not in WITH_LINKS:
        assert seen.leading_out == []


@pytest.mark.parametrize("page", LISTED)
def test_no_name_works_where_it_is_listed(browser: Browser, classroom: Course, lab: Lab, page: str):
    with watched(browser) as seen:
        seen.visit(LISTED[page](classroom, lab), ready="#main-table .text-center")
    assert "RAN:student-name" in seen.text or page in ("notebooks", "student")
    assert seen.harmed == []
    assert seen.foreign(lab.origin) == []


def test_nothing_works_in_the_class_report(browser: Browser, classroom: Course, lab: Lab):
    autograder(classroom.root, "similarity", small_course.ASSIGNMENT, "--threshold", "0")
    autograder(classroom.root, "report")
    with watched(browser) as seen:
        seen.visit((classroom.root / "report" / "report.html").as_uri(), ready="h1")
    assert "RAN:student-name" in seen.text
    assert seen.harmed == []
    assert seen.foreign(lab.origin) == []


def test_a_hostile_id_is_not_graded(classroom: Course):
    assert not (classroom.root / "autograded" / HOSTILE_ID).exists()
