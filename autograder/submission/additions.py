"""What a student added to a given cell: told apart from the given text without parsing either.

A student's text is never parsed in the grader's own process, so a statement is what begins in
the first column. That is enough: what was added is put together again in its order.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from autograder.course import cells
from autograder.submission.matching import normal

__all__ = ["AddedCode", "AddedText", "added_code", "added_text", "as_comments"]

MAX_PIECES = 5_000
"""A cell of more statements or lines is not compared piece by piece."""
SAME_LINE = 75.0
"""rapidfuzz ratio from which a line is another version of the given line in whose place it stands."""

_CONTINUES = re.compile(r"[)\]}]|(?:else|elif|except|finally)\b")
_IMPORT = re.compile(r"(?:import|from)\s")
_DEFINES = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")
_MAGIC = re.compile(r"[%!]")
_NAME = re.compile(r"[^\W\d]\w*")
_ASSERT = re.compile(r"^assert\b", re.MULTILINE)
_BLOCK = re.compile(r"(?:if|for|while|with|try|async|match)\b")
_OWN_SCOPE = re.compile(r"(?:@|(?:async\s+def|def|class)\b)")


@dataclass(frozen=True, kw_only=True)
class AddedCode:
    """What a student's version of a given code cell has and the given cell has not.

    Attributes:
        ahead: Of a test, imports and definitions above all that it asserts; "" for none.
        run: Statements that can run after the given cell and leave what it defines as it is; "" for none.
        kept: Statements that stand in the place of given ones, or define a given name anew; "" for none.
    """

    ahead: str = ""
    run: str
    kept: str


@dataclass(frozen=True, kw_only=True)
class AddedText:
    """What a student's version of a given text has and the given text has not.

    Attributes:
        new: Lines of the student's own; "" for none.
        changed: Lines that are nearly given ones; "" for none.
    """

    new: str
    changed: str


def added_code(given: str, source: str, test: bool = False) -> AddedCode:
    """What was added to a given code cell.

    Args:
        test: Whether it is a test: of what was added to one, only imports and definitions can run.
    """
    old, new = _statements(given), _statements(source)
    if len(new) > MAX_PIECES:
        return AddedCode(run="", kept=source.strip("\n"))
    names = cells.defined_names(given)
    asserts = [place for place, statement in enumerate(new) if _ASSERT.search(statement)]
    ahead: list[str] = []
    run: list[str] = []
    kept: list[str] = []
    for statement, replaced, place in _differences(old, new):
        only_definitions = test or bool(replaced)
        if not _can_run(statement, names, only_definitions):
            kept.append(statement)
        else:
            (ahead if test and asserts and place < asserts[0] else run).append(statement)
    return AddedCode(ahead="\n".join(ahead), run="\n".join(run), kept="\n".join(kept))


def added_text(given: str, source: str) -> AddedText:
    """What was added to a given text."""
    old, new = given.splitlines(), source.splitlines()
    if len(new) > MAX_PIECES:
        return AddedText(new=source.strip("\n"), changed="")
    added: list[str] = []
    changed: list[str] = []
    for line, replaced, _ in _differences(old, new):
        is_change = any(fuzz.ratio(line, other) >= SAME_LINE for other in replaced)
        (changed if is_change else added).append(line)
    return AddedText(new="\n".join(added).strip("\n"), changed="\n".join(changed).strip("\n"))


def as_comments(source: str) -> str:
    """Code that is shown, and not run."""
    return "\n".join(f"# {line}".rstrip() for line in source.splitlines())


def _differences(old: list[str], new: list[str]) -> list[tuple[str, list[str], int]]:
    """The pieces that only the new list has, in order, those in whose place each stands, and its index."""
    known = set(map(normal, old))
    matcher = difflib.SequenceMatcher(None, list(map(normal, old)), list(map(normal, new)), autojunk=False)
    return [
        (new[place], old[first:last], place)
        for what, first, last, start, end in matcher.get_opcodes()
        if what in ("insert", "replace")
        for place in range(start, end)
        if normal(new[place]) not in known
    ]


def _statements(source: str) -> list[str]:
    """A cell's top-level statements, each with the comments and decorators above it."""
    found: list[list[str]] = []
    opening = False  # the last piece still waits for its statement: comments and decorators
    for line in source.splitlines():
        starts = line[:1].strip() and not _CONTINUES.match(line)
        if found and (opening or not starts):
            found[-1].append(line)
        elif line.strip():
            found.append([line])
        if starts:
            opening = line.startswith("@")
    return ["\n".join(lines).rstrip() for lines in found]


def _can_run(statement: str, given_names: frozenset[str], only_definitions: bool) -> bool:
    if statement[:1].isspace():  # the inside of something given
        return False
    if _IMPORT.match(statement) or _MAGIC.match(statement):
        return True
    names = _bound_names(statement)
    return not names & given_names and bool(names or not only_definitions)


def _bound_names(statement: str) -> set[str]:
    """Names that a statement may bind at the top level; rather one too many than one too few."""
    lines = statement.splitlines()
    if _OWN_SCOPE.match(statement):
        return {found[1] for line in lines if (found := _DEFINES.match(line))}
    names = set()
    for line in lines if _BLOCK.match(statement) else lines[:1]:
        if found := _DEFINES.match(line.strip()):
            names.add(found[1])
        names |= _assigned_names(line)
    return names


def _assigned_names(line: str) -> set[str]:
    """Names, and not attributes or items, that a line assigns to: `a, b = c = ...`."""
    target, *values = line.split("=")
    if not values or not values[0]:  # a comparison
        return set()
    targets = [*target.partition(":")[0].rstrip("+-*/%@&|^<>").split(","), *values[:-1]]
    parts = (part.strip().strip("()[]*").strip() for part in targets)
    return {part for part in parts if _NAME.fullmatch(part)}
