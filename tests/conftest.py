"""Fixtures of the whole suite: a small course, fake kernels, and one real fork server."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from autograder.course.folder import Course
from autograder.gradebook import assignments as gradebook
from autograder.kernel import bubblewrap
from autograder.kernel.client import StudentKernel
from autograder.kernel.limits import Limits
from autograder.kernel.server import ForkServer
from autograder.kernel.setup import KernelSetup
from autograder.kernel.torchvision import declare_missing_operators
from autograder.verdict import importing
from tests import small_course
from tests.fakes import FakeKernels

declare_missing_operators()
torch.set_num_threads(1)

MIB = 2**20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a sandbox are skipped where there is none; in CI they fail instead."""
    reason = bubblewrap.why_unavailable()
    if reason is None or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("kernel") or "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=f"no sandbox: {reason}"))


@pytest.fixture
def kernels() -> FakeKernels:
    """Opens fake kernels."""
    return FakeKernels()


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """A small course of one's own, with nothing submitted; its reference solutions can be imported."""
    made = small_course.make(tmp_path / "course")
    with solutions_of(made):
        yield made


@pytest.fixture(scope="session")
def registered_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small course that is in its gradebook: nbgrader takes seconds to make the first one."""
    made = small_course.make(tmp_path_factory.mktemp("registered") / "course")
    made.state.mkdir()
    with solutions_of(made):
        gradebook.bring_up_to_date(made, small_course.ASSIGNMENT)
    return made.root


@pytest.fixture
def registered(registered_folder: Path, tmp_path: Path) -> Iterator[Course]:
    """As `course`, with a gradebook that knows the assignment."""
    made = Course(shutil.copytree(registered_folder, tmp_path / "course", symlinks=True))
    with solutions_of(made):
        yield made


@contextlib.contextmanager
def solutions_of(course: Course) -> Iterator[None]:
    """`from solutions import ...` in a test cell gives this course's; nothing of it stays imported."""

    def imported() -> dict:
        return {name: sys.modules[name] for name in sys.modules if name.partition(".")[0] == "solutions"}

    modules = imported()
    importing.install(
        (f"solutions/{path.name}", path.read_text(encoding="utf-8"))
        for path in sorted(course.solutions.glob("*.py"))
    )
    try:
        yield
    finally:
        for name in imported():
            del sys.modules[name]
        sys.modules.update(modules)


@pytest.fixture(scope="session")
def setup() -> KernelSetup:
    """What the course of this repository puts into its kernels."""
    return Course(small_course.REPOSITORY).kernel_setup


@pytest.fixture(scope="session")
def limits() -> Limits:
    """Bounds that a test reaches quickly."""
    return Limits(
        cell_seconds=20.0,
        test_seconds=20.0,
        notebook_seconds=120.0,
        waiting_seconds=20.0,
        memory_bytes=1024 * MIB,
        scratch_bytes=64 * MIB,
    )


@pytest.fixture(scope="session")
def server(setup: KernelSetup, limits: Limits) -> Iterator[ForkServer]:
    """The one fork server of the session; a test that breaks it starts another one of its own."""
    started = ForkServer(setup, sandboxed=True, limits=limits)
    yield started
    started.close()


@pytest.fixture
def kernel(server: ForkServer, limits: Limits) -> Iterator[StudentKernel]:
    """A kernel in the sandbox; whatever the test did in it, the server must be clean afterwards."""
    with StudentKernel(server, limits) as started:
        started.limit_time(limits.cell_seconds)
        yield started
    assert server.clean() is None
