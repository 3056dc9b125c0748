"""What is left of a student's Markdown, in the notebook and on the page."""

from __future__ import annotations

import re
import time

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.course.folder import Course
from autograder.grading.preprocessors import EscapeNames
from autograder.kernel.outputs import is_picture
from autograder.submission.markup import harmless_markdown
from tests import small_course

FILTERS = {"markdown2html": "autograder.submission.markup.markdown_to_html"}
PICTURE = "iVBORw0KGgo="


def shown(source: str, given: bool = False, attachments: dict | None = None) -> str:
    """The body of a page with one text."""
    cell = nbformat.v4.new_markdown_cell(source)
    if attachments:
        cell.attachments = nbformat.from_dict(attachments)
    metadata = {"autograder": {"given_texts": [cell.id]}} if given else {}
    page, _ = HTMLExporter(template_name="basic", filters=FILTERS).from_notebook_node(
        nbformat.v4.new_notebook(cells=[cell], metadata=metadata)
    )
    return page[page.index("rendered_html") :]


class TestInTheNotebook:
    @pytest.mark.parametrize(
        "text", ["a < b", "x<3", "$a<-1$", "**bold** `code` $\\alpha$ [a](http://b.org)", "n! (x)"]
    )
    def test_ordinary_text_stays(self, text):
        assert harmless_markdown(text) == text

    @pytest.mark.parametrize(
        ("text", "harmless"),
        [
            ("<script>", "< script>"),
            ("</script>", "< /script>"),
            ("<!-- x", "< !-- x"),
            ("[x](javascript:y)", "[x](javascript :y)"),
            ("[x](javascript\\:y)", "[x](javascript :y)"),
            ("[x](java&#115;cript&colon;y)", "[x](javascript :y)"),
            ("$\\href{x}{y}$", "$\\text{href}{x}{y}$"),
            ("$\\hreftext$", "$\\hreftext$"),
            ("![x](http://y)", "! [x](http://y)"),
            ("![x](attachment:y.png)", "! [x](attachment:y.png)"),
        ],
    )
    def test_what_a_browser_would_run_or_fetch_does_not(self, text, harmless):
        assert harmless_markdown(text) == harmless

    def test_pasted_pictures_stay(self):
        text = "![x](attachment:y.png) and ![x](attachment:z.png)"
        assert harmless_markdown(text, ["y.png"]) == "![x](attachment:y.png) and ! [x](attachment:z.png)"

    @pytest.mark.parametrize("text", ["<b>x", "[x](javascript:y)", "![x](y)", "$\\href{a}{b}$"])
    def test_twice_is_the_same_as_once(self, text):
        assert harmless_markdown(harmless_markdown(text)) == harmless_markdown(text)


class TestOnThePage:
    def test_markdown_is_shown_as_markdown(self):
        page = shown(
            "# Head\n\n*so* `a < b`\n\n- [x] done\n\n| a |\n|--:|\n| $x_1$ |\n\n```python\nx = 1\n```"
        )
        for part in (
            "<h1>Head</h1>",
            "<em>so</em>",
            "<code>a &lt; b</code>",
            'type="checkbox"',
        ):
            assert part in page
        assert '<div class="highlight">' in page
        assert re.search(r'<th style="text-align: ?right;?">', page)

    @pytest.mark.parametrize("given", [True, False])
    def test_formulas_need_no_script(self, given):
        pytest.importorskip("latex2mathml")
        page = shown("$x_1$ and $$\\frac{1}{2}$$\n\n\\begin{align}a\\end{align}", given)
        assert page.count("<math ") == 3
        assert "$" not in page

    def test_a_text_that_would_take_seconds_is_shown_as_it_is(self):
        started = time.process_time()
        assert "&lt;b&gt;" in shown("\\begin{a}<b>" * 20_000)
        assert time.process_time() - started < 2

    def test_a_long_text_and_a_long_formula_are_shown_to_their_ends(self):
        assert "THE END" in shown("so much to say " * 5000 + "THE END")
        assert "THE END" in shown("$" + "x + " * 500 + "THE END$")

    def test_html_is_shown_as_text(self):
        assert "&lt;b onclick=x&gt;y&lt;/b&gt;" in shown("a <b onclick=x>y</b>")
        assert "&lt;div id=task&gt;" in shown("<div id=task>\n\nx")

    def test_the_address_of_a_link_is_shown_and_leads_nowhere(self):
        page = shown("[paper](https://b.org/?a=1&b=2) and https://c.org")
        assert "paper (https://b.org/?a=1&amp;b=2) and https://c.org" in page
        assert "href" not in page

    def test_only_pasted_pictures_are_shown(self):
        pictures = {"a.png": {"image/png": PICTURE}, "b.svg": {"image/svg+xml": PICTURE}}
        page = shown(
            "![one](attachment:a.png) ![two](attachment:b.svg) ![three](c.png)", attachments=pictures
        )
        assert f'src="data:image/png;base64,{PICTURE}"' in page
        assert page.count("<img") == 1
        assert "[two: attachment:b.svg] [three: c.png]" in page

    def test_a_headline_gets_no_id(self):
        assert "id=" not in shown("# task")

    def test_a_text_of_the_source_keeps_what_its_author_put_there(self):
        page = shown('[a](https://b.org) <i title="c">d</i> ![e](f.png)', given=True)
        for part in ('href="https://b.org"', '<i title="c">d</i>', 'src="f.png"'):
            assert part in page


def test_a_comment_keeps_its_links_and_the_answer_above_it_does_not(tmp_path):
    entry = {"grade_id": "a", "grade": True, "solution": True, "comment": "See [this](https://b.org)."}
    cells = [
        nbformat.v4.new_markdown_cell(
            "[mine](https://c.org)", metadata={"nbgrader": {**entry, "points": 1, "score": 1}}
        )
    ]
    nbgraders = GenerateFeedback(coursedir=CourseDirectory(root=str(tmp_path))).config.HTMLExporter
    resources = {"nbgrader": {"notebook": "a", "score": 1, "max_score": 1, "late_penalty": 0}}
    page, _ = HTMLExporter(filters=FILTERS, **nbgraders).from_notebook_node(
        nbformat.v4.new_notebook(cells=cells), resources=resources
    )
    assert '<a href="https://b.org">this</a>' in page
    assert "mine (https://c.org)" in page


def test_the_committed_settings_show_students_texts_with_it():
    settings = Course(small_course.REPOSITORY).config.HTMLExporter
    assert settings.filters == FILTERS
    assert settings.preprocessors == [EscapeNames]


def test_only_base64_of_a_known_kind_is_a_picture():
    assert is_picture("image/png", PICTURE)
    assert not is_picture("image/svg+xml", PICTURE)
    assert not is_picture("image/png", '" onerror="x')
    assert not is_picture("image/png", ["x"])
