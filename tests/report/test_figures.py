"""Pictures are plain SVG elements that reach for nothing and show text as text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from autograder.report import figures
from autograder.report.sweeps import Curve, Panel


def parsed(picture: str) -> ElementTree.Element:
    """As a browser takes it: inside of a page, the prefix xlink is known."""
    return ElementTree.fromstring(str(picture).replace("<svg ", '<svg xmlns:xlink="urn:x" ', 1))


def panel(*curves: Curve, median=(), baseline=None, variable="width") -> Panel:
    return Panel(variable=variable, group="", curves=curves, median=median, baseline=baseline)


def test_a_histogram_is_one_svg_with_a_description():
    picture = figures.score_distribution([1.0, 5.0, 5.0], 10.0, 5.0)
    root = parsed(picture)
    assert root.tag == "svg"
    assert root.get("aria-label") == "3 scores from 0 to 10, median 5"
    assert "currentColor" in picture
    assert figures.INK not in picture


@pytest.mark.parametrize("scores", [[0.0], [12.0, 3.0], [0.0] * 200])
def test_any_scores_can_be_drawn(scores):
    assert figures.score_distribution(scores, 0.0 if scores == [0.0] else 10.0, 0.0)


def test_nothing_outside_is_referred_to():
    curve = Curve("ada", ((1, 0.5), (2, 0.6)), True)
    for picture in (
        figures.score_distribution([1.0], 2.0, 1.0),
        figures.sweep(panel(curve), "accuracy", (0.0, 1.0)),
    ):
        assert "http" not in picture
        assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', picture))
        assert "<metadata" not in picture
        assert "<?xml" not in picture


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


def test_identifiers_of_two_pictures_do_not_meet():
    curve = Curve("ada", ((1, 0.5), (2, 0.6)), True)
    first, second = (
        set(re.findall(r' id="([^"]*)"', figures.sweep(panel(curve), "m", (0.0, 1.0)))) for _ in range(2)
    )
    assert first
    assert not first & second
