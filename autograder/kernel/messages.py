"""Messages between the grader and a fork server: JSON behind its length in four bytes, with open sockets attached.

This file is also copied into the sandbox, so it imports nothing of the kit.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence

__all__ = ["receive", "send"]

MOST_DESCRIPTORS = 4


def send(control: socket.socket, message: dict, descriptors: Sequence[int] = ()) -> None:
    """Send a message, and open files with it."""
    data = json.dumps(message).encode()
    socket.send_fds(control, [struct.pack(">I", len(data))], list(descriptors))
    control.sendall(data)


def receive(control: socket.socket) -> tuple[dict, list[int]]:
    """The next message, and the files that came with it.

    Raises:
        EOFError: The other end is closed.
    """
    head, descriptors, _, _ = socket.recv_fds(control, 4, MOST_DESCRIPTORS)
    if not head:
        raise EOFError
    size = struct.unpack(">I", head + _exactly(control, 4 - len(head)))[0]
    return json.loads(_exactly(control, size)), descriptors


def _exactly(control: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = control.recv(min(size - len(data), 2**20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
