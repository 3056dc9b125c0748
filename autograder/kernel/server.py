"""The grader's end of a fork server: start it, ask it for kernels, have it clean up."""

from __future__ import annotations

import base64
import contextlib
import os
import select
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from autograder.errors import CourseError, KernelDied, SandboxUnavailable
from autograder.kernel import bubblewrap, messages
from autograder.kernel.launch import Launched, launch
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup

__all__ = ["CompanionFile", "ForkServer", "Spent"]

START_SECONDS = 600
ANSWER_SECONDS = 120
"""Both are long, as a busy machine must not cost a submission its kernel."""

CompanionFile = tuple[str, bytes]
"""A file that an assignment ships beside its notebook: path relative to it, and content."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """The time of a submission's processes together.

    Attributes:
        cpu_seconds: CPU time since `ForkServer.mark` was called.
        waiting_seconds: Since then: how long none of them has computed or wanted to.
        whole_cpu_seconds: CPU time since the kernel was started.
    """

    cpu_seconds: float
    waiting_seconds: float
    whole_cpu_seconds: float


class ForkServer:
    """One process that has imported what many submissions need, and forks a kernel for each of them.

    Args:
        launched: One that was launched with these already; otherwise this launches its own.

    Raises:
        SandboxUnavailable: A sandbox is asked for and this machine cannot make one.
        CourseError: The start-up file of the course, or a module to import beforehand, raised.
        KernelDied: The server did not start.
    """

    def __init__(
        self,
        setup: KernelSetup | None = None,
        sandboxed: bool = True,
        limits: Limits | None = None,
        launched: Launched | None = None,
    ) -> None:
        self.sandboxed = sandboxed
        self.limits = limits or Limits()
        if sandboxed and (reason := bubblewrap.why_unavailable()):
            raise SandboxUnavailable(f"student code cannot be sandboxed: {reason}")
        self._ended: str | None = None
        launched = launched or launch(setup or KernelSetup(), sandboxed, self.limits)
        self._control, self._process = launched.control, launched.process
        self._log, self._folder = launched.log, launched.folder
        event = self._next_event(START_SECONDS)
        if event.get("event") != "ready":
            self.close()
            if reason := event.get("reason"):
                raise CourseError(
                    f"the kernels of this course cannot be set up: {reason}; see `preload`, `startup` and `data` "
                    "of CourseSettings in nbgrader_config.py"
                )
            raise KernelDied.because("the fork server did not start")
        if sandboxed:  # what it needs of the folder is open or read; so nothing is left, however this ends
            self._folder.remove()

    def fileno(self) -> int:
        """Readable when the server has something to say (for pollers)."""
        return self._control.fileno()

    def fork(
        self,
        key: bytes,
        listeners: Sequence[socket.socket],
        limits: Limits,
        files: Sequence[CompanionFile] = (),
    ) -> None:
        """Start a kernel.

        Args:
            key: The Jupyter session key.
            listeners: Listening sockets for shell, iopub, stdin and control, in this order.
            files: Written to the kernel's working directory.
        """
        self._ended = None
        message = {
            "op": "fork",
            "key": key.decode(),
            "limits": asdict(limits),
            "files": [(name, base64.b64encode(content).decode()) for name, content in files],
        }
        self._send(message, [listener.fileno() for listener in listeners])
        event = self._next_event(ANSWER_SECONDS)
        if event.get("event") != "forked":
            raise KernelDied.because("the fork server could not start a kernel")

    def why_ended(self) -> str | None:
        """Why the kernel ended, in one sentence; None while it lives."""
        if self._ended is None:
            with contextlib.suppress(TimeoutError):
                event = self._next_event(0)
                if event.get("event") == "ended":
                    self._ended = event["reason"]
        return self._ended

    def mark(self) -> None:
        """Count the submission's time from here."""
        self._send({"op": "mark"})

    def spent(self) -> Spent:
        """The time that the submission has used; also after its kernel has ended.

        Raises:
            KernelDied: The server is gone.
            TimeoutError: It does not answer.
        """
        self._send({"op": "time"})
        while True:
            event = self._next_event(ANSWER_SECONDS)
            if event.get("event") == "ended":
                self._ended = event["reason"]
            elif event.pop("event") == "time":
                return Spent(**event)

    def end(self, reason: str) -> None:
        """Kill the server and everything in it at once; for another thread than the one that talks to it."""
        self._ended = reason
        self._process.kill()

    def clean(self) -> str | None:
        """End everything of the submission, and wipe its files.

        Returns:
            What could not be removed; the server must not be used again. None where all is gone.
        """
        with contextlib.suppress(KernelDied):
            self._send({"op": "clean"})
            while True:
                event = self._next_event(ANSWER_SECONDS)
                if event.get("event") == "clean":
                    return event["problem"]
        return "the fork server ended"

    def close(self) -> None:
        """Stop the server and everything in it, and remove its folder."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._folder.remove()

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: dict, descriptors: Sequence[int] = ()) -> None:
        try:
            self._control.settimeout(ANSWER_SECONDS)
            messages.send(self._control, message, descriptors)
        except OSError as error:
            raise self._dead() from error

    def _next_event(self, seconds: float) -> dict:
        """The next message of the server.

        Raises:
            TimeoutError: None came in time.
            KernelDied: The server is gone.
        """
        if not select.select([self._control], [], [], seconds)[0]:
            raise TimeoutError("the fork server said nothing")
        try:
            self._control.settimeout(ANSWER_SECONDS)
            return messages.receive(self._control)[0]
        except (OSError, EOFError):
            raise self._dead() from None

    def _dead(self) -> KernelDied:
        if self._ended:
            return KernelDied.because(self._ended)
        self._ended = "the fork server ended"
        status = self._process.poll()
        with contextlib.suppress(OSError, ValueError):
            self._log.seek(max(0, os.fstat(self._log.fileno()).st_size - 400))
            last = self._log.read().decode(errors="replace").strip().splitlines()
            return KernelDied.because(
                f"the fork server ended (status {status}): {last[-1] if last else 'no message'}"
            )
        return KernelDied.because("the fork server ended")
