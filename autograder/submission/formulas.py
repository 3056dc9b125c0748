"""Formulas as MathML, which browsers show without a script and without a network.

latex2mathml reads TeX; what it makes is not sent to a browser as it is (it lets a formula name
addresses, and leaves `<` in texts): its tree is written out again here, elements and attributes
of a short list only, and every text escaped. A formula that is too long, too deep or not
understood is shown as the TeX that it is.
"""

from __future__ import annotations

import functools
import re
from html import escape, unescape
from xml.etree.ElementTree import Element

__all__ = ["LONGEST", "mathml"]

LONGEST = 1_000
"""Letters of a formula that is converted; a page of a textbook has none as long."""
DEEPEST = 12
"""Braces and environments within each other."""

_ELEMENTS = re.compile(
    "math|mrow|mi|mn|mo|ms|mtext|mspace|mfrac|msqrt|mroot|msub|msup|msubsup|munder|mover|munderover"
    "|mmultiscripts|mprescripts|mtable|mtr|mtd|mstyle|mpadded|mphantom|menclose"
)
_ATTRIBUTES = re.compile(
    "accent|accentunder|column(align|lines|spacing)|display|displaystyle|fence|form|linethickness"
    "|mathvariant|maxsize|minsize|row(lines|spacing)|scriptlevel|separator|stretchy|width"
)
_VALUE = re.compile(r"[\w .%+-]{1,40}", re.ASCII)
_FUNCTIONS = r"\\(?:cos|exp|ln|log|sin|tan|tanh)(?![A-Za-z])"
_WORDS = {
    r"\\arg\s*\\(max|min)(?![A-Za-z])": r"\\text{arg \1}",
    r"\\_": "_",
    r"\\[lr]Vert(?![A-Za-z])": r"\\Vert ",
    r"\\[lr]vert(?![A-Za-z])": "|",
    rf"(?<=[A-Za-z0-9)}}])\s*({_FUNCTIONS})": r"\\,\1",
    r"\\(begin|end)\{equation\*?\}|\\label\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])": "",
    r"\\begin\{alignedat\}\s*\{\d+\}": r"\\begin{split}",
    r"\\(begin|end)\{(?:align\*?|alignedat|aligned|eqnarray\*?|flalign\*?|gathered|gather\*?|multline\*?)\}": r"\\\1{split}",
    r"\\\\\s*\[[\d.]+\s*[a-z]+\]": r"\\\\ ",
    rf"({_FUNCTIONS}(?:_\w|_\{{\w+\}})?)\s*(?=\w|\\(?!left)[A-Za-z])": r"\1\\,",
}
"""What latex2mathml does not know, in words that it knows.

It takes `_` in texts for a letter, lets bars that are not to grow grow, runs the lines of environments that it does not
know into one, and leaves out TeX's thin space beside the name of a function.
"""
_LIMITS = frozenset({"arg\u00a0max", "arg\u00a0min", "inf", "lim", "max", "min", "sup"})
"""In a formula of its own, what stands below these does so below and not beside."""

_ALPHABETS = {"bold": (0x1D400, 0x1D41A), "bold-italic": (0x1D468, 0x1D482)}
"""Unicode's letters A and a: browsers know no other `mathvariant` than "normal"."""


@functools.lru_cache(maxsize=4096)
def mathml(tex: str, block: bool = False) -> str:
    """A formula as safe MathML; as escaped TeX in `<code>` where it cannot be converted.

    Args:
        tex: Without its dollar signs; from anybody.
    """
    tex = tex.strip()
    if len(tex) <= LONGEST and _depth(tex) <= DEEPEST:
        try:
            return _converted(tex, block)
        except Exception:  # whatever the library makes of a student's text, the page is made
            pass
    return f'<code class="tex">{escape(tex)}</code>'


def _converted(tex: str, block: bool) -> str:
    from latex2mathml.converter import convert_to_element

    for words, known in _WORDS.items():
        tex = re.sub(words, known, tex)
    if block and r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    tree = convert_to_element(tex, display="block" if block else "inline")
    return _written(tree, block)


def _depth(tex: str) -> int:
    deepest = depth = 0
    for sign in re.findall(r"[{}]|\\(?:begin|left|sqrt)\b|\\(?:end|right)\b|[\^_]", tex):
        if sign in ("{", "\\begin", "\\left"):
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ("}", "\\end", "\\right"):
            depth -= 1
    return deepest


def _written(element: Element, block: bool) -> str:
    tag = element.tag
    if not _ELEMENTS.fullmatch(tag):
        raise ValueError(f"MathML element {tag!r} is not shown")
    if block and tag == "msub" and unescape(element[0].text or "") in _LIMITS:
        tag = "munder"
    if tag == "mtr" and len(element) == 1 and element[0].get("columnalign") == "right":
        del element[0].attrib["columnalign"]  # lines without a column to be aligned by are centred
    variant = element.get("mathvariant", "")
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if _ATTRIBUTES.fullmatch(name) and _VALUE.fullmatch(value) and value not in _ALPHABETS
    )
    inner = _text(element.text, variant) + "".join(
        _written(child, block) + _text(child.tail, variant) for child in element
    )
    return f"<{tag}{attributes}>{inner}</{tag}>"


def _text(text: str | None, variant: str) -> str:
    shown = unescape(text or "")  # the library writes signs as entities
    if variant in _ALPHABETS:
        large, small = _ALPHABETS[variant]
        shown = "".join(
            chr(large + ord(letter) - ord("A"))
            if "A" <= letter <= "Z"
            else chr(small + ord(letter) - ord("a"))
            if "a" <= letter <= "z"
            else letter
            for letter in shown
        )
    return escape(shown)
