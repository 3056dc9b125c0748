"""The pictures of the class report: small SVGs that take the page's colours and reach for nothing outside."""

from __future__ import annotations

import html
import io
import re
import warnings
from collections.abc import Sequence

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.report.sweeps import Panel
from autograder.text import clean_text

__all__ = ["score_distribution", "sweep"]

INK = "#010203"
"""Becomes the page's text colour."""
GREY = "#808890"
ACCENT = "#2f7de1"
SECOND = "#d9730d"
WIDE = 50
"""From this ratio of the largest to the smallest value on, an axis is logarithmic."""
FULL = 30
"""Up to about this number of curves, single ones can be followed; more are drawn paler."""
MANY = 60
"""From this number of curves on, single points only darken the picture."""
STYLE = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
UNUSED_ID = re.compile(r' id="(?:figure|axes|patch|line2d|text|xtick|ytick|matplotlib\.axis|legend)_\d+"')
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def score_distribution(
    scores: Sequence[float],
    max_points: float,
    median: float,
    labels: tuple[str, str] = ("points", "students"),
) -> Markup:
    """A histogram of the scores of one assignment, from 0 to all points.

    Args:
        scores: One for each submission.
        max_points: Points of the assignment; a score may be higher (extra credit).
        median: Drawn as a line.
        labels: Of the axes, in the language of the page.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(4.0, 1.9)
        right = max([max_points, *scores]) or 1.0
        axes.hist(scores, bins=20, range=(0, right), color=ACCENT, alpha=0.75, rwidth=0.92)
        axes.axvline(median, color=SECOND, linewidth=1.5)
        axes.set(xlim=(0, right), xlabel=labels[0], ylabel=labels[1])
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
        return _svg(figure, f"{len(scores)} scores from 0 to {right:g}, median {median:g}")


def sweep(panel: Panel, metric: str, scores: tuple[float, float]) -> Markup:
    """The sweeps of many students: a thin line for each (dashed where its test failed), the median bold.

    Args:
        scores: The least and the greatest score on the axis.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = _figure(4.6, 3.0)
        place = _places(panel)
        alpha = max(0.2, min(0.7, FULL / max(1, len(panel.curves))))
        marker = {"marker": ".", "markersize": 3} if len(panel.curves) <= MANY else {}
        for number, curve in enumerate(panel.curves):
            x, y = [place[value] for value, _ in curve.points], [score for _, score in curve.points]
            style = {"linestyle": "-" if curve.confirmed else (0, (3, 3)), "gid": f"student-{number}"}
            axes.plot(x, y, color=GREY, linewidth=0.9, alpha=alpha, **marker, **style)
        if panel.median:
            x, y = [place[value] for value, _ in panel.median], [score for _, score in panel.median]
            axes.plot(x, y, color=ACCENT, linewidth=2.6, marker="o", markersize=4, label="median")
        if panel.baseline is not None:
            axes.axhline(panel.baseline, color=SECOND, linewidth=1.2, linestyle="--", label="baseline")
        _scale(axes, place)
        margin = 0.05 * (scores[1] - scores[0]) or 0.5
        axes.set(ylim=(scores[0] - margin, scores[1] + margin))
        axes.set(xlabel=clean_text(panel.variable), ylabel=clean_text(metric))
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=2)
        described = clean_text(f"{len(panel.curves)} curves of {metric} against {panel.variable}")
        return _svg(figure, described, [curve.student for curve in panel.curves])


def _figure(width: float, height: float):
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _places(panel: Panel) -> dict:
    """Where each value is on the axis: at itself, or, where some are texts, one after the other."""
    values = list(dict.fromkeys(value for curve in panel.curves for value, _ in curve.points))
    if any(isinstance(value, str) for value in values):
        return {
            value: place for place, value in enumerate(sorted(values, key=lambda v: (isinstance(v, str), v)))
        }
    return {value: value for value in values}


def _scale(axes, place: dict) -> None:
    if any(isinstance(value, str) for value in place):
        axes.set_xticks(list(place.values()), [clean_text(str(value))[:12] for value in place], rotation=30)
        return
    positive = [value for value in place if value > 0]
    if min(place, default=0) < 0 or len(positive) < 2 or max(positive) < WIDE * min(positive):
        return
    if len(positive) == len(place):
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=min(positive))
        axes.set_xlim(-0.4 * min(positive), 1.4 * max(positive))
    values = sorted(place)
    if len(values) <= 6:
        axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()


def _svg(figure: Figure, described: str, students: Sequence[str] = ()) -> Markup:
    """The figure as an element of the page; names of students appear where the mouse points."""
    FigureCanvasSVG(figure)
    target = io.StringIO()
    with warnings.catch_warnings():
        # texts are drawn by the browser, which has the fonts
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(target, format="svg", metadata=NO_METADATA)
    text = target.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    for number, student in enumerate(students):
        text = text.replace(
            f'<g id="student-{number}">',
            f'<g class="student"><title>{html.escape(clean_text(student))}</title>',
            1,
        )
    text = UNUSED_ID.sub("", text)
    opening = f'<svg viewBox="0 0 {figure.get_figwidth() * 72:g} {figure.get_figheight() * 72:g}" role="img"'
    return Markup(f'{opening} aria-label="{html.escape(described)}">{text[text.index(">") + 1 :].strip()}')
