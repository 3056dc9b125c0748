"""TeX becomes MathML, or stays what it is; nothing of it reaches the browser unescaped."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree

import nbformat
import pytest

from autograder.submission.formulas import LONGEST, mathml
from tests.small_course import REPOSITORY

pytest.importorskip("latex2mathml")

FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\$)\$([^$\n]+?)\$(?!\$)", re.DOTALL)


def test_a_formula_becomes_mathml():
    assert mathml("x_1 + 2") == (
        '<math display="inline"><mrow><msub><mi>x</mi><mn>1</mn></msub><mo>+</mo><mn>2</mn></mrow></math>'
    )
    assert mathml("x", block=True).startswith('<math display="block">')


def test_bold_letters_are_letters_of_unicode_because_browsers_know_no_other_way():
    assert "𝒙" in mathml(r"\boldsymbol{x}")
    assert "mathvariant" not in mathml(r"\boldsymbol{x}")


@pytest.mark.parametrize(
    "bars", [(r"\lVert ", r"\rVert"), (r"\lvert ", r"\rvert"), (r"\|", r"\|"), ("|", "|")]
)
def test_bars_do_not_grow_unless_they_are_told_to(bars):
    left, right = bars
    assert not re.search(r'<mo>[|‖]</mo>|stretchy="true"', mathml(f"{left}w{right}^2"))
    assert mathml(rf"\left{left}w\right{right}^2").count('stretchy="true"') == 2


@pytest.mark.parametrize(
    ("tex", "spaces"),
    [
        (r"\ln 2", 1),
        (r"2\ln 2", 2),
        (r"\log_{10}\frac{1}{2}", 1),
        (r"-\log p_{i,y_i}", 1),
        (r"\ln(2)", 0),
        (r"x_\ln", 0),
    ],
)
def test_the_name_of_a_function_has_a_space_beside_it_as_in_tex(tex, spaces):
    assert mathml(tex).count("<mspace") == spaces


@pytest.mark.parametrize(
    ("tex", "cells"),
    [
        (r"\begin{gathered} a = 1 \\ b = 2 \end{gathered}", (1, 1)),
        (r"\begin{gather*} a \\ b \end{gather*}", (1, 1)),
        (r"\begin{multline} a \\ b \end{multline}", (1, 1)),
        (r"\begin{aligned} a &= 1 \\ b &= 2 \end{aligned}", (2, 2)),
        (r"\begin{alignedat}{2} a &= 1 \\[4pt] b &= 2 \end{alignedat}", (2, 2)),
        (r"\begin{eqnarray} a &=& 1 \\ b &=& 2 \end{eqnarray}", (3, 3)),
        (r"\begin{equation} \begin{split} a &= 1 \\ b &= 2 \end{split} \end{equation}", (2, 2)),
        (r"\begin{align} a &= 1 \label{eq:a} \nonumber \\ b &= 2 \notag \end{align}", (2, 2)),
        (r"a \\ b", (1, 1)),
    ],
)
def test_each_line_of_a_formula_of_several_lines_is_a_row(tex, cells):
    html = mathml(tex, block=True)
    rows = ElementTree.fromstring(html).iter("mtr")
    assert tuple(len(row) for row in rows) == cells
    assert "&amp;" not in html
    assert not re.search("4pt|eq:a|number|notag", html)
    assert ('columnalign="right"' in html) is (max(cells) > 1)


def test_what_stands_below_max_is_below_it_in_a_formula_of_its_own_only():
    assert "<munder><mo>max</mo><mi>i</mi></munder>" in mathml(r"\max_i x_i", block=True)
    assert "<msub><mo>max</mo><mi>i</mi></msub>" in mathml(r"\max_i x_i")
    assert "<munder><mtext>arg\u00a0max</mtext>" in mathml(r"\arg\max_k z_k", block=True)
    assert "<munder><mi>x" not in mathml("x_i", block=True)


def test_all_formulas_of_the_course_are_understood():
    formulas = {
        (block or inline, bool(block))
        for path in REPOSITORY.glob("source/*/*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
        for block, inline in FORMULA.findall(cell.source)
    }
    assert len(formulas) > 300
    shown = {tex: mathml(tex, block) for tex, block in formulas}
    assert [tex for tex, html in shown.items() if html.startswith("<code") or "\\" in html] == []
    for html in shown.values():
        ElementTree.fromstring(html)


@pytest.mark.parametrize(
    ("tex", "never"),
    [
        (r"\text{<script>alert(1)</script>}", "<script"),
        (r"\href{javascript:alert(1)}{x}", "javascript"),
        (r"\text{&lt;img src=x onerror=alert(1)&gt;}", "<img"),
        (r"\color{red;background:url(//b.org)}{x}", "url("),
        (r"\class{x}{y}\style{color:red}{z}\cssId{a}{b}", "style="),
        ("x<b onclick=alert(1)>y", "<b"),
    ],
)
def test_nothing_that_a_browser_would_run_or_fetch_is_left(tex, never):
    html = mathml(tex)
    assert never not in html
    assert set(re.findall(r"<(\w+)", html)) <= {
        "math",
        "mrow",
        "mtext",
        "mi",
        "mn",
        "mo",
        "mstyle",
        "code",
        "mspace",
    }


@pytest.mark.parametrize(
    "tex",
    [
        "{" * 300 + "x" + "}" * 300,
        r"\frac{1}{" * 60 + "x" + "}" * 60,
        r"\left(" * 200,
        r"\begin{matrix}" * 50,
        r"\sqrt[" * 150,
        "_" * 300,
        "x" * (LONGEST + 1),
        "\\",
        "",
        "\x00\ud800"[:1],
    ],
)
def test_what_is_not_understood_is_shown_as_it_is_and_at_once(tex):
    started = time.process_time()
    html = mathml(tex)
    assert html.startswith(('<code class="tex">', "<math"))
    assert time.process_time() - started < 1
