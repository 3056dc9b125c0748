"""One kernel with a student's code in it: run cells, carry requests, bound everything."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import zmq

from autograder.errors import BoundaryError, CellTimeout, KernelDied
from autograder.kernel.connection import Connection
from autograder.kernel.kernel import CellRun, Kernel
from autograder.kernel.limits import Limits
from autograder.kernel.memory import MemoryWatch
from autograder.kernel.meter import LOOK_SECONDS, Meter
from autograder.kernel.outputs import OutputCollector
from autograder.kernel.server import CompanionFile, ForkServer, Spent
from autograder.text import clean_text

__all__ = ["StudentKernel"]

INPUT = "input_request"
START_SECONDS = 300
"""Long, as a busy machine must not cost a submission its kernel."""
IDLE_SECONDS = 2.0
MAX_JSON_BYTES = 16 * 2**20
"""Of one message without its buffers: empty lists take thirty times their size when they are parsed."""


class StudentKernel(Kernel):
    """A kernel forked for one submission.

    Use it as a context manager, or call `close`; what it leaves is removed by `ForkServer.clean`.

    Raises:
        KernelDied: The kernel did not start.
    """

    def __init__(self, server: ForkServer, limits: Limits, files: Sequence[CompanionFile] = ()) -> None:
        self._server = server
        self._limits = limits
        self._seconds = limits.cell_seconds
        self._meter = Meter(server)
        self.cpu_seconds = 0.0
        self.waiting_seconds = 0.0
        self.collector = OutputCollector(limits.output_bytes)
        self._connection = Connection(server, limits, files)
        self._session = self._connection.session
        self._shell, self._iopub, self._stdin = map(self._connection.open, ("shell", "iopub", "stdin"))
        self._asking: dict | None = None  # the question of the student's code that is being answered
        self._poller = zmq.Poller()
        for socket in (self._shell, self._iopub, self._stdin, server):
            self._poller.register(socket, zmq.POLLIN)
        self._watch = MemoryWatch(server)
        self._watch.start()
        try:
            self._await_start()
        except BaseException:
            self.close()
            raise

    def limit_time(self, seconds: float) -> None:
        """From now on, all requests and runs together may take so many CPU seconds, and wait as the limits say.

        Raises:
            KernelDied: The process ended.
        """
        self.waiting_seconds += self._meter.waited
        self._seconds = seconds
        self._meter = Meter(self._server)
        self._server.mark()

    def run(self, source: str) -> CellRun:
        """Run one of the student's cells.

        Raises:
            CellTimeout: It did not end in time; the kernel is of no further use.
            KernelDied: The process ended.
        """
        self.collector = OutputCollector(self._limits.output_bytes)
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        reply = self._exchange("execute_request", content, [], "execute_reply")
        failed = reply["content"].get("status") != "ok"
        name = reply["content"].get("ename") if failed else None
        return CellRun(self.collector.outputs, clean_text(str(name))[:100] if failed else None)

    def request(self, payload: bytes) -> list[bytes]:
        """See `Channel`; what the student prints meanwhile goes to `collector`."""
        if self._asking is not None:
            reply = self._ask_back(self._asking, payload)
        else:
            reply = self._exchange("autograder_request", {}, [payload], "autograder_reply")
        return [bytes(buffer) for buffer in reply.get("buffers", [])]

    def take_printed(self) -> str:
        return self.collector.take_printed()

    def _ask_back(self, question: dict, payload: bytes) -> dict:
        """A request while the student's code waits for the answer to a question of its own."""
        self._answer(question, "request", payload)
        try:
            return self._receive(_parent(question), INPUT, self.collector.add)
        except (CellTimeout, KernelDied) as error:
            self.broken = error
            raise
        finally:
            self._asking = question

    def _serve_question(self, question: dict) -> None:
        """Have the grader answer a call of the student's code."""
        outer, self._asking = self._asking, question
        try:
            if self.serve is None:
                raise KernelDied.because("it asked for what it was not given")
            payload = self.serve([bytes(buffer) for buffer in question.get("buffers", [])])
        except BoundaryError:
            self.broken = KernelDied.because("it sent something that is no call")
            raise self.broken from None
        finally:
            self._asking = outer
        self._answer(question, "reply", payload)

    def _answer(self, question: dict, kind: str, payload: bytes) -> None:
        self._session.send(self._stdin, "input_reply", {"value": kind}, parent=question, buffers=[payload])

    def close(self) -> None:
        """Close the connection (the fork server ends the processes)."""
        self._watch.stop()
        with contextlib.suppress(KernelDied, TimeoutError):
            self._look()
        self.waiting_seconds += self._meter.waited
        self._connection.close()

    def __enter__(self) -> StudentKernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _await_start(self) -> None:
        """Wait until the output channel works, so that no output of the first cell is lost."""
        deadline = time.monotonic() + START_SECONDS
        heard = False
        while not heard:
            identifier = self._send("kernel_info_request", {}, [])
            self._receive(identifier, "kernel_info_reply", lambda message: None)
            heard = self._poll_iopub(identifier)
            if not heard and time.monotonic() > deadline:
                raise KernelDied.because("its outputs could not be heard")

    def _poll_iopub(self, identifier: str) -> bool:
        end = time.monotonic() + 0.05
        while self._iopub.poll(max(0, int(1000 * (end - time.monotonic())))):
            message = self._read(self._iopub, identifier)
            if message is not None and message["content"].get("execution_state") == "idle":
                return True
        return False

    def _reopen_iopub(self) -> None:
        """Connect to the output channel again: ZeroMQ gives up a connection on which too long a message came."""
        self.collector.cut()
        self._poller.unregister(self._iopub)
        self._iopub.close(0)
        self._iopub = self._connection.open("iopub")
        self._poller.register(self._iopub, zmq.POLLIN)
        self._iopub.poll(500)  # the kernel says something to everybody who connects

    def _exchange(self, kind: str, content: dict, buffers: list[bytes], reply_kind: str) -> dict:
        try:
            identifier = self._send(kind, content, buffers)
            return self._receive(identifier, reply_kind, self.collector.add)
        except (CellTimeout, KernelDied) as error:
            self.broken = error
            raise

    def _send(self, kind: str, content: dict, buffers: list[bytes]) -> str:
        message = self._session.send(self._shell, kind, content, buffers=buffers)
        return message["header"]["msg_id"]

    def _receive(self, identifier: str, reply_kind: str, on_output: Callable[[dict], None]) -> dict:
        """The reply to a request; its outputs, until the kernel says that it is idle, on the way."""
        reply: dict[str, Any] | None = None
        idle = reply_kind in ("kernel_info_reply", INPUT)
        give_up = math.inf
        began = time.monotonic()
        while True:
            left = give_up - time.monotonic()
            if reply is not None and left <= 0:  # the word "idle" was lost in a flood of output
                self._reopen_iopub()
                idle = True
            if reply is not None and idle:
                return reply
            ready = dict(self._poller.poll(int(1000 * min(LOOK_SECONDS, max(0.001, left)))))
            before, began = began, time.monotonic()
            if self._meter.is_due(began - before):
                self._bound_time()
            if self._iopub in ready:
                message = self._read(self._iopub, identifier)
                if message is not None:
                    if message["header"].get("msg_type") == "status":
                        idle = idle or message["content"].get("execution_state") == "idle"
                    else:
                        on_output(message)
            if self._stdin in ready:
                message = self._read(self._stdin, identifier)
                if message is not None:
                    if message["content"].get("prompt") == "call":
                        self._take_output(identifier, on_output)
                        self._serve_question(message)
                        began = time.monotonic()
                    elif reply_kind == INPUT:
                        self._take_output(identifier, on_output)
                        return message
            if self._shell in ready:
                message = self._read(self._shell, identifier)
                if message is not None and message["header"].get("msg_type") == reply_kind:
                    reply = message
                    give_up = time.monotonic() + IDLE_SECONDS
            elif self._server.fileno() in ready and (reason := self._server.why_ended()):
                raise KernelDied.because(reason)

    def _look(self) -> Spent:
        spent = self._meter.look()
        self.cpu_seconds = spent.whole_cpu_seconds
        return spent

    def _bound_time(self) -> None:
        """End what takes too long: by the processor's time, and by the time in which nothing wanted it."""
        spent = self._look()
        if reason := self._server.why_ended():
            raise KernelDied.because(reason)
        if spent.cpu_seconds > self._seconds:
            raise CellTimeout.after(self._seconds)
        if self._meter.waited > self._limits.waiting_seconds:
            raise CellTimeout.waiting(self._limits.waiting_seconds)

    def _take_output(self, identifier: str, on_output: Callable[[dict], None]) -> None:
        """What has been printed before a question was asked."""
        while self._iopub.poll(0):
            message = self._read(self._iopub, identifier)
            if message is not None and message["header"].get("msg_type") != "status":
                on_output(message)

    def _read(self, socket: zmq.Socket, identifier: str) -> dict[str, Any] | None:
        """The next message, where it belongs to this request; None where it is another's, or malformed."""
        try:
            _, parts = self._session.feed_identities(socket.recv_multipart(zmq.NOBLOCK))
            if sum(map(len, parts[:5])) > MAX_JSON_BYTES:  # signature, header, parent, metadata, content
                if socket is self._iopub:
                    self.collector.cut()
                return None
            message = self._session.deserialize(parts)
            if isinstance(message["content"], dict) and isinstance(message["header"], dict):
                return message if _parent(message) == identifier else None
        except Exception:  # forged: wrong signature, no JSON, wrong types, too deep
            return None
        return None


def _parent(message: dict) -> Any:
    parent = message.get("parent_header")
    return parent.get("msg_id") if isinstance(parent, dict) else None
