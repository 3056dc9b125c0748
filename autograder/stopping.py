"""Ctrl-C and SIGTERM end a command within two seconds, whatever it is doing, with all that it has started.

What a command keeps is written whole or not at all, so it may be ended at any moment. Nothing waits for work that
is under way: all child processes are killed at once, and whoever waits for them is interrupted. What does not come
to its end after a second is ended where it is.
"""

from __future__ import annotations

# the first that a command imports: what else it needs is imported when it is told to stop, so that it hears soon
import atexit
import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator

__all__ = ["deaf_children", "is_how_it_ends", "listening"]

GRACE_SECONDS = 1.0
"""For what a command does on its way out: half a file is removed, a bar is taken from the screen."""
KILLING_SECONDS = 0.4
SIGNALS = (signal.SIGINT, signal.SIGTERM)
PR_SET_CHILD_SUBREAPER = 36
SHOW_CURSOR = "\x1b[?25h"


class _Stop:
    """What this process has been told, and how it is to end then."""

    def __init__(self) -> None:
        self.heard: int | None = None
        self.leaving = False
        self.ending = threading.Lock()
        self.sentence = "interrupted; nothing is lost, run the same command again"
        self.status: int | None = None


_stop = _Stop()


def is_how_it_ends(sentence: str) -> None:
    """Say that this command runs until it is told to stop: that is no failure, and its exit status is 0."""
    _stop.sentence, _stop.status = sentence, 0


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Around the whole of a command, in the main thread; one that was told to stop ends this process here."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    # Python calls handlers in the main thread only, and not while that is in a library; this is heard at once
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(ours,), daemon=True, name="told-to-stop").start()
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    sys.unraisablehook = _unraisable
    atexit.register(_be_deaf)
    try:
        yield
    finally:
        _stop.leaving = True
        if _stop.heard is not None:  # whatever the command made of it
            _kill_children()
            atexit._run_exitfuncs()  # multiprocessing has a folder to remove
            # not by an exception: once KeyboardInterrupt has passed through `exec`, Python's own end is by SIGINT
            _end()


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Processes that are started here do not hear Ctrl-C, which a terminal sends to all of them; see `_kill_children`."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # if it were started later, it would undo what is done here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(number: int, _: object) -> None:
    _stop.heard = number
    if not _stop.leaving:
        _stop.leaving = True
        raise KeyboardInterrupt


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """Of what Python shows and forgets, in a destructor or a callback of a weak reference, leave out that it is stopped."""
    if _stop.heard is None or not issubclass(what.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(what)


def _be_deaf() -> None:
    """The last that is called before Python ends by itself: what was done is done, and no failure any more."""
    for number in SIGNALS if _stop.heard is None else ():
        signal.signal(number, signal.SIG_IGN)


def _listen(signals: int) -> None:
    while (number := os.read(signals, 1)[0]) not in SIGNALS:
        pass
    _stop.heard = number
    _kill_children()
    while select.select([signals], [], [], GRACE_SECONDS)[0] and os.read(signals, 1)[0] not in SIGNALS:
        pass  # told again: at once
    _end()


def _end() -> None:
    """End this process where it is."""
    from autograder import temporary

    _say()
    _kill_children()
    temporary.remove_all()
    os._exit(_status())


def _status() -> int:
    """As of a process that the signal has ended: 130 for Ctrl-C."""
    return 128 + (_stop.heard or signal.SIGINT) if _stop.status is None else _stop.status


def _say() -> None:
    if _stop.ending.acquire(blocking=False):
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
            os.write(2, f"{cursor}autograder: {_stop.sentence}\n".encode())


def _kill_children() -> None:
    """Kill all that this process has started, and what that has started."""
    import ctypes
    from multiprocessing import resource_tracker

    import psutil

    if sys.platform == "linux":  # whose parent is killed becomes a child of this process, and is found, too
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # this one ends by itself, and removes what others leave in shared memory
    spared = getattr(resource_tracker._resource_tracker, "_pid", None)

    def is_alive(child: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return child.pid != spared and child.status() != psutil.STATUS_ZOMBIE
        return False

    until = time.monotonic() + KILLING_SECONDS
    while time.monotonic() < until:
        alive = [child for child in psutil.Process().children(recursive=True) if is_alive(child)]
        if not alive:
            return
        for child in alive:
            with contextlib.suppress(psutil.Error):
                child.kill()
        time.sleep(0.01)
