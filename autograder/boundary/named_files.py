"""Files that both a test cell and the student's code write: what one has written, the other reads.

Only texts and arrays of numbers cross, and only under names that say so: a test must not come to unpickle,
import or run what a student has written. Arrays cross as data and are written again here; of pictures only
their size crosses.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import BoundaryError

__all__ = ["NamedFiles"]

TEXTS = ("csv", "dat", "json", "log", "md", "tsv", "txt")
ARRAYS = ("npy", "npz")
PICTURES = ("gif", "jpeg", "jpg", "pdf", "png", "svg")
_NAME = re.compile(
    rf"\w[\w -]{{0,80}}(?:[./]\w[\w -]{{0,80}}){{0,3}}\.(?P<kind>{'|'.join(TEXTS + ARRAYS + PICTURES)})"
)
MAX_BYTES = 4 * 2**20
MAX_NAMES = 20


class NamedFiles:
    """Of the files that a test cell names, those that may cross.

    Args:
        names: All that it names.
        folder: Where it runs.

    Attributes:
        names: Relative paths.
    """

    def __init__(self, names: Iterable[str], folder: Path) -> None:
        self.folder = folder
        self.names = sorted(name for name in set(names) if _NAME.fullmatch(name))[:MAX_NAMES]
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
