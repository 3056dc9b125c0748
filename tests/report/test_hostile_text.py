"""Nothing of a student's runs in the report."""

from __future__ import annotations

import os
import re

from autograder.report import page
from autograder.report.outcomes import Outcome, State
from tests import small_course
from tests.report.classes import classroom, items_of
from tests.report.pages import EVIL, Reader, rendered, troubled


class TestHostileText:
    def test_nothing_of_a_students_becomes_markup(self):
        html = rendered(*troubled(EVIL))
        assert re.findall(r"<script.*?>", html) == ['<script type="application/json" id="known">', "<script>"]
        allowed = {
            "href",
            "id",
            "class",
            "open",
            "style",
            "type",
            "lang",
            "charset",
            "name",
            "content",
            "scope",
        }
        allowed |= {
            "http-equiv",
            "aria-label",
            "role",
            "viewbox",
            "data-sort",
            "autocomplete",
            "aria-expanded",
        }
        shapes = {"svg", "g", "path", "polyline", "circle", "rect", "text", "title"}
        for tag, attributes in Reader(html).tags:
            assert not any(name.startswith("on") for name in attributes)
            if tag not in shapes:
                assert set(attributes) <= allowed, tag

    def test_it_is_shown_as_it_is_without_control_characters(self):
        html = rendered(*troubled(EVIL))
        shown = "<script>alert('%s')</script>\"' onerror=x ${{7*7}}"
        text = Reader(html).text
        for what in (
            "message",
            "broken",
            "problem",
            "question",
            "sign",
            "cell",
            "def f():",
            "def g():",
            "lesson",
        ):
            assert f"{what} {shown}" in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", html)

    def test_a_link_made_of_a_name_stays_a_relative_link(self, tmp_path):
        made = small_course.make(tmp_path / "course")
        student = 'a"><b>#?%20 x'
        path = made.root / "feedback" / student / "one" / "one.html"
        small_course.write(path, b"")
        link = page._feedback_link(made, made.root / "report", student, "one")
        assert link == "../feedback/a%22%3E%3Cb%3E%23%3F%2520%20x/one/one.html"

    def test_a_name_that_is_no_text_can_be_shown_and_linked_to(self, tmp_path):
        made = small_course.make(tmp_path / "course")
        student = os.fsdecode(b"caf\xe9")
        small_course.write(made.root / "feedback" / student / "one" / "one.html", b"")
        link = page._feedback_link(made, made.root / "report", student, "one")
        assert link == "../feedback/caf%E9/one/one.html"
        html = rendered(
            classroom(
                {"one": items_of("one", t=1.0)},
                {},
                [Outcome(student=student, assignment="one", state=State.UNKNOWN)],
            )
        )
        assert "caf?" in html
        assert html.encode()
