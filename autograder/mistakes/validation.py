"""Whether known answers fit the notebook that they are about."""

from __future__ import annotations

import ast
import functools
import io
import keyword
import re
import textwrap
import tokenize
import unicodedata
from collections.abc import Iterator

from autograder.course import names
from autograder.errors import MistakesError
from autograder.mistakes.known import KnownAnswer, KnownMistakes, WrongAnswer
from autograder.mistakes.reference import Reference

__all__ = ["problems"]

TELLING = 2
"""A line of a solution with fewer names, numbers and operators (`return rows`, `else:`) tells nothing."""


def problems(known: KnownMistakes, reference: Reference) -> tuple[str, ...]:
    """What is wrong with the known answers of an assignment, one sentence each; none if all is well."""
    found: list[str] = []
    sources: dict[tuple[str, str], str] = dict.fromkeys(reference.answers.items(), "")
    for answer in (*known.wrong, *known.right):
        for what in _of_answer(answer, reference, sources):
            place = (answer.cell, answer.name)
            found.append(str(MistakesError.at(known.file, answer.line, place, what)))
    return tuple(found)


def _of_answer(
    answer: KnownAnswer, reference: Reference, sources: dict[tuple[str, str], str]
) -> Iterator[str]:
    if answer.cell not in reference.answers:
        yield f"the notebook has no such answer cell; it has {', '.join(reference.answers)}"
        return
    try:
        source = answer.answer(reference.answers[answer.cell])
    except MistakesError as error:
        yield str(error)
    else:
        other = sources.setdefault((answer.cell, source), answer.name)
        if other != answer.name:
            yield "gives the same code as " + (f"'{other}'" if other else "the reference")
    if isinstance(answer, WrongAnswer):
        yield from _of_tests(answer, reference)
        yield from _of_hint(answer, reference)


def _of_tests(answer: WrongAnswer, reference: Reference) -> Iterator[str]:
    for test in answer.fails:
        if test not in reference.tests:
            yield f"fails: the notebook has no test cell '{test}'; it has {', '.join(reference.tests)}"
    if not answer.fails and answer.cell not in reference.own_test:
        yield "no test cell uses what the cell defines; name in fails: the tests that it must fail"


def _of_hint(answer: WrongAnswer, reference: Reference) -> Iterator[str]:
    for language, text in answer.hint.items():
        if reference.languages and language not in reference.languages:
            yield f"hint: the notebook has no texts in '{language}'; it has {', '.join(reference.languages)}"
        normalised = _normalised(text)
        pieces = _secret_pieces(reference.solutions[answer.cell], reference.public)
        shown = next((piece for piece, normal in pieces if normal in normalised), None)
        if shown is not None:
            yield f"hint: the text in '{language}' gives the answer's code away: {shown}"


@functools.lru_cache(maxsize=64)
def _secret_pieces(solution: str, public: str) -> tuple[tuple[str, str], ...]:
    """What of a solution is not in the notebook that students get, as it is and normalised."""
    given = _normalised(public)
    pieces = ((piece, _normalised(piece)) for piece in _pieces(solution))
    return tuple((piece, normal) for piece, normal in pieces if normal not in given)


def _pieces(solution: str) -> Iterator[str]:
    """Its lines, and the values that it assigns and returns, but for those that tell nothing."""
    text = textwrap.dedent(solution)
    yield from (line.strip() for line in text.splitlines() if _weight(line) >= TELLING)
    for statement in ast.walk(names.parsed(text)):  # a region may begin or end within a statement
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)) and statement.value:
            value = " ".join((ast.get_source_segment(text, statement.value) or "").split())
            if _weight(value) > TELLING:
                yield value


def _weight(code: str) -> int:
    """How many names, numbers and operators a piece of code has; brackets, dots and commas are none."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code.strip()).readline))
    except (tokenize.TokenError, SyntaxError):  # the first line of a call over several
        return len(re.findall(r"\w+", code))
    return sum(
        token.type == tokenize.NUMBER
        or (token.type == tokenize.NAME and not keyword.iskeyword(token.string))
        or (token.type == tokenize.OP and token.string not in "()[]{}.,:=")
        for token in tokens
    )


def _normalised(text: str) -> str:
    """Without what a person may write otherwise: spaces, full-width forms, the kind of quotes."""
    kept = unicodedata.normalize("NFKC", text).replace('"', "'").replace("`", "")
    return "".join(kept.split())
