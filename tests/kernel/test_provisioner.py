"""The Jupyter side: kernels come from the fork server, whatever a notebook names."""

from __future__ import annotations

import asyncio
import os
import tempfile
from importlib import metadata
from pathlib import Path

import pytest
import zmq
from jupyter_client.provisioning import KernelProvisionerFactory

from autograder.kernel.limits import Limits
from autograder.kernel.provisioner import (
    MAX_MESSAGE_BYTES,
    NAME,
    QUEUED_MESSAGES,
    ForkedKernelManager,
    ForkedKernelProvisioner,
)


class FakeServer:
    """Takes the sockets that a fork server would get."""

    def __init__(self) -> None:
        self.forked: list[tuple] = []
        self.reason: str | None = None

    def fork(self, key, listeners, limits, files) -> int:
        self.forked.append((key, [os.dup(listener.fileno()) for listener in listeners], limits, files))
        return 2

    def why_ended(self, wait: float = 0) -> str | None:
        return self.reason


@pytest.fixture
def server():
    made = FakeServer()
    yield made
    for _, descriptors, _, _ in made.forked:
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.fixture
def manager(server):
    made = ForkedKernelManager(
        server, Limits(cell_seconds=7), [("a.txt", b"x")], kernel_name="no-such-kernel"
    )
    yield made
    made.cleanup_resources()
    made.context.destroy(linger=0)


class TestManager:
    def test_the_provisioner_is_installed_as_an_entry_point(self):
        [entry] = metadata.entry_points(group="jupyter_client.kernel_provisioners", name=NAME)
        assert entry.load() is ForkedKernelProvisioner
        assert NAME in KernelProvisionerFactory.instance().provisioners

    def test_a_kernel_comes_from_the_fork_server_whatever_kernel_is_named(self, manager, server):
        manager.start_kernel()
        [(key, descriptors, limits, files)] = server.forked
        assert key == manager.session.key
        assert len(key) > 30
        assert len(descriptors) == 4
        assert limits == Limits(cell_seconds=7)
        assert files == [("a.txt", b"x")]

    def test_it_is_reached_through_a_folder_that_only_the_grader_sees(self, manager):
        manager.start_kernel()
        folder = Path(manager.ip).parent
        assert manager.transport == "ipc"
        assert folder.stat().st_mode & 0o077 == 0
        assert len(list(folder.iterdir())) == 4
        manager.cleanup_resources()
        assert not folder.exists()

    def test_a_long_path_to_temporary_files_is_no_obstacle(self, manager, tmp_path, monkeypatch):
        deep = tmp_path / ("a-folder-of-a-shared-cluster" * 4)
        deep.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(deep))
        manager.start_kernel()
        assert manager.is_alive()

    def test_it_lives_until_the_server_says_that_it_ended(self, manager, server):
        manager.start_kernel()
        assert manager.is_alive()
        server.reason = "stopped by signal SIGKILL"
        assert not manager.is_alive()

    def test_no_signal_reaches_into_the_sandbox(self, manager):
        manager.start_kernel()
        asyncio.run(manager.provisioner.send_signal(9))
        assert manager.is_alive()

    def test_messages_are_bounded_in_size_and_number(self, manager):
        assert manager.context.getsockopt(zmq.MAXMSGSIZE) == MAX_MESSAGE_BYTES
        assert manager.context.getsockopt(zmq.RCVHWM) == QUEUED_MESSAGES
        assert manager.context is not zmq.Context.instance()

    def test_two_kernels_have_two_keys(self, server):
        managers = [ForkedKernelManager(server, Limits()) for _ in range(2)]
        for made in managers:
            made.start_kernel()
        first, second = [forked[0] for forked in server.forked]
        assert first != second
        for made in managers:
            made.cleanup_resources()
            made.context.destroy(linger=0)
