"""The page: all that it needs is in it, and it says what it should."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from dataclasses import replace
from html import unescape
from importlib import resources

import pytest

from autograder.collecting import beforehand
from autograder.course.exceptions import EXCUSED, Agreement, Exceptions
from autograder.course.folder import Course
from autograder.course.roster import Person
from autograder.errors import CourseError
from autograder.grading import grader
from autograder.grading.grader import Options
from autograder.grading.results import CellResult
from autograder.report import page, texts
from autograder.report.classroom import read
from autograder.report.outcomes import Outcome, State
from autograder.report.rows import Badge
from autograder.text import duration
from autograder.verdict.verdict import Status
from tests import small_course
from tests.grading.pools import FakePool
from tests.recording import grade
from tests.report.classes import classroom, items_of, known, score
from tests.report.pages import Reader, rendered, troubled


class TestSelfContained:
    def test_the_policy_allows_the_pages_own_script_and_nothing_from_outside(self):
        html = rendered(*troubled())
        [policy] = [tag["content"] for name, tag in Reader(html).tags if tag.get("http-equiv")]
        [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert policy.startswith("default-src 'none';")
        assert f"script-src 'sha256-{digest}'" in policy
        assert "http" not in policy

    def test_nothing_is_loaded_from_anywhere(self):
        html = rendered(*troubled())
        reader = Reader(html)
        assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {
            tag for tag, _ in reader.tags
        }
        assert not any("src" in attributes for _, attributes in reader.tags)
        links = {attributes.get("href") for tag, attributes in reader.tags if tag == "a"}
        assert {link for link in links if link.startswith("http")} == {
            "http://localhost:8888/formgrader/gradebook/one/one"
        }
        assert "url(" not in re.sub(r"url\(#\w+\)", "", html)

    def test_links_inside_the_page_have_a_target(self):
        reader = Reader(rendered(*troubled()))
        ids = [attributes["id"] for _, attributes in reader.tags if attributes.get("id")]
        assert len(ids) == len(set(ids))
        for tag, attributes in reader.tags:
            if tag == "a" and attributes["href"].startswith("#"):
                assert attributes["href"][1:] in ids


@pytest.fixture(scope="module")
def text() -> str:
    """Of a class in which everything has gone wrong."""
    made, similar = troubled()
    late = score(late=90000.0, penalty=1.0, waits=("w",), t=0.0)
    made = replace(made, book=replace(made.book, scores={**made.book.scores, ("eve", "one"): late}))
    return Reader(rendered(made, similar)).text


class TestContent:
    def test_what_needs_attention_comes_first(self, text):
        parts = [
            "What needs your attention",
            "Scores",
            "Grade cells",
            "Time per submission",
            "Find a student",
        ]
        places = [text.rindex(part) for part in parts]
        assert places == sorted(places)

    @pytest.mark.parametrize(
        "said",
        [
            "Written answers without points: 1",
            "Files that cannot be graded: 1",
            "Submissions to be graded again: 2",
            "Submissions of nobody on the roster: 8",
            "Folders that belong to no assignment: 1",
            "Time limits and processes that ended: 1",
            "Questions that only you can decide: 1",
            "Submissions worth a look: 1",
            "Graded without a sandbox: 1",
            "Another theme than the allocated one: 1",
            "Late submissions: 1",
            "Grade cells whose test looks wrong: 1",
            "Similar pairs of submissions: 3",
            "2 more are in the files of .autograder/similarity",
            "None of 6 students passed it.",
            "1 d 1 h",
            "2 h 0 min",
            "Not marked yet, and counted as 0: 4 of all points (answers: 1, submissions: 1).",
            "drawn with a broken line, for the test of the table was not passed: 1 dan",
        ],
    )
    def test_everything_is_said(self, said, text):
        assert said in text

    def test_a_class_without_trouble_says_so(self):
        made = classroom({"one": items_of("one", t=1.0)}, {("ada", "one"): score(t=1.0)})
        text = Reader(rendered(made)).text
        assert "Nothing: everything that was submitted is graded" in text

    def test_the_kits_own_sentences_are_in_the_pages_language_and_times_in_the_courses_zone(self):
        why = "stopped after 30 s of computing, the limit of this cell: is there an endless loop?"
        made = classroom({"one": items_of("one", t=1.0)}, {}, [known("ada", "one", {"t": why})])
        html = rendered(replace(made, zone=datetime.timezone(datetime.timedelta(hours=9))), language="ja")
        assert why not in html.partition('<script type="application/json"')[0]
        assert "上限 30 秒を超えた" in html
        assert "2026-11-24 21:00 +0900" in html

    def test_a_students_points_link_to_feedback(self):
        made = classroom({"one": items_of("one", t=1.0)}, {("ada", "one"): score(t=1.0)})
        html = rendered(made, feedback=lambda student, assignment: f"../{student}/{assignment}.html")
        assert '<a href="../ada/one.html">1</a>' in html

    def test_a_case_links_to_its_page_in_formgrader(self):
        recorded = replace(score(t=1.0), notebook="0123abcd")
        problem = known("ada", "one", {"t": ""}, problems=("stopped after 30 s",))
        html = rendered(classroom({"one": items_of("one", t=1.0)}, {("ada", "one"): recorded}, [problem]))
        assert '<a href="http://localhost:8888/formgrader/submissions/0123abcd/">one</a>' in html

    def test_an_assignment_of_which_nothing_is_graded_has_no_picture(self):
        made = classroom(
            {"one": items_of("one", t=1.0)},
            {},
            [Outcome(student="ada", assignment="one", state=State.UNKNOWN)],
        )
        assert "Nothing of it has been graded." in Reader(rendered(made)).text

    def test_a_theme_that_does_not_count_is_struck_out_and_not_in_the_total(self):
        html = rendered(*troubled())
        assert 'class="uncounted"' in html
        assert "not counted" in Reader(html).text

    def test_lists_show_the_names_that_the_gradebook_has(self):
        made, similar = troubled()
        names = {"zoe": "Zoë Zuse", "bob": "Bob Babbage", "eve": "Jean O'Brien", "dan": "阿部 旦"}
        people = {student: Person(id=student, name=name) for student, name in names.items()}
        made = replace(made, book=replace(made.book, people={**made.book.people, **people}))
        html = rendered(made, similar)
        text = Reader(html).text
        for name in ("Zoë Zuse (zoe)", "Bob Babbage (bob)", "阿部 旦 (dan)"):
            assert name in text
        for part in ("other-theme", "absent", "late", "unsandboxed", "similar", "suspicious"):
            _, _, rest = html.partition(f'<details class="card" id="{part}"')
            shown = re.split('<details class="card" id|</section>', rest)[0]
            assert "Jean O'Brien (eve)" in unescape(shown), part

    def test_a_theme_that_does_not_count_is_not_among_the_sweeps_and_times(self):
        rows = [
            {
                "variable": "v",
                "value": n,
                "group": "",
                "seed": 0,
                "metric": "m",
                "score": 0.5,
                "baseline": False,
            }
            for n in (1, 2)
        ]
        table = CellResult(
            cell="t", status=Status.PASSED, points=1.0, max_points=1.0, records={"sweep": rows}
        )
        outcomes = [
            Outcome(student="ada", assignment="theme_a", state=State.KNOWN, cells=(table,), seconds=60.0),
            Outcome(student="bob", assignment="theme_a", state=State.KNOWN, cells=(table,), seconds=7200.0),
        ]
        items = {"theme_a": items_of("theme_a", t=1.0)}
        made = classroom(items, {}, outcomes, {"ada": "theme_a", "bob": "theme_b"})
        text = Reader(rendered(made)).text
        assert "tables: 1" in text
        assert "2 h 0 min" not in text


class TestLanguages:
    def source(self) -> str:
        package = resources.files("autograder.report")
        return "".join(
            package.joinpath(name).read_text(encoding="utf-8")
            for name in ("templates/report.html", "details.py")
        )

    def test_every_text_has_a_translation_with_the_same_places(self):
        used = set(re.findall(r'_\("(.*?)"[,)]', self.source())) | set(
            re.findall(r"_\('(.*?)'[,)]", self.source())
        )
        assert used | set(Badge) | set(beforehand.JAPANESE) == set(texts.JAPANESE)
        for english, japanese in texts.JAPANESE.items():
            assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", japanese))
            assert re.findall(r"<.*?>", english) == re.findall(r"<.*?>", japanese)

    def test_the_page_is_in_the_language_that_was_asked_for(self):
        html = rendered(*troubled(), language="ja")
        assert '<html lang="ja">' in html
        text = Reader(html).text
        assert "未採点の記述: 1" in text
        assert "Students" not in text


class TestWrite:
    @pytest.fixture
    def course(self, registered: Course, monkeypatch) -> Course:
        monkeypatch.setattr(grader, "run_all", FakePool())
        small_course.submit(registered, "ada")
        grade(registered, Options())
        return registered

    def test_it_is_in_the_course_folder_where_nothing_else_is_said(self, course):
        written = page.write(course, read(course))
        assert written == course.root / "report" / "report.html"
        text = Reader(written.read_text(encoding="utf-8")).text
        assert "Written answers without points: 1" in text
        assert [path.name for path in written.parent.iterdir()] == ["report.html"]

    def test_feedback_links_are_relative_to_where_it_is(self, course, tmp_path):
        small_course.write(course.root / "feedback" / "ada" / "small" / "small.html", b"")
        assert 'href="../feedback/ada/small/small.html"' in page.write(course, read(course)).read_text(
            encoding="utf-8"
        )
        elsewhere = page.write(course, read(course), output=tmp_path / "out" / "class.html").read_text(
            encoding="utf-8"
        )
        assert 'href="../course/feedback/ada/small/small.html"' in elsewhere

    def test_a_folder_gets_the_page_under_its_usual_name(self, course, tmp_path):
        assert page.write(course, read(course), output=tmp_path) == tmp_path / "report.html"

    def test_a_place_where_nothing_can_be_written_is_said(self, course, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CourseError, match="cannot be written"):
            page.write(course, read(course), output=tmp_path / "file" / "report.html")

    def test_a_misspelt_theme_is_refused_as_grading_refuses_it(self, course):
        (course.root / "themes.csv").write_text("student,theme,choice\nada,theme_z,1\n")
        with pytest.raises(CourseError, match="line 2: ada has 'theme_z'"):
            page.write(course, read(course))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.8, "60 s"),
        (99.94, "2 min"),
        (3600.0, "1 h 0 min"),
        (90060.0, "1 d 1 h"),
    ],
)
def test_durations_are_short(seconds, shown):
    assert duration(seconds) == shown


def test_who_has_been_excused_from_everything_has_a_dash_for_a_total():
    made = classroom({"one": items_of("one", t=2.0)}, {("ada", "one"): score(t=2.0)}, roster=("zoe",))
    excused = Agreement(student="zoe", assignment="one", until=EXCUSED)
    groups = replace(made.groups, exceptions=Exceptions(agreements=(excused,)))
    html = rendered(replace(made, groups=groups))
    cells = re.findall(r'<td class="number" data-sort="[\d.]*">([^<]*)</td>', html)
    assert "2 / 2" in cells
    assert "–" in cells
    assert "0 / 0" not in html
