"""An instructor's work in formgrader, by hand: autograde, mark a written answer, give feedback."""

from __future__ import annotations

import re

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, expect

from autograder.course.folder import Course
from benchmarks.jupyter import Lab, autograder
from benchmarks.watching import watched
from tests import small_course
from tests.browser.conftest import LIAR
from tests.browser.formgrader import identity

pytestmark = pytest.mark.browser

SUBMISSION = 'tr:has(td.student-id:text-is("{}"))'


def grades(course: Course, student: str) -> dict[str, tuple[float | None, float | None]]:
    """What the gradebook has of each cell: the autograder's score and the person's."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        submission = gradebook.find_submission(small_course.ASSIGNMENT, student)
        return {
            grade.name: (grade.auto_score, grade.manual_score)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def test_a_test_in_the_students_own_process_would_believe_the_liar():
    names: dict = {}
    exec(f"{LIAR}\n{small_course.TEST_TOTAL}", names)
    assert names["total"]([1, 2]) == "anything"


def test_the_menu_of_jupyterlab_opens_formgrader_with_the_assignments(lab: Lab, browser: Browser):
    with watched(browser) as seen:
        page = seen.page
        page.goto(lab.url("/lab"))
        page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").click()
        for entry in ("Assignment List", "Create assignment"):
            expect(page.get_by_text(entry, exact=True)).to_be_visible()
        page.get_by_text("Formgrader", exact=True).click()
        formgrader = page.frame_locator("iframe[src*='/formgrader']")
        expect(formgrader.locator("#main-table .name")).to_have_text(small_course.ASSIGNMENT)
        expect(formgrader.locator("#main-table .num-submissions")).to_have_text("4")


def test_autograde_mark_and_give_feedback(lab: Lab, browser: Browser, classroom: Course):
    with watched(browser) as seen:
        page = seen.page
        page.goto(lab.url(f"/formgrader/manage_submissions/{small_course.ASSIGNMENT}"))
        row = page.locator(SUBMISSION.format("liar"))
        expect(row.locator(".status")).to_have_text("needs autograding")
        row.locator(".autograde a").click()
        expect(page.locator(".modal-title")).to_have_text("Success")
        expect(row.locator(".status")).to_have_text("needs manual grading")
        expect(row.locator(".score")).to_have_text("2 / 9")
        assert grades(classroom, "liar") == {
            "test_scale": (2, None),
            "test_total": (0, None),
            "task": (None, None),
        }

        page.goto(lab.url(f"/formgrader/submissions/{identity(classroom, 'liar')}/"))
        expect(page.locator("input#test_total")).to_have_attribute("placeholder", "0")
        with page.expect_response(re.compile("/formgrader/api/grade/")) as saved:
            page.locator("input#task").fill("3")
            page.locator("input#task").press("Tab")
        assert saved.value.ok
        with page.expect_response(re.compile("/formgrader/api/comment/")) as saved:
            page.locator("textarea#task-comment").fill("Short, and right.")
            page.locator("textarea#task-comment").press("Tab")
        assert saved.value.ok
    assert grades(classroom, "liar")["task"] == (None, 3)
    assert [address for address in seen.asked if not address.startswith((lab.origin, "data:"))] == []

    autograder(classroom.root, "grade", "--student", "liar", "--force")
    assert grades(classroom, "liar") == {"test_scale": (2, None), "test_total": (0, None), "task": (None, 3)}

    autograder(classroom.root, "feedback")
    with watched(browser) as seen:
        path = (
            classroom.root / "feedback" / "liar" / small_course.ASSIGNMENT / f"{small_course.ASSIGNMENT}.html"
        )
        seen.page.goto(path.as_uri())
        expect(seen.page.locator("body")).to_contain_text("5 of 9 points")
        expect(seen.page.locator("body")).to_contain_text("Short, and right.")


@pytest.mark.parametrize("student", ["eve"])
def test_a_headline_of_the_students_does_not_take_the_place_of_a_field(
    lab: Lab, browser: Browser, classroom: Course, student: str
):
    """eve's text has the headline `# task`; nbconvert would make it an element with the field's id."""
    with watched(browser) as seen:
        seen.page.goto(lab.url(f"/formgrader/submissions/{identity(classroom, student)}/"))
        expect(seen.page.locator("#task")).to_have_count(1)
        with seen.page.expect_response(re.compile("/formgrader/api/grade/")):
            seen.page.locator("input#task").fill("1")
            seen.page.locator("input#task").press("Tab")
    assert grades(classroom, student)["task"] == (None, 1)
