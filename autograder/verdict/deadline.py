"""A limit on the grader's own work, wherever in Python it is."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from autograder.errors import CellTimeout

__all__ = ["within"]

LOOK_SECONDS = 0.05
"""At least so long between two looks at the clock."""

Result = TypeVar("Result")


class _TimeUp(BaseException):
    """Raised in the thread that works; no check catches it, as it is not an `Exception`."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Do some work, and stop it after so many CPU seconds of this process.

    Works in any thread (signals reach only the main one, and Dask's workers use others). A
    single call into compiled code is stopped when it returns.

    Raises:
        CellTimeout: The time is up.
    """
    thread = threading.get_ident()
    end = time.process_time() + seconds
    finished = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        while (left := end - time.process_time()) > 0:
            if finished.wait(max(LOOK_SECONDS, left)):
                return
        with lock:
            if not finished.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_TimeUp))

    # A function and no context manager: the exception may come between the work and `__exit__`.
    try:
        threading.Thread(target=watch, daemon=True, name="deadline").start()
        try:
            return work()
        finally:
            with lock:
                finished.set()
    except _TimeUp:
        raise CellTimeout.of_the_check(seconds) from None
