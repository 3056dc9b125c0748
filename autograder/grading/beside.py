"""Where test cells run: a folder with the files that the assignment ships, as the instructor has them.

Beside them lie text files that a test cell names and that are not shipped: what the student's code writes
there the test reads, and the other way round. Only texts cross, and only under names that say so: a test
must not come to load, import or run what a student has written. Of pictures only their size crosses.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from autograder.errors import BoundaryError
from autograder.kernel.server import CompanionFile
from autograder.temporary import TemporaryFolder

__all__ = ["NamedFiles", "folder_of", "working_in"]

TEXTS = ("csv", "dat", "json", "log", "md", "tsv", "txt")
PICTURES = ("gif", "jpeg", "jpg", "pdf", "png", "svg")
_NAME = re.compile(rf"\w[\w -]{{0,80}}(?:/\w[\w -]{{0,80}}){{0,3}}\.(?P<kind>{'|'.join(TEXTS + PICTURES)})")
MAX_BYTES = 2**20
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


class NamedFiles:
    """The files that a test cell names and that are not the assignment's own.

    Args:
        source: Of the test cell.
        folder: Where it runs.
        shipped: Names of the assignment's own files.

    Attributes:
        names: Relative paths.
    """

    def __init__(self, source: str, folder: Path, shipped: Collection[str]) -> None:
        self.folder = folder
        found = {
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value)
        }
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
        if type(files) is not dict or not all(
            name in self.names and type(content) is bytes and len(content) <= MAX_BYTES
            for name, content in files.items()
        ):
            raise BoundaryError.not_understood("the files that a test names are none")
        for name in self.names:
            path = self.folder / name
            content = files.get(name)
            if content is not None and (usable := _harmless(name, content)) is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(usable)
            else:
                path.unlink(missing_ok=True)
            self._known[name] = self._read(name)

    def _read(self, name: str) -> bytes | None:
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(MAX_BYTES)
        except OSError:
            return None


def _harmless(name: str, content: bytes) -> bytes | None:
    """A text as it is, of a picture as many zeros; None of what is no text."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if match["kind"] in PICTURES:
        return bytes(len(content))
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return None if b"\0" in content else content
