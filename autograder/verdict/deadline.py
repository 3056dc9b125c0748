"""A limit on the grader's own work, wherever in Python it is."""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from autograder.errors import CellTimeout

__all__ = ["within"]

LOOK_SECONDS = 0.05
"""At least so long between two looks at the clock."""
LATE_SECONDS = 0.5
"""So much later a signal stops what the first exception did not, or has lost."""
Result = TypeVar("Result")

_stop_main_thread: Callable[[], None] | None = None


class _TimeUp(BaseException):
    """Raised in the thread that works; no check catches it, as it is not an `Exception`."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Do some work, and stop it after so many CPU seconds of this process.

    Works in any thread (signals reach only the main one, and Dask's workers use others). In the main thread
    a regular expression is stopped, too; any other single call into compiled code is stopped when it returns.

    Raises:
        CellTimeout: The time is up.
    """
    global _stop_main_thread
    thread = threading.get_ident()
    is_main = threading.current_thread() is threading.main_thread()
    end = time.process_time() + seconds
    finished = threading.Event()
    lock = threading.Lock()
    stopped = False

    def watch() -> None:
        while (left := end - time.process_time()) > 0:
            if finished.wait(max(LOOK_SECONDS, left)):
                return
        with lock:
            if not finished.is_set() and not stopped:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_TimeUp))

    def stop() -> None:
        nonlocal stopped
        stopped = True
        raise _TimeUp

    # A function and no context manager: the exception may come between the work and `__exit__`.
    try:
        threading.Thread(target=watch, daemon=True, name="deadline").start()
        try:
            if is_main:
                _stop_main_thread = stop
                # it stays: a signal that is on its way would end the process otherwise
                signal.signal(signal.SIGPROF, _signalled)
                signal.setitimer(signal.ITIMER_PROF, seconds + LATE_SECONDS)
            return work()
        finally:
            with lock:
                finished.set()
    except _TimeUp:
        raise CellTimeout.of_the_check(seconds) from None
    finally:
        if is_main:
            _stop_main_thread = None
            signal.setitimer(signal.ITIMER_PROF, 0)


def _signalled(number: int, frame: FrameType | None) -> None:
    if _stop_main_thread is not None:
        _stop_main_thread()
