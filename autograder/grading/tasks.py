"""One task of a worker, local or remote: a rebuilt submission in, its execution out."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import signal
import sys
import threading
import types
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

from autograder import mnist
from autograder.grading.engine import Engine
from autograder.kernel.limits import Limits
from autograder.kernel.server import CompanionFile

__all__ = ["Task", "die_with_parent", "run_task"]

_one_at_a_time = threading.Lock()
_installed: dict[str, str] = {}


@dataclass(frozen=True)
class Task:
    """Everything that decides an execution.

    Attributes:
        notebook: The rebuilt submission, as JSON.
        files: What the assignment ships beside its notebook.
        solutions: The reference modules: name and source.
        digits: The folder of MNIST files on the worker's machine.
        limits: The bounds.
        sandboxed: Whether to close the student's code off.
    """

    notebook: str
    files: tuple[CompanionFile, ...]
    solutions: tuple[tuple[str, str], ...]
    digits: str
    limits: Limits
    sandboxed: bool


def run_task(task: Task) -> dict:
    """Execute one submission; returns `Execution.to_json()`."""
    with _one_at_a_time:
        install_solutions(task.solutions)
        engine = _engine(task.digits, task.limits, task.sandboxed)
        notebook = nbformat.reads(task.notebook, as_version=4)
        return asdict(engine.execute(notebook, task.files))


@functools.lru_cache(maxsize=1)
def _engine(digits: str, limits: Limits, sandboxed: bool) -> Engine:
    folder = Path(digits)
    if mnist.describe(folder) == "missing":
        mnist.make_digits(folder)
    return Engine(folder, limits, sandboxed)


def install_solutions(modules: tuple[tuple[str, str], ...]) -> None:
    """Make `from solutions import <assignment>` give these sources, in this process."""
    package = sys.modules.get("solutions")
    if package is None or getattr(package, "__file__", None) is not None:
        package = types.ModuleType("solutions")
        package.__path__ = []
        sys.modules["solutions"] = package
    for name, source in modules:
        digest = hashlib.sha256(source.encode()).hexdigest()
        if _installed.get(name) == digest and f"solutions.{name}" in sys.modules:
            continue
        if name in _installed:
            forget_reference_results()
        module = types.ModuleType(f"solutions.{name}")
        module.__file__ = f"solutions/{name}.py"
        sys.modules[f"solutions.{name}"] = module
        setattr(package, name, module)
        exec(compile(source, module.__file__, "exec"), module.__dict__)
        _installed[name] = digest


def forget_reference_results() -> None:
    """The vocabulary keeps what the reference reached; another reference needs it computed again."""
    for name in [name for name in sys.modules if name.startswith("autograder.checks.")]:
        for value in vars(sys.modules[name]).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def die_with_parent() -> None:
    """End this worker when the grader that started it ends, however that happens (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
