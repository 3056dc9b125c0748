"""Pictures are plain SVG elements that reach for nothing and show text as text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from autograder.report import figures
from autograder.report.sweeps import Curve, Panel


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(picture))


def panel(*curves: Curve, median=(), baseline=None, variable="width") -> Panel:
    return Panel(variable=variable, group="", curves=curves, median=median, baseline=baseline)


def test_a_histogram_is_one_svg_with_a_description():
    picture = figures.score_distribution([1.0, 5.0, 5.0], 10.0, 5.0)
    root = parsed(picture)
    assert root.tag == "svg"
    assert root.get("aria-label") == "3 scores from 0 to 10, median 5"
    assert len(root.findall("rect")) == 2, "a bar for each score that somebody has"


@pytest.mark.parametrize("scores", [[0.0], [12.0, 3.0], [0.0] * 200])
def test_any_scores_can_be_drawn(scores):
    assert figures.score_distribution(scores, 0.0 if scores == [0.0] else 10.0, 0.0)


def test_nothing_outside_is_referred_to():
    curve = Curve("ada", ((1, 0.5), (2, 0.6)), True)
    for picture in (
        figures.score_distribution([1.0], 2.0, 1.0),
        figures.sweep(panel(curve), "accuracy", (0.0, 1.0)),
    ):
        assert not re.search(r"http|href|url\(| id=", picture)


def test_each_curve_has_its_students_name():
    curves = [Curve(name, ((1, 0.5), (2, 0.6)), True) for name in ("ada", "<script>alert(1)</script>&")]
    picture = figures.sweep(panel(*curves), "accuracy", (0.0, 1.0))
    titles = [element.text for element in parsed(picture).iter("title")]
    assert titles == ["ada", "<script>alert(1)</script>&"]
    assert "<script>" not in picture


def test_texts_of_students_are_no_formulas_and_no_markup():
    curve = Curve("ada", (("$\\frac{", 0.5), ("<b>&amp;", 0.6)), True)
    picture = figures.sweep(panel(curve, variable="$x_{"), "100 % $", (0.0, 1.0))
    texts = "".join(parsed(picture).itertext())
    assert "$\\frac{" in texts
    assert "<b>&amp;" in texts


@pytest.mark.parametrize(
    "values",
    [
        (1, 4, 128),
        (0, 50, 5000),
        (-3, 0, 3),
        (0.5,),
        (0.0,),
        ("a", 3),
        (1e-300, 1e9),
        (-1e9, 1e9),
        tuple(range(1, 60)),
    ],
)
def test_any_values_can_be_drawn(values):
    curves = [Curve("ada", tuple((value, 0.1 * n) for n, value in enumerate(values)), n > 0) for n in (0, 1)]
    median = curves[0].points
    assert (
        parsed(figures.sweep(panel(*curves, median=median, baseline=0.2), "accuracy", (0.0, 1.0))).tag
        == "svg"
    )


def test_a_curve_of_a_table_that_failed_its_test_is_dashed():
    curves = [Curve(name, ((1, 0.5), (2, 0.6)), name == "ada") for name in ("ada", "bob")]
    root = parsed(figures.sweep(panel(*curves), "accuracy", (0.0, 1.0)))
    classes = {group.findtext("title"): group.get("class") for group in root.iter("g")}
    assert classes == {"ada": "student", "bob": "student failed"}


def test_bars_median_and_curves_stand_where_the_numbers_say():
    root = parsed(figures.score_distribution([0.0, 0.0, 10.0], 10.0, 5.0))
    first, last = root.findall("rect")
    assert float(first.get("height")) == pytest.approx(2 * float(last.get("height")), abs=0.2)
    left, width = figures.LEFT, 288 - figures.LEFT - figures.RIGHT
    assert float(first.get("x")) == left
    assert float(last.get("x")) == pytest.approx(left + 0.95 * width, abs=0.1)
    (line,) = (path.get("d") for path in root.findall("path") if path.get("class") == "median")
    assert line.startswith(f"M{left + 0.5 * width:.1f} ")
    curve = Curve("ada", ((1, 0.0), (2, 1.0)), True)
    (points,) = (
        line.get("points") for line in parsed(figures.sweep(panel(curve), "m", (0.0, 1.0))).iter("polyline")
    )
    (x, y), (next_x, next_y) = (map(float, point.split(",")) for point in points.split())
    assert x < next_x
    assert y > next_y, "more is further up"
