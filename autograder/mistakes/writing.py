"""Known answers written as YAML, in one form only."""

from __future__ import annotations

from typing import Any

import yaml

from autograder.mistakes.known import KnownAnswer, KnownMistakes, WrongAnswer

__all__ = ["text_of"]


def text_of(known: KnownMistakes) -> str:
    """The text of `mistakes/<assignment>.yaml`; reading it gives an equal object."""
    groups: list[str] = []
    for cell in known.cells:
        wrong = {answer.name: _keys(answer) for answer in known.wrong if answer.cell == cell}
        right = {answer.name: _keys(answer) for answer in known.right if answer.cell == cell}
        kinds = {kind: answers for kind, answers in (("wrong", wrong), ("right", right)) if answers}
        groups.append(_dump({cell: kinds}))
    return "\n".join(groups)


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
