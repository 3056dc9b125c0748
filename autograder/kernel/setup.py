"""What a course puts into the kernels in which its students' code runs."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["KernelSetup"]

_DRAWING = frozenset(
    [
        "bar",
        "errorbar",
        "figure",
        "fill_between",
        "gca",
        "hist",
        "imshow",
        "plot",
        "scatter",
        "subplot",
        "subplots",
    ]
)
"""One of these words stands in code that draws a figure."""


@dataclass(frozen=True, kw_only=True)
class KernelSetup:
    """The same for all submissions of a course; it can be hashed, and sent to a worker.

    Attributes:
        preload: Modules that the fork server imports, so that no submission waits for them; they decide nothing.
        startup: The text of a Python file that the fork server runs once before it forks kernels. It finds
            the data folders in the dictionary `DATA`, from name to path.
        data: Folders that student code may read: name and path on this machine.
        draws: Whether the fork server draws a figure, if it imports `matplotlib.pyplot`: the first one reads all fonts.
        on_cpu: Whether code that asks for a GPU runs on the CPU; otherwise it fails.
    """

    preload: tuple[str, ...] = ()
    startup: str = ""
    data: tuple[tuple[str, str], ...] = ()
    draws: bool = True
    on_cpu: bool = True

    def for_code(self, sources: Iterable[str]) -> KernelSetup:
        """This setup, with only what these sources need done beforehand.

        That is to import the modules all parts of whose names stand in them, and to draw if they do.
        """
        words = set(re.findall(r"\w+", "\n".join(sources)))
        preload = tuple(name for name in self.preload if words.issuperset(name.split(".")))
        return replace(self, preload=preload, draws=self.draws and not words.isdisjoint(_DRAWING))

    def digest(self) -> str:
        """The hash of what student code finds; the same wherever the folders lie."""
        data = [(name, _digest_of(Path(path))) for name, path in self.data]
        content = [self.startup, data, self.on_cpu]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _digest_of(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(
        "".join(
            f"{path.relative_to(folder).as_posix()}\0{_digest_of_file(path, path.stat().st_mtime_ns)}\0"
            for path in files
        ).encode()
    ).hexdigest()


@functools.lru_cache(maxsize=1024)
def _digest_of_file(path: Path, _mtime: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
