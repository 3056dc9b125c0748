"""Files that are written whole or not at all, folders that are nobody else's, and what comes back out of JSON."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["REFUSED", "make_private", "with_tuples", "write_whole"]


REFUSED = frozenset(
    [
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.EMFILE,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    ]
)
"""Numbers of errors with which a file system refuses a file: full, read-only, or with something else in its place."""


def make_private(folder: Path) -> None:
    """Make a folder, where it does not exist, that git leaves out: `git add -A` is typed quickly.

    Raises:
        OSError: It cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def write_whole(path: Path, content: str | bytes, modified: float | None = None) -> None:
    """Write a file so that a reader finds the old content or the new one, also after a crash.

    Args:
        path: The file; its folder is made where it does not exist.
        content: What it holds; text is written as UTF-8.
        modified: The date that it gets, in seconds since 1970; now where it is None.

    Raises:
        OSError: It cannot be written; what was there is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{os.getpid()}-{threading.get_ident()}.new")
    try:
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        if modified is not None:
            os.utime(new, (modified, modified))
        os.replace(new, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        if (
            isinstance(error, OSError) and error.errno is not None and error.filename is None
        ):  # of a file that is open already
            error.filename = str(path)
        raise


def with_tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a frozen dataclass, of what JSON has made of them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
