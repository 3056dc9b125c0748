"""The mark scheme of a written answer: its levels, each in the reader's language.

A mark scheme is the text between nbgrader's `=== BEGIN MARK SCHEME ===` and `=== END MARK SCHEME ===`.
A level begins with its number in bold, `**3**`, alone or as an item of a list; lines in two
languages follow each other, or stand in one line with ` / ` between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.course.regions import Regions
from autograder.text import in_language, is_japanese

__all__ = ["Level", "Rubric", "question", "read"]

_LEVEL = re.compile(r"^\s*(?:[-*+]\s+)?\*\*(\d{1,2})\b[^*\n]{0,40}\*\*[\s：:.–—-]*", re.MULTILINE)
_EXAMPLE = re.compile(r"\s*(?:例\s*[:：]|\bE\.\s?g\.|\bExamples?\s*:|\bFor example\b)", re.IGNORECASE)
_SIGNS = re.compile(r"(\s*(?:#{1,6} |[-*+] |\d+\. )?)(.*)")
"""What makes a line of Markdown a headline or an item, and its text."""
_POINTS = re.compile(r"[ \t]*[（(][^（）()\n]*(?:点|\bpoints?\b)[^（）()\n]*[）)][ \t]*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Level:
    """What an answer of one level is like.

    Attributes:
        number: 0 is the lowest.
        text: What it takes, without examples; Markdown.
        example: An answer of this level, where the scheme has one; Markdown.
    """

    number: int
    text: str
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """A mark scheme in one language.

    Attributes:
        general: What it says before the first level.
        levels: The lowest first; none where the scheme is only a text.
    """

    general: str = ""
    levels: tuple[Level, ...] = ()

    @property
    def top(self) -> int:
        """The highest level; 0 where there are none."""
        return max((level.number for level in self.levels), default=0)

    def level(self, number: int) -> Level | None:
        """One level, or None."""
        return next((level for level in self.levels if level.number == number), None)

    def reached(self, points: float, max_points: float) -> int | None:
        """The level that points stand for; None where there are no levels or no points to earn."""
        if not self.top or max_points <= 0:
            return None
        return min(self.top, max(0, int(points * self.top / max_points + 1e-9)))

    def points(self, number: int, max_points: float) -> float:
        """The points of a level."""
        return number * max_points / self.top


def read(source: str, language: str, regions: Regions) -> Rubric:
    """The mark scheme in the source of a cell; an empty one where it has none."""
    scheme = regions.scheme_of(source)
    if not scheme:
        return Rubric()
    parts = _LEVEL.split(scheme)
    levels = [
        _level(int(number), text, language) for number, text in zip(parts[1::2], parts[2::2], strict=True)
    ]
    if len({level.number for level in levels}) < len(levels):
        levels = []
    return Rubric(
        general=_of(parts[0] if levels else scheme, language),
        levels=tuple(sorted(levels, key=lambda level: level.number)),
    )


def question(source: str, language: str, regions: Regions) -> str:
    """What a cell with a mark scheme says besides it, in one language and without its points."""
    text = _POINTS.sub("", regions.without_scheme(source))
    lines = (_SIGNS.match(line) for line in text.splitlines())
    return "\n".join(found[1] + in_language(found[2], language) for found in lines if found).strip()


def _level(number: int, text: str, language: str) -> Level:
    paragraphs, examples = [], []
    for paragraph in _of(text, language).splitlines():
        place = _EXAMPLE.search(paragraph)
        if place:
            examples.append(paragraph[place.end() :].strip())
            paragraph = paragraph[: place.start()]
        elif examples and paragraph.strip():
            examples.append(paragraph.strip())
            continue
        if paragraph.strip():
            paragraphs.append(paragraph.strip())
    return Level(number=number, text="\n".join(paragraphs), example="\n".join(filter(None, examples)))


def _of(text: str, language: str) -> str:
    """Of lines in two languages, those in one."""
    lines = [in_language(line, language) for line in text.strip().splitlines()]
    wanted = [line for line in lines if not line.strip() or is_japanese(line) == (language == "ja")]
    return "\n".join(wanted if any(line.strip() for line in wanted) else lines).strip()
