"""Fork servers that are launched before there are workers: each is taken once, and none is left."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from autograder.kernel import ahead as module
from autograder.kernel.ahead import LaunchedAhead, Wanted, take, take_from
from autograder.kernel.limits import Limits
from autograder.kernel.server import ForkServer
from autograder.kernel.setup import KernelSetup

SETUP = KernelSetup()
LIMITS = Limits()
WANTED = Wanted(setup=SETUP, sandboxed=False, limits=LIMITS)

pytestmark = pytest.mark.skipif(not module.POSSIBLE, reason="this system has no pidfd_open")


@pytest.fixture
def ahead():
    with contextlib.closing(LaunchedAhead()) as launched:
        take_from(launched.source)
        yield launched
        take_from(None)


def serve(source) -> None:
    """What a worker does: take a server, and end with status 7 where it answered."""
    take_from(source)
    with ForkServer(SETUP, False, LIMITS, take(WANTED)) as server:
        os._exit(7 if server.clean() is None else 1)


def test_there_is_none_where_none_was_launched(ahead):
    assert take(WANTED) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(WANTED, setup=replace(SETUP, startup="x = 1")),
        replace(WANTED, sandboxed=True),
        replace(WANTED, limits=replace(LIMITS, scratch_bytes=1)),
    ],
)
def test_one_that_was_launched_with_something_else_is_not_taken_and_ends(ahead, other):
    ahead.launch(WANTED)
    assert take(other) is None
    ahead._launched[0].process.wait(60)


def test_a_worker_is_served_by_one_that_is_not_its_child_and_each_is_taken_once(ahead):
    ahead.launch(WANTED)
    worker = multiprocessing.get_context("spawn").Process(target=serve, args=(ahead.source,))
    worker.start()
    worker.join()
    assert worker.exitcode == 7
    assert take(WANTED) is None
    ahead._launched[0].process.wait(60)  # its worker ended


def test_what_no_worker_took_is_ended_and_removed(ahead):
    ahead.launch(WANTED)
    ahead.launch(WANTED)
    folders = [Path(launched.folder.path) for launched in ahead._launched]
    assert all(folder.is_dir() for folder in folders)
    ahead.close()
    assert [launched.process.poll() for launched in ahead._launched] == [-9, -9]
    assert not any(folder.exists() for folder in folders)


def test_what_is_wanted_comes_back_from_json():
    wanted = Wanted(
        setup=KernelSetup(preload=("json",), startup="x", data=(("a", "/b"),)), sandboxed=True, limits=LIMITS
    )
    again = Wanted.from_dict(json.loads(json.dumps(asdict(wanted))))
    assert (again, again.digest()) == (wanted, wanted.digest())


def test_where_the_system_cannot_each_worker_launches_its_own(monkeypatch):
    monkeypatch.setattr(module, "POSSIBLE", False)
    without = LaunchedAhead()
    without.launch(WANTED)
    assert (without.number, without.source) == (1, None)
    without.close()
