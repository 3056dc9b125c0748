"""Where test cells run: a folder with the files that the assignment ships, as the instructor has them.

Beside them lie text files that a test cell names and that are not shipped: what the student's code writes
there the test reads, and the other way round. Only texts and arrays of numbers cross, and only under names
that say so: a test must not come to unpickle, import or run what a student has written. Arrays cross as data
and are written again here; of pictures only their size crosses.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import io
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.course.writing import files_named
from autograder.errors import BoundaryError
from autograder.kernel.server import CompanionFile
from autograder.temporary import TemporaryFolder
from autograder.verdict.namespace import OF_MODULES

__all__ = ["NamedFiles", "folder_of", "working_in"]

TEXTS = ("csv", "dat", "json", "log", "md", "tsv", "txt")
ARRAYS = ("npy", "npz")
PICTURES = ("gif", "jpeg", "jpg", "pdf", "png", "svg")
_NAME = re.compile(
    rf"\w[\w -]{{0,80}}(?:[./]\w[\w -]{{0,80}}){{0,3}}\.(?P<kind>{'|'.join(TEXTS + ARRAYS + PICTURES)})"
)
MAX_BYTES = 4 * 2**20
MAX_NAMES = 20


@contextlib.contextmanager
def folder_of(files: Sequence[CompanionFile]) -> Iterator[Path]:
    """A folder of one execution; what test cells write there goes with it.

    Args:
        files: What the assignment ships beside its notebook.
    """
    with TemporaryFolder("tests") as folder:
        for name, content in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield folder


@contextlib.contextmanager
def working_in(folder: Path | None, searched: Sequence[str] = ()) -> Iterator[None]:
    """While a test cell runs: relative paths and imports begin in this folder, as a notebook's do.

    Modules that were imported from there are forgotten behind it: another assignment may have some of their names.

    Args:
        folder: Where the assignment's own files are; None where there are none.
        searched: The folders in it that are on `sys.path`, too.
    """
    if folder is None:
        yield
        return
    before = sys.path[:]
    places = [str(folder), *(str(folder / name) for name in searched)]
    finder = _ShippedModules(places)
    sys.meta_path.insert(0, finder)
    # an empty entry would be this folder, too, but behind others
    sys.path[:] = [*places, *(entry for entry in before if entry not in ("", "."))]
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        sys.path[:] = before
        sys.meta_path.remove(finder)
        inside = f"{folder}{os.sep}"
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(inside):
                del sys.modules[name]
        for place in places:
            sys.path_importer_cache.pop(place, None)


class _ShippedModules(MetaPathFinder):
    """Finds the modules of a folder and of some in it, and has their `isinstance` and the like answer for students' objects, too."""

    def __init__(self, places: list[str]) -> None:
        self.places = places

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        places = self.places if path is None else [one for one in path if one.startswith(self.places[0])]
        spec = importlib.machinery.PathFinder.find_spec(name, places, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        spec.loader = _ShippedModule(spec.loader.name, spec.loader.path)
        return spec


class _ShippedModule(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(OF_MODULES)
        super().exec_module(module)


class NamedFiles:
    """The files that a test cell names and that are not the assignment's own.

    Args:
        source: Of the test cell.
        folder: Where it runs.
        shipped: Names of the assignment's own files.
        also: Paths that it names, too.

    Attributes:
        names: Relative paths.
    """

    def __init__(
        self, source: str, folder: Path, shipped: Collection[str], also: Collection[str] = ()
    ) -> None:
        self.folder = folder
        found = {name for name in files_named(source).union(also) if _NAME.fullmatch(name)}
        self.names = sorted(found.difference(shipped))[:MAX_NAMES]
        self._known = {name: self._read(name) for name in self.names}

    def written(self) -> dict[str, bytes]:
        """What the test cell has written since the last look."""
        now = {name: self._read(name) for name in self.names}
        changed = {name: content for name, content in now.items() if content != self._known[name]}
        self._known = now
        return {name: content for name, content in changed.items() if content is not None}

    def receive(self, files: object) -> None:
        """Put down what the student's kernel says that it has, as far as it is text.

        Raises:
            BoundaryError: It is not of the form that was asked for.
        """
        if type(files) is not dict or not all(name in self.names for name in files):
            raise BoundaryError.not_understood("the files that a test names are none")
        for name in self.names:
            path = self.folder / name
            content = _harmless(name, files[name]) if name in files else None
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            else:
                path.unlink(missing_ok=True)
            self._known[name] = self._read(name)

    def _read(self, name: str) -> bytes | None:
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(MAX_BYTES)
        except OSError:
            return None


def _harmless(name: str, claimed: Any) -> bytes | None:
    """A text as it is, arrays as they are written here, of a picture as many zeros; None of anything else.

    Raises:
        BoundaryError: It is not of the form that was asked for.
    """
    match = _NAME.fullmatch(name)
    kind = match["kind"] if match else ""
    if kind in ARRAYS:
        return _written(kind, claimed)
    if type(claimed) is not bytes or len(claimed) > MAX_BYTES:
        raise BoundaryError.not_understood("the content of a file is none")
    if kind in PICTURES:
        return bytes(len(claimed))
    try:
        claimed.decode()
    except UnicodeDecodeError:
        return None
    return None if b"\0" in claimed else claimed


def _written(kind: str, claimed: Any) -> bytes:
    arrays = claimed if kind == "npz" else {"array": claimed}
    if type(arrays) is not dict or not all(
        type(key) is str and key.isidentifier() and type(array) is np.ndarray and array.dtype.kind != "O"
        for key, array in arrays.items()
    ):
        raise BoundaryError.not_understood("the arrays of a file are none")
    stream = io.BytesIO()
    if kind == "npy":
        np.save(stream, claimed, allow_pickle=False)
    else:
        np.savez(stream, **{key: array for key, array in arrays.items() if key != "file"})
    return stream.getvalue()
