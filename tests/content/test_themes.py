"""What the research themes share is the same in all of them."""

from __future__ import annotations

import hashlib
import re

import pytest

from autograder.course import cells
from checks.shared.sweep_claims import personal_seed
from tests.content.answers import ASSIGNMENTS, source

THEMES = [name for name in ASSIGNMENTS if name.startswith("theme_")]
SHARED = ["setup", "data", "training", "plots", "personal", "experiment"]
TEXTS = ["data-text", "training-text", "plots-text", "experiment-text"]

PARTS = {
    "title": {
        "ja": ("### 進め方と提出", "ファイル名を変えずに提出してください。"),
        "en": ("### How to work", "without renaming it."),
    },
    "hypothesis-q": {
        "ja": ("**掃引を実行する前に", "同じ点です。"),
        "en": ("**Before you run the sweep", "one that is supported."),
    },
    "refutation-q": {"ja": ("この説明から", "書きます。"), "en": ("Choose **one", "each of them.")},
    "discussion-q": {"ja": ("**式を 1 つ以上**", "ください。"), "en": ("Explain the", "of your own**.")},
    "limit-q": {"ja": ("### 限界", "認めません。"), "en": ("### Limitation", "do not count.")},
    "followup-q": {"ja": ("### 追加実験", "3 点までです。"), "en": ("### Follow-up", "of the 12 points.")},
}
"""Where, in texts of which each theme has its own, the part begins and ends that all of them share."""


def given(assignment: str, cell: str) -> str:
    [found] = [each.source for each in source(assignment).cells if each.id == cell]
    return found


@pytest.mark.parametrize(
    "cell", [*SHARED, *(f"{text}-{language}" for text in TEXTS for language in ("ja", "en"))]
)
def test_given_code_and_its_text_are_the_same_in_all_themes(cell):
    copies = {assignment: given(assignment, cell) for assignment in THEMES}
    first = copies[THEMES[0]]
    assert [assignment for assignment, copy in copies.items() if copy != first] == []


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("cell", PARTS)
def test_what_is_asked_in_all_themes_is_asked_in_the_same_words(cell, language):
    first, last = map(re.escape, PARTS[cell][language])
    parts = {
        theme: re.findall(f"{first}.*?{last}", given(theme, f"{cell}-{language}"), re.S) for theme in THEMES
    }
    assert len(parts[THEMES[0]]) == 1
    assert [theme for theme, part in parts.items() if part != parts[THEMES[0]]] == []


@pytest.mark.parametrize("number", ["s2026001", " 1234567 ", 2026001])
def test_the_seeds_of_a_notebook_are_those_that_the_check_expects(number):
    names = {"STUDENT_NUMBER": number}
    exec(given(THEMES[0], "personal"), names)
    assert names["SEEDS"][0] == personal_seed(number)
    assert names["DIGEST"] == int(hashlib.sha256(str(number).strip().encode()).hexdigest(), 16)


@pytest.mark.parametrize("assignment", THEMES)
def test_a_mark_scheme_begins_with_the_best_level(assignment):
    for cell in source(assignment).cells:
        if cell.metadata.get("nbgrader", {}).get("task"):
            levels = [line[2] for line in cell.source.splitlines() if line[:2] == "**" and line[3:5] == "**"]
            assert levels == ["4", "3", "2", "1", "0"], cell.id


@pytest.mark.parametrize("assignment", THEMES)
def test_a_hypothesis_stands_between_a_pilot_run_and_the_sweep(assignment):
    """What the formulas alone give must not be enough: it starts from a number of the student's own."""
    order = [cell.id for cell in source(assignment).cells]
    pilot = "pilot" if "pilot" in order else "run_picture"
    assert order.index("run") < order.index(pilot) < order.index("hypothesis") < order.index("sweep_table")
    assert "MY_SEED" in given(assignment, pilot)
    assert "予備実験" in given(assignment, "hypothesis-q-ja")
    assert "pilot" in given(assignment, "hypothesis-q-en")
    assert f"`{pilot}`" in given(assignment, "hypothesis")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_mark_scheme_says_where_a_students_numbers_are_looked_up(assignment):
    places = (
        "does not count",
        "level 1 at most (what the formulas",
        "from a submitted figure or table",
        "output are in the cell",
    )
    schemes = [one for one in source(assignment).cells if one.metadata.get("nbgrader", {}).get("task")]
    assert [one.id for one in schemes if not any(place in one.source for place in places)] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_an_answer_without_a_run_gets_at_most_a_third_as_the_question_says(assignment):
    asked = {"ja": "", "en": ""}
    for cell in source(assignment).cells:
        if language := cells.language(cell):
            asked[language] = cell.source
        elif cell.metadata.get("nbgrader", {}).get("task") and cell.id != "results":
            points = cell.metadata["nbgrader"]["points"]
            english = re.findall(r"at most (\d+) of the (\d+)", asked["en"])
            japanese = re.findall(r"(\d+) 点中 (\d+) 点まで", asked["ja"])
            assert english == [(most, total) for total, most in japanese] != [], cell.id
            [most] = {int(most) for most, total in english if int(total) == points}
            assert 3 * most <= points, cell.id
            level = 4 * most // points
            lowest = rf"段階 {level} まで|^\*\*{level}\*\* [^/\n]*(?:なし|がない)"
            assert re.search(lowest, cell.source, re.MULTILINE), cell.id
