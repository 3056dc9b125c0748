"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader finds the old content or the new one, also after a crash.

    Args:
        path: The file; its folder is made where it does not exist.
        content: What it holds; text is written as UTF-8.

    Raises:
        OSError: It cannot be written; what was there is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
