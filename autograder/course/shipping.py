"""Which files beside a source notebook go to students and into their kernels, and which do not.

An instructor who runs a source notebook leaves data sets, caches and checkpoints beside it. What
goes out is what git tracks or a setting of the course names; all else is only named. A course that
is not in git has all of it sent out, as in nbgrader.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from autograder.course.concern import Concern
from autograder.course.notebooks import names_in, path_in
from autograder.text import counted

__all__ = ["Shipping", "shipping"]

MANY_BYTES = 10 * 2**20
"""A file that is larger goes out only where the setting names it."""
LITTER = (".ipynb_checkpoints", "__pycache__")


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """The files beside a source notebook.

    Attributes:
        files: Those that go out: path relative to the notebook's folder, in alphabetical order.
        left: Those that do not: path and reason; of a folder that stays behind as a whole, its path only.
    """

    files: tuple[Path, ...]
    left: tuple[Concern, ...]


def shipping(source: Path, assignment: str, named: Sequence[str]) -> Shipping:
    """Tell the files of an assignment from what only lies beside its notebook.

    Args:
        named: Patterns of the course's setting, such as `lesson1/data/*.csv`.
    """
    folder = source / assignment
    notebooks = {path_in(source, name).name for name in names_in(source, assignment)}
    tracked = _tracked(folder)
    if tracked is None:
        names = (path.relative_to(folder) for path in _files(folder))
        tracked = {path.as_posix() for path in names if not any(part.startswith(".") for part in path.parts)}
    files: list[Path] = []
    left: dict[str, list[Path]] = {}
    why: dict[str, str] = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name in notebooks:
            continue
        is_named = any(fnmatchcase(f"{assignment}/{name}", pattern) for pattern in named)
        is_notebook = path.suffix == ".ipynb"
        is_large = path.stat().st_size > MANY_BYTES
        if not is_notebook and (is_named or (name in tracked and not is_large)):
            files.append(path.relative_to(folder))
            continue
        top = name.partition("/")[0] if name not in tracked else name
        left.setdefault(top, []).append(path)
        why[top] = _why(is_notebook, is_large and name in tracked, f"{assignment}/{name}")
    return Shipping(
        files=tuple(files),
        left=tuple(
            Concern(f"{source.name}/{assignment}/{top}", f"{_amount(paths)}: {why[top]}")
            for top, paths in left.items()
        ),
    )


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(part in LITTER for part in path.parts):
            yield path


def _tracked(folder: Path) -> set[str] | None:
    """What git tracks in a folder; None where there is no git to ask."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=folder, capture_output=True, check=True, timeout=60
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return set(filter(None, listed.decode("utf-8", "surrogateescape").split("\0")))


def _why(is_notebook: bool, is_large: bool, name: str) -> str:
    if is_notebook:
        return "not released: only the notebook of the folder's own name is an assignment; give it a folder"
    setting = f'c.CourseSettings.files = ["{name}"] in nbgrader_config.py'
    if is_large:
        return f"not released: it is large, and would go into every kernel; if it has to, say {setting}"
    return f"not released, and not there while submissions are graded; if it has to be, `git add` it or say {setting}"


def _amount(paths: Sequence[Path]) -> str:
    size = sum(path.stat().st_size for path in paths) / 2**20
    return f"{counted(len(paths), 'file')}, {size:.1f} MB"
