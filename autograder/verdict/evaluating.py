"""What a test cell evaluates as Python, unpickles or runs as a program: never what a student's code gave it.

Test cells run in the grader. A text of a student's that one of them evaluates (`eval(answer)`,
`exec(inspect.getsource(f))`, `timeit.timeit(answer)`, `df.query(answer)`) would be the student's code,
running where points are decided. Python's audit events say when a text becomes code.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import pickle
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any
from unittest import mock

__all__ = ["EvaluationError", "evaluating_nothing_of_the_students"]

EVENTS = frozenset(["compile", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"])
LIBRARIES = ("ast", "cProfile", "code", "doctest", "profile", "runpy", "subprocess", "timeit")
"""Of the standard library what evaluates or runs what it is handed."""
PACKAGES = ("/_pytest/", "/numexpr/", "/numpy/testing/", "/pandas/", "/sympy/", "/unittest/")
"""What parses formulas, and what calls a function that it is handed: `assertRaises(ValueError, eval, answer)`."""
DEFAULTS = frozenset(["pass", "pandas", "python"])
"""What these libraries' arguments are where a test cell leaves them out."""
_COMPUTING = frozenset("(@")
"""Without these a text that pandas evaluates calls nothing, and reads nothing but columns."""

_guards: dict[int, _Guard] = {}
_installed = threading.Event()


class EvaluationError(Exception):
    """A test cell was about to run a text that may be the student's."""


@contextlib.contextmanager
def evaluating_nothing_of_the_students(
    source: str, is_own: Callable[[str], bool], told: Callable[[], bool]
) -> Iterator[None]:
    """While a test cell runs in this thread: what it evaluates is written in it, or made before a student told it anything.

    Args:
        source: Of the test cell, and of what the grader gives to it.
        is_own: Whether code of this file name is the instructor's, not a library's.
        told: Whether any text has come from the student's code.

    Raises:
        EvaluationError: It evaluated something else, whatever the test cell made of that.
    """
    if not _installed.is_set():
        _installed.set()
        sys.addaudithook(_audit)  # stays for good: between test cells it finds no guard, and does nothing
    guard = _Guard(_lines(source), is_own, told)
    thread = threading.get_ident()
    _guards[thread] = guard
    try:
        with (
            mock.patch.object(pickle, "loads", guard.unpickling(pickle.loads)),
            mock.patch.object(pickle, "load", guard.unpickling(pickle.load)),
        ):
            yield
    finally:
        del _guards[thread]
        if guard.refused is not None:
            raise guard.refused


def _audit(event: str, arguments: tuple) -> None:
    if event in EVENTS and (guard := _guards.get(threading.get_ident())) is not None:
        guard.look(event, arguments, sys._getframe(1))


class _Guard:
    def __init__(
        self, lines: frozenset[str], is_own: Callable[[str], bool], told: Callable[[], bool]
    ) -> None:
        self.refused: EvaluationError | None = None
        self._lines = lines
        self._is_own = is_own
        self._told = told
        self._parsed = False

    def look(self, event: str, arguments: tuple, frame: FrameType) -> None:
        """Refuse what the test cell itself, or a library that it has called for this, is about to run."""
        called, pandas, packaged = None, False, False
        asking: FrameType | None = frame
        while asking is not None and not self._is_own(asking.f_code.co_filename):
            pandas = pandas or "/pandas/" in asking.f_code.co_filename
            packaged = packaged or any(name in asking.f_code.co_filename for name in PACKAGES)
            if not _evaluates(asking.f_code):
                return
            called, asking = asking, asking.f_back
        if asking is None:
            return
        run = arguments[:1] if event == "compile" else arguments
        texts = _texts(_given_to(called)) if called is not None and event == "compile" else []
        if packaged and not (texts := [text for text in texts if not text.isidentifier()]):
            return  # it was handed no text but names, and makes its own, as `sympy.lambdify` does
        texts = texts or _texts(run)
        if event == "compile" and called is not None and called.f_code.co_filename == ast.__file__:
            # a tree runs nothing until it is compiled, and `literal_eval` does not do that
            self._parsed = self._parsed or not self._may_run(texts)
        elif event == "compile" and called is None and isinstance(arguments[0], ast.AST):
            if self._parsed:
                self._refuse("a tree that it has made of a text")
        elif pandas and not any(_COMPUTING & set(text) for text in texts):
            return
        elif not self._may_run(texts):
            self._refuse("a text" if event == "compile" else "a command")

    def unpickling(self, original: Callable) -> Callable:
        """`pickle.load` and `loads`, which refuse what is no file where the student's code has told something."""

        def load(data: Any, *arguments: Any, **keywords: Any) -> Any:
            if isinstance(data, (bytes, bytearray, memoryview, io.BytesIO)) and self._told():
                self._refuse("a pickle")
            return original(data, *arguments, **keywords)

        return load

    def _may_run(self, texts: list[str]) -> bool:
        return all(line in self._lines for text in texts for line in _stripped(text)) or not self._told()

    def _refuse(self, what: str) -> None:
        self.refused = EvaluationError(
            f"the test cell evaluates {what} that may be the student's, which is never run where it is graded"
        )
        raise self.refused


def _evaluates(code: CodeType) -> bool:
    name = code.co_filename
    if any(package in name for package in PACKAGES):
        return True
    return any(name == getattr(sys.modules.get(library), "__file__", None) for library in LIBRARIES)


def _given_to(frame: FrameType) -> tuple:
    """The arguments of a function that is running, but for those that can only be named."""
    code = frame.f_code
    names = list(code.co_varnames[: code.co_argcount])
    if code.co_flags & inspect.CO_VARARGS:
        names.append(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
    return tuple(frame.f_locals.get(name) for name in names)


def _texts(values: Any) -> list[str]:
    found = []
    for value in values:
        if isinstance(value, (bytes, bytearray)):
            found.append(value.decode("utf-8", "replace"))
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, (list, tuple, set, frozenset)):
            found += _texts(value)
        elif isinstance(value, Mapping):
            found += _texts([*value.keys(), *value.values()])
    return [text for text in found if text != sys.executable]


def _lines(source: str) -> frozenset[str]:
    """The lines of all texts that a source has in it."""
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    written = [line for text in constants if isinstance(text, str) for line in _stripped(text)]
    return frozenset(written) | DEFAULTS


def _stripped(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
