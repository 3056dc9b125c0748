"""The marking page, driven by keys as a marker does it."""

from __future__ import annotations

from urllib.parse import quote

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.course.folder import Course
from autograder.gradebook import marking
from benchmarks.jupyter import Lab, jupyter_lab
from benchmarks.watching import watched
from tests import small_course
from tests.conftest import solutions_of
from tests.feedback.graded import grade, notebook

pytestmark = pytest.mark.browser

CELL = "autograder/mark/small/task"
SCHEME = """### Discussion (4 points)

=== BEGIN MARK SCHEME ===
**0** Blank.

**1** A conclusion.

**2** A number.

**3** A number and a reason.

**4** Two numbers and a reason.
=== END MARK SCHEME ==="""
REPLIES = {
    "s1": "Adding gives a sum.",
    "s2": "Adding gives a sum!",
    "s3": "adding gives a  sum.",
    "s4": "",
    "s5": "",
    "s6": "<img src=x onerror=console.log(/RAN:reply/)> and $x^2$",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    source = small_course.source()
    small_course.cell_of(source, "task").source = SCHEME
    made = small_course.make(tmp_path_factory.mktemp("marking") / "course", source)
    from autograder.gradebook import assignments as recording

    made.state.mkdir()
    with solutions_of(made):
        recording.bring_up_to_date(made, "small")
    for student, reply in REPLIES.items():
        graded = notebook(made, reply=reply)
        small_course.cell_of(graded, "try-it").outputs = [nbformat.v4.new_output("stream", text="a table")]
        grade(made, student, graded)
    return made


@pytest.fixture(scope="module")
def lab(course: Course):
    with jupyter_lab(course.root) as started:
        yield started


def points(course: Course) -> dict[str, float | None]:
    return {one.student: one.points for one in marking.read(course, "small", "task")}


def opened(page: Page, lab: Lab) -> None:
    page.goto(lab.url("/" + quote(f"{CELL}?language=en", safe="/")))
    expect(page.locator("#which")).to_contain_text("/ 6")


def test_six_answers_are_marked_in_a_few_keys_and_nothing_of_them_runs(
    course: Course, lab: Lab, browser: Browser
):
    with watched(browser) as seen:
        page = seen.page
        opened(page, lab)
        expect(page.locator("#left")).to_have_text("left 6 of 6")
        expect(page.locator("#who")).to_have_text("")
        expect(page.locator("#alike")).to_have_text("3 like this")
        page.keyboard.press("3")
        expect(page.locator(".level.given .give")).to_have_text("3")
        expect(page.locator("#left")).to_have_text("left 5 of 6")
        for step in range(2):
            page.keyboard.press("Enter")
            expect(page.locator("#which")).to_have_text(f"Answer {step + 2} / 6")
            page.keyboard.press("2")
            expect(page.locator("#left")).to_have_text(f"left {4 - step} of 6")
        page.keyboard.press("b")
        expect(page.locator("#left")).to_have_text("left 1 of 6")
        page.keyboard.press("z")
        expect(page.locator("#left")).to_have_text("left 3 of 6")
        page.keyboard.press("b")
        expect(page.locator("#left")).to_have_text("left 1 of 6")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text("< img src=x")
        page.keyboard.press("o")
        expect(page.locator("#figures")).to_contain_text("a table")
        page.keyboard.press("n")
        expect(page.locator("#who")).to_have_text("s6")
        page.keyboard.press("c")
        page.keyboard.type("See the notes.")
        page.keyboard.press("Escape")
        page.keyboard.press("4")
        expect(page.locator("#left")).to_have_text("All answers are marked.")
    assert seen.ran == set()
    assert seen.dialogs == []
    assert [address for address in seen.asked if not address.startswith((lab.origin, "data:"))] == []
    found = points(course)
    assert sorted(found[one] for one in ("s1", "s2", "s3")) == [2.0, 2.0, 3.0]
    assert (found["s4"], found["s5"], found["s6"]) == (0.0, 0.0, 4.0)
    comments = {one.student: one.comment for one in marking.read(course, "small", "task")}
    assert comments["s6"] == "See the notes."


def test_two_markers_do_not_overwrite_each_other(course: Course, lab: Lab, browser: Browser):
    with watched(browser) as one, watched(browser) as other:
        opened(one.page, lab)
        opened(other.page, lab)
        one.page.keyboard.press("1")
        expect(one.page.locator(".level.given .give")).to_have_text("1")
        other.page.keyboard.press("4")
        expect(other.page.locator("#message")).to_contain_text("Somebody else has marked it")
        expect(other.page.locator(".level.given .give")).to_have_text("1")
        other.page.keyboard.press("4")
        expect(other.page.locator(".level.given .give")).to_have_text("4")


def test_the_list_says_what_is_left(course: Course, lab: Lab, browser: Browser):
    with watched(browser) as seen:
        seen.page.goto(lab.url("/autograder/mark"))
        expect(seen.page.locator("tr")).to_contain_text("Discussion")
        seen.page.locator("tr a").click()
        expect(seen.page.locator("#which")).to_contain_text("/ 6")


def test_without_the_token_nothing_is_shown(course: Course, lab: Lab, browser: Browser):
    with watched(browser) as seen:
        seen.page.goto(f"{lab.origin}/{CELL}")
        assert "/login" in seen.page.url
