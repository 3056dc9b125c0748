"""Start early what takes long: the process that workers are forked from, and fork servers; imports little itself."""

from __future__ import annotations

import contextlib
import functools
import json
import tempfile
from dataclasses import asdict
from multiprocessing import forkserver
from multiprocessing.util import Finalize
from pathlib import Path

from autograder.course import STATE
from autograder.files import write_whole
from autograder.kernel.ahead import LaunchedAhead, Wanted
from autograder.stopping import deaf_children
from autograder.temporary import TemporaryFolder

__all__ = ["ahead", "remember", "start", "start_with"]

_LAST = "last-kernels.json"


def start_with(course: Path, force: bool) -> None:
    """Start, and launch one fork server as the last grading of this course had them, if one will be wanted.

    A wrong guess costs nothing but the processor: a worker takes only what it wants.

    Args:
        force: Whether submissions are executed again that have not changed.
    """
    start()
    last = course / STATE / _LAST
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        graded = last.stat().st_mtime
        kept = json.loads(last.read_text(encoding="utf-8"))
        if force or any(
            path.stat().st_mtime > graded for path in Path(kept["submitted"]).glob("*/*/*.ipynb")
        ):
            ahead().launch(Wanted.from_dict(kept["wanted"]))


def remember(course: Path, submitted: Path, wanted: Wanted) -> None:
    """Keep what `start_with` launches the next time, and since when submissions are new."""
    kept = {"submitted": str(submitted), "wanted": asdict(wanted)}
    write_whole(course / STATE / _LAST, json.dumps(kept))


@functools.cache
def ahead() -> LaunchedAhead:
    """The fork servers of this process's workers; they end with it."""
    launched = LaunchedAhead()
    Finalize(None, launched.close, exitpriority=-150)
    return launched


def start() -> Path:
    """Start the process that local workers are forked from; it imports in the background.

    Returns:
        A folder for temporary files of this process and of its workers.
    """
    folder = _folder()
    forkserver.set_forkserver_preload(["autograder.grading.preloaded"])
    usual = tempfile.tempdir
    tempfile.tempdir = str(folder)  # where multiprocessing puts a socket, for good
    try:
        with deaf_children():  # a traceback of its imports would tell nothing
            forkserver.ensure_running()
    finally:
        tempfile.tempdir = usual
    return folder


@functools.cache
def _folder() -> Path:
    folder = TemporaryFolder("run")
    # behind multiprocessing's own, of priority -100, which expects its part of the folder
    Finalize(None, folder.remove, exitpriority=-200)
    return folder.path
