"""A kernel is reached through sockets that the grader opened."""

from __future__ import annotations

import os
import tempfile

import pytest
import zmq

from autograder.errors import KernelDied
from autograder.kernel.connection import MAX_MESSAGE_BYTES, QUEUED_MESSAGES, Connection
from autograder.kernel.limits import Limits


class FakeServer:
    """Takes the sockets that a fork server would get."""

    def __init__(self) -> None:
        self.forked: list[tuple] = []
        self.fails = False

    def fork(self, key, listeners, limits, files) -> None:
        if self.fails:
            raise KernelDied.because("the fork server ended")
        self.forked.append((key, [os.dup(listener.fileno()) for listener in listeners], limits, files))


@pytest.fixture
def server():
    made = FakeServer()
    yield made
    for _, descriptors, _, _ in made.forked:
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.fixture
def connection(server):
    made = Connection(server, Limits(cell_seconds=7), [("a.txt", b"x")])
    yield made
    made.close()


def test_a_kernel_comes_from_the_fork_server_with_its_limits_and_files(connection, server):
    [(key, descriptors, limits, files)] = server.forked
    assert key == connection.session.key
    assert len(key) > 30
    assert len(descriptors) == 4
    assert limits == Limits(cell_seconds=7)
    assert files == [("a.txt", b"x")]


def test_it_is_reached_through_a_folder_that_only_the_grader_sees(connection):
    folder = connection.folder.path
    assert folder.stat().st_mode & 0o077 == 0
    assert len(list(folder.iterdir())) == 4
    connection.close()
    assert not folder.exists()


def test_a_long_path_to_temporary_files_is_no_obstacle(server, tmp_path, monkeypatch):
    deep = tmp_path / ("a-folder-of-a-shared-cluster" * 4)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    Connection(server, Limits()).close()
    assert len(server.forked) == 1


def test_of_a_kernel_that_does_not_start_nothing_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server.fails = True
    with pytest.raises(KernelDied):
        Connection(server, Limits())
    assert list(tmp_path.iterdir()) == []


def test_messages_are_bounded_in_size_and_number(connection):
    assert connection.context.getsockopt(zmq.MAXMSGSIZE) == MAX_MESSAGE_BYTES
    assert connection.context.getsockopt(zmq.RCVHWM) == QUEUED_MESSAGES
    assert connection.context is not zmq.Context.instance()


def test_two_kernels_have_two_keys(server):
    for _ in range(2):
        Connection(server, Limits()).close()
    first, second = [forked[0] for forked in server.forked]
    assert first != second
