"""The notebooks' diagrams, as SVG with words in Japanese or English; `benchmarks.diagrams` puts them into the notebooks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from html import escape

__all__ = ["ALT", "DIAGRAMS", "WIDTH", "digest", "drawing"]

WIDTH = 720
"""Of a drawing, in pixels: half of it fits a phone, so letters of 24 are 12 high there."""
SIZE = 24
BLUE, ORANGE, GREEN, GRAY, INK = "#1f6fb4", "#c84f00", "#2b8a4b", "#767676", "#222222"
PALE = {BLUE: "#d6e6f4", ORANGE: "#fbe3d3", GREEN: "#d9efdf", GRAY: "#eeeeee"}
FONTS = "'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif"

ALT: Mapping[str, Mapping[str, str]] = {
    "quantization_diagram": {
        "ja": "数直線の図：−1 から 2 までの間に 4 つのレベルが間隔 Δ で並び、どの値も一番近いレベルに丸められる。誤差は Δ/2 以下。",
        "en": "A number line: four levels from −1 to 2 at the distance Δ. Each value goes to the nearest level, so its error is at most Δ/2.",
    },
    "kmeans_diagram": {
        "ja": "3 枚の図：1. 行を 2 本選んでセントロイドにする。2. どの行も近い方のセントロイドを選ぶ。3. セントロイドを、選んだ行の平均に動かす。",
        "en": "Three panels: 1. two rows are taken as centroids, 2. each row chooses the nearest centroid, 3. each centroid moves to the mean of its rows.",
    },
    "pruning_diagram": {
        "ja": "左は 3×3 の重みの行列、右は刈った後の行列。絶対値の小さい 4 個（0.05、0.1、0.2、0.3）が 0 になり、残りの 5 個は変わらない。",
        "en": "Left a 3×3 matrix of weights, right the pruned one: the four smallest absolute values (0.05, 0.1, 0.2, 0.3) have become 0, the other five are unchanged.",
    },
    "svd_diagram": {
        "ja": "m×n の行列 W を、縦に細長い m×k の行列 A と横に細長い k×n の行列 B の積で近似する図。保存する数は mn 個から k(m + n) 個になる。",
        "en": "The m×n matrix W is nearly the product of a thin m×k matrix A and a flat k×n matrix B: k(m + n) numbers are stored instead of mn.",
    },
    "diagram": {
        "ja": "オートエンコーダの図：784 個の画素 x がエンコーダで 128、64、32 個と狭くなってコード z になり、デコーダで 64、128、784 個に広がって出力になる。",
        "en": "The autoencoder: the encoder narrows 784 pixels x to 128, 64 and 32 numbers, the code z; the decoder widens them to 64, 128 and 784 again, the output.",
    },
}


def drawing(name: str, language: str) -> str:
    """A diagram as SVG.

    Raises:
        KeyError: There is no such diagram.
    """
    [draw] = [diagrams[name] for diagrams in DIAGRAMS.values() if name in diagrams]
    height, parts = draw({"ja": 0, "en": 1}[language])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'font-family="{FONTS}" font-size="{SIZE}" stroke-width="3" fill="none">'
        f'<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="5" markerHeight="5" '
        f'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="context-stroke"/></marker></defs>'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>{"".join(parts)}</svg>'
    )


def digest(svg: str) -> str:
    """What a picture keeps of its drawing."""
    return hashlib.sha256(svg.encode()).hexdigest()[:16]


Drawn = tuple[int, list[str]]
"""A height, and the parts of a drawing."""


def text(x: float, y: float, words: str, color: str = INK, size: int = SIZE, bold: bool = False) -> str:
    """A line of text, centred."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" font-size="{size}" fill="{color}"{weight}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, color: str = INK, extra: str = "") -> str:
    """A straight line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{color}" {extra}/>'


def arrow(x1: float, y1: float, x2: float, y2: float, color: str = INK, ends: str = "end") -> str:
    """A line with a tip at its end, or at both ends."""
    tips = " ".join(f'marker-{end}="url(#tip)"' for end in ends.split())
    return line(x1, y1, x2, y2, color, tips)


def box(
    x: float, y: float, width: float, height: float, fill: str, edge: str = "none", extra: str = ""
) -> str:
    """A rectangle."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" stroke="{edge}" {extra}/>'


def dot(x: float, y: float, color: str) -> str:
    """A point."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="9" fill="{color}"/>'


def cross(x: float, y: float, color: str) -> str:
    """A centroid."""
    return f'<path d="M{x - 11:g} {y - 11:g}l22 22m0 -22l-22 22" stroke="{color}" stroke-width="5"/>'


def quantization(language: int) -> Drawn:
    """Values above a number line with four levels, each with an arrow to the nearest one."""

    def place(value: float) -> float:
        return 90 + 180 * (value + 1)

    parts = [
        text(
            360,
            34,
            ("どの値も一番近いレベルに丸める", "each value goes to the nearest level")[language],
            bold=True,
        )
    ]
    for q in range(4):
        left, right = max(60, place(q - 1.5)), min(660, place(q - 0.5))
        parts.append(box(left, 66, right - left, 168, PALE[ORANGE] if q % 2 else PALE[GRAY]))
    parts.append(line(45, 200, 675, 200))
    for q in range(4):
        parts.append(line(place(q - 1), 178, place(q - 1), 222, ORANGE, 'stroke-width="6"'))
        parts.append(text(place(q - 1), 264, f"q = {q}", ORANGE, bold=True))
        parts.append(text(place(q - 1), 296, f"{q - 1}".replace("-", "−"), ORANGE))
    for value in (-1.0, -0.4, 0.1, 0.4, 1.1, 1.6, 2.0):
        parts.append(text(place(value), 96, f"{value:g}".replace("-", "−"), BLUE))
        parts.append(arrow(place(value), 108, place(round(value)), 172, BLUE))
        parts.append(dot(place(value), 200, BLUE))
    parts.append(arrow(place(0) + 6, 326, place(1) - 6, 326, INK, "start end"))
    parts.append(text(place(0.5), 360, "Δ", bold=True))
    parts.append(text(place(0.5), 396, ("誤差は Δ/2 以下", "error at most Δ/2")[language]))
    return 412, parts


def kmeans(language: int) -> Drawn:
    """The two steps of k-means on the four rows of the example."""
    titles = (
        ("1. 行を 2 本選ぶ", "2. 近い方を選ぶ", "3. 平均に動かす"),
        ("1. take 2 rows", "2. choose nearest", "3. move to mean"),
    )[language]
    rows = ((0, 0), (0, 2), (4, 4), (6, 4))
    parts = []
    for panel, title in enumerate(titles):

        def at(x: float, y: float, left: int = 12 + 240 * panel) -> tuple[float, float]:
            return left + 36 + 25 * x, 226 - 30 * y

        parts += [
            text(12 + 240 * panel + 108, 34, title, bold=True),
            box(12 + 240 * panel, 60, 216, 206, "white", GRAY),
        ]
        before, after = ((0, 0), (4, 4)), ((0, 1), (5, 4))
        for row, mine, color in zip(rows, (0, 0, 1, 1), (BLUE, BLUE, ORANGE, ORANGE), strict=True):
            if panel == 1:
                parts.append(line(*at(*row), *at(*before[mine]), color, 'stroke-dasharray="4 5"'))
            parts.append(dot(*at(*row), color if panel else GRAY))
        for start, end, color in zip(before, after, (BLUE, ORANGE), strict=True):
            if panel == 2:
                (x1, y1), (x2, y2) = at(*start), at(*end)
                aside = (-24, 0) if x1 == x2 else (0, -24)
                parts.append(arrow(x1 + aside[0], y1 + aside[1], x2 + aside[0], y2 + aside[1]))
            parts.append(cross(*at(*(end if panel == 2 else start)), INK if panel == 2 else color))
    words = (("行", "セントロイド"), ("row", "centroid"))[language]
    parts += [
        dot(190, 300, GRAY),
        text((232, 236)[language], 309, words[0]),
        cross(340, 300, INK),
        text((440, 412)[language], 309, words[1]),
    ]
    return 324, parts


def pruning(language: int) -> Drawn:
    """The matrix of the example, before and after."""
    weights = ((0.5, -0.1, 0.8), (-0.9, 0.05, 0.3), (-0.2, 0.7, -0.6))
    parts = []
    for left, titles in ((20, ("元の重み", "weights")), (460, ("刈った後", "pruned"))):
        parts.append(text(left + 120, 34, titles[language], bold=True))
        for i, row in enumerate(weights):
            for j, weight in enumerate(row):
                x, y, small = left + 80 * j, 56 + 64 * i, abs(weight) < 0.4
                gone = small and left > 400
                color = BLUE if weight > 0 else ORANGE
                parts.append(box(x, y, 80, 64, "white" if small else PALE[color], GRAY, 'stroke-width="1.5"'))
                if small and not gone:
                    parts.append(
                        box(x + 6, y + 6, 68, 52, "none", INK, 'stroke-dasharray="6 5" stroke-width="2"')
                    )
                shown = "0" if gone else f"{weight:g}".replace("-", "−")
                parts.append(text(x + 40, y + 41, shown, GRAY if gone else color, bold=not small))
    for y, words in zip(
        (106, 206),
        (("絶対値の小さい", "4 個を 0 にする"), ("the 4 smallest", "become 0"))[language],
        strict=True,
    ):
        parts.append(text(360, y, words, size=23))
    parts.append(arrow(282, 150, 438, 150))
    return 268, parts


def svd(language: int) -> Drawn:
    """A matrix beside the two thin ones whose product is nearly the same."""
    parts = [
        box(24, 60, 250, 150, PALE[BLUE], BLUE),
        text(149, 145, "W", BLUE, 34, bold=True),
        text(149, 246, "m × n", BLUE),
        text(308, 147, "≈", size=40),
        box(342, 60, 44, 150, PALE[ORANGE], ORANGE),
        text(364, 145, "A", ORANGE, 34, bold=True),
        text(364, 246, "m × k", ORANGE),
        text(410, 145, "·", size=40),
        box(434, 113, 250, 44, PALE[GREEN], GREEN),
        text(559, 147, "B", GREEN, 34, bold=True),
        text(559, 193, "k × n", GREEN),
        text(
            360,
            34,
            ("細長い 2 つの行列の積で近似する", "nearly a product of two thin matrices")[language],
            bold=True,
        ),
        text(360, 296, ("保存する数：mn 個 → k (m + n) 個", "numbers stored: mn → k (m + n)")[language]),
    ]
    return 316, parts


def autoencoder(language: int) -> Drawn:
    """Seven layers as bars, with the activations between them."""
    parts = []
    widths = (784, 128, 64, 32, 64, 128, 784)
    places = [54 + 102 * i for i in range(7)]
    for x, width in zip(places, widths, strict=True):
        height, color = 16 + 13.5 * width**0.4, ORANGE if width == 32 else BLUE
        parts.append(box(x - 11, 200 - height / 2, 22, height, PALE[color], color))
        parts.append(text(x, 338, str(width), color, bold=True))
    none = ("なし", "none")[language]
    for i, (x, name) in enumerate(
        zip(places, ("ReLU", "ReLU", none, "ReLU", "ReLU", "Sigmoid"), strict=False)
    ):
        parts.append(arrow(x + 16, 200, places[i + 1] - 16, 200))
        parts.append(text(x + 51, 184, name, size=19 if name == "Sigmoid" else 23))
    parts += [
        text(places[0] + 4, 34, ("画像 x", "image x")[language], bold=True),
        text((places[1] + places[2]) / 2 - 20, 74, ("エンコーダ", "encoder")[language], GRAY, bold=True),
        text(places[3], 34, ("コード z", "code z")[language], ORANGE, bold=True),
        text((places[4] + places[5]) / 2 + 20, 74, ("デコーダ", "decoder")[language], GRAY, bold=True),
        text(places[6] - 8, 34, ("出力 x̂", "output x̂")[language], bold=True),
        text(360, 374, ("棒の下：数の個数", "below each bar: how many numbers")[language], GRAY, 22),
    ]
    return 392, parts


DIAGRAMS: Mapping[str, Mapping[str, Callable[[int], Drawn]]] = {
    "lesson3_compression": {
        "quantization_diagram": quantization,
        "kmeans_diagram": kmeans,
        "pruning_diagram": pruning,
        "svd_diagram": svd,
    },
    "lesson4_autoencoder": {"diagram": autoencoder},
}
"""By assignment and name: draws in a language, 0 for Japanese and 1 for English."""
