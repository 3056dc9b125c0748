"""On a telephone's 320 or 390 pixels no page is wider than the screen, and none waits for a network."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from urllib.parse import quote

import nbformat
import pytest
from nbgrader.api import Gradebook
from PIL import Image
from playwright.sync_api import Browser

from autograder.course.folder import Course
from autograder.feedback import term, writer
from benchmarks.jupyter import Lab, autograder
from benchmarks.watching import Seen, watched
from tests import small_course
from tests.feedback.graded import grade, notebook

pytestmark = pytest.mark.browser

WIDTHS = (320, 390)


@pytest.fixture(params=WIDTHS)
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Seen]:
    with watched(browser) as seen:
        seen.page.set_viewport_size({"width": request.param, "height": 844})
        yield seen


def fits(seen: Seen) -> bool:
    seen.page.wait_for_load_state("networkidle")
    return seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_formgraders_page_of_a_submission_fits(classroom: Course, lab: Lab, phone: Seen):
    with Gradebook(classroom.directory.db_url, classroom.directory.course_id) as gradebook:
        name = small_course.ASSIGNMENT
        identity = gradebook.find_submission_notebook(name, name, "ada").id
    phone.page.goto(lab.url(f"/formgrader/submissions/{identity}/"))
    phone.page.locator(".nbgrader_cell").first.wait_for()
    assert fits(phone)
    assert [address for address in phone.asked if not address.startswith((lab.origin, "data:"))] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_marking_pages_fit(lab: Lab, phone: Seen, language: str):
    for address in (
        f"autograder/mark?language={language}",
        f"autograder/mark/small/task?language={language}",
    ):
        phone.page.goto(lab.url("/" + quote(address, safe="/")))
        assert fits(phone), address


def test_panels_side_by_side_are_scrolled_and_not_squeezed(registered: Course, phone: Seen):
    file = io.BytesIO()
    Image.new("RGB", (1500, 400)).save(file, "PNG")
    panels = base64.b64encode(file.getvalue()).decode()
    made = notebook(registered)
    small_course.cell_of(made, "scale").outputs = [
        nbformat.v4.new_output("stream", text="k = 16:   6.5 kB  RMSE 0.0410  accuracy 91.4 %  cosine 0.890"),
        nbformat.v4.new_output("display_data", {"image/png": panels}),
    ]
    grade(registered, "ada", made, task=4.0)
    writer.write(registered)
    phone.page.goto(writer.page_path(registered, "ada", "small").as_uri())
    assert fits(phone)
    phone.page.set_default_timeout(5_000)
    box, line = phone.page.locator(".wide"), phone.page.locator("pre.stream")
    assert box.evaluate("box => box.clientWidth <= window.innerWidth")
    assert box.evaluate("box => box.scrollWidth") >= 900
    assert line.evaluate("text => text.clientHeight") < 40


@pytest.mark.parametrize("language", ["ja", "en"])
def test_long_formulas_and_the_state_of_what_could_not_be_graded_fit(
    registered: Course, phone: Seen, language: str
):
    made = notebook(registered, language=language)
    vector = ",\\ ".join(rf"{x}\cdot{x} - {x}" for x in range(10))
    made.cells.append(
        nbformat.v4.new_markdown_cell(f"By hand: $y = ({vector})$ and then\n\n$$y = ({vector})$$")
    )
    grade(registered, "ada", made, task=4.0)
    small_course.submit(registered, "bob", b"no notebook")
    pages = term.write(registered, writer.write(registered))
    for page in (writer.page_path(registered, "ada", "small"), *pages.values()):
        phone.page.goto(page.as_uri())
        assert fits(phone), page


def test_feedback_and_the_report_fit(classroom: Course, phone: Seen):
    autograder(classroom.root, "feedback")
    autograder(classroom.root, "report")
    for page in ("feedback/ada/small/small.html", "feedback/ada/index.html", "report/report.html"):
        phone.page.goto((classroom.root / page).as_uri())
        assert fits(phone), page
