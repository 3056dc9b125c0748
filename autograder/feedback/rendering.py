"""Texts, code and outputs of a notebook as parts of a page that needs no network and no script.

Texts of the course keep what their author put there, but for what a browser would fetch; texts
of students pass `autograder.submission.markup`. Everything is bounded: what is too long for a
highlighter or a Markdown parser is shown as it is, without colours.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping
from html import escape

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Token

from autograder.feedback.pictures import PNG, is_wide, smaller
from autograder.kernel.outputs import is_picture
from autograder.submission.markup import LONGEST, WithMathML, student_html
from autograder.submission.outputs import LABELS
from autograder.text import clean_text

__all__ = ["Budget", "code", "given_text", "inline", "outputs", "student_text", "trusted_text"]

LONGEST_CODE = 20_000
LONGEST_OUTPUT = 10_000
"""Letters of one cell or output; a longer output is cut, with a remark."""
TEXTS_OF_A_PAGE = 60_000
CODE_OF_A_PAGE = 120_000
PICTURES_OF_A_PAGE = 4_000_000
"""Of what a student wrote, all cells together; in letters, pictures in base64."""

_REST = {
    "ja": "（長いので省略しました。残りは提出されたノートブックにあります）",
    "en": "(cut: it is long; the rest is in the submitted notebook)",
}
_CUT = {"ja": "（長いので省略しました）", "en": "(cut: it is long)"}
_NO_ROOM = {"ja": "（大きいので省略した図）", "en": "(a figure left out: it is large)"}
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_FETCHING = re.compile(
    r"<(script|style|iframe|object|embed|link|video|audio)\b.*?(?:</\1\s*>|$)", re.I | re.S
)


class Budget:
    """How much of a student's notebook one page still converts.

    Args:
        pictures: Letters of base64 that it shows; PICTURES_OF_A_PAGE by default.
    """

    def __init__(self, pictures: int | None = None) -> None:
        self.left = {
            "text": TEXTS_OF_A_PAGE,
            "code": CODE_OF_A_PAGE,
            "pictures": PICTURES_OF_A_PAGE if pictures is None else pictures,
        }

    def allows(self, kind: str, size: int) -> bool:
        """Whether there is room for so many letters; takes it if there is."""
        if size > self.left[kind]:
            return False
        self.left[kind] -= size
        return True


class _GivenRenderer(WithMathML):
    """A text of the course: pictures from its own files, links that lead somewhere, MathML."""

    def __init__(self, files: Mapping[str, str], attachments: Mapping) -> None:
        super().__init__(escape=False, attachments=attachments)
        self.files = files

    def heading(self, text: str, level: int, **attributes: object) -> str:
        return f"<h{level}>{text}</h{level}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if url.startswith(("http://", "https://", "mailto:")):
            return f'<a href="{escape(url)}" rel="noreferrer">{text}</a>'
        return text  # a file or a headline that is not on this page

    def image(self, text: str, url: str, title: str | None = None) -> str:
        alt = escape(re.sub(r"<[^>]*>", "", text))
        if url.startswith("attachment:"):
            bundle = self.attachments.get(url.removeprefix("attachment:"), {})
            data = next((f"data:{mime};base64,{data}" for mime, data in bundle.items()), None)
        else:
            data = url if url.startswith("data:") else self.files.get(url.removeprefix("./"))
        return f'<img src="{escape(data)}" alt="{alt}">' if data else f"<em>{alt}</em>"

    def rendered(self, source: str) -> Markup:
        """The HTML of a text, also of what the author wrote as HTML, without what a browser would fetch."""

        def picture(found: re.Match) -> str:
            source = _SRC.search(found[0])
            url = source[1].strip("\"'") if source else ""
            data = url if url.startswith("data:") else self.files.get(url.removeprefix("./"))
            return _SRC.sub(lambda _: f'src="{escape(data)}"', found[0]) if data else ""

        html = MarkdownWithMath(self).render(source)
        return Markup(_IMG.sub(picture, _FETCHING.sub("", html)))


def student_text(source: str, attachments: Mapping, budget: Budget) -> Markup:
    """A student's Markdown; as plain text where it is too long."""
    if len(source) > LONGEST or not budget.allows("text", len(source)):
        return Markup(f'<pre class="plain">{_whole_or_cut(source)}</pre>')
    if budget.allows("pictures", sum(len(data) for one in attachments.values() for data in one.values())):
        return Markup(student_html(source, attachments))
    return Markup(f"{student_html(source, {})}<p>{' / '.join(_NO_ROOM.values())}</p>")


def _whole_or_cut(source: str) -> str:
    rest = f"\n{' / '.join(_REST.values())}" if len(source) > CODE_OF_A_PAGE else ""
    return f"{escape(source[:CODE_OF_A_PAGE], quote=False)}{rest}"


@functools.lru_cache(maxsize=4096)
def given_text(source: str, files: Pictures | None = None) -> Markup:
    """Markdown of the course's."""
    return _GivenRenderer(files or Pictures(), {}).rendered(source)


def trusted_text(source: str, files: Pictures, attachments: Mapping) -> Markup:
    """`given_text` of a cell that may have pictures of its own."""
    if not attachments:
        return given_text(source, files)
    return _GivenRenderer(files, attachments).rendered(source)


def inline(source: str) -> Markup:
    """One line of the course's Markdown, such as a headline, without an element around it."""
    html = given_text(f"# {' '.join(source.split())}").strip()
    return Markup(html.removeprefix("<h1>").removesuffix("</h1>"))


class Pictures(dict):
    """The pictures that an assignment ships, by their paths, as data URLs; one object for an assignment."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def code(source: str, budget: Budget | None = None) -> Markup:
    """Python with colours; without them where it is too long.

    Args:
        budget: Of the page, for a student's code; None for the course's.
    """
    if budget is None:
        return _given_code(source)
    if len(source) > LONGEST_CODE or not budget.allows("code", len(source)):
        return Markup(_whole_or_cut(source))
    return _coloured(source)


@functools.lru_cache(maxsize=4096)
def _given_code(source: str) -> Markup:
    return _coloured(source)


def _coloured(source: str) -> Markup:
    """Pygments's own formatter marks every name, bracket and quotation mark, which triples the page."""
    parts = []
    for colour, tokens in itertools.groupby(_LEXER.get_tokens(source), lambda token: _colour(token[0])):
        text = "".join(text for _, text in tokens)
        shown = escape(text, quote=False)
        parts.append(f'<i class="{colour}">{shown}</i>' if colour and text.strip() else shown)
    return Markup("".join(parts).rstrip("\n"))


_LEXER = PythonLexer(stripnl=False)


@functools.lru_cache(maxsize=256)
def _colour(token) -> str:
    return next((name for name, kinds in _COLOURS.items() if any(token in one for one in kinds)), "")


_COLOURS = {
    "k": (Token.Keyword, Token.Operator.Word),
    "c": (Token.Comment,),
    "s": (Token.Literal.String,),
    "m": (Token.Literal.Number,),
    "f": (Token.Name.Function, Token.Name.Class),
    "b": (Token.Name.Builtin,),
}


def outputs(cell: NotebookNode, budget: Budget, language: str) -> list[Markup]:
    """What a cell has printed and drawn, as text and pictures only."""
    shown = []
    for output in cell.get("outputs", []):
        kind = output.get("output_type")
        if kind == "stream" and (label := LABELS.get(str(output.get("text", "")))):
            shown.append(Markup(f'<p class="note">{escape(_in(label, language))}</p>'))
        elif kind == "stream":
            shown.append(_text(output.get("text", ""), language, "stream"))
        elif kind == "error":
            lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
            shown.append(_text("\n".join(map(str, lines)), language, "error"))
        elif kind in ("display_data", "execute_result"):
            data = output.get("data", {})
            picture = next((mime for mime in data if is_picture(mime, data[mime])), None)
            if picture is None:
                shown.append(_text(data.get("text/plain", ""), language, "result"))
            elif budget.allows("pictures", len(data[picture])):
                content = re.sub(r"\s", "", data[picture])
                wide = picture == PNG and is_wide(content)
                if picture == PNG:
                    picture, content = smaller(content)
                image = f'<img src="data:{picture};base64,{content}" alt="">'
                shown.append(Markup(f'<div class="wide" tabindex="0">{image}</div>' if wide else image))
            else:
                shown.append(Markup(f"<p>{_in(_NO_ROOM, language)}</p>"))
    return [one for one in shown if one]


def _text(text: object, language: str, kind: str) -> Markup:
    written = "".join(text) if isinstance(text, list) else str(text)
    cut = f"\n{_in(_CUT, language)}" if len(written) > LONGEST_OUTPUT else ""
    written = clean_text(written, LONGEST_OUTPUT).rstrip()
    return Markup(f'<pre class="{kind}">{escape(written)}{cut}</pre>') if written else Markup()


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts["en"])
