"""The secret of a course, from which the hidden inputs of its tests come.

The kit's code is public, and so would be the inputs that it tests with: a submission that replays
what a right one returned would pass. They come from a random secret, which is made at its first use
and never shown to a kernel. A submission gets one of a few variants of them, which what it says
decides: the same submission always the same ones.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.course import cells
from autograder.files import make_private

__all__ = ["VARIANTS", "Secret", "read_or_make"]

VARIANTS = 4
"""Kinds of inputs of one assignment; what the reference makes of them is computed once for each."""

FILE = "secret"
BYTES = 32
SEED_BITS = 30
"""Small enough that checks may count on from a seed, and hand it to any library's generator."""

_SIGNS_OF_USE = ("records", "graded")


@dataclass(frozen=True, kw_only=True)
class Secret:
    """What decides a course's hidden inputs.

    Attributes:
        key: The secret itself.
        replaced: Whether another one had been used before and was lost; submissions graded with that one
            may now be graded with other inputs.
    """

    key: bytes = field(repr=False)
    replaced: bool = False

    def seeds(self, name: str) -> tuple[int, ...]:
        """The seeds of all variants of a notebook's inputs."""
        return tuple(self._seed(name, number) for number in range(VARIANTS))

    def seed_of(self, assignment: str, notebook: NotebookNode) -> int:
        """The seed of the variant that a rebuilt submission gets; decided by the code that its student wrote."""
        written = [cell.source for cell in notebook.cells if cells.is_own_code(cell)]
        choice = self._digest("choice", assignment, *written)
        return self._seed(assignment, int.from_bytes(choice, "big") % VARIANTS)

    def _seed(self, assignment: str, variant: int) -> int:
        digest = self._digest("variant", assignment, str(variant))
        return int.from_bytes(digest, "big") % 2**SEED_BITS

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self.key, json.dumps(parts).encode(), "sha256")


def read_or_make(state: Path) -> Secret:
    """The secret of a course; a new one where there is none, or none that can be used.

    Raises:
        OSError: It can neither be read nor written.
    """
    path = state / FILE
    with contextlib.suppress(FileNotFoundError):
        key = path.read_bytes()
        if len(key) == BYTES:
            return Secret(key=key)
        path.unlink()  # cut short by a full disk, or by hand
    replaced = any(any((state / name).glob("*")) for name in _SIGNS_OF_USE)
    make_private(state)
    descriptor, new = tempfile.mkstemp(dir=state, prefix=f".{FILE}-")  # of mode 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:
            pass  # of another grader that began at the same moment
        except OSError:
            os.replace(new, path)  # a file system without links
    finally:
        Path(new).unlink(missing_ok=True)
    return Secret(key=path.read_bytes(), replaced=replaced)
