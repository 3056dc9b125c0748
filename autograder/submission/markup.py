"""Make what students wrote harmless where a browser of the instructor's shows it.

nbgrader's pages show Markdown with its HTML, and they are of the same origin as everything
that Jupyter can do: a picture's address alone can make the server work (an address of
formgrader's reads a configuration file, which is code). A student's text keeps its Markdown, its formulas and its pasted pictures, and loses
the rest, twice: in the notebook when it is rebuilt, and in the page when it is shown.
(Outputs are rebuilt from text and pictures where they are read, in `kernel.outputs`.)
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from html import escape, unescape
from urllib.parse import unquote

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from mistune.util import striptags
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.kernel.outputs import PICTURES, is_picture
from autograder.submission.formulas import mathml

__all__ = ["WithMathML", "harmless_markdown", "markdown_to_html", "student_html"]

LONGEST = 20_000
"""Letters of a student's text that is read as Markdown."""

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&#?\w{1,32};")
_SCHEME = re.compile(r"(java|vb)script[\s\\]*:", re.IGNORECASE)
_TEX = re.compile(r"\\(href|require|style|class|cssId|unicode|url|mmlToken|bbox)(?![A-Za-z])")
_PICTURE = re.compile(r"!(?=\[)(?P<shown>\[[^\[\]\n]*\]\(attachment:(?P<pasted>[^()\s]+)\))?")
_PASTED = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")

_INLINE = ("a", "b", "br", "code", "del", "em", "i", "img", "input", "s", "span", "strong", "sub", "sup")
_BLOCKS = (
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "ul",
)
_TABLES = ("table", "tbody", "td", "th", "thead", "tr")
_ATTRIBUTES = {
    "img": {"alt", "src"},
    "input": {"checked", "disabled", "type"},
    **{tag: {"style"} for tag in ("td", "th")},
    **{tag: {"class"} for tag in ("code", "div", "pre", "span")},
}


def harmless_markdown(source: str, attachments: Iterable[str] = ()) -> str:
    """A student's Markdown without HTML, script links, commands of MathJax that reach outside, and pictures.

    Args:
        attachments: The names of the pictures that the student pasted; they stay.
    """
    source = _ENTITY.sub(_letter_of_entity, source)  # Markdown reads them in addresses, too
    source = _TAG.sub("< ", source)
    source = _SCHEME.sub(r"\1script :", source)
    source = _TEX.sub(r"\\text{\1}", source)
    pasted = set(attachments)
    return _PICTURE.sub(
        lambda found: found[0] if found["pasted"] in pasted else f"! {found['shown'] or ''}", source
    )


def _letter_of_entity(found: re.Match) -> str:
    character = unescape(found[0])
    return character if character.isascii() and (character.isalnum() or character in ":/\t\n") else found[0]


@pass_context
def markdown_to_html(context: Context, source: str) -> str:
    """nbconvert's filter `markdown2html` for nbgrader's pages; `HTMLExporter.filters` names it.

    Texts that the notebook's metadata names as given, and the grader's comments, are converted
    as nbconvert does it; all others without what the browser would fetch, run or follow.
    """
    cell = context.get("cell") or {}
    attachments = cell.get("attachments", {})
    if _is_trusted(context.get("nb", {}), cell, source):
        return MarkdownWithMath(WithMathML(escape=False, attachments=attachments)).render(source)
    return student_html(source, attachments)


def student_html(source: str, attachments: Mapping) -> str:
    """A student's Markdown as HTML; as it is where it is so long that reading it would take seconds."""
    if len(source) > LONGEST:
        return f'<pre class="plain">{escape(source)}</pre>'
    return HarmlessRenderer(attachments).harmless(source)


def _cleaned(html: str) -> str:
    """What is left of a page's part when everything is gone that a browser would fetch, run or follow."""
    return nh3.clean(
        html,
        tags={*_INLINE, *_BLOCKS, *_TABLES},
        clean_content_tags=set(),
        attributes=_ATTRIBUTES,
        attribute_filter=lambda tag, name, value: value if _is_allowed(tag, name, value) else None,
        filter_style_properties={"text-align"},
        url_schemes={"data"},
        link_rel=None,
    )


def _is_trusted(notebook: Mapping, cell: Mapping, source: str) -> bool:
    """Whether a text is the course's or the grader's; nbgrader's templates show comments without their cell."""
    notes = notebook.get("metadata", {}).get("autograder", {})
    if cell:
        return cell.get("id") in notes.get("given_texts", [])
    entries = (one.get("metadata", {}).get("nbgrader", {}) for one in notebook.get("cells", []))
    return any(entry.get("comment") == source for entry in entries)


class WithMathML(IPythonRenderer):
    """Formulas as MathML, which needs no script."""

    def inline_math(self, body: str) -> str:
        return self.formula(body, mathml(body))

    def block_math(self, body: str) -> str:
        return self.formula(body, mathml(body, block=True))

    def latex_environment(self, name: str, body: str) -> str:
        return self.formula(body, mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True))

    def formula(self, tex: str, shown: str) -> str:
        """What stands in the place of a formula, as its text and as MathML."""
        return shown


class HarmlessRenderer(WithMathML):
    """Shows HTML as text, the address of a link beside its text, and pasted pictures only.

    Formulas are put aside until everything else has been cleaned.
    """

    def __init__(self, attachments: Mapping) -> None:
        super().__init__(escape=False, attachments=attachments)
        self.sign = f"formula{secrets.token_hex(8)}n"
        self.formulas: list[tuple[str, str]] = []

    def harmless(self, source: str) -> str:
        """The HTML of a text."""
        html = _cleaned(MarkdownWithMath(self).render(source))
        return self._with_formulas(html, lambda _, formula: formula)

    def formula(self, tex: str, shown: str) -> str:
        self.formulas.append((tex, shown))
        return f"{self.sign}{len(self.formulas) - 1}e"

    def _with_formulas(self, html: str, shown: Callable[[str, str], str]) -> str:
        return re.sub(rf"{self.sign}(\d+)e", lambda found: shown(*self.formulas[int(found[1])]), html)

    def block_html(self, html: str) -> str:
        return f"<p>{escape(html)}</p>\n"

    def inline_html(self, html: str) -> str:
        return escape(html)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text if unescape(text) == unquote(url) else f"{text} ({escape(url)})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        text = self._with_formulas(text, lambda tex, _: escape(tex))  # there is no formula in an attribute
        pasted = (
            self.attachments.get(url.removeprefix("attachment:"), {}) if url.startswith("attachment:") else {}
        )
        for mime in PICTURES:
            if is_picture(mime, pasted.get(mime)):
                alt = escape(unescape(striptags(text)))
                return f'<img src="data:{mime};base64,{pasted[mime]}" alt="{alt}">'
        return f"[{text}: {escape(url)}]"

    def heading(self, text: str, level: int, **attributes: object) -> str:
        # nbconvert makes an id of the text, which could be that of a field in formgrader
        return f"<h{level}>{text}</h{level}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        # of the highlighters for five hundred languages, some take for ever over a text made for it
        return super().block_code(code, "python" if (info or "").startswith("py") else None)


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return _PASTED.fullmatch(value) is not None
    return name != "type" or value == "checkbox"
