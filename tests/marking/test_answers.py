"""Written answers as a marker sees them."""

from __future__ import annotations

import nbformat
import pytest

from autograder.marking import answers
from tests import small_course
from tests.feedback.graded import grade, notebook


@pytest.fixture
def course(registered):
    grade(registered, "ada")
    return registered


def test_the_question_and_its_levels_are_in_the_markers_language(course):
    source = small_course.source()
    small_course.cell_of(source, "task").source = (
        "### 考察 / Discussion (4 点 / points)\n\n=== BEGIN MARK SCHEME ===\n各 4 点。\nEach 4 points.\n\n"
        '**0** 白紙。 / Blank.\n\n**1** **よい**。例：「和」\nGood. Example: "A sum"\n=== END MARK SCHEME ==='
    )
    nbformat.write(source, course.source / "small" / "small.ipynb")
    english = answers.asked(course, "small", "task", "en")
    assert english.title == "Discussion"
    assert english.levels == ((0, "<p>Blank.</p>\n", ""), (1, "<p>Good.</p>\n", "<p>&quot;A sum&quot;</p>\n"))
    japanese = answers.asked(course, "small", "task", "ja")
    assert japanese.levels[1] == (1, "<p><strong>よい</strong>。</p>\n", "<p>「和」</p>\n")
    assert "MARK SCHEME" not in str(english) + str(japanese)


def test_a_cell_that_the_source_does_not_have_is_no_question(course):
    assert answers.asked(course, "small", "nothing", "en") is None


class TestReading:
    def test_a_tasks_answer_stands_in_the_cell_below_it(self, course):
        found = answers.read(course, "ada", "small", "task")
        assert (found.text, found.blank) == ("It is what adding gives.", False)

    @pytest.mark.parametrize("text", ["", "  \n", "**ここに答えを書いてください / YOUR ANSWER HERE**\n"])
    def test_one_that_is_as_it_was_released_is_blank(self, course, text):
        grade(course, "bob", notebook(course, reply=text))
        assert answers.read(course, "bob", "small", "task").blank

    def test_nothing_of_it_runs_where_it_is_shown(self, course):
        grade(course, "eve", notebook(course, reply="<img src=x onerror=alert(1)> [a](javascript:b)"))
        html = answers.read(course, "eve", "small", "task").html
        assert "<img" not in html
        assert "href" not in html

    def test_who_has_no_graded_notebook_has_no_answer(self, course):
        assert answers.read(course, "nobody", "small", "task") is None


class TestFigures:
    @staticmethod
    def shown(course, made, language="en"):
        grade(course, "ada", made)
        return answers.figures(course, "ada", "small", "task", language)

    def test_they_are_those_of_the_notebook_without_what_tests_print(self, course):
        made = notebook(course, {"test_total": {"status": "failed", "message": "no"}})
        small_course.cell_of(made, "try-it").outputs = [nbformat.v4.new_output("stream", text="3.0")]
        html = self.shown(course, made)
        assert '<h2><code>try-it</code></h2><pre class="stream">3.0</pre>' in html
        assert "12345" not in html

    def test_they_say_which_tests_have_passed(self, course):
        html = self.shown(course, notebook(course, {"test_total": {"status": "failed", "message": "no"}}))
        assert "✗ <code>test_total</code>" in html
        assert "✓ <code>test_scale</code>" in html
        assert "<code>task</code>" not in html

    def test_the_code_is_the_students_and_long_code_is_folded(self, course):
        long = "def total(values):\n" + "    values\n" * 20 + "    return 1"
        html = self.shown(course, notebook(course, total=long))
        assert "<details><summary>the student's code, 22 lines</summary>" in html
        added = nbformat.v4.new_code_cell("mine = '<b>'")
        handed_in = small_course.answered(course)
        handed_in.cells.append(added)
        html = self.shown(course, notebook(course, submission=handed_in))
        assert "&lt;b&gt;" in html
        assert html.count("<details>") == 0
        assert "import" not in html  # of given cells

    def test_an_experiment_that_nobody_has_touched_is_there_and_says_so(self, course):
        source = small_course.source()
        at = source.cells.index(small_course.cell_of(source, "task"))
        source.cells.insert(at, nbformat.v4.new_code_cell("# your own experiment", id="experiment"))
        nbformat.write(source, course.source / "small" / "small.ipynb")
        html = self.shown(course, notebook(course))
        assert "<h2><code>experiment</code></h2><p>as it was handed out, without an output</p>" in html
        handed_in = small_course.answered(course)
        small_course.cell_of(handed_in, "experiment").source = "run()"
        assert "run()" in self.shown(course, notebook(course, submission=handed_in))

    def test_what_stands_just_before_the_answer_is_first(self, course):
        source = small_course.source()
        at = source.cells.index(small_course.cell_of(source, "task"))
        source.cells[at:at] = [nbformat.v4.new_code_cell(f"{name} = 0", id=name) for name in ("one", "two")]
        source.cells.append(nbformat.v4.new_code_cell("last = 0", id="last"))
        nbformat.write(source, course.source / "small" / "small.ipynb")
        html = self.shown(course, notebook(course))
        assert html.index(">two<") < html.index(">one<") < html.index(">last<")


class TestGroups:
    def test_equal_and_similar_answers_are_together_and_large_groups_first(self):
        one = "The convolutions have 4,800 parameters because kernels are shared."
        assert answers.groups(["Else.", one, one.upper(), one.replace("4,800", "4800"), "", ""]) == [
            2,
            0,
            0,
            0,
            1,
            1,
        ]

    def test_none_is_no_group(self):
        assert answers.groups([]) == []

    def test_two_hundred_long_answers_take_no_time(self):
        texts = [f"{number} " * 700 for number in range(200)]
        assert len(answers.groups(texts)) == 200
