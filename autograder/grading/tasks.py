"""One task of a worker, local or remote: a rebuilt submission in, its execution out."""

from __future__ import annotations

import atexit
import ctypes
import functools
import hashlib
import multiprocessing
import os
import platform
import shutil
import signal
import sys
import tempfile
import threading
import types
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from autograder import mnist
from autograder.errors import CourseError
from autograder.grading.cache import engine_hash, hash_of_digits
from autograder.kernel.limits import Limits

if TYPE_CHECKING:
    from autograder.grading.engine import Engine
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
        digits_hash: Of the digits that the course grades with; a worker must have the same.
        engine: Versions of the kit and its libraries; a worker must have the same.
    """

    notebook: str
    files: tuple[CompanionFile, ...]
    solutions: tuple[tuple[str, str], ...]
    digits: str
    limits: Limits
    sandboxed: bool
    digits_hash: str = ""
    engine: str = ""


def run_task(task: Task) -> dict:
    """Execute one submission; returns `Execution.to_json()`.

    Raises:
        CourseError: This worker's machine has other digits, or another version of the kit.
    """
    with _one_at_a_time:
        if task.engine and task.engine != engine_hash():
            raise CourseError(
                f"the worker on {platform.node()} has another version of this kit, of Python or of a library; "
                "install the same on every machine"
            )
        mnist.declare_missing_operators()  # reference solutions import torchvision
        install_solutions(task.solutions)
        engine = _engine(task.digits, task.digits_hash, task.limits, task.sandboxed)
        notebook = nbformat.reads(task.notebook, as_version=4)
        return asdict(engine.execute(notebook, task.files))


@functools.lru_cache(maxsize=1)
def _engine(digits: str, digits_hash: str, limits: Limits, sandboxed: bool) -> Engine:
    # imported only in workers: the grader itself needs no torch
    from autograder.grading.engine import Engine

    return Engine(_digits(Path(digits), digits_hash), limits, sandboxed)


def _digits(folder: Path, wanted: str) -> Path:
    """The course's digits on this machine; those that can be made are made where they are missing."""
    if mnist.describe(folder) != "missing" and wanted in ("", hash_of_digits(folder)):
        return folder
    made = Path(tempfile.mkdtemp(prefix="autograder-digits-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    mnist.make_digits(made)
    if wanted in ("", hash_of_digits(made)):
        return made
    shutil.rmtree(made)
    raise CourseError(
        f"the worker on {platform.node()} does not have the digits that this course grades with; "
        f"copy the course's folder {folder} to the same place there"
    )


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
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    grader = multiprocessing.parent_process()
    if grader is not None:
        # another process has forked this worker, so its parent's death is not the grader's
        threading.Thread(target=_end_after, args=(grader,), daemon=True, name="end-with-grader").start()


def _end_after(process: multiprocessing.process.BaseProcess) -> None:
    process.join()
    os._exit(1)
