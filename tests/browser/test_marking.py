"""The marking page, driven by keys as a marker does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from nbgrader.api import Grade, Gradebook
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from autograder.collecting import beforehand
from autograder.collecting.beforehand import HandedIn, History, Moment
from autograder.course.folder import Course
from autograder.gradebook import assignments as recording
from autograder.gradebook import marking
from autograder.submission.replies import replies
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


OPINIONS = ("A sum grows with the values.", "It is linear, as 3 + 4 = 7 shows.", "Because of the loop.", "")
"""Of which a class of forty holds each one ten times, in words of ten students."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return made_of(tmp_path_factory.mktemp("marking"), REPLIES)


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Course:
    replies = {
        f"s{number:02}": opinion and f"{opinion} {'So I think' if number % 2 else 'In my view'} {number}."
        for number, opinion in enumerate(OPINIONS * 10)
    }
    return made_of(tmp_path_factory.mktemp("forty"), replies)


def made_of(folder: Path, written: dict[str, str]) -> Course:
    source = small_course.source()
    small_course.cell_of(source, "task").source = SCHEME
    made = small_course.make(folder / "course", source)
    made.state.mkdir()
    with solutions_of(made):
        recording.bring_up_to_date(made, "small")
    for student, reply in written.items():
        graded = notebook(made, reply=reply)
        small_course.cell_of(graded, "try-it").outputs = [nbformat.v4.new_output("stream", text="a table")]
        grade(made, student, graded)
    return made


@pytest.fixture(scope="module")
def lab(course: Course):
    with jupyter_lab(course.root) as started:
        yield started


@pytest.fixture(scope="module")
def lab_of_forty(forty: Course):
    with jupyter_lab(forty.root) as started:
        yield started


def points(course: Course) -> dict[str, float | None]:
    return {one.student: one.points for one in marking.read(course, "small", "task")}


def opened(page: Page, lab: Lab, answers: int = 6) -> None:
    page.goto(lab.url("/" + quote(f"{CELL}?language=en", safe="/")))
    expect(page.locator("#which")).to_contain_text(f"/ {answers}")


def saved(page: Page) -> None:
    """Wait until the server has what the page shows."""
    expect(page.locator("body.saving")).to_have_count(0)


def test_under_a_hypothesis_stands_when_it_was_handed_in_and_what_it_was_before(
    course: Course, lab: Lab, browser: Browser
):
    history = History()
    for day, (text, results) in enumerate([("<b>It grows.", False), (REPLIES["s6"], True)]):
        handed = HandedIn(answers={"task": text}, results=results)
        moment = Moment(at=datetime(2026, 11, 9 + 4 * day, 3, 0, tzinfo=UTC))
        history = beforehand.with_submission(history, handed, moment, content=f"notebook {day}")
    beforehand.write(course, "s6", "small", history)
    with watched(browser) as seen:
        page = seen.page
        opened(page, lab)
        shown = []
        for _ in range(6):
            if page.locator("#handed").is_visible():
                shown.append((page.locator("#handed").text_content(), page.locator("#before").text_content()))
            page.locator("#next").click()
        assert shown == [
            (
                "handed in 2026-11-09 12:00 +0900, before the results; changed afterwards, on 2026-11-13 12:00 +0900",
                "<b>It grows.",
            )
        ]


def test_six_answers_are_marked_in_a_few_keys_and_nothing_of_them_runs(
    course: Course, lab: Lab, browser: Browser
):
    with watched(browser) as seen:
        page = seen.page
        opened(page, lab)
        expect(page.locator("#left")).to_have_text("6 of 6 left")
        expect(page.locator("#who")).to_have_text("")
        expect(page.locator("#alike")).to_have_text("3 like this")
        page.keyboard.press("3")
        expect(page.locator(".level.given .give")).to_have_text("3")
        expect(page.locator("#left")).to_have_text("5 of 6 left")
        for step in range(2):
            page.keyboard.press("Enter")
            expect(page.locator("#which")).to_have_text(f"Answer {step + 2} / 6")
            page.keyboard.press("2")
            expect(page.locator("#left")).to_have_text(f"{4 - step} of 6 left")
        page.keyboard.press("b")
        expect(page.locator("#left")).to_have_text("1 of 6 left")
        page.keyboard.press("z")
        expect(page.locator("#left")).to_have_text("3 of 6 left")
        page.keyboard.press("b")
        expect(page.locator("#left")).to_have_text("1 of 6 left")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text("< img src=x")
        page.keyboard.press("o")
        expect(page.locator("#figures")).to_contain_text("try-ita table")
        expect(page.locator("#figures")).to_contain_text("✓ test_total")
        page.keyboard.press("n")
        expect(page.locator("#who")).to_have_text("s6")
        page.keyboard.press("c")
        page.keyboard.type("See the notes.")
        page.keyboard.press("Escape")
        page.keyboard.press("4")
        expect(page.locator("#left")).to_have_text("All answers are marked.")
        saved(page)
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
        saved(one.page)
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


def test_forty_answers_take_less_than_ten_keys_each(forty: Course, lab_of_forty: Lab, browser: Browser):
    comment, pressed = "Say why.", 0
    with watched(browser) as seen:
        page = seen.page

        def press(*keys: str) -> None:
            nonlocal pressed
            pressed += len(keys)
            for key in keys:
                page.keyboard.press(key)

        opened(page, lab_of_forty, 40)
        press("b")
        expect(page.locator("#left")).to_have_text("30 of 40 left")
        press("2", "c", *comment, "Escape")
        for _ in range(29):
            press("Enter", "3", "q")  # as fast as keys can be pressed: none may meet the answer before
        expect(page.locator("#left")).to_have_text("All answers are marked.")
        settled(forty, lambda found: sum(mark.waits for mark in found) == 0)
        press("z", "z")
        expect(page.locator("#left")).to_have_text("1 of 40 left")
        press("3", "q")
        expect(page.locator("#left")).to_have_text("All answers are marked.")
        found = settled(forty, lambda found: sum(mark.comment == comment for mark in found) == 30)
    assert pressed / 40 < 10
    assert sorted(mark.points for mark in found) == [0.0] * 10 + [2.0] + [3.0] * 29


def test_a_key_keeps_its_comment_however_often_others_are_used(
    forty: Course, lab_of_forty: Lab, browser: Browser
):
    def used() -> list[str]:
        return [text.removeprefix(key).strip() for key, text in zip("qwert", shown(), strict=False)]

    def shown() -> list[str]:
        return seen.page.locator("#used button").all_text_contents()

    with watched(browser) as seen:
        page = seen.page
        opened(page, lab_of_forty, 40)
        first = used()
        for word in ("one", "two"):
            page.keyboard.press("c")
            page.locator("#comment").fill(word)
            page.keyboard.press("Escape")
            page.keyboard.press("ArrowRight")
        before = used()
        assert before == [*first, "one", "two"]
        for _ in range(3):
            page.keyboard.press("c")
            page.locator("#comment").fill("two")
            page.keyboard.press("Escape")
            page.keyboard.press("ArrowRight")
        assert used() == before
        saved(page)


def test_three_markers_meet_seldom_and_the_first_ones_mark_stays(
    forty: Course, lab_of_forty: Lab, browser: Browser
):
    with ExitStack() as stack:
        markers = [stack.enter_context(watched(browser)).page for _ in range(3)]
        with Gradebook(forty.directory.db_url, forty.directory.course_id) as gradebook:
            gradebook.db.execute(update(Grade).values(manual_score=None, needs_manual_grade=True))
            gradebook.db.commit()
        for page in markers:
            opened(page, lab_of_forty, 40)
        told = 0
        for _ in range(30):
            for number, page in enumerate(markers, 1):
                page.keyboard.press(str(number))
                page.wait_for_function("!document.querySelector('.level.given') === false")
            for page in markers:
                page.wait_for_timeout(30)
                told += page.locator("#message.bad").is_visible()
                page.keyboard.press("Enter")
            if not any(mark.waits for mark in marking.read(forty, "small", "task")):
                break
        found = settled(forty, lambda found: not any(mark.waits for mark in found))
    assert {mark.points for mark in found} == {1.0, 2.0, 3.0}
    assert told < 25  # in step with each other they would meet sixty times


def settled(course: Course, done: Callable[[list[marking.AnswerMark]], bool]) -> list[marking.AnswerMark]:
    """The marks, once the server has what the page shows."""
    end = time.monotonic() + 60
    while not done(found := marking.read(course, "small", "task")) and time.monotonic() < end:
        time.sleep(0.1)
    assert done(found)
    return found


def hand_in_again(course: Course, answer: str) -> None:
    """Every student does."""
    for student in REPLIES:
        path = course.autograded(student, "small")
        graded = nbformat.read(path, as_version=4)
        for one in replies(graded, "task"):
            one.source = f"{answer} of {student}."
        nbformat.write(graded, path)


def test_a_mark_for_an_answer_that_was_handed_in_again_is_not_written(
    course: Course, lab: Lab, browser: Browser
):
    with watched(browser) as seen:
        page = seen.page
        opened(page, lab)
        before = points(course)
        hand_in_again(course, "Quite another answer")
        page.keyboard.press("3")
        expect(page.locator("#message")).to_contain_text("handed in again")
        expect(page.locator("#answer")).to_contain_text("Quite another answer")
        saved(page)
        assert points(course) == before
        page.keyboard.press("3")
        saved(page)
        assert sorted(map(str, points(course).values())) != sorted(map(str, before.values()))


def test_what_was_given_to_an_earlier_answer_is_not_taken_back_from_the_new_one(
    course: Course, lab: Lab, browser: Browser
):
    with watched(browser) as seen:
        page = seen.page
        opened(page, lab)
        page.keyboard.press("1")
        page.keyboard.press("2")
        saved(page)
        before = points(course)
        hand_in_again(course, "Yet another answer")
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_contain_text("handed in again")
        page.keyboard.press("z")
        expect(page.locator("#message")).to_contain_text("handed in again")
        saved(page)
        assert points(course) == before


def test_what_waited_before_it_was_marked_waits_again_when_that_is_taken_back(
    course: Course, lab: Lab, browser: Browser
):
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        gradebook.db.execute(update(Grade).values(manual_score=3.0, needs_manual_grade=True))
        gradebook.db.commit()
    with watched(browser) as seen:
        opened(seen.page, lab)
        seen.page.keyboard.press("1")
        saved(seen.page)
        seen.page.keyboard.press("z")
        saved(seen.page)
    assert all(mark.waits for mark in marking.read(course, "small", "task"))
