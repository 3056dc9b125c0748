"""Work on a student's text in a process that may fail: bounded in time and memory, and started again.

Python's own parser takes memory quadratic in the dots of `import a.a.a`, and time exponential in some
nested brackets; a highlighter's expressions can take for ever. Nothing of that must reach the process
that grades a class. The functions that are called here are the kit's own and run nothing of the text.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar, cast

__all__ = ["TooMuch", "bounded", "serve"]

SECONDS = 5.0
"""CPU time of one call; what people write takes some thousandths of it."""
MEMORY = 256 * 2**20
"""Of the address space beyond what the process begins with."""
LONGEST = 4 * 2**20
"""Characters of one text."""

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
Result = TypeVar("Result")


class TooMuch(ValueError):
    """A text takes more time or memory than any that a person writes."""


def bounded(function: Callable[..., Result], text: str, *more: Any) -> Result:
    """What a function of the kit makes of a student's text.

    Args:
        function: Importable by its name; runs in another process, and imports nothing heavy.
        text: What a student wrote.
        more: Further arguments; plain data.

    Raises:
        TooMuch: It takes too long, or too much memory.
        Exception: What the function raised.
    """
    if len(text) > LONGEST:
        raise TooMuch(f"the text has {len(text):,} characters")
    return _worker.call(function, text, more)


def _streams(process: subprocess.Popen) -> tuple[BinaryIO, BinaryIO]:
    """Into a process that was started with pipes, and out of it."""
    return cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)


class _Worker:
    """One process, started when it is first needed and whenever it has ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None
        self.owner = 0

    def call(self, function: Callable, text: str, more: tuple) -> Any:
        request = pickle.dumps((function, text.encode("utf-8", "surrogatepass"), more, SECONDS))
        with self.lock:
            to_process, from_process = _streams(self.ready())
            try:
                _send(to_process, request)
                answer = _receive(from_process)
            except OSError:
                answer = None
            if answer is None:
                self.stop()
                raise TooMuch("the text takes too much time or memory to read")
        succeeded, value = pickle.loads(answer)
        if not succeeded:
            raise value
        return value

    def ready(self) -> subprocess.Popen:
        if (
            self.process is None or self.owner != os.getpid()
        ):  # the one of a process that has forked is not ours
            self.owner = os.getpid()
            path = [HERE, *sys.path]  # an editable installation may be known to an import hook only
            start = f"import sys; sys.path[:] = {path!r}; from {__name__} import serve; serve()"
            self.process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", start],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            atexit.register(self.stop)
        return self.process

    def stop(self) -> None:
        if self.process is not None and self.owner == os.getpid():
            process, self.process = self.process, None
            process.kill()
            for stream in _streams(process):
                with contextlib.suppress(OSError):
                    stream.close()
            process.wait()
            atexit.unregister(self.stop)


_worker = _Worker()


def serve() -> None:
    """In the worker: answer until the process that started it ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")  # what Python thinks of a student's "\d" is no news here
    while (request := _receive(requests)) is not None:
        function, text, more, seconds = pickle.loads(request)
        _limit_memory()
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends this process, whatever it is doing
        try:
            answer = (True, function(text.decode("utf-8", "surrogatepass"), *more))
        except MemoryError:
            return
        except Exception as error:
            answer = (False, error)
        content = pickle.dumps(answer)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(answers, content)


def _limit_memory() -> None:
    """Of what is needed from now on; the functions' modules have been imported."""
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, hard))


def _send(stream: BinaryIO, content: bytes) -> None:
    stream.write(struct.pack(">I", len(content)) + content)
    stream.flush()


def _receive(stream: BinaryIO) -> bytes | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = struct.unpack(">I", head)[0]
    content = stream.read(size)
    return content if len(content) == size else None
