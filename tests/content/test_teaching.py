"""What each notebook asks the reader to try and to check on the way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from nbformat import NotebookNode

from autograder.course import cells
from tests.content.answers import ASSIGNMENTS, COURSE, languages, source

TAUGHT = [name for name in ASSIGNMENTS if len(languages(name)) == 2]
CHECK = {"ja": "**確認**：", "en": "**Check**: "}
NOTHING_TAUGHT = re.compile(r"予想|データ|考察|結果|まとめ|おわり|自由実験|学習済みの層")
"""Sections that set the scene, discuss or close."""
SLIDER = '#@param {type: "slider"'


def checks(notebook: NotebookNode, language: str) -> list[int]:
    """How many concept checks each section has."""
    counts = []
    for cell in notebook.cells:
        if cells.language(cell) == language:
            for line in cell.source.splitlines():
                if line.startswith("## "):
                    counts.append(0)
                elif line.startswith(CHECK[language]):
                    counts[-1] += 1
    return counts


@pytest.mark.parametrize("assignment", TAUGHT)
def test_each_section_that_teaches_has_two_concept_checks(assignment):
    notebook = source(assignment)
    titles = [
        line
        for cell in notebook.cells
        if cells.language(cell) == "ja"
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    counts = zip(titles, checks(notebook, "ja"), strict=True)
    assert [title for title, count in counts if count < 2 and not NOTHING_TAUGHT.search(title)] == []


@pytest.mark.parametrize("assignment", TAUGHT)
def test_both_languages_have_the_same_concept_checks(assignment):
    assert checks(source(assignment), "ja") == checks(source(assignment), "en")


@pytest.mark.parametrize("assignment", TAUGHT)
def test_a_folded_answer_stands_apart_from_what_follows(assignment):
    """JupyterLab gives <details> no margin: the next question would stick to the answer of the last one."""
    for cell in source(assignment).cells:
        apart = re.findall(r"\n\n</details>(?=\n\n<br>\n\n|\n?$)", cell.source)
        assert cell.source.count("</details>") == len(apart), cell.id


@pytest.mark.parametrize("assignment", TAUGHT)
def test_each_notebook_says_after_how_long_a_cell_is_stopped(assignment):
    limits = COURSE.limits(assignment)
    seconds = f"{limits.test_seconds:g}", f"{limits.cell_seconds:g}", f"{limits.notebook_seconds / 60:g}"
    said = {
        "ja": "テストのセルは {} 秒、.+ {} 秒.+ {} 分",
        "en": "test cell .+ {} seconds, .+ {}, .+ {} minutes",
    }
    for language, words in said.items():
        text = "\n".join(cell.source for cell in source(assignment).cells if cells.language(cell) == language)
        assert re.search(words.format(*seconds), text), language


def introduction(assignment: str, language: str) -> str:
    """The first text of a notebook, which says how long its sections take."""
    return next(cell.source for cell in source(assignment).cells if cells.language(cell) == language)


@pytest.mark.parametrize("assignment", TAUGHT)
def test_the_times_of_the_sections_add_up_to_the_total(assignment):
    words = {
        "ja": (r"\| (\d+) 分 \|", r"約 (\d+) 時間(?: (\d+) 分)?"),
        "en": (r"\| (\d+) min \|", r"about (\d+) h(?: (\d+) min)?"),
    }
    for language, (section, total) in words.items():
        text = introduction(assignment, language)
        hours, minutes = re.search(total, text).groups(default="0")
        assert sum(map(int, re.findall(section, text))) == 60 * int(hours) + int(minutes), language


PLAN = {
    "ja": {
        "row": r"^\| (\d) \|.*?\| (\d+) 分 \|",
        "part": r"([^（）。：]*)（(\d+) 分）",
        "sections": r"第 (\d)(?:〜(\d))? 節",
        "follow-up": "追加実験",
        "only if time runs out": "時間が足りなければ",
    },
    "en": {
        "row": r"^\| (\d) \|.*?\| (\d+) min \|",
        "part": r"([^().:]*) \((\d+) min\)",
        "sections": r"Sections? (\d)(?: (?:to|and) (\d))?",
        "follow-up": "follow-up",
        "only if time runs out": "If time runs out",
    },
}
"""How a language writes a section's time, a part of the plan with its time, and what belongs to that part."""


@pytest.mark.parametrize("assignment", TAUGHT)
@pytest.mark.parametrize("language", PLAN)
def test_the_plan_gives_each_section_its_time_and_no_class_more_than_90_minutes(assignment, language):
    plan, text = PLAN[language], introduction(assignment, language)
    times = {int(section): int(minutes) for section, minutes in re.findall(plan["row"], text, re.MULTILINE)}
    parts = [(words, int(minutes)) for words, minutes in re.findall(plan["part"], text)]
    follow_up = sum(
        minutes
        for words, minutes in parts
        if plan["follow-up"] in words and not re.search(plan["sections"], words)
    )
    planned = 0
    for words, minutes in parts:
        sections = [
            section
            for first, last in re.findall(plan["sections"], words)
            for section in range(int(first), int(last or first) + 1)
        ]
        left_out = follow_up if sections and plan["follow-up"] in words else 0
        needed = sum(times[section] for section in sections) - left_out if sections else follow_up
        assert minutes == needed <= 90, words
        planned += 0 if plan["only if time runs out"] in words else minutes
    assert planned == sum(times.values())


def assigned(tree: ast.Module) -> Iterator[str]:
    """The names that a cell gives a value to, outside functions."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        else:
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id


@pytest.mark.parametrize("assignment", TAUGHT)
def test_a_slider_can_still_be_moved_when_the_whole_notebook_has_run(assignment):
    code = [cell for cell in source(assignment).cells if cell.cell_type == "code"]
    sliders = [place for place, cell in enumerate(code) if SLIDER in cell.source]
    assert sliders, "no cell has a slider"
    for place in sliders:
        tree = ast.parse(code[place].source)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - set(assigned(tree))
        later = {name for cell in code[place + 1 :] for name in assigned(ast.parse(cell.source))}
        assert used & later == set(), f"{code[place].id} uses what a later cell assigns again"
