"""The Jupyter side of a forked kernel: a provisioner, and a manager that always uses it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Any as AnyTrait

from autograder.kernel.limits import Limits
from autograder.kernel.server import CompanionFile, ForkServer
from autograder.temporary import TemporaryFolder

__all__ = ["ForkedKernelManager", "ForkedKernelProvisioner"]

NAME = "autograder-forked-kernel"
MAX_MESSAGE_BYTES = 64 * 2**20
QUEUED_MESSAGES = 64


class ForkedKernelProvisioner(KernelProvisionerBase):
    """Gets kernels from a fork server instead of starting processes.

    The connection is five addresses in a folder of the grader's; the listening sockets are
    made here and handed over open, so the sandbox never sees the folder.
    """

    _server: ForkServer | None = None
    _folder: TemporaryFolder | None = None
    _alive = False
    _status: int | None = None

    @property
    def has_process(self) -> bool:
        return self._alive

    async def poll(self) -> int | None:
        if self._alive and self._server is not None and self._server.why_ended() is not None:
            self._alive, self._status = False, 1
        return None if self._alive else (self._status or 0)

    async def wait(self) -> int | None:
        if self._alive and self._server is not None:
            self._server.why_ended(wait=5)
        self._alive = False
        return self._status

    async def send_signal(self, signum: int) -> None:
        """No signal crosses into the sandbox; a kernel that hangs is killed with all its processes."""

    async def kill(self, restart: bool = False) -> None:
        await self.terminate(restart)

    async def terminate(self, restart: bool = False) -> None:
        self._alive = False

    async def cleanup(self, restart: bool = False) -> None:
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    async def pre_launch(self, **keywords: Any) -> dict[str, Any]:
        manager = self.parent
        self._folder = TemporaryFolder("kernel")
        manager.transport = "ipc"
        manager.ip = f"{self._folder.path}/kernel"
        manager.cache_ports = False
        for number, channel in enumerate(("shell", "iopub", "stdin", "control", "hb"), start=1):
            setattr(manager, f"{channel}_port", number)
        return await super().pre_launch(cmd=[], **keywords)

    async def launch_kernel(self, cmd: list[str], **keywords: Any) -> dict[str, Any]:
        manager = self.parent
        self._server = manager.server
        with contextlib.ExitStack() as stack:
            listeners = []
            for number in range(1, 5):
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                listener.bind(f"{manager.ip}-{number}")
                listener.listen(16)
                listeners.append(listener)
            self._server.fork(manager.session.key, listeners, manager.limits, manager.files)
        self._alive = True
        self.connection_info = manager.get_connection_info()
        return self.connection_info


class ForkedKernelManager(KernelManager):
    """Starts kernels through a fork server, whatever kernelspec a notebook names.

    Args:
        server: The fork server.
        limits: What the submission may use.
        files: Written to the kernel's working directory.
    """

    server = AnyTrait()
    limits = AnyTrait()
    files = AnyTrait(())

    def __init__(
        self, server: ForkServer, limits: Limits, files: Sequence[CompanionFile] = (), **keywords: Any
    ) -> None:
        super().__init__(server=server, limits=limits, files=files, context=_new_context(), **keywords)
        self._kernel_spec = KernelSpec(
            argv=[],
            display_name="Python 3 (autograder)",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )


def _new_context() -> zmq.Context:
    """A context whose sockets take only messages of bounded size and number."""
    context = zmq.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    context.setsockopt(zmq.RCVHWM, QUEUED_MESSAGES)
    context.setsockopt(zmq.LINGER, 0)
    return context
