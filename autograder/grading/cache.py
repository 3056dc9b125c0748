"""Results of executions, in files named by the hash of everything that decides them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from nbformat import NotebookNode

import autograder
from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.modules import Module
from autograder.files import write_whole
from autograder.grading.results import Execution
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup

__all__ = ["ResultCache", "engine_hash", "execution_key"]

_DECIDING = ("", "boundary", "checking", "course", "grading", "kernel", "submission", "verdict")
"""Folders whose modules a result depends on, the package's own first."""
_LIBRARIES = ("hypothesis", "ipykernel", "numpy", "scikit-learn", "scipy", "torch", "torchvision")


def execution_key(
    notebook: NotebookNode,
    files: Iterable[tuple[str, bytes]],
    modules: Iterable[Module],
    setup: KernelSetup,
    limits: Limits,
    sandboxed: bool,
    seed: int,
    everything: bool = False,
    answers: Sequence[tuple[str, str]] = (),
) -> str:
    """The hash of all that decides the result of an execution.

    Args:
        notebook: The rebuilt submission.
        files: What the assignment ships beside its notebook.
        modules: The course's checks and solutions that its test cells import.
        setup: What the course puts into the kernels.
        limits: The bounds.
        sandboxed: Whether the kernel is closed off.
        seed: Of the hidden inputs.
        everything: Whether cells that decide nothing are executed, too.
        answers: The reference's, for tests that follow through.
    """
    notes = notebook.metadata.get("autograder", {})
    given = set(notes.get("given_code", ()))
    content = {
        "cells": [
            [cell.id, cell.cell_type, cell.source, _deciding_metadata(cell)]
            for cell in notebook.cells
            if cell.cell_type == "code" or "nbgrader" in cell.metadata
        ],
        "missing": notes.get("tests_of_missing_answers", []),
        "regions": notes.get("regions", {}),
        "surroundings": notes.get("surroundings", {}),
        "not_again": None if everything else sorted(given & set(notes.get("submitted_outputs", ()))),
        "files": [[name, hashlib.sha256(data).hexdigest()] for name, data in files],
        "modules": [[path, hashlib.sha256(source.encode()).hexdigest()] for path, source in modules],
        "setup": setup.digest(),
        "limits": asdict(limits),
        "sandboxed": sandboxed,
        "seed": seed,
        "answers": answers,
        "engine": _engine(),
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
def _engine() -> list:
    root = Path(autograder.__file__).parent
    sources = sorted(path for folder in _DECIDING for path in (root / folder).glob("*.py"))
    versions = [f"{name} {_version(name)}" for name in _LIBRARIES]
    return [
        _hash_of_files(sources),
        versions,
        list(sys.version_info[:3]),
    ]


def _version(library: str) -> str:
    """Its version; nothing where it is not installed, as not every course needs all of them."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def engine_hash() -> str:
    """The hash of the kit's own code and of the libraries' versions."""
    return hashlib.sha256(json.dumps(_engine()).encode()).hexdigest()


def _hash_of_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest()


class ResultCache:
    """A folder of result files; each is written whole or not at all.

    Args:
        folder: Made where it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, course: Course) -> ResultCache:
        """That of a course."""
        return cls(course.state / "results")

    def read(self, key: str) -> Execution | None:
        """The result for a key; None where there is none (or the file is damaged)."""
        try:
            execution = Execution.from_json(json.loads(self._path(key).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        os.utime(self._path(key))
        return execution

    def write(self, key: str, execution: Execution) -> None:
        """Keep a result.

        Raises:
            OSError: The disk is full or the folder cannot be written; nothing that was there is lost.
        """
        write_whole(self._path(key), json.dumps(asdict(execution)))

    def entries(self) -> list[Path]:
        """All result files, the least recently used first."""
        return sorted(self.folder.glob("??/*.json"), key=lambda path: path.stat().st_mtime)

    def prune(self, older_than_seconds: float, now: float) -> int:
        """Remove results that have not been used for a time; returns how many."""
        old = [path for path in self.entries() if now - path.stat().st_mtime > older_than_seconds]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
