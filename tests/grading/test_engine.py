"""The engine of one worker: a server that cannot be trusted any more is replaced."""

from __future__ import annotations

import pytest

from autograder.errors import KernelDied
from autograder.grading import engine as module
from autograder.grading.engine import Engine
from autograder.grading.task import Task
from autograder.submission.repair import rebuild
from tests import small_course
from tests.fakes import InProcessKernel


class FakeServer:
    """Counts what is asked of it; `problems` are what cleaning finds, one after another."""

    made: list[FakeServer]
    problems: list
    refuses: int

    def __init__(self, setup, sandboxed, limits, launched=None) -> None:
        self.closed = False
        self.cleaned = 0
        self.made.append(self)

    def clean(self) -> str | None:
        self.cleaned += 1
        problem = self.problems.pop(0) if self.problems else None
        if isinstance(problem, Exception):
            raise problem
        return problem

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def servers(monkeypatch) -> type[FakeServer]:
    FakeServer.made, FakeServer.problems, FakeServer.refuses = [], [], 0

    def open_kernel(server, limits, files):
        if FakeServer.refuses:
            FakeServer.refuses -= 1
            raise KernelDied.because("the fork server ended")
        return InProcessKernel()

    monkeypatch.setattr(module, "ForkServer", FakeServer)
    monkeypatch.setattr(module, "StudentKernel", open_kernel)
    return FakeServer


@pytest.fixture
def notebook(course):
    return rebuild(course.template("small"), small_course.answered(course)).notebook


def points(execution) -> float:
    return sum(result.points or 0 for result in execution.cells)


class TestEngine:
    def test_nothing_is_started_before_it_is_needed(self, servers):
        with Engine():
            assert servers.made == []

    def test_one_server_serves_all_submissions_and_is_cleaned_after_each(self, servers, notebook):
        with Engine() as engine:
            assert [points(engine.execute(Task(notebook=notebook))) for _ in range(3)] == [5.0] * 3
            [server] = servers.made
            assert server.cleaned == 3
        assert server.closed

    @pytest.mark.parametrize(
        "problem",
        [
            "the fork server's own limits were changed",
            "2 processes are left",
            TimeoutError(),
            KernelDied("x"),
            OSError(),
        ],
        ids=str,
    )
    def test_a_server_that_is_not_clean_is_never_used_again(self, servers, notebook, problem):
        servers.problems = [problem]
        with Engine() as engine:
            assert points(engine.execute(Task(notebook=notebook))) == 5.0
            assert servers.made[0].closed
            assert points(engine.execute(Task(notebook=notebook))) == 5.0
        assert len(servers.made) == 2

    def test_a_server_that_the_last_submission_broke_costs_the_next_one_nothing(self, servers, notebook):
        with Engine() as engine:
            engine.execute(Task(notebook=notebook))
            servers.refuses = 1
            assert points(engine.execute(Task(notebook=notebook))) == 5.0
        assert [server.closed for server in servers.made] == [True, True]

    def test_where_no_server_works_the_tests_fail_and_the_engine_goes_on(self, servers, notebook):
        servers.refuses = 1_000
        with Engine() as engine:
            execution = engine.execute(Task(notebook=notebook))
            assert {str(result.status) for result in execution.cells} == {"kernel-died", "manual"}
            servers.refuses = 0
            assert points(engine.execute(Task(notebook=notebook))) == 5.0

    def test_a_submission_without_cells_that_need_a_kernel_starts_none(self, servers, notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "code"]
        with Engine() as engine:
            engine.execute(Task(notebook=notebook))
        assert servers.made == []


@pytest.mark.kernel
def test_a_real_engine_survives_a_submission_that_does_its_worst(setup, limits, course):
    with Engine() as engine:
        vandal = (
            "import os, resource, signal\n"
            "def total(values):\n"
            "    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):\n"
            "        try: resource.prlimit(1, limit, (0, 0))\n"
            "        except OSError: pass\n"
            "    os.kill(-1, signal.SIGKILL)\n"
        )
        template = course.template("small")
        evil = rebuild(template, small_course.answered(course, total=vandal)).notebook
        honest = rebuild(template, small_course.answered(course)).notebook
        assert points(engine.execute(Task(notebook=evil, setup=setup, limits=limits))) == 2.0
        assert points(engine.execute(Task(notebook=honest, setup=setup, limits=limits))) == 5.0
