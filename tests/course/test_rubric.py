"""Mark schemes as this course writes them, read in both languages."""

from __future__ import annotations

import nbformat
import pytest

from autograder.course import rubric
from autograder.course.regions import DEFAULT
from autograder.course.rubric import Level, Rubric
from tests.small_course import REPOSITORY

LIST = """### 考察 1 / Discussion 1 (16 点 / points)

A question. / 問い。

=== BEGIN MARK SCHEME ===
各段階は 4 点。
Each level is worth 4 points.

- **0**：無回答。例：「わかりません。」
  No answer. Example: "I did not understand."
- **1**：結論だけ。
  Only a conclusion.
=== END MARK SCHEME ===

After it."""

PARAGRAPHS = """=== BEGIN MARK SCHEME ===
**2 (8 点 / points)** 数値が二つ。 / Two numbers.
例: 「二つ。」
もう一つ。
Example: "Two."

**1 (4 点 / points)** 数値が一つ。 / One number.
=== END MARK SCHEME ==="""


def test_a_list_of_levels():
    assert rubric.read(LIST, "ja", DEFAULT) == Rubric(
        general="各段階は 4 点。",
        levels=(
            Level(number=0, text="無回答。", example="「わかりません。」"),
            Level(number=1, text="結論だけ。"),
        ),
    )
    assert rubric.read(LIST, "en", DEFAULT) == Rubric(
        general="Each level is worth 4 points.",
        levels=(
            Level(number=0, text="No answer.", example='"I did not understand."'),
            Level(number=1, text="Only a conclusion."),
        ),
    )


def test_paragraphs_from_the_highest_level_down():
    assert [(one.number, one.text, one.example) for one in rubric.read(PARAGRAPHS, "ja", DEFAULT).levels] == [
        (1, "数値が一つ。", ""),
        (2, "数値が二つ。", "「二つ。」\nもう一つ。"),
    ]
    assert [one.example for one in rubric.read(PARAGRAPHS, "en", DEFAULT).levels] == ["", '"Two."']


def test_the_question_is_what_is_left_without_its_points():
    assert rubric.question(LIST, "en", DEFAULT) == "### Discussion 1\n\nA question.\n\n\nAfter it."
    assert rubric.question(LIST, "ja", DEFAULT).startswith("### 考察 1\n\n問い。")


@pytest.mark.parametrize(
    ("points", "level"), [(0, 0), (3.9, 0), (4, 1), (8, 2), (11.99, 2), (12, 3), (16, 4), (18, 4), (-1, 0)]
)
def test_points_stand_for_a_level(points, level):
    scheme = Rubric(levels=tuple(Level(number=number, text="x") for number in range(5)))
    assert scheme.reached(points, 16) == level
    assert scheme.points(3, 16) == 12


@pytest.mark.parametrize(
    "source", ["No scheme.", "=== BEGIN MARK SCHEME ===\nTwo points for any answer.\n=== END MARK SCHEME ==="]
)
def test_without_levels_no_level_is_reached(source):
    scheme = rubric.read(source, "en", DEFAULT)
    assert (scheme.top, scheme.reached(2, 4)) == (0, None)
    assert scheme.general == ("Two points for any answer." if "SCHEME" in source else "")


def test_a_scheme_that_names_a_level_twice_has_none():
    twice = "=== BEGIN MARK SCHEME ===\n**1** a\n**1** b\n=== END MARK SCHEME ==="
    assert rubric.read(twice, "en", DEFAULT).levels == ()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_mark_scheme_of_the_course_has_five_levels_and_answers_of_the_upper_three_in_both_languages(
    language,
):
    found = 0
    for path in sorted(REPOSITORY.glob("source/*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if "BEGIN MARK SCHEME" in cell.source:
                scheme = rubric.read(cell.source, language, DEFAULT)
                assert [level.number for level in scheme.levels] == [0, 1, 2, 3, 4], (path.stem, cell.id)
                assert all(level.text for level in scheme.levels), (path.stem, cell.id)
                assert all(level.example for level in scheme.levels[2:]), (path.stem, cell.id)
                found += 1
    assert found > 10
