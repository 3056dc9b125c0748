"""Fork servers that the grader launches before it has workers, which import meanwhile; each worker takes one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from autograder.kernel.launch import Launched, launch
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup

__all__ = ["LaunchedAhead", "Wanted", "take", "take_from"]

POSSIBLE = hasattr(os, "pidfd_open") and hasattr(socket, "SOCK_SEQPACKET")
_DESCRIPTORS = 3
_LONGEST = 4096
_source: list[socket.socket] = []


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """All that a fork server is launched with; see `autograder.kernel.launch.launch`."""

    setup: KernelSetup
    sandboxed: bool
    limits: Limits

    @classmethod
    def from_dict(cls, kept: dict) -> Wanted:
        """What `dataclasses.asdict` made a dictionary of, that may have been JSON meanwhile.

        Raises:
            KeyError, TypeError: It was something else.
        """
        data = tuple((name, path) for name, path in kept["setup"]["data"])
        setup = KernelSetup(**{**kept["setup"], "preload": tuple(kept["setup"]["preload"]), "data": data})
        return cls(setup=setup, sandboxed=kept["sandboxed"], limits=Limits(**kept["limits"]))

    def digest(self) -> str:
        """The same for servers of which one can do for another."""
        same = (self.setup, self.sandboxed, self.limits.scratch_bytes)
        return hashlib.sha256(repr(same).encode()).hexdigest()


class LaunchedAhead:
    """Launches servers for workers that do not exist yet; `close` ends what is left of them.

    Attributes:
        number: How many it has launched.
        source: What a worker hands to `take_from`; None where the system cannot do this.
    """

    def __init__(self) -> None:
        self.number = 0
        self._launched: list[Launched] = []
        self.source: socket.socket | None = None
        if POSSIBLE:
            # of packets, each of which goes to one reader
            self._sink, self.source = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.source.setblocking(False)

    def launch(self, wanted: Wanted) -> None:
        """Launch one more; where that cannot be, whoever needs one says why."""
        self.number += 1
        if self.source is None:
            return
        try:
            launched = launch(wanted.setup, wanted.sandboxed, wanted.limits)
        except OSError:
            return
        self._launched.append(launched)
        process = os.pidfd_open(launched.process.pid)
        message = f"{wanted.digest()} {launched.process.pid} {launched.folder.path}".encode()
        descriptors = [launched.control.fileno(), launched.log.fileno(), process]
        socket.send_fds(self._sink, [message], descriptors)
        # it ends when the last copy of its socket is closed; this process must keep none
        os.close(process)
        launched.control.close()
        launched.log.close()

    def close(self) -> None:
        """End all servers, also those that a worker has taken, and remove their files."""
        if self.source is not None:
            self.source.close()
            self._sink.close()
        for launched in self._launched:
            launched.process.kill()
            launched.process.wait()
            launched.folder.remove()


def take_from(source: socket.socket | None) -> None:
    """In a new worker: say where `take` finds servers."""
    _source[:] = [] if source is None else [source]


def take(wanted: Wanted) -> Launched | None:
    """A server that was launched ahead and does for what is wanted; None where there is none."""
    with contextlib.suppress(OSError):
        while _source:
            message, descriptors, _, _ = socket.recv_fds(_source[0], _LONGEST, _DESCRIPTORS)
            what, _, names = message.decode().partition(" ")
            if what != wanted.digest():
                for descriptor in descriptors:
                    os.close(descriptor)
                continue
            pid, folder = names.split(" ", 1)
            control, log, process = descriptors
            return Launched(
                control=socket.socket(fileno=control),
                log=os.fdopen(log, "wb+"),
                process=_Elsewhere(int(pid), process),
                folder=_Folder(Path(folder)),
            )
    return None


@dataclass(frozen=True)
class _Elsewhere:
    """A process that is another one's child; after `wait` nothing else is asked of it."""

    pid: int
    descriptor: int

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)

    def wait(self) -> None:
        select.select([self.descriptor], [], [])
        os.close(self.descriptor)

    def poll(self) -> int | None:
        """Its status is its parent's to know."""
        return None


@dataclass(frozen=True)
class _Folder:
    path: Path

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
