"""The pictures of the class report: small SVGs that take the page's colours and reach for nothing outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.report.axes import Axis, linear, of_values
from autograder.report.sweeps import Panel
from autograder.text import clean_text

__all__ = ["score_distribution", "sweep"]

BINS = 20
FULL = 30
"""Up to about this number of curves, single ones can be followed; more are drawn paler."""
MANY = 60
"""From this number of curves on, single points only darken the picture."""
LEFT, TOP, RIGHT, BOTTOM = 46, 6, 8, 36
"""What the frame of a picture leaves to its axes' names, in pixels."""


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """The part of a picture between its axes, in pixels."""

    width: float
    height: float
    x: Axis
    y: Axis

    def at(self, x: float | str, y: float) -> tuple[float, float]:
        """Where a point stands."""
        return LEFT + self.x.place(x) * self.inner_width, self.height_of(self.y.place(y))

    def height_of(self, share: float) -> float:
        """Where a share of the axis upwards stands."""
        return TOP + (1 - share) * self.inner_height

    @property
    def inner_width(self) -> float:
        return self.width - LEFT - RIGHT

    @property
    def inner_height(self) -> float:
        return self.height - TOP - BOTTOM

    def drawn(self, content: Iterable[Markup], described: str, x_name: str, y_name: str) -> Markup:
        """The picture: its content, axes with ticks, and the axes' names."""
        bottom, right = TOP + self.inner_height, LEFT + self.inner_width
        ticks = [
            Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                LEFT + place * self.inner_width, bottom + 14, name
            )
            for place, name in self.x.ticks
        ]
        ticks += [
            Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                LEFT - 5, self.height_of(place) + 3.5, name
            )
            for place, name in self.y.ticks
        ]
        return Markup(
            '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{described}">{content}'
            '<path class="axis" d="M{left} {top}V{bottom}H{right}"/>{ticks}'
            '<text x="{middle}" y="{under}" text-anchor="middle">{x_name}</text>'
            '<text transform="translate(11 {centre}) rotate(-90)" text-anchor="middle">{y_name}</text></svg>'
        ).format(
            width=self.width,
            height=self.height,
            described=clean_text(described),
            content=Markup("").join(content),
            left=LEFT,
            top=TOP,
            bottom=bottom,
            right=right,
            ticks=Markup("").join(ticks),
            middle=LEFT + self.inner_width / 2,
            under=self.height - 5,
            x_name=clean_text(x_name),
            centre=TOP + self.inner_height / 2,
            y_name=clean_text(y_name),
        )

    def level(self, y: float) -> Markup:
        """A line from side to side."""
        height = self.height_of(self.y.place(y))
        return Markup('<path class="baseline" d="M{} {:.1f}h{}"/>').format(LEFT, height, self.inner_width)


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
    right = max([max_points, *scores]) or 1.0
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, int(BINS * max(score, 0.0) / right))] += 1
    frame = _Frame(
        width=288, height=137, x=linear(0, right), y=linear(0, 1.05 * max(counts), most=4, whole=True)
    )
    bars = [_bar(frame, right * n / BINS, right * (n + 1) / BINS, count) for n, count in enumerate(counts)]
    x, _ = frame.at(median, 0)
    line = Markup('<path class="median" d="M{:.1f} {}v{}"/>').format(x, TOP, frame.inner_height)
    described = f"{len(scores)} scores from 0 to {right:g}, median {median:g}"
    return frame.drawn([*bars, line], described, *labels)


def sweep(panel: Panel, metric: str, scores: tuple[float, float]) -> Markup:
    """The sweeps of many students: a thin line for each (dashed where its test failed), the median bold.

    Args:
        scores: The least and the greatest score on the axis.
    """
    margin = 0.05 * (scores[1] - scores[0]) or 0.5
    frame = _Frame(
        width=331,
        height=216,
        x=of_values(value for curve in panel.curves for value, _ in curve.points),
        y=linear(scores[0] - margin, scores[1] + margin),
    )
    opacity = max(0.2, min(0.7, FULL / max(1, len(panel.curves))))
    content = [
        Markup('<g class="{}" opacity="{:.2f}"><title>{}</title>{}</g>').format(
            "student" if curve.confirmed else "student failed",
            opacity,
            clean_text(curve.student),
            _curve(frame, curve.points, 1.5 if len(panel.curves) <= MANY or len(curve.points) == 1 else 0),
        )
        for curve in panel.curves
    ]
    if panel.median:
        content.append(Markup('<g class="middle">{}</g>').format(_curve(frame, panel.median, 2.5)))
    if panel.baseline is not None:
        content.append(frame.level(panel.baseline))
    described = f"{len(panel.curves)} curves of {metric} against {panel.variable}"
    return frame.drawn(content, described, panel.variable, metric)


def _bar(frame: _Frame, left: float, right: float, count: int) -> Markup:
    if not count:
        return Markup("")
    (x, y), (end, foot) = frame.at(left, count), frame.at(right, 0)
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        x, y, 0.92 * (end - x), foot - y
    )


def _curve(frame: _Frame, points: Sequence[tuple[float | str, float]], radius: float) -> Markup:
    """A line through points, which are marked by dots where they have a radius."""
    places = [frame.at(x, y) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = (
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}"/>').format(x, y, radius) for x, y in places if radius
    )
    return Markup('<polyline points="{}"/>').format(line) + Markup("").join(dots)
