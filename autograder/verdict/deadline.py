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
"""So much later, and again each time, it is stopped anew: a destructor or a weak reference's callback loses the exception."""
Result = TypeVar("Result")

_main_thread_works = False


class _TimeUp(BaseException):
    """Raised in the thread that works; no check catches it, as it is not an `Exception`."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Do some work, and stop it after so many CPU seconds of this process.

    Works in any thread (signals reach only the main one, and Dask's workers use others). In the main thread
    a regular expression is stopped, too; any other single call into compiled code is stopped when it returns.

    Raises:
        CellTimeout: The time is up.
    """
    global _main_thread_works
    thread = threading.get_ident()
    is_main = threading.current_thread() is threading.main_thread()
    end = time.process_time() + seconds
    finished = threading.Event()
    lock = threading.Lock()
    done = False

    def watch() -> None:
        while (left := end - time.process_time()) > 0:
            if finished.wait(max(LOOK_SECONDS, left)):
                return
        while True:
            with lock:
                if done:
                    return
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_TimeUp))
            if is_main or finished.wait(LATE_SECONDS):
                return

    # A function and no context manager: the exception may come between the work and `__exit__`.
    try:
        threading.Thread(target=watch, daemon=True, name="deadline").start()
        try:
            if is_main:
                _main_thread_works = True
                # it stays: a signal that is on its way would end the process otherwise
                signal.signal(signal.SIGPROF, _signalled)
                signal.setitimer(signal.ITIMER_PROF, seconds + LATE_SECONDS, LATE_SECONDS)
            return work()
        finally:
            with lock:
                # no call: the exception comes where one begins, and would be raised for ever if this were not reached
                done = True
                if is_main:
                    _main_thread_works = False
            finished.set()
    except _TimeUp:
        raise CellTimeout.of_the_check(seconds) from None
    finally:
        if is_main:
            signal.setitimer(signal.ITIMER_PROF, 0)


def _signalled(number: int, frame: FrameType | None) -> None:
    if _main_thread_works:
        raise _TimeUp
