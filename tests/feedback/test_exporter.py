"""The page itself: what it shows, what it never shows, and that it needs nothing beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import nbformat
import pytest
from traitlets.config import Config

from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.rendering import Pictures
from autograder.gradebook.database import CellMark
from autograder.gradebook.transcripts import Transcript
from tests import small_course
from tests.browser.payloads import PAYLOADS, notebook_metadata
from tests.feedback.graded import MARKED, notebook, transcript

MESSAGE = "expected 3, got 4"
FAILED = {"test_total": {"status": "failed", "message": MESSAGE}}


@pytest.fixture(scope="module")
def exporter() -> FeedbackExporter:
    return FeedbackExporter()


def shown(exporter, course, known: Transcript | None = None, **settings) -> str:
    return exporter.page(notebook(course, **settings), "ada", "small", known or transcript(), Pictures())


def order(html: str, *parts: str) -> list[int]:
    return [html.index(part) for part in parts]


class TestContent:
    def test_the_score_comes_first_then_what_is_wrong_and_the_notebook_last(self, exporter, course):
        known = transcript(test_total=CellMark(points=0.0, max_points=3.0), task=MARKED)
        html = shown(exporter, course, known, results=FAILED)
        places = order(
            html,
            '<span class="whole"><strong>4</strong> <span>of 9 points',
            "Exercises",
            MESSAGE,
            "More, please.",
            "Your notebook",
        )
        assert places == sorted(places)
        assert "not marked yet" not in html

    def test_what_waits_is_not_marked_yet_and_the_total_does_not_look_final(self, exporter, course):
        html = shown(exporter, course)
        assert "So far" in html
        assert "<strong>5</strong> <span>of 5 points" in html
        assert "Not marked yet: " in html
        assert "(4 points)." in html
        assert "The score is not final." in html
        assert "0 / 4" not in html
        assert "0.0" not in html

    def test_it_says_when_the_submission_that_it_is_about_was_handed_in(self, course):
        config = Config({"CourseSettings": {"timezone": "Asia/Tokyo"}})
        known = replace(transcript(), submitted=datetime(2026, 11, 26, 11, 0, tzinfo=UTC))
        assert "handed in 2026-11-26 20:00 +0900" in shown(FeedbackExporter(config=config), course, known)
        assert "handed in" not in shown(FeedbackExporter(config=config), course)

    def test_questions_about_the_score_go_to_the_courses_address(self, course):
        config = Config({"CourseSettings": {"requests_to": "staff@example.org"}})
        assert 'href="mailto:staff@example.org?subject=' in shown(FeedbackExporter(config=config), course)
        assert "mailto:" not in shown(FeedbackExporter(), course)

    @pytest.mark.parametrize(
        ("language", "said", "never"), [("en", "not counted", "Passed"), ("ja", "対象外", "正解")]
    )
    @pytest.mark.parametrize("status", ["passed", "failed"])
    def test_what_has_no_points_any_more_is_neither_right_nor_wrong(
        self, exporter, course, language, said, never, status
    ):
        known = transcript(test_scale=CellMark(points=0.0, max_points=0.0))
        results = {"test_scale": {"status": status, "message": ""}}
        html = shown(exporter, course, known, results=results, language=language)
        first = html.partition('<ol class="results">')[2].partition("</li>")[0]
        assert '<li class="">' in first
        assert said in first
        assert never not in first

    def test_a_penalty_is_taken_off_and_said(self, exporter, course):
        known = Transcript(
            entries={**transcript().entries, "task": MARKED}, penalty=2.0, seconds_late=2 * 86_400.0
        )
        html = shown(exporter, course, known)
        assert "<strong>5</strong>" in html
        assert "Handed in 2 days after the deadline: 2 points taken off." in html

    def test_hidden_tests_mark_schemes_and_what_was_printed_in_tests_are_not_shown(self, exporter, course):
        html = shown(exporter, course, results=FAILED)
        for never in (
            "HIDDEN",
            "call_many",
            "MARK SCHEME",
            "Two points for any",
            "printed while it was tested",
        ):
            assert never not in html
        assert "three times one is three" in html.replace("</i>", "").replace('<i class="s">', "")

    def test_japanese_students_read_japanese(self, exporter, course):
        html = shown(exporter, course, language="ja", results=FAILED)
        assert '<html lang="ja">' in html
        for part in ("ここまでの得点", "未採点：", "演習の結果", "記述問題", "あなたのノートブック"):
            assert part in html
        assert "Your notebook" not in html


class TestPage:
    @pytest.mark.parametrize(
        ("language", "said", "other"),
        [("ja", "3 のはずです", "expected 3"), ("en", "expected 3", "3 のはずです")],
    )
    def test_a_message_is_in_one_language_wherever_it_is_shown(self, exporter, course, language, said, other):
        both = {"test_total": {"status": "failed", "message": "3 のはずです（今は 4） / expected 3, got 4"}}
        html = shown(exporter, course, results=both, language=language)
        assert html.count(said) == 2  # above, and below the test in the notebook
        assert other not in html

    def test_every_link_leads_to_a_place_on_the_page(self, exporter, course):
        known = transcript(test_total=CellMark(points=0.0, max_points=3.0), task=MARKED)
        html = shown(exporter, course, known, results=FAILED)
        links = re.findall(r'href="([^"]*)"', html)
        assert len(links) > 5
        places = set(re.findall(r'id="([^"]*)"', html))
        assert [link for link in links if link.removeprefix("#") not in places] == []

    def test_it_needs_no_network_and_no_script(self, exporter, course):
        html = shown(exporter, course)
        assert "<script" not in html
        assert re.findall(r'(?:src|href)="(?!data:|#)', html) == []
        assert "url(" not in html
        assert "@import" not in html
        assert "default-src 'none'" in html

    @pytest.mark.parametrize("payload", PAYLOADS, ids=str)
    def test_nothing_hostile_gets_into_it(self, exporter, course, payload):
        made = notebook(course, submission=small_course.answered(course))
        cell = payload.cell.copy()
        made.cells.insert(1, cell)
        made.metadata.update(
            {name: value for name, value in notebook_metadata().items() if name != "autograder"}
        )
        html = exporter.page(made, "ada", "small", transcript(), Pictures())
        tags = re.findall(r"<[a-zA-Z!/][^>]*>", html.split("</style>", 1)[1])
        assert f"payload {payload.name}" in re.sub("<[^>]*>", "", html)
        for tag in tags:
            # outside of quotes, no event handler and no address but a picture's own data
            bare = re.sub(r'"[^"]*"', '""', tag)
            assert not re.search(r"\son\w+\s*=", bare, re.IGNORECASE), tag
            assert not re.match(r"<(script|svg|iframe|object|embed|form|base|link|style|video)", tag, re.I), (
                tag
            )
            for address in re.findall(r'(?:src|href|action|srcset)="([^"]*)"', tag):
                assert re.match(r"#|data:image/(png|jpeg|webp);base64,", address), tag

    def test_a_hostile_name_is_text(self, exporter, course):
        known = Transcript(name="<img src=x onerror=y>", entries=transcript().entries)
        html = exporter.page(notebook(course), "</title><script>x</script>", "small", known, Pictures())
        assert "<script" not in html
        assert "<img" not in html

    def test_one_with_five_figures_stays_below_300_kB(self, exporter, course):
        from tests.feedback.pictures import png

        made = notebook(course)
        figure = nbformat.v4.new_output("display_data", {"image/png": png(890, 310)})
        small_course.cell_of(made, "try-it").outputs = [figure] * 5
        assert len(exporter.page(made, "ada", "small", transcript(), Pictures()).encode()) < 300_000

    def test_a_message_of_a_test_is_text(self, exporter, course):
        results = {"test_total": {"status": "failed", "message": "got '<b onclick=x>'"}}
        known = transcript(test_total=CellMark(points=0.0, max_points=3.0))
        assert "<b onclick" not in shown(exporter, course, known, results=results)


def test_what_a_cell_put_out_after_a_test_is_only_what_was_handed_in(exporter, course):
    made = notebook(course)
    last = nbformat.v4.new_code_cell("print(kept)", id="last")
    last.outputs = [nbformat.v4.new_output("stream", text="kept: 48151623")]
    made.cells.append(last)
    made.metadata.setdefault("autograder", {})["handed_in"] = {
        "last": [nbformat.v4.new_output("stream", text="kept: nothing")]
    }
    html = exporter.page(made, "ada", "small", transcript(), Pictures())
    assert "48151623" not in html
    assert "kept: nothing" in html
