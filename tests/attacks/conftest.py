"""The course under attack, its engine, and the honest neighbour."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.grading.engine import Engine
from autograder.kernel.limits import Limits
from tests import small_course
from tests.attacks.assignment import TOKEN, source
from tests.attacks.framework import HONEST, Attacked

MIB = 2**20

LIMITS = Limits(
    cell_seconds=8.0,
    test_seconds=8.0,
    notebook_seconds=90.0,
    waiting_seconds=8.0,
    memory_bytes=1024 * MIB,
    scratch_bytes=64 * MIB,
    processes=64,
    output_bytes=MIB // 4,
    restarts=4,
)


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """The course, and one engine that grades all attacks one after another."""
    course = small_course.make(tmp_path_factory.mktemp("attacks") / "course", source())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TOKEN", TOKEN)
        with Engine() as engine:
            yield Attacked(course, engine, LIMITS)


@pytest.fixture
def neighbour(attacked: Attacked) -> Iterator[None]:
    """After the test, an honest submission is graded by the same engine and has to get all points."""
    yield
    attacked.check(HONEST)


@pytest.fixture(scope="module")
def neighbour_of_all(attacked: Attacked) -> Iterator[None]:
    """After the attacks of each module, too."""
    yield
    attacked.check(HONEST)
