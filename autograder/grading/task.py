"""All that decides an execution, and the name of its result."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from nbformat import NotebookNode

import autograder
from autograder.checking.seeds import DEFAULT_SEED
from autograder.course import cells
from autograder.course.modules import Module
from autograder.kernel.limits import Limits
from autograder.kernel.server import CompanionFile
from autograder.kernel.setup import KernelSetup

__all__ = ["Task", "engine_hash"]

_DECIDING = ("", "boundary", "checking", "course", "grading", "kernel", "submission", "verdict")
"""Folders whose modules a result depends on, the package's own first."""
_LIBRARIES = ("hypothesis", "ipykernel", "numpy", "scikit-learn", "scipy", "torch", "torchvision")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One submission, to be executed.

    Attributes:
        notebook: Rebuilt from the release: structure and test cells are trusted, answers are not.
        files: What the assignment ships beside its notebook.
        modules: The course's checks and solutions that its test cells import.
        setup: What the course puts into the kernels; its folders lie at the same places on each machine.
        limits: The bounds.
        sandboxed: Whether to close the student's code off.
        seed: Of the hidden inputs (`autograder.course.secret`).
        everything: Whether cells are executed, too, that decide nothing and whose outputs the student handed in.
        answers: For each code answer's grade_id, the reference's source, for tests that follow through.
        setup_digest: Of the setup where it was read; a worker on another machine must have the same.
        engine: Versions of the kit and its libraries; a worker on another machine must have the same.
    """

    notebook: NotebookNode
    files: tuple[CompanionFile, ...] = ()
    modules: tuple[Module, ...] = ()
    setup: KernelSetup = KernelSetup()
    limits: Limits = Limits()
    sandboxed: bool = True
    seed: int = DEFAULT_SEED
    everything: bool = True
    answers: tuple[tuple[str, str], ...] = ()
    setup_digest: str = ""
    engine: str = ""

    @functools.cached_property
    def key(self) -> str:
        """The hash of all that decides the result."""
        notes = self.notebook.metadata.get("autograder", {})
        given = {*notes.get("given_code", ()), *notes.get("changed_experiments", ())}
        content = {
            "cells": [
                [cell.id, cell.cell_type, cell.source, _deciding_metadata(cell)]
                for cell in self.notebook.cells
                if cell.cell_type == "code" or "nbgrader" in cell.metadata
            ],
            "missing": notes.get("tests_of_missing_answers", []),
            "regions": notes.get("regions", {}),
            "surroundings": notes.get("surroundings", {}),
            "not_again": None if self.everything else sorted(given & set(notes.get("submitted_outputs", ()))),
            "files": [[name, hashlib.sha256(data).hexdigest()] for name, data in self.files],
            "modules": [[path, hashlib.sha256(source.encode()).hexdigest()] for path, source in self.modules],
            "setup": self.setup.digest(),
            "limits": asdict(self.limits),
            "sandboxed": self.sandboxed,
            "seed": self.seed,
            "answers": self.answers,
            "engine": engine_hash(),
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _deciding_metadata(cell: NotebookNode) -> list:
    entry = cell.metadata.get("nbgrader", {})
    return [entry.get(key) for key in ("grade_id", "grade", "solution", "task")] + [
        float(entry["points"]) if "points" in entry else None,
        cells.follows_through(cell),
    ]


@functools.cache
def engine_hash() -> str:
    """The hash of the kit's own code that decides results, of Python's version and the libraries'."""
    root = Path(autograder.__file__).parent
    sources = sorted(path for folder in _DECIDING for path in (root / folder).glob("*.py"))
    versions = [f"{name} {_version(name)}" for name in _LIBRARIES]
    content = [_hash_of_files(sources), versions, list(sys.version_info[:3])]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _version(library: str) -> str:
    """Its version; nothing where it is not installed, as not every course needs all of them."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def _hash_of_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest()
