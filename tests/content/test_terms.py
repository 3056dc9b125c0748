"""One idea has one name in all texts for students: the term sheet docs/terms.md is kept."""

from __future__ import annotations

import re

import pytest
import yaml

from autograder.course import cells
from autograder.mistakes.reading import parse
from autograder.report import texts
from autograder.words import read
from benchmarks.replies import REPLIES
from tests.content.answers import ASSIGNMENTS, COURSE, source

SHEET = COURSE.root / "docs" / "terms.md"


def rows() -> list[list[str]]:
    """The table of the sheet, without its head."""
    lines = [line for line in SHEET.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[column.strip() for column in line.strip("|").split("|")] for line in lines[2:]]


def refused(language: str, assignment: str | None) -> list[tuple[str, str]]:
    """Each word that a text in a language may not use, with the words to use instead."""
    use, avoid = {"ja": (1, 2), "en": (3, 4)}[language]
    found = []
    for row in rows():
        for entry in filter(None, re.split("[、,] ?", row[avoid])):
            where, _, word = entry.rpartition(": ")
            if where in ("", assignment):
                found.append((word, row[use]))
    return found


def misused(text: str, language: str, assignment: str | None = None) -> list[str]:
    """Sentences about words that the sheet does not allow."""
    return [
        f"{word!r}: the term is {use!r} (docs/terms.md)"
        for word, use in refused(language, assignment)
        if word.lower() in text.lower()
    ]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_notebooks_use_the_terms_of_the_sheet(assignment):
    problems = []
    for cell in source(assignment).cells:
        for language in [cells.language(cell)] if cells.language(cell) else ["ja", "en"]:
            problems += [f"{cell.id}: {problem}" for problem in misused(cell.source, language, assignment)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "name", ["README.ja.md", "release/ja/README.md", "release/en/README.md", "README.md"]
)
def test_readmes_use_the_terms_of_the_sheet(name):
    language = "ja" if "ja" in name else "en"
    assert misused((COURSE.root / name).read_text(encoding="utf-8"), language) == []


@pytest.mark.parametrize("path", sorted(COURSE.root.glob("checks/ja/*.yaml")), ids=lambda path: path.stem)
def test_messages_use_the_terms_of_the_sheet(path):
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert misused("\n".join(said.values()), "ja", path.stem) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_hints_use_the_terms_of_the_sheet(assignment):
    known = parse((COURSE.root / "mistakes" / f"{assignment}.yaml").read_text(encoding="utf-8"), assignment)
    problems = [
        f"{answer.cell}, {answer.name}: {problem}"
        for answer in known.wrong
        for language, hint in answer.hint.items()
        for problem in misused(hint, language, assignment)
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("assignment", REPLIES)
def test_written_answers_of_the_demo_use_the_terms_of_the_sheet(assignment):
    texts_of = [text for replies in REPLIES[assignment].values() for text in replies.values()]
    assert [problem for text in texts_of for problem in misused(text, "ja", assignment)] == []


JAPANESE_PAGES = [
    *sorted(path.relative_to(COURSE.root).as_posix() for path in COURSE.root.glob("docs/ja/*.md")),
    "docs/talk.ja.md",
    "README.ja.md",
    "release/ja/README.md",
]
WORDS_OF_PAGES = {
    "report": texts.JAPANESE.values(),
    **{
        path.relative_to(COURSE.root).as_posix(): read(path)["ja"].values()
        for path in sorted(COURSE.root.glob("autograder/*/words.yaml"))
        if path.parent.name != "report"
    },
    "messages": [
        text
        for section in read(COURSE.root / "autograder" / "sentences.yaml").values()
        for text in section.values()
    ],
}
"""What pages for students and instructors say in Japanese."""


@pytest.mark.parametrize("name", [one for one in JAPANESE_PAGES if one.startswith("docs/")])
def test_pages_of_the_documentation_use_the_terms_of_the_sheet(name):
    assert misused((COURSE.root / name).read_text(encoding="utf-8"), "ja") == []


@pytest.mark.parametrize("page", WORDS_OF_PAGES)
def test_feedback_and_report_use_the_terms_of_the_sheet(page):
    assert misused("\n".join(WORDS_OF_PAGES[page]), "ja") == []


WIDE = "[\u3001-\u303f\u3040-\u30ff\u4e00-\u9fff\uff01-\uff60]"
NOT_PROSE = re.compile(
    r"^```.*?^```|^    .*?$|`[^`]*`|(?<=\])\([^)\s]*\)|https?://\S+|<.*?>|\$[^$]+\$", re.MULTILINE | re.DOTALL
)
NARROW = re.compile(rf"\([^()]*{WIDE}[^()]*\)|{WIDE} ?\([^(),]*[A-Za-z][^(),]*\)|(?:{WIDE}|\*\*):")
"""Brackets of half width around Japanese, or behind it if they are no tuple; and colons behind it or a bold word."""


def narrow(text: str) -> list[str]:
    """Places where Japanese has brackets or colons of half width; code, tuples and addresses may have them."""
    prose = NOT_PROSE.sub(lambda found: "`" if "\n" not in found[0] else "\n", text)
    return [prose[max(0, found.start() - 10) : found.end() + 10] for found in NARROW.finditer(prose)]


@pytest.mark.parametrize("name", JAPANESE_PAGES)
def test_brackets_and_colons_in_japanese_pages_are_full_width(name):
    assert narrow((COURSE.root / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", WORDS_OF_PAGES)
def test_brackets_and_colons_in_feedback_and_report_are_full_width(page):
    assert [found for text in WORDS_OF_PAGES[page] for found in narrow(text)] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_brackets_and_colons_in_japanese_cells_are_full_width(assignment):
    texts_of = [cell for cell in source(assignment).cells if cells.language(cell) == "ja"]
    assert [(cell.id, found) for cell in texts_of for found in narrow(cell.source)] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_section_is_called_by_its_number_in_one_way(assignment):
    texts_of = [cell for cell in source(assignment).cells if cell.cell_type == "markdown"]
    bare = re.compile(r"(?<![第〜、\d.])(?<!第 )\d+(?:〜\d+)? 節|\bsections? \d")
    assert [(cell.id, found[0]) for cell in texts_of for found in bare.finditer(cell.source)] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_bold_word_in_front_of_a_task_ends_with_a_colon(assignment):
    texts_of = [cell for cell in source(assignment).cells if cell.cell_type == "markdown"]
    bare = re.compile(r"^\*\*(?:確認|手計算の例|Check|Example by hand)\*\* (?!\(.+?\):).*$", re.MULTILINE)
    assert [(cell.id, found[0]) for cell in texts_of for found in bare.finditer(cell.source)] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_name_in_a_formula_shows_no_backslash(assignment):
    r"""MathJax prints the backslash of `\texttt{choose\_range}`, and none of `\mathtt{choose\_range}`."""
    bare = re.compile(r"\\text\w*\{[^}]*\\_[^}]*\}")
    texts_of = [cell for cell in source(assignment).cells if cell.cell_type == "markdown"]
    assert [(cell.id, found[0]) for cell in texts_of for found in bare.finditer(cell.source)] == []


@pytest.mark.parametrize(
    "text", ["学生(10 人)", "採点 (約 1 分)", "採点(nbgrader)", "例:名簿", "例: 名簿", "**例**: 名簿"]
)
def test_half_width_beside_japanese_is_found(text):
    assert narrow(text)


@pytest.mark.parametrize(
    "text",
    [
        "関数 `f(x)`：値",
        "[名簿](ja/term.md)を見る",
        "（約 1 分）",
        "f(x) の値",
        "形は (6, 2, 3)",
        "$$n (\\text{なら})$$",
        "```\n例(x):\n```\n",
    ],
)
def test_code_and_addresses_may_hold_half_width(text):
    assert narrow(text) == []


def test_a_wrong_word_is_found_with_the_right_one():
    assert misused("評価データの精度", "ja") == [
        "'評価データ': the term is 'テストデータ、テスト画像' (docs/terms.md)"
    ]


def test_a_word_may_be_wrong_in_one_assignment_only():
    assert misused("ノイズ", "ja") == []
    assert misused("ノイズ", "ja", "theme_f_adversarial") != []
