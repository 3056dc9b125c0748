"""What a student is told, in the notebook's own words and the student's language."""

from __future__ import annotations

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.feedback.page import Page, page
from autograder.feedback.rendering import Pictures
from autograder.gradebook.database import CellMark
from autograder.gradebook.early import HELD_BACK, LATER
from autograder.gradebook.transcripts import Transcript
from tests import small_course
from tests.feedback.graded import MARKED, notebook, transcript

SCHEME = """### 考察 1 / Discussion 1 (4 点 / points)

=== BEGIN MARK SCHEME ===
- **0**：白紙。例：「」
  Blank.
- **1**：結論だけ。
  Only a conclusion. Example: "It is."
- **2**：数値が一つある。
  One number.
=== END MARK SCHEME ==="""


def told(course: Course, known: Transcript | None = None, made=None, hints=None, **settings) -> Page:
    return page(
        made or notebook(course, **settings), known or transcript(), "ada", "small", Pictures(), hints
    )


def failed(course: Course, message: str, language: str = "en", status: str = "failed", hints=None) -> Page:
    known = transcript(test_scale=CellMark(points=0.0, max_points=2.0))
    result = {"test_scale": {"status": status, "message": message}}
    return told(course, known, results=result, language=language, hints=hints)


class TestExercises:
    def test_each_has_the_title_of_its_section_and_what_it_tests(self, course):
        source = small_course.source()
        small_course.cell_of(source, "intro-en").source += "\n\n## 1. Scaling"
        small_course.cell_of(source, "total-en").source = "## 2. The *sum*\n\n```\n# no headline\n```"
        nbformat.write(source, course.source / "small" / "small.ipynb")
        made = told(course)
        assert made.title == "A small assignment"
        assert [(one.title, one.names) for one in made.exercises] == [
            ("1. Scaling", ("scale",)),
            ("2. The <em>sum</em>", ("total",)),
        ]
        assert [one.answer for one in made.exercises] == ["cell-scale", "cell-total"]
        assert all(one.passed for one in made.exercises)

    def test_a_headline_of_the_students_is_no_title(self, course):
        handed_in = small_course.answered(course)
        handed_in.cells.insert(1, nbformat.v4.new_markdown_cell("# Mine <b>\n\n## All right"))
        made = told(course, submission=handed_in)
        assert {made.title, *(one.title for one in made.exercises)} == {"A small assignment"}

    @pytest.mark.parametrize(
        ("message", "language", "said"),
        [
            ("expected 3, got 4 / 3 のはずです", "ja", "3 のはずです"),
            ("expected 3, got 4 / 3 のはずです", "en", "expected 3, got 4"),
            ("use // instead of / / `//` を使ってください", "en", "use // instead of /"),
            (
                "your code raised ValueError: no / いいえ",
                "ja",
                "あなたのコードが例外を出しました：ValueError: no / いいえ",
            ),
            (
                "not answered yet: the placeholder is still there",
                "ja",
                "まだ解答されていません（配布時のままです）",
            ),
            ("three times one is three", "ja", "three times one is three"),
        ],
    )
    def test_what_is_wrong_is_said_in_the_students_language(self, course, message, language, said):
        [wrong] = [one for one in failed(course, message, language).exercises if not one.passed]
        assert wrong.message == said

    def test_a_recognised_mistake_has_its_hint(self, course):
        hints = {"test_scale": {"en": "Is `factor` a factor?", "ja": "`factor` は係数ですか"}}
        said = [failed(course, "no", language, hints=hints).exercises[0].hint for language in ("en", "ja")]
        assert said == ["Is <code>factor</code> a factor?", "<code>factor</code> は係数ですか"]

    def test_answers_that_were_replaced_while_it_was_tested_are_named(self, course):
        result = {"test_scale": {"status": "passed", "message": "", "replaced": ["half", "sum"]}}
        page = told(course, results=result, language="ja")
        assert [one.replaced for one in page.exercises] == [("half", "sum"), ()]

    @pytest.mark.parametrize("message", [HELD_BACK, LATER])
    def test_a_hint_is_held_back_with_the_message_of_its_test(self, course, message):
        hints = {"test_scale": {"en": "Is `factor` a factor?"}}
        assert failed(course, message, hints=hints).exercises[0].hint == ""

    def test_a_hint_in_another_language_is_not_shown(self, course):
        assert failed(course, "no", hints={"test_scale": {"ja": "係数"}}).exercises[0].hint == ""

    def test_a_test_that_was_passed_has_no_hint(self, course):
        hints = {"test_total": {"en": "Really?"}}
        assert [one.hint for one in failed(course, "no", hints=hints).exercises] == ["", ""]

    def test_an_answer_in_another_cell_is_found_where_it_is(self, course):
        handed_in = small_course.answered(course, scale="")
        mine = nbformat.v4.new_code_cell(small_course.ANSWERS["scale"])
        handed_in.cells.insert(3, mine)
        made = told(course, submission=handed_in)
        assert made.exercises[0].answer.startswith("cell-")
        assert made.exercises[0].names == ("scale",)

    def test_a_person_may_give_the_points_of_a_failed_test(self, course):
        known = transcript(test_scale=CellMark(points=2.0, max_points=2.0, manual_points=2.0))
        made = told(course, known, results={"test_scale": {"status": "failed", "message": "no"}})
        assert made.exercises[0].passed

    def test_one_graded_by_nbgrader_alone_has_the_message_of_its_output(self, course):
        made = notebook(course, {"test_scale": {"status": "failed", "message": "wrong"}})
        del made.metadata.autograder["cells"]
        known = transcript(test_scale=CellMark(points=0.0, max_points=2.0))
        assert told(course, known, made).exercises[0].message == "wrong"


class TestWritten:
    @pytest.fixture
    def course(self, course):
        source = small_course.source()
        small_course.cell_of(source, "task").source = SCHEME
        nbformat.write(source, course.source / "small" / "small.ipynb")
        return course

    def test_it_has_the_level_that_was_reached_and_what_the_next_one_needs(self, course):
        [one] = told(course, transcript(task=MARKED)).written
        assert (one.title, one.level, one.top) == ("Discussion 1", 1, 2)
        assert (one.reached, one.needed) == ("<p>Only a conclusion.</p>\n", "<p>One number.</p>\n")
        assert one.comment == "<p>More, please.</p>\n"
        assert one.answer == "cell-reply"

    def test_all_of_it_is_in_the_students_language(self, course):
        [one] = told(course, transcript(task=MARKED), language="ja").written
        assert one.title == "考察 1"
        assert (one.reached, one.needed) == ("<p>結論だけ。</p>\n", "<p>数値が一つある。</p>\n")

    def test_what_waits_has_no_level(self, course):
        [one] = told(course).written
        assert one.entry.waits
        assert (one.level, one.reached, one.needed) == (None, "", "")

    def test_nothing_follows_the_highest_level(self, course):
        [one] = told(course, transcript(task=CellMark(points=4.0, max_points=4.0))).written
        assert (one.level, one.needed) == (2, "")

    def test_a_mark_scheme_that_a_student_wrote_is_none(self, course):
        source = small_course.source()
        small_course.cell_of(source, "task").metadata.nbgrader.update(
            task=False, grade=True, solution=True, locked=False
        )
        nbformat.write(source, course.source / "small" / "small.ipynb")
        made = notebook(course)
        small_course.cell_of(made, "task").source = SCHEME.replace("One number", "<script>")
        [one] = told(course, transcript(task=MARKED), made).written
        assert (one.level, one.reached) == (None, "")


class TestNotes:
    def test_repairs_are_said_in_the_students_language(self, course):
        handed_in = small_course.answered(course, "ja")
        small_course.cell_of(handed_in, "test_scale").source = "pass"
        made = told(course, submission=handed_in)
        assert made.repairs == ("テスト「test_scale」が書き換えられていたので、元に戻しました",)

    def test_what_is_not_in_the_gradebook_is_said_to_be_so(self, course):
        made = page(notebook(course), None, "ada", "small", Pictures())
        assert not made.graded
        assert all(one.entry.waits for one in made.exercises)
