"""What a test cell evaluates as Python, unpickles or runs as a program: never what a student's code gave it.

Test cells run in the grader. A text of a student's that one of them evaluates (`eval(answer)`,
`exec(inspect.getsource(f))`, `timeit.timeit(answer)`, `df.query(answer)`) would be the student's code,
running where points are decided. Python's audit events say when a text becomes code, in whatever library
and thread. Once the student's code has told a text, only what is the instructor's or a library's own is run.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import pickle
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from autograder.boundary.packing import INSTALLED
from autograder.verdict import questions
from autograder.verdict.handed import file_of, given_to, lines_in, lines_of, texts_in
from autograder.verdict.queries import limited

__all__ = ["EvaluationError", "evaluating_nothing_of_the_students"]

COMMANDS = frozenset(["os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn", "subprocess.Popen"])
FILES = frozenset(["open", "os.link", "os.rename", "os.symlink"])
PATHS = FILES | {
    "os.chmod",
    "os.listdir",
    "os.remove",
    "os.rmdir",
    "os.scandir",
    "os.truncate",
    "shutil.rmtree",
}
EVENTS = COMMANDS | PATHS | {"_thread.start_new_thread", "compile", "marshal.loads", "pickle.find_class"}
EVALUATING = ("bdb", "cProfile", "code", "codeop", "doctest", "jinja2", "logging.config", "mako", "multiprocessing",
              "os", "pdb", "profile", "pty", "runpy", "subprocess", "timeit", "trace", "typing")  # fmt: skip
"""What evaluates or runs what it is handed, or finds in that: where it is handed no text, whatever it runs."""
INTERPRETING = ("/numexpr/", "/pandas/", "/sympy/")
"""What evaluates a text by parsing it, without compiling the tree."""
MAKING = (
    f"{os.sep}collections{os.sep}__init__.py",
    f"{os.sep}dataclasses.py",
    f"{os.sep}networkx{os.sep}utils{os.sep}decorators.py",
    f"{os.sep}scipy{os.sep}stats{os.sep}_distn_infrastructure.py",
)
"""What compiles texts that it makes of names, and sees that they are names."""
BY_NAME = (
    ("jsonpickle.unpickler", "", "loadclass"),
    ("logging.config", "BaseConfigurator", "resolve"),
    ("yaml.constructor", "FullConstructor", "find_python_module"),
    ("yaml.constructor", "FullConstructor", "find_python_name"),
)
"""Module, class and function of what gives any object that a text names, to be called with what the text says."""
BETWEEN = (__file__, questions.__file__)
"""What stands between a test cell and a library's function that it has called."""
IMPORTING = "<frozen importlib."
KIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
"""The engine evaluates nothing of a student's; what it does for a test cell is no concern of this module."""
_COMPUTING = frozenset("(@")
"""Without these a text that pandas evaluates calls nothing, and reads nothing but columns."""

_guards: dict[int, _Guard] = {}
_started: dict[int, tuple[int, _Guard]] = {}
"""Of threads that test cells have started: in which thread, and the guard of that time."""
_written: set[str] = set()
"""Files that test cells have written after a student's code had told something."""
_installed = threading.Event()


class EvaluationError(Exception):
    """A test cell was about to run a text that may be the student's."""


@contextlib.contextmanager
def evaluating_nothing_of_the_students(
    source: str,
    is_own: Callable[[str], bool],
    told: Callable[[], bool],
    is_shipped: Callable[[str], bool],
    leads_out: Callable[[str], bool],
) -> Iterator[None]:
    """While a test cell runs in this thread: what it evaluates is written in it, or made before a student told it anything.

    Args:
        source: Of the test cell, and of what the grader gives to it.
        is_own: Whether code of this file name is the instructor's, not a library's.
        told: Whether any text has come from the student's code.
        is_shipped: Whether a file cannot be a student's: it is the instructor's, or lies somewhere else.
        leads_out: Whether a path is one that the student's code has told, of something that is not the assignment's.

    Raises:
        EvaluationError: It evaluated something else, or followed such a path, whatever the test cell made of that.
    """
    if not _installed.is_set():
        _installed.set()
        _install()
    guard = _Guard(
        lines=lines_in(source), is_own=is_own, told=told, is_shipped=is_shipped, leads_out=leads_out
    )
    thread = threading.get_ident()
    _guards[thread] = guard
    try:
        yield
    finally:
        del _guards[thread]
        if guard.refused is not None:
            raise guard.refused


def _install() -> None:
    """For good: between test cells all this finds no guard, and does nothing."""
    sys.addaudithook(_audit)
    threading.Thread.start = _inherited(threading.Thread.start)  # type: ignore[assignment, method-assign]
    pickle.load = _noticed(pickle.load)
    connect: Any = limited(sqlite3.connect, lambda: _current() is not None, _may_open)
    sqlite3.connect = sqlite3.dbapi2.connect = connect
    for module, kind, function in BY_NAME:
        with contextlib.suppress(ImportError):
            place = importlib.import_module(module)
            place = getattr(place, kind) if kind else place
            setattr(place, function, _asked(getattr(place, function)))


def _current() -> _Guard | None:
    """The guard of the test cell that is running in this thread, or that has started it."""
    thread = threading.get_ident()
    if thread in _started:
        starter, then = _started[thread]
        return _guards.get(starter, then)
    return _guards.get(thread)


def _audit(event: str, arguments: tuple) -> None:
    if event in EVENTS and (guard := _current()) is not None:
        guard.look(event, arguments, _calling())


def _may_open(name: str) -> bool:
    guard = _current()
    return guard is None or bool(name) and guard.may_run([name])


def _calling() -> FrameType | None:
    try:
        return sys._getframe(2)
    except ValueError:  # the first that a thread does
        return None


def _inherited(original: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """`Thread.start`: a thread that a test cell starts has its guard."""

    def start(thread: threading.Thread) -> None:
        if (guard := _current()) is not None:
            starter = threading.get_ident()
            thread.run = _watched(thread.run, _started.get(starter, (starter, guard)))  # type: ignore[method-assign]
        original(thread)

    return start


def _watched(run: Callable[[], None], by: tuple[int, _Guard]) -> Callable[[], None]:
    def watched() -> None:
        thread = threading.get_ident()
        _started[thread] = by
        try:
            run()
        finally:
            del _started[thread]

    return watched


def _noticed(original: Callable) -> Callable:
    """`pickle.load`, of which no event says what file it reads."""

    def load(file: Any, *arguments: Any, **keywords: Any) -> Any:
        guard = _current()
        with guard.reading(file) if guard is not None else contextlib.nullcontext():
            return original(file, *arguments, **keywords)

    return load


def _asked(original: Callable) -> Callable:
    """What gives any object that a text names."""

    def by_name(*arguments: Any, **keywords: Any) -> Any:
        if (guard := _current()) is not None and not guard.may_run(texts_in(arguments)):
            guard.refuse("a text")
        return original(*arguments, **keywords)

    return by_name


@dataclass(eq=False, kw_only=True)
class _Guard:
    lines: frozenset[str]
    is_own: Callable[[str], bool]
    told: Callable[[], bool]
    is_shipped: Callable[[str], bool]
    leads_out: Callable[[str], bool]
    refused: EvaluationError | None = None
    has_parsed: bool = False
    is_reading: bool = False

    def look(self, event: str, arguments: tuple, frame: FrameType | None) -> None:
        """Refuse what the test cell itself, or a library that it has called for this, is about to run."""
        if event == "open" and _reads_library(*arguments[:2]):
            return  # as imports do, thousands of times
        if event in PATHS:
            self._follow(arguments[:1])
            if event in FILES:
                self._note(event, arguments)
            return
        called: list[FrameType] = []
        asking = frame
        while asking is not None and not self.is_own(asking.f_code.co_filename):
            if asking.f_code.co_filename not in BETWEEN:
                called.append(asking)
            asking = asking.f_back
        files = [one.f_code.co_filename for one in called]
        if asking is None:
            called = []  # the beginning of a thread: what it was started with is the test cell's, or a library's
        if event == "compile" and self._is_of_strange_file(arguments[1]):
            if not self.may_run(texts_in(arguments[:1])):
                self.refuse("a file")
        elif any(name.startswith((KIT, IMPORTING)) for name in files):
            return
        elif event == "_thread.start_new_thread":
            if files[:1] != [threading.__file__] and self.told():
                self.refuse("in a thread of its own a function")
        elif event == "pickle.find_class":
            if not self.is_reading and not self._reads(called) and self.told():
                self.refuse("a pickle")
        elif event in COMMANDS:
            if (not called or _evaluates(files[-1]) or self._theirs(called)) and self.told():
                self.refuse("a command")
        else:
            self._look_at_code(arguments[0], called, files)

    def _look_at_code(self, run: Any, called: list[FrameType], files: list[str]) -> None:
        if files and files[0].endswith(MAKING) or _is_written_in(run, called):
            return
        if not called and isinstance(run, ast.AST):
            if self.has_parsed:
                self.refuse("a tree that it has made of a text")
            return
        if not called:
            theirs = texts_in([run])
        elif files[0] == ast.__file__ and not any(part in name for name in files for part in INTERPRETING):
            # a tree runs nothing until it is compiled, and `literal_eval` does not do that
            self.has_parsed = self.has_parsed or not self.may_run(texts_in([run]))
            return
        else:
            theirs = self._theirs(called)
            if _evaluates(files[-1]) and not _phrases(given_to(called[-1])):
                theirs = _phrases([run])
            if any("/pandas/" in name for name in files):
                theirs = [text for text in theirs if _COMPUTING & set(text)]
        if not self.may_run(theirs):
            self.refuse("a text")

    @contextlib.contextmanager
    def reading(self, file: Any) -> Iterator[None]:
        """While a file is unpickled."""
        before = self.is_reading
        self.is_reading = self._is_clean(file)
        try:
            yield
        finally:
            self.is_reading = before

    def may_run(self, texts: list[str]) -> bool:
        """Whether nothing in these texts can be the student's."""
        return all(line in self.lines for text in texts for line in lines_of(text)) or not self.told()

    def refuse(self, what: str) -> None:
        """Stop the test cell, which is about to evaluate something."""
        self.stop(f"evaluates {what} that may be the student's, which is never run where it is graded")

    def stop(self, why: str) -> None:
        self.refused = EvaluationError(f"the test cell {why}")
        raise self.refused

    def _theirs(self, called: list[FrameType]) -> list[str]:
        """What the test cell has handed to a library and has not written itself; names alone do nothing."""
        phrases = _phrases(given_to(called[-1]))
        return [text for text in phrases if not self.lines.issuperset(lines_of(text))]

    def _reads(self, called: list[FrameType]) -> bool:
        """Whether a library was told to read a file, and nothing that is the student's."""
        given = given_to(called[-1]) if called else []
        held = [value for value in given if not isinstance(value, (str, int, float, type(None)))]
        files = [value for value in given if file_of(value) is not None]
        return bool(files) and all(map(self._is_clean, files)) and not texts_in(held)

    def _is_clean(self, file: Any) -> bool:
        path = file_of(file)
        return path is not None and path not in _written and self.is_shipped(path)

    def _is_of_strange_file(self, name: Any) -> bool:
        path = file_of(os.fsdecode(name) if isinstance(name, (str, bytes)) else None)
        return path is not None and not self._is_clean(path)

    def _follow(self, paths: tuple) -> None:
        """Refuse a path that the student's code has told, where it leads out of the test's folder."""
        for path in paths:
            if isinstance(path, (str, bytes, os.PathLike)) and self.leads_out(os.fsdecode(path)):
                self.stop("follows a path that the student's code gave it, out of the assignment's folder")

    def _note(self, event: str, arguments: tuple) -> None:
        """Remember a file that is written when the student's code has told something."""
        path, mode, flags = arguments[:3] if event == "open" else (arguments[1], "w", 0)
        writes = set("wax+") & set(mode) if isinstance(mode, str) else flags & (os.O_WRONLY | os.O_RDWR)
        if writes and not isinstance(path, int) and self.told():
            _written.add(os.path.abspath(os.fsdecode(path)))


def _reads_library(path: Any, mode: Any) -> bool:
    """Whether a file of an installed library is read: nothing of the course is there."""
    return mode in ("r", "rb") and isinstance(path, str) and path.startswith(INSTALLED) and ".." not in path


def _is_written_in(run: Any, called: list[FrameType]) -> bool:
    """Whether a library evaluates a text that stands in its own code, as an annotation in quotes does."""
    text = run.decode(errors="replace") if isinstance(run, bytes) else run
    return isinstance(text, str) and any(
        isinstance(own, str) and own == text for frame in called for own in frame.f_code.co_consts
    )


def _phrases(values: list[Any]) -> list[str]:
    return [text for text in texts_in(values) if not text.isidentifier()]


def _evaluates(file: str) -> bool:
    modules = (getattr(sys.modules.get(name), "__file__", None) for name in EVALUATING)
    return any(
        file == name or (name.endswith("__init__.py") and file.startswith(name.removesuffix("__init__.py")))
        for name in filter(None, modules)
    )
