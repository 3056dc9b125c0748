"""Start early to import what local workers need; imports almost nothing itself."""

from __future__ import annotations

import functools
import tempfile
from multiprocessing import forkserver
from multiprocessing.util import Finalize
from pathlib import Path

from autograder.stopping import deaf_children
from autograder.temporary import TemporaryFolder

__all__ = ["start"]


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
