"""Figures speak English (few machines have a Japanese font), and so do printed lines: the Japanese text before says
what their words mean."""

from __future__ import annotations

import ast
import base64
import io
import re
from collections.abc import Iterator

import nbformat
import pytest
from nbformat import NotebookNode
from PIL import Image

from autograder.course import cells
from benchmarks.drawings import ALT, DIAGRAMS, WIDTH, digest, drawing
from tests.content.answers import ASSIGNMENTS, languages, source

JAPANESE = "\u3040-\u30ff\u4e00-\u9fff"
WORD = re.compile(r"[A-Za-z]{3,}")
GRAMMAR = frozenset(
    WORD.findall(
        """above after against all and any are before below but does during each for from has into not one only other
        over per that the then these this too two under was when with without your yours"""
    )
)
"""English words that need no explanation."""
SETTINGS = frozenset(
    re.findall(
        r"\w+",
        """align arrowprops aspect cmap color colors edgecolor facecolor ha interpolation linestyle loc marker
        markerfacecolor markersize origin reduction root shading style textcoords va xscale yscale""",
    )
)
"""Arguments that say how something is drawn, not what it says."""
LOOKUPS = frozenset(
    re.findall(r"\w+", "axis float get print set_aspect set_xscale set_yscale setdefault split")
)
"""Functions whose texts are not drawn."""
LOOKS = re.compile(
    rf"{'|'.join(SETTINGS)}|tab:\w+|C\d|[\^osDv]+|black|white|red|blue|gray|bwr|viridis|label|[a-z]+(_\w+)+"
)
"""Texts that are, as a whole, colours, markers or names of values."""


def drawn(node: ast.AST) -> Iterator[str]:
    """The texts in a piece of code that may end up in a figure."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and not LOOKS.fullmatch(node.value):
            yield node.value
    elif isinstance(node, (ast.FormattedValue, ast.Subscript)):
        yield from drawn(node.value)
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in LOOKUPS:
            for part in (node.func, *node.args):
                yield from drawn(part)
            for keyword in node.keywords:
                if keyword.arg not in SETTINGS:
                    yield from drawn(keyword.value)
    elif isinstance(node, ast.Dict) and None in node.keys:
        return  # {**config, "name": value}
    elif not isinstance(node, ast.Compare) and not (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        for child in ast.iter_child_nodes(node):
            yield from drawn(child)


DRAWING = frozenset(re.findall(r"\w+", "annotate imshow legend plot set set_title subplots text"))
"""Methods of a figure, or of its axes."""


def draws(node: ast.AST) -> bool:
    """Whether code draws."""
    return any(isinstance(part, ast.Attribute) and part.attr in DRAWING for part in ast.walk(node))


def shown(node: ast.AST) -> list[str]:
    """The texts that code draws or prints."""
    texts = list(drawn(node)) if draws(node) else []
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and ast.unparse(part.func) == "print":
            texts += [text for argument in part.args for text in drawn(argument)]
    return texts


def is_constant(node: ast.AST) -> bool:
    """Whether a statement gives a text to a name in capitals, as METRIC."""
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and ast.unparse(node.targets[0]).isupper()
    )


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode, list[str]]]:
    """Each given cell that draws or prints, with its own code or with a function of a cell before.

    Yields:
        The place of the cell, the cell, and the texts that it may show.
    """
    helpers: dict[str, list[str]] = {}
    constants: list[str] = []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or cells.is_answer(cell) or cells.is_test(cell):
            continue
        tree = ast.parse(cell.source)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        helpers |= {node.name: texts for node in functions if (texts := shown(node))}
        constants += [text for node in tree.body if is_constant(node) for text in drawn(node)]
        tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
        called = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in helpers]
        texts = [*shown(tree), *(text for name in called for text in helpers[name])]
        if texts:
            yield place, cell, list(dict.fromkeys([*texts, *constants]))


def base(word: str) -> str:
    """A word without capitals and the ending of a plural."""
    word = word.lower()
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


GLOSS = re.compile(r"^\*\*図の言葉\*\*：(.+)$", re.MULTILINE)
IN_BRACKETS = re.compile(rf"[{JAPANESE}」]\**（([^（）]*)）")
IN_CODE = re.compile(r"`\"?([A-Za-z_][\w.]*)")
NAME = re.compile(r"\b[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z]*\b")
TOKEN = re.compile(r"[A-Za-z_][\w.]*")


def explained(text: str) -> set[str]:
    """The words and the names in code that a Japanese text explains.

    It lists a word (**図の言葉**：epoch = エポック、…), gives it in brackets behind the Japanese one, has it as an
    abbreviation that is the same in both languages, or writes the name in code as the figure does.
    """
    entries = [
        re.split(f"[{JAPANESE}]", entry)[0] for line in GLOSS.findall(text) for entry in line.split("、")
    ]
    words = WORD.findall(" ".join([*entries, *IN_BRACKETS.findall(text), *NAME.findall(text)]))
    names = IN_CODE.findall(text)
    return {base(word) for word in words} | {*names, *(name.rpartition(".")[2] for name in names)}


def unexplained(notebook: NotebookNode) -> list[tuple[str, str, list[str]]]:
    """Cell, text and words of each text in an output that the Japanese text before it does not explain."""
    found = []
    for place, cell, texts in outputs(notebook):
        before = [one.source for one in notebook.cells[:place] if cells.language(one) == "ja"]
        known = explained("\n".join(before)) | GRAMMAR
        for text in texts:
            plain = re.sub(r"\\[A-Za-z]+", "", text)  # without the commands of formulas
            words = [
                word
                for token in TOKEN.findall(plain)
                if token.rstrip(".") not in known
                for word in WORD.findall(token)
                if base(word) not in known
            ]
            if words:
                found.append((cell.id, text, words))
    return found


@pytest.mark.parametrize("assignment", [name for name in ASSIGNMENTS if len(languages(name)) == 2])
def test_japanese_text_before_an_output_explains_its_english_words(assignment):
    problems = [
        f"{cell}: {label!r}: {', '.join(words)}" for cell, label, words in unexplained(source(assignment))
    ]
    assert not problems, "\n".join(problems)


def small(*sources: str) -> NotebookNode:
    """A notebook of Japanese texts and given code."""
    notebook = nbformat.v4.new_notebook()
    for i, text in enumerate(sources):
        code = "(" in text
        cell = (nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell)(text, id=f"cell{i}")
        cell.metadata.tags = [] if code else ["lang-ja"]
        notebook.cells.append(cell)
    return notebook


@pytest.mark.parametrize(
    "text",
    [
        "**図の言葉**：loss = 損失、test images = テスト画像",
        "損失（loss）とテスト画像（test images）です。",
        "関数 `loss` の値と、テスト画像（test images）です。",
    ],
)
def test_a_word_may_be_listed_or_stand_behind_the_japanese_or_be_a_name_in_code(text):
    drawing = 'plt.plot(x, color="red", label="loss of the test image")'
    assert [words for _, _, words in unexplained(small(drawing))] == [["loss", "test", "image"]]
    assert unexplained(small(text, drawing)) == []
    assert unexplained(small(drawing, text)) != [], "the text must stand before the figure"


@pytest.mark.parametrize(
    "code",
    [
        'plt.set_title(f"{n} images")',
        'for name in ("images", "images 2"):\n    plt.text(0, 0, name)',
        'print(f"{n} images")',
        'def show(title):\n    plt.set(xlabel="images", title=title)\n\n\nshow("")',
    ],
)
def test_texts_that_are_computed_printed_or_drawn_by_a_function_are_found(code):
    assert {word for _, _, words in unexplained(small(code)) for word in words} == {"images"}


def test_names_of_values_and_settings_are_no_texts_of_a_figure():
    assert unexplained(
        small('plt.plot(data["column"], linestyle="dotted", color="tab:blue", label="FGSM")')
    ) == [("cell0", "FGSM", ["FGSM"])]


DRAWN = [
    (assignment, name, language)
    for assignment, diagrams in DIAGRAMS.items()
    for name in diagrams
    for language in ("ja", "en")
]
PICTURE = re.compile(r"!\[([^\[\]]+)\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)")


@pytest.mark.parametrize(("assignment", "name", "language"), DRAWN)
def test_a_diagram_is_drawn_in_the_language_of_its_text_and_up_to_date(assignment, name, language):
    [cell] = [cell for cell in source(assignment).cells if cell.id == f"{name}-{language}"]
    assert cells.language(cell) == language
    alternative, data = PICTURE.fullmatch(cell.source).groups()
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert alternative == ALT[name][language]
    assert image.text["drawing"] == digest(drawing(name, language)), "run `python -m benchmarks.diagrams`"
    assert image.width == WIDTH
    assert len(data) < 12_000


@pytest.mark.parametrize(("assignment", "name", "language"), DRAWN)
def test_a_diagram_has_the_words_of_one_language(assignment, name, language):
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawing(name, language))
    japanese = [word for word in words if re.search(f"[{JAPANESE}]", word)]
    assert bool(japanese) == (language == "ja")
