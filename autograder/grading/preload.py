"""Start early to import what local workers need; imports almost nothing itself."""

from __future__ import annotations

import signal
from multiprocessing import forkserver

__all__ = ["start"]


def start() -> None:
    """Start the process that local workers are forked from; it imports in the background."""
    forkserver.set_forkserver_preload(["autograder.grading.preloaded"])
    # Ctrl-C ends the grader, and this process with it; a traceback of its imports would tell nothing
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
