"""What test cells import: a course's checks and solutions from texts, and submodules that they only name."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import ExecutionLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, ModuleType

from autograder.course.definitions import STATEFUL
from autograder.course.modules import PACKAGES, Module

__all__ = ["PLACE", "import_libraries", "import_submodules", "install"]

PLACE = "<course>/"
"""What the file names of these modules begin with, in tracebacks."""


class _CourseModules(MetaPathFinder, ExecutionLoader):
    """Finds and loads the modules of `PACKAGES` that it was given."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in PACKAGES or not self.sources:
            return None
        if not self.is_package(name) and self._path(name) not in self.sources:
            return None
        return spec_from_loader(name, self, origin=self.get_filename(name), is_package=self.is_package(name))

    def is_package(self, fullname: str) -> bool:
        inside = fullname.replace(".", "/") + "/"
        return any(path.startswith(inside) for path in self.sources)

    def get_filename(self, fullname: str) -> str:
        return PLACE + self._path(fullname)

    def get_source(self, fullname: str) -> str:
        return self.sources.get(self._path(fullname), "")

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_source(fullname), self.get_filename(fullname))

    def _path(self, name: str) -> str:
        path = name.replace(".", "/")
        return f"{path}/__init__.py" if self.is_package(name) else f"{path}.py"


_modules = _CourseModules()


def install(modules: Iterable[Module]) -> None:
    """Make `import checks...` and `import solutions...` give these sources, in this process.

    Modules whose text has not changed stay imported, with all that they have computed; where one has,
    all of them are imported again, for they may hold what came from it.
    """
    wanted = dict(modules)
    imported = [name for name in sys.modules if name.partition(".")[0] in PACKAGES]
    stale = any(_modules.sources.get(path, source) != source for path, source in wanted.items())
    strange = any(getattr(sys.modules[name], "__loader__", None) is not _modules for name in imported)
    if stale or strange:
        for name in imported:
            del sys.modules[name]
    if stale:
        _modules.sources.clear()
    _modules.sources.update(wanted)
    if _modules not in sys.meta_path:
        sys.meta_path.insert(0, _modules)


def import_libraries(modules: Iterable[Module]) -> None:
    """Import what a course's modules import at their beginning: the student's kernel is started meanwhile."""
    for _, source in modules:
        for name in _libraries(source):
            with contextlib.suppress(Exception):  # the test cell that needs it says what is wrong
                importlib.import_module(name)


@functools.cache
def _libraries(source: str) -> tuple[str, ...]:
    names = []
    with contextlib.suppress(SyntaxError):
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.append(node.module)
    return tuple(name for name in names if name.partition(".")[0] not in PACKAGES)


def import_submodules(tree: ast.Module) -> None:
    """Import the submodules that a cell names as attributes of packages that it imports.

    In nbgrader `import matplotlib` is enough for `matplotlib.patches` where any cell, of the student's too, has
    imported a module that imports it.

    Args:
        tree: The cell's source, with the imports of given cells that it uses.
    """
    modules = {
        alias.asname or alias.name.partition(".")[0]: alias.name
        if alias.asname
        else alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        ):
            continue
        package = modules[node.value.id]
        name = f"{package}.{node.attr}"
        with contextlib.suppress(ImportError):
            if not name.startswith(STATEFUL) and not hasattr(importlib.import_module(package), node.attr):
                importlib.import_module(name)
