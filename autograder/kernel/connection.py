"""The connection to a forked kernel: Jupyter's messages, over sockets that the grader opens."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence

import zmq
from jupyter_client.session import Session

from autograder.kernel.forked import CHANNELS
from autograder.kernel.limits import Limits
from autograder.kernel.server import CompanionFile, ForkServer
from autograder.temporary import TemporaryFolder

__all__ = ["Connection"]

MAX_MESSAGE_BYTES = 64 * 2**20
QUEUED_MESSAGES = 64


class Connection:
    """Has a kernel forked, and connects to it.

    Each channel has an address in a folder of the grader's; the listening sockets are made here and
    handed over open, so the sandbox never sees the folder. Messages are bounded in size and number.

    Attributes:
        session: Signs and reads messages, with a key of this kernel's own.

    Raises:
        KernelDied: The kernel did not start.
    """

    def __init__(self, server: ForkServer, limits: Limits, files: Sequence[CompanionFile] = ()) -> None:
        self.session = Session()
        self.folder = TemporaryFolder("kernel")
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        self.context.setsockopt(zmq.RCVHWM, QUEUED_MESSAGES)
        self.context.setsockopt(zmq.LINGER, 0)
        try:
            with contextlib.ExitStack() as stack:
                listeners = []
                for channel in CHANNELS:
                    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                    listener.bind(str(self.folder.path / channel))
                    listener.listen(16)
                    listeners.append(listener)
                server.fork(self.session.key, listeners, limits, files)
        except BaseException:
            self.close()
            raise

    def open(self, channel: str) -> zmq.Socket:
        """A socket of one of the channels."""
        made = self.context.socket(zmq.SUB if channel == "iopub" else zmq.DEALER)
        if channel == "iopub":
            made.subscribe(b"")
        else:
            made.identity = self.session.bsession
        made.connect(f"ipc://{self.folder.path / channel}")
        return made

    def close(self) -> None:
        """Close all sockets, and remove the folder."""
        self.context.destroy(linger=0)
        self.folder.remove()
