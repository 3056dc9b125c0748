"""Where test cells run: a folder with the files that the assignment ships, as the instructor has them."""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

from autograder.kernel.server import CompanionFile
from autograder.temporary import TemporaryFolder
from autograder.verdict.namespace import OF_MODULES

__all__ = ["folder_of", "working_in"]


@contextlib.contextmanager
def folder_of(files: Sequence[CompanionFile]) -> Iterator[Path]:
    """A folder of one execution; what test cells write there goes with it."""
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
