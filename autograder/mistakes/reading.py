"""Known answers read from YAML, where every text stays the text that was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from autograder.errors import MistakesError
from autograder.mistakes.known import Change, KnownAnswer, KnownMistakes, RightAnswer, WrongAnswer
from autograder.words import LOADER

__all__ = ["load", "parse"]

CHANGE_KEYS = ("old", "new")
ANSWER_KEYS = (*CHANGE_KEYS, "changes", "source")


def load(folder: Path, assignment: str) -> KnownMistakes:
    """Read the known answers to a notebook; one that has no file has none.

    Args:
        folder: The course's folder of `<assignment>.yaml`, or `<assignment>/<notebook>.yaml`.
        assignment: The notebook's name.

    Raises:
        MistakesError: The file cannot be read, or is not in the format; says where and why.
    """
    path = folder / f"{assignment}.yaml"
    if not path.exists():
        return KnownMistakes(assignment=assignment)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MistakesError(f"mistakes/{assignment}.yaml cannot be read as a UTF-8 text: {error}") from error
    return parse(text, assignment)


def parse(text: str, assignment: str) -> KnownMistakes:
    """Read the text of `mistakes/<assignment>.yaml`.

    Raises:
        MistakesError: It is not in the format; says the line, the cell and the name.
    """
    return _Reader(KnownMistakes(assignment=assignment).file).read(text, assignment)


class _Reader:
    """Walks the nodes of a document, so that each complaint has its line.

    Attributes:
        place: The cell, and the name in it, that is being read.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.place: tuple[str, ...] = ()
        self.seen: set[int] = set()

    def read(self, text: str, assignment: str) -> KnownMistakes:
        root = self.compose(text)
        answers: dict[str, list] = {"wrong": [], "right": []}
        for cell, groups in self.mapping(root, "cells by their grade_id") if root else ():
            self.place = (cell.value,)
            names: set[str] = set()
            for kind, entries in self.mapping(groups, "wrong: and right: answers", tuple(answers)):
                for name, node in self.mapping(entries, "answers by their name"):
                    self.place = (cell.value, name.value)
                    if not name.value or name.value in names:
                        raise self.error(name, "the cell has two answers of this name; give each its own")
                    names.add(name.value)
                    answers[kind.value].append(self.answer(kind.value, name, node))
                self.place = (cell.value,)
            self.place = ()
        return KnownMistakes(
            assignment=assignment, wrong=tuple(answers["wrong"]), right=tuple(answers["right"])
        )

    def compose(self, text: str) -> yaml.Node | None:
        try:
            root = yaml.compose(text, Loader=LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            sentences = (getattr(error, "context", None), getattr(error, "problem", None))
            what = ", ".join(filter(None, sentences)) or " ".join(str(error).split())
            raise MistakesError.at(self.file, mark.line + 1 if mark else 0, (), f"not YAML: {what}") from None
        empty = root is None or (isinstance(root, yaml.ScalarNode) and not root.value)
        return None if empty else root

    def answer(self, kind: str, name: yaml.Node, node: yaml.Node) -> KnownAnswer:
        made, allowed = (
            (WrongAnswer, (*ANSWER_KEYS, "fails", "hint")) if kind == "wrong" else (RightAnswer, ANSWER_KEYS)
        )
        keys = {key.value: value for key, value in self.mapping(node, "old: and new:, or source:", allowed)}
        ways = [
            way for way in ("old", "changes", "source") if way in keys or (way == "old" and "new" in keys)
        ]
        if len(ways) != 1:
            raise self.error(node, "an answer has either old: and new:, or changes:, or source:")
        fields: dict = {"name": name.value, "cell": self.place[0], "line": name.start_mark.line + 1}
        if "source" in keys:
            fields["source"] = self.code(keys["source"], "source")
        elif "changes" in keys:
            fields["changes"] = tuple(self.sequence(keys["changes"], "changes", self.change))
        else:
            pair = {key: value for key, value in keys.items() if key in CHANGE_KEYS}
            fields["changes"] = (self.pair(pair, node),)
        if "fails" in keys:
            fields["fails"] = tuple(
                self.sequence(keys["fails"], "fails", lambda item: self.code(item, "fails"))
            )
            if len(set(fields["fails"])) < len(fields["fails"]):
                raise self.error(keys["fails"], "fails: names a test cell twice")
        if "hint" in keys:
            pairs = self.mapping(keys["hint"], "hint: a sentence for each language")
            fields["hint"] = {language.value: self.code(text, "hint") for language, text in pairs}
        return made(**fields)

    def change(self, node: yaml.Node) -> Change:
        pairs = self.mapping(node, "old: and new:", CHANGE_KEYS)
        return self.pair({key.value: value for key, value in pairs}, node)

    def pair(self, keys: dict[str, yaml.Node], node: yaml.Node) -> Change:
        if len(keys) < 2:
            [missing] = set(CHANGE_KEYS) - set(keys)
            raise self.error(
                node, f'a change has old: and new:, {missing}: is missing (new: "" removes the old text)'
            )
        change = Change(old=self.code(keys["old"], "old"), new=self.text(keys["new"], "new"))
        if change.new == change.old:
            raise self.error(keys["new"], "new: is the same as old:")
        if not change.whole_lines and "\n" in change.old + change.new:
            raise self.error(keys["old"], "to change whole lines, write them below `old: |` and `new: |`")
        if change.whole_lines and change.new and not change.new.endswith("\n"):
            raise self.error(keys["new"], "old: is of whole lines; write the new ones below `new: |`")
        return change

    def mapping(
        self, node: yaml.Node, what: str, allowed: tuple[str, ...] = ()
    ) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        """Its keys and values; never empty, no key twice."""
        self.once(node)
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise self.error(node, f"expected {what}, got {_shown(node)}")
        seen: set[str] = set()
        for key, _ in node.value:
            self.once(key)
            if not isinstance(key, yaml.ScalarNode):
                raise self.error(key, f"expected a text as the key, got {_shown(key)}")
            if key.value in seen:
                raise self.error(key, f"'{key.value}' stands there twice; give each its own name")
            seen.add(key.value)
            if allowed and key.value not in allowed:
                raise self.error(key, f"unknown key '{key.value}', expected one of {', '.join(allowed)}")
        return node.value

    def sequence(self, node: yaml.Node, key: str, item: Callable) -> list:
        self.once(node)
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, f"{key}: expected a list, got {_shown(node)}")
        if not node.value:
            raise self.error(node, f"{key}: is an empty list; leave it out, or put something into it")
        return [item(part) for part in node.value]

    def text(self, node: yaml.Node, key: str) -> str:
        self.once(node)
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(node, f"{key}: expected a text, got {_shown(node)}")
        return node.value

    def code(self, node: yaml.Node, key: str) -> str:
        text = self.text(node, key)
        if not text.strip():
            raise self.error(node, f"{key}: is empty")
        return text

    def once(self, node: yaml.Node) -> None:
        """Refuses an alias: the reader of a review would have to look for its anchor."""
        if id(node) in self.seen:
            raise self.error(node, "an anchor (&) is used again (*); write the text out at each place")
        self.seen.add(id(node))

    def error(self, node: yaml.Node, what: str) -> MistakesError:
        return MistakesError.at(self.file, node.start_mark.line + 1, self.place, what)


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"the text '{node.value}'" if node.value else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "keys and values" if node.value else "nothing"
