"""The trusted modules of a course, checks/ and solutions/, and which of them a test cell needs."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.course.names import parsed

__all__ = ["PACKAGES", "Module", "needed"]

PACKAGES = ("checks", "solutions")
"""What only the grader imports: hidden checks, and the reference implementations."""

Module = tuple[str, str]
"""The path of a module relative to the course folder, with forward slashes, and its source."""


def needed(root: Path, sources: Iterable[str]) -> tuple[Module, ...]:
    """The course's modules that some test cells import, and those that these import in turn.

    Returns:
        Path and source of each, in the order of their paths.
    """
    found: dict[str, str] = {}
    pending = [name for source in sources for name in _imported(source, "")]
    while pending:
        for path in _files(root, pending.pop()):
            relative = path.relative_to(root).as_posix()
            if relative not in found:
                found[relative] = _read(path, path.stat().st_mtime_ns)
                package = relative.removesuffix("/__init__.py").removesuffix(".py")
                if path.name != "__init__.py":
                    package = package.rpartition("/")[0]
                pending += _imported(found[relative], package.replace("/", "."))
    return tuple(sorted(found.items()))


def _files(root: Path, name: str) -> Iterator[Path]:
    """The files that importing a name runs: the packages that hold it, and the module itself."""
    folder = root
    for part in name.split("."):
        for path in (folder / part / "__init__.py", folder / f"{part}.py"):
            if path.is_file():
                yield path
        folder = folder / part


@functools.lru_cache(maxsize=4096)
def _imported(source: str, package: str) -> tuple[str, ...]:
    """The dotted names in the course's packages that a source may import; those that do not exist included."""
    names: list[str] = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            names += [f"{base}.{alias.name}" for alias in node.names]
    return tuple(dict.fromkeys(name for name in names if name.partition(".")[0] in PACKAGES))


@functools.lru_cache(maxsize=512)
def _read(path: Path, _mtime: int) -> str:
    return path.read_text(encoding="utf-8")
