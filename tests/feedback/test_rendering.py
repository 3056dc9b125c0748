"""Texts, code and outputs as parts of a page."""

from __future__ import annotations

import base64
import io
import time

import nbformat
import pytest
from PIL import Image

from autograder.feedback import rendering
from autograder.feedback.pictures import PNG, is_wide, smaller
from autograder.feedback.rendering import Budget, Pictures, code, given_text, inline, outputs, student_text
from autograder.submission import outputs as submitted_outputs
from tests.feedback.pictures import png

PIXEL = "iVBORw0KGgo="


class TestTextsOfStudents:
    def test_markdown_and_formulas_are_shown(self):
        pytest.importorskip("latex2mathml")
        html = student_text("**so** $x_1$\n\n$$\\frac{1}{2}$$\n\n\\begin{align}a\\end{align}", {}, Budget())
        assert "<strong>so</strong>" in html
        assert html.count("<math") == 3

    def test_a_formula_in_a_pictures_name_does_not_leave_its_attribute(self):
        pasted = {"a.png": {"image/png": PIXEL}}
        html = student_text('![$x"y$ is](attachment:a.png)', pasted, Budget())
        assert "<math" not in html
        assert html.count("<img") == 1
        assert 'alt="x&amp;quot;y is"' in html or 'alt="x&quot;y is"' in html

    @pytest.mark.parametrize(
        "text",
        ["<script>x</script>", "<img src=x onerror=y>", "[a](javascript:b)", "$\\href{javascript:x}{y}$"],
    )
    def test_nothing_of_it_runs(self, text):
        html = student_text(text, {}, Budget())
        for never in ("<script", "<img", "href", "onerror=y>"):
            assert never not in html.replace("&lt;img src=x onerror=y&gt;", "")

    def test_one_that_is_too_long_is_shown_without_its_markdown(self):
        html = student_text("**a** <b> " * 4000, {}, Budget())
        assert html.startswith('<pre class="plain">**a** &lt;b&gt; **a**')

    @pytest.mark.parametrize(
        "show", [lambda text: student_text(text, {}, Budget()), lambda text: code(text, Budget())]
    )
    def test_no_letter_of_a_long_one_is_dropped_without_a_word(self, show):
        assert "THE END" in show("so much to say " * 5000 + "THE END")
        assert "the rest is in the submitted notebook" in show("so much to say " * 50_000 + "THE END")

    def test_pictures_for_which_there_is_no_room_are_named(self):
        pasted = {"a.png": {"image/png": PIXEL}}
        text = "It rises: ![plot](attachment:a.png)"
        assert "<img" in student_text(text, pasted, Budget())
        assert "a figure left out: it is large" in student_text(text, pasted, Budget(pictures=10))

    def test_a_page_converts_only_so_much(self):
        budget = Budget()
        shown = [student_text("**a** " * 3000, {}, budget) for _ in range(5)]
        assert [html.startswith("<pre") for html in shown] == [False, False, False, True, True]


class TestTextsOfTheCourse:
    def test_links_lead_to_other_sites_or_nowhere(self):
        html = given_text("[a](https://b.org) [c](other.ipynb) [d](#headline)")
        assert '<a href="https://b.org" rel="noreferrer">a</a> c d' in html

    def test_pictures_come_from_the_assignment_and_never_from_a_network(self):
        files = Pictures({"figure.png": f"data:image/png;base64,{PIXEL}"})
        html = given_text(
            '![one](figure.png) ![two](https://b.org/x.png) <img src="https://b.org/y.png">', files
        )
        assert html.count("<img") == 1
        assert f'src="data:image/png;base64,{PIXEL}" alt="one"' in html
        assert "b.org" not in html

    def test_html_of_the_author_stays_but_for_what_fetches(self):
        html = given_text('<b title="x">y</b><script src="//b.org/z.js"></script>\n\n<details>w</details>')
        assert '<b title="x">y</b>' in html
        assert "<details>" in html
        assert "script" not in html

    def test_a_headline_that_begins_with_a_number_is_no_list(self):
        assert inline("3. Counting `parameters`") == "3. Counting <code>parameters</code>"


class TestCode:
    def test_it_has_colours(self):
        assert '<i class="k">def</i>' in code("def f(x): return x < 1")
        assert "x &lt;" in code("def f(x): return x < 1")

    def test_what_has_one_colour_is_marked_once(self):
        assert code("plot('100 %')") == """plot(<i class="s">'100 %'</i>)"""

    @pytest.mark.parametrize("piece", ["a.", "(", "f'{", "\\", "@a.", "'"])
    def test_what_would_keep_a_highlighter_busy_has_none(self, piece):
        started = time.process_time()
        html = code(piece * 200_000, Budget())
        assert time.process_time() - started < 1
        assert "<i" not in html

    def test_a_page_colours_only_so_much(self):
        budget = Budget()
        shown = [code("x = 1\n" * 3000, budget) for _ in range(8)]
        assert ["<i" in html for html in shown] == [True] * 6 + [False] * 2


class TestOutputs:
    def shown(self, *made, language="en") -> list[str]:
        return outputs(nbformat.v4.new_code_cell(outputs=list(made)), Budget(), language)

    def test_text_and_pictures_are_shown_and_nothing_else(self):
        html = nbformat.v4.new_output("display_data", {"text/html": "<b>x</b>", "text/plain": "<x>"})
        picture = nbformat.v4.new_output("display_data", {"image/png": PIXEL + "\n"})
        svg = nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg onload=x>"})
        assert self.shown(html, picture, svg) == [
            '<pre class="result">&lt;x&gt;</pre>',
            f'<img src="data:image/png;base64,{PIXEL}" alt="">',
        ]

    def test_colours_of_a_terminal_and_signs_that_turn_text_around_are_left_out(self):
        assert self.shown(nbformat.v4.new_output("stream", text="\x1b[31mred\x1b[0m \u202eevil")) == [
            '<pre class="stream">red evil</pre>'
        ]

    @pytest.mark.parametrize(
        ("language", "labels"),
        [("ja", ["提出時の出力", "採点時の出力"]), ("en", ["As submitted", "When graded"])],
    )
    def test_what_was_submitted_and_what_was_graded_are_told_apart_in_one_language(self, language, labels):
        before, after = (nbformat.v4.new_output("stream", text=text) for text in ("1.0", "2.0"))
        found = self.shown(*submitted_outputs.shown([before], [after]), language=language)
        assert found[::2] == [f'<p class="note">{label}</p>' for label in labels]
        assert found[1::2] == ['<pre class="stream">1.0</pre>', '<pre class="stream">2.0</pre>']

    def test_long_text_is_cut_in_the_students_language(self):
        [html] = self.shown(nbformat.v4.new_output("stream", text="a" * 50_000), language="ja")
        assert len(html) < 11_000
        assert "省略" in html

    def test_pictures_end_where_the_page_is_full(self, monkeypatch):
        monkeypatch.setattr(rendering, "PICTURES_OF_A_PAGE", 20)
        made = [nbformat.v4.new_output("display_data", {"image/png": PIXEL}) for _ in range(2)]
        first, second = self.shown(*made)
        assert first.startswith("<img")
        assert "a figure left out" in second


class TestPictures:
    @pytest.mark.parametrize(
        ("size", "wide"), [((1500, 400), True), ((900, 320), True), ((640, 480), False), ((1000, 900), False)]
    )
    def test_panels_side_by_side_are_told_from_other_pictures(self, size, wide):
        file = io.BytesIO()
        Image.new("RGB", size).save(file, "PNG")
        content = base64.b64encode(file.getvalue()).decode()
        assert is_wide(content) == wide
        output = nbformat.v4.new_output("display_data", {"image/png": content})
        [html] = outputs(nbformat.v4.new_code_cell(outputs=[output]), Budget(), "en")
        assert html.startswith('<div class="wide"' if wide else "<img")

    @pytest.mark.parametrize("content", ["", "A", "AAAA", "no base64 !"])
    def test_what_is_no_png_is_not_wide(self, content):
        assert not is_wide(content)

    def test_a_figure_is_made_smaller_and_looks_the_same(self):
        before = png()
        kind, after = smaller(before)
        assert kind == "image/webp"
        assert len(after) < len(before) / 3
        shown = Image.open(io.BytesIO(base64.b64decode(after)))
        assert shown.size == (400, 300)

    @pytest.mark.parametrize("content", ["A" * 10_000, base64.b64encode(b"GIF89a" + b"0" * 9000).decode()])
    def test_what_is_no_png_stays_as_it_is(self, content):
        assert smaller(content) == (PNG, content)

    def test_one_that_unpacks_to_gigabytes_is_not_unpacked(self):
        flat = Image.new("1", (30_000, 30_000))
        file = io.BytesIO()
        flat.save(file, "PNG")
        content = base64.b64encode(file.getvalue()).decode()
        started = time.process_time()
        assert smaller(content) == (PNG, content)
        assert time.process_time() - started < 0.5
