"""One browser, and one small class that is graded and open in JupyterLab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser

from autograder.course.folder import Course
from autograder.kernel import bubblewrap
from autograder.release import build
from benchmarks.jupyter import Lab, autograder, chromium, jupyter_lab, open_browser
from tests import small_course
from tests.browser import payloads
from tests.conftest import solutions_of

LIAR = """class Liar(float):
    __eq__ = lambda self, other: True
    __hash__ = float.__hash__


def total(values):
    return Liar(0)"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser or a sandbox there is nothing to see; in CI that is a failure."""
    missing = (
        "no Chromium; `make browser` installs it" if chromium() is None else bubblewrap.why_unavailable()
    )
    if missing is None or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class of three: ada is honest, eve attacks browsers, and liar forges; ada and eve are graded."""
    course = small_course.make(tmp_path_factory.mktemp("browser") / "course")
    with solutions_of(course):
        build.build(course)
    small_course.submit(course, "ada")
    small_course.submit(course, "eve", hostile(course))
    small_course.write(
        course.submitted / "eve" / small_course.ASSIGNMENT / "stolen-beside.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="console.log(/RAN:beside/)"/>',
    )
    small_course.submit(course, payloads.HOSTILE_ID)
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        name = payloads.HOSTILE_NAME
        gradebook.update_or_create_student("eve", first_name=name, last_name=name, email=name)
    autograder(course.root, "grade", "--require-sandbox")
    autograder(course.root, "feedback")
    small_course.submit(course, "liar", total=LIAR)
    return course


def hostile(course: Course) -> nbformat.NotebookNode:
    """All payloads, each in a cell of its own, and all texts once more in the written reply."""
    notebook = small_course.answered(course)
    reply = small_course.cell_of(notebook, "reply")
    texts = [one.cell for one in payloads.PAYLOADS if one.cell.cell_type == "markdown"]
    reply.source = "\n\n".join(["# task", *(cell.source for cell in texts)])
    reply.attachments = {name: data for cell in texts for name, data in cell.get("attachments", {}).items()}
    notebook.cells[1:1] = [one.cell for one in payloads.PAYLOADS]
    notebook.metadata.update(payloads.notebook_metadata())
    return notebook


@pytest.fixture(scope="session")
def lab(classroom: Course) -> Iterator[Lab]:
    """JupyterLab on the class."""
    with jupyter_lab(classroom.root) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with open_browser() as opened:
        yield opened
