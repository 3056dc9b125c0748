"""Where test cells run: a folder with the files that the assignment ships, as the instructor has them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.kernel.server import CompanionFile
from autograder.temporary import TemporaryFolder

__all__ = ["folder_of", "working_in"]


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
def working_in(folder: Path | None) -> Iterator[None]:
    """While a test cell runs: relative paths and imports begin in this folder, as a notebook's do.

    Modules that were imported from there are forgotten behind it: another assignment may have some of their names.
    """
    if folder is None:
        yield
        return
    before = sys.path[:]
    # an empty entry would be this folder, too, but behind others
    sys.path[:] = [str(folder), *(entry for entry in before if entry not in ("", "."))]
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        sys.path[:] = before
        inside = f"{folder}{os.sep}"
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(inside):
                del sys.modules[name]
        sys.path_importer_cache.pop(str(folder), None)
