"""Known answers written as YAML, in one form only."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from autograder.errors import MistakesError
from autograder.mistakes.known import KnownAnswer, KnownMistakes, WrongAnswer
from autograder.mistakes.reading import parse

__all__ = ["text_of", "with_hint"]


def text_of(known: KnownMistakes) -> str:
    """The text of `mistakes/<assignment>.yaml`; reading it gives an equal object."""
    groups: list[str] = []
    for cell in known.cells:
        wrong = {answer.name: _keys(answer) for answer in known.wrong if answer.cell == cell}
        right = {answer.name: _keys(answer) for answer in known.right if answer.cell == cell}
        kinds = {kind: answers for kind, answers in (("wrong", wrong), ("right", right)) if answers}
        groups.append(_dump({cell: kinds}))
    return "\n".join(groups)


def with_hint(text: str, assignment: str, cell: str, name: str, hint: Mapping[str, str]) -> str:
    """The text of a file with a hint added to one wrong answer, all else as it was written, comments too.

    Args:
        text: The file.
        assignment: Its id.
        cell: The grade_id of the answer cell.
        name: The wrong answer's.
        hint: For one or more languages in which it has none, a sentence.

    Raises:
        MistakesError: The file is not in the format, has no such wrong answer, or it has a hint in that language.
    """
    known = parse(text, assignment)
    found = [answer for answer in known.wrong if (answer.cell, answer.name) == (cell, name)]
    if not found:
        raise MistakesError.at(known.file, 0, (cell, name), "there is no such wrong answer")
    if given := sorted(set(hint) & set(found[0].hint)):
        raise MistakesError.at(known.file, found[0].line, (cell, name), f"has a hint in {', '.join(given)}")
    entry = _child(_child(_child(yaml.compose(text, Loader=yaml.BaseLoader), cell), "wrong"), name)
    inside = _child(entry, "hint") if found[0].hint else entry
    added = _dump(dict(hint)) if found[0].hint else _dump({"hint": dict(hint)})
    lines = text.splitlines(keepends=True)
    end = inside.value[-1][1].end_mark
    at = end.line + (end.column > 0)
    while not lines[at - 1].strip():
        at -= 1
    if not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    lines.insert(at, textwrap.indent(added, " " * inside.start_mark.column))
    new = "".join(lines)
    expected = replace(found[0], hint={**found[0].hint, **hint})
    wanted = replace(known, wrong=tuple(expected if answer is found[0] else answer for answer in known.wrong))
    try:
        if inside.flow_style or parse(new, assignment) != wanted:
            raise MistakesError("in braces")
    except MistakesError:
        what = "no line can be added to it; write its keys on lines of their own, without { }"
        raise MistakesError.at(known.file, found[0].line, (cell, name), what) from None
    return new


def _keys(answer: KnownAnswer) -> dict[str, Any]:
    pairs = [{"old": change.old, "new": change.new} for change in answer.changes]
    keys: dict[str, Any] = dict(pairs[0]) if len(pairs) == 1 else {"changes": pairs} if pairs else {}
    if answer.source is not None:
        keys["source"] = answer.source
    if isinstance(answer, WrongAnswer):
        if answer.fails:
            keys["fails"] = _InOneLine(answer.fails)
        if answer.hint:
            keys["hint"] = dict(answer.hint)
    return keys


def _child(node: yaml.MappingNode, key: str) -> yaml.Node:
    return next(value for name, value in node.value if name.value == key)


class _InOneLine(list):
    """A list that is written in brackets."""


class _Dumper(yaml.SafeDumper):
    """Code below `|`, a quoted text in the quotes that it does not hold."""

    def choose_scalar_style(self) -> str:
        value, style = self.event.value, super().choose_scalar_style()
        if style == "'" and "'" in value:
            if not set(value) & {'"', "\\"}:
                return '"'
            if self.analysis.allow_block and not self.flow_level and not self.simple_key_context:
                return "|"
        return style

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    if text.endswith("\n\n"):  # below a bar, YAML would end the document after it
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    _InOneLine,
    lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", list(items), flow_style=True),
)


def _dump(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
