"""The grader's own memory while it has a kernel."""

from __future__ import annotations

import resource
import sys
import threading

from autograder.kernel.server import ForkServer

__all__ = ["MemoryWatch"]

WATCH_SECONDS = 0.1
PAGE_BYTES = resource.getpagesize()
MAX_GROWTH_BYTES = 1536 * 2**20
"""Of the grader's memory while it has a kernel: ZeroMQ bounds each part of a message, not their number."""


class MemoryWatch(threading.Thread):
    """Ends a kernel that floods the grader's memory, at any time: ZeroMQ receives in a thread of its own."""

    def __init__(self, server: ForkServer) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        self.join()

    def run(self) -> None:
        ceiling = _own_memory() + MAX_GROWTH_BYTES
        while not self._stopped.wait(WATCH_SECONDS):
            if _own_memory() > ceiling:
                self._server.end("it flooded the grader with messages")
                return


def _own_memory() -> int:
    """Bytes of memory of this process; 0 where that cannot be told."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE_BYTES
