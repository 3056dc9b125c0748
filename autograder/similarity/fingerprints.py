"""Fingerprints of answers: what stays the same when names, comments, layout and order are changed.

Code becomes a stream of tokens, and each run of `RUN` consecutive tokens is a fingerprint, as in
MOSS (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003). MOSS keeps a sample of them to compare
millions of documents; a class is small, so all of them are kept. Written answers are fingerprinted
by runs of characters, since Japanese has no spaces between words.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pygments.lexers import PythonLexer
from pygments.token import Comment, Literal, Name, Number, Text

from autograder.course.names import UNREADABLE

__all__ = ["LONGEST", "imported_names", "of_code", "of_text"]

RUN = 6
"""Tokens in one fingerprint of code: `total = total + x` is five."""

TEXT_RUN = 8
"""Characters in one fingerprint of text, without spaces and punctuation."""

LONGEST = 20_000
"""Characters of one answer that are looked at; the longest honest ones have a tenth."""

_BUILTINS = frozenset(dir(builtins))
_KEYWORD = "keyword__"


@dataclass(frozen=True)
class _Plain:
    """Code in one layout.

    Attributes:
        text: The code.
        variables: Names that its author chose.
        attributes: The same for names after a dot.
    """

    text: str
    variables: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()


def of_code(source: str, known: Mapping[str, str]) -> frozenset[int]:
    """The fingerprints of a code cell.

    Layout, comments, docstrings, annotations, imports and the contents of strings are left out.
    Names that the student chose are told apart only within one fingerprint, so that renaming
    them changes nothing; names of libraries, of builtins and of given code count as they are.
    Code that is no valid Python is read token by token.

    Args:
        known: Names that are not the student's choice, and what each stands for: a dotted path for
            an imported one, itself for another.
    """
    plain = _plain(source[:LONGEST], known)
    tokens = list(_tokens(plain, known))
    return frozenset(_hash("code", _renamed(tokens[i : i + RUN])) for i in range(len(tokens) - RUN + 1))


def of_text(text: str) -> frozenset[int]:
    """The fingerprints of a written answer: runs of letters and digits, upper and lower case alike."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    letters = "".join(character for character in folded if character.isalnum())
    return frozenset(
        _hash("text", letters[start : start + TEXT_RUN]) for start in range(len(letters) - TEXT_RUN + 1)
    )


def imported_names(source: str) -> dict[str, str]:
    """The names that code imports, each with its dotted path; none where the code cannot be read."""
    try:
        tree = _parsed(source[:LONGEST])
    except UNREADABLE:
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}".lstrip(".")
    return found


def _hash(kind: str, content: str) -> int:
    """The same in every process, unlike `hash`."""
    digest = hashlib.blake2b(f"{kind}\0{content}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _parsed(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of a student's "\d" is no news here
        return ast.parse(source)


def _plain(source: str, known: Mapping[str, str]) -> _Plain:
    for text in (source, _without_magics(source)):
        try:
            tree = _parsed(text)
            variables, attributes = _chosen_names(tree, known)
            return _Plain(ast.unparse(_Simplifier(variables).visit(tree)), variables, attributes)
        except UNREADABLE:
            continue
    return _Plain(source)


def _without_magics(source: str) -> str:
    """IPython's `%time` and `!pip` are no Python."""
    return "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))


def _chosen_names(tree: ast.Module, known: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """The names, and the attributes, that the author of the code made up."""
    variables: set[str] = set()
    attributes: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                variables.add(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                variables.add(name)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if name not in known and not name.startswith("__"):
                    variables.add(name)
                    attributes.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                attributes.add(name)
    return frozenset(variables), frozenset(attributes)


class _Simplifier(ast.NodeTransformer):
    """Removes what does not compute, and marks the names of keyword arguments of others' functions."""

    def __init__(self, variables: frozenset[str]) -> None:
        self.variables = variables

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._without_returns(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._without_returns(node)

    def _without_returns(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id in self.variables):
            for keyword in node.keywords:
                if keyword.arg is not None:
                    keyword.arg = _KEYWORD + keyword.arg
        return node


def _tokens(plain: _Plain, known: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """Each token, and whether it is a name that the student chose."""
    before = ""
    for kind, value in PythonLexer().get_tokens(plain.text):
        if kind in Text or kind in Comment or kind in Literal.String.Doc:
            continue
        if kind in Literal.String and kind not in Literal.String.Interpol:
            if before != "string":
                yield False, "string"
            before = "string"
            continue
        if kind not in Name:
            yield False, value.lower() if kind in Number else value
            before = value
            continue
        if value.startswith("@"):  # of a decorator
            yield False, "@"
            value = value[1:]
        if before == ".":
            yield value in plain.attributes, value
        elif value.startswith(_KEYWORD):
            yield False, value
        elif value not in plain.variables and value in known:
            path = known[value].split(".")
            yield False, path[0]
            for part in path[1:]:
                yield False, "."
                yield False, part
        else:
            yield _is_chosen(value, plain), value
        before = value


def _is_chosen(name: str, plain: _Plain) -> bool:
    return name in plain.variables or not (name in _BUILTINS or name.startswith("__"))


def _renamed(tokens: list[tuple[bool, str]]) -> str:
    """Tokens as one text, with chosen names numbered in the order in which they appear."""
    numbers: dict[str, int] = {}
    return " ".join(
        f"#{numbers.setdefault(value, len(numbers))}" if chosen else value for chosen, value in tokens
    )
