"""Tasks run on workers; a worker that dies costs nobody else anything."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import distributed
import pytest

from autograder.errors import CourseError, KernelDied
from autograder.grading import pool as module
from autograder.grading.pool import cores, run_all
from autograder.grading.results import Execution

TASKS = [(name, name) for name in ("a", "b", "c", "d")]


def execution_of(task: str) -> Execution:
    return Execution(cells=(), outputs={}, problems=(f"executed {task}",))


class FakePool(Executor):
    """Does at once what a pool of processes would: results, errors, and breaking for good.

    Attributes:
        made: All pools of this test.
    """

    made: list[FakePool]
    dies_on: set[str]
    submitted: list[str]

    def __init__(self, jobs: int, **_: object) -> None:
        self.jobs = jobs
        self.futures: list[Future] = []
        self.broken = False
        self.made.append(self)

    def submit(self, function, task):
        if self.broken:
            raise BrokenProcessPool
        future: Future = Future()
        self.submitted.append(task)
        self.futures.append(future)
        if task in self.dies_on:
            for pending in self.futures:
                if not pending.done():
                    pending.set_exception(BrokenProcessPool())
            self.broken = True
        elif task.startswith("error"):
            future.set_exception(ValueError(task))
        elif not task.startswith("slow"):
            future.set_result(execution_of(task))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.broken = True


class FakeAhead:
    """Takes the place of fork servers that are launched ahead: these tasks need none."""

    number = 1_000
    source = None


@pytest.fixture
def pools(monkeypatch) -> type[FakePool]:
    monkeypatch.setattr(module, "ProcessPoolExecutor", FakePool)
    monkeypatch.setattr(module.preload, "ahead", FakeAhead)
    FakePool.made, FakePool.dies_on, FakePool.submitted = [], set(), []
    return FakePool


def results(tasks, jobs: int = 2) -> dict:
    return dict(run_all(tasks, jobs))


class TestLocal:
    def test_every_task_gives_its_result(self, pools):
        assert {key: result.problems for key, result in results(TASKS).items()} == {
            name: (f"executed {name}",) for name, _ in TASKS
        }
        assert [pool.jobs for pool in pools.made] == [2]

    def test_no_tasks_start_no_workers(self, pools):
        assert results([]) == {}
        assert pools.made == []

    def test_only_a_few_tasks_are_given_out_at_a_time(self, pools):
        iterator = run_all([(number, str(number)) for number in range(100)], 2)
        next(iterator)
        assert len(pools.submitted) <= 4
        iterator.close()
        assert all(pool.broken for pool in pools.made)

    def test_an_error_is_the_result_of_its_task_only(self, pools):
        found = results([("a", "a"), ("e", "error 1"), ("b", "b")])
        assert isinstance(found["e"], ValueError)
        assert isinstance(found["a"], Execution)
        assert isinstance(found["b"], Execution)

    def test_a_task_whose_worker_dies_three_times_is_given_up(self, pools):
        pools.dies_on = {"b"}
        found = results(TASKS)
        assert isinstance(found.pop("b"), KernelDied)
        assert all(isinstance(result, Execution) for result in found.values())
        assert pools.submitted.count("b") == 3

    def test_a_task_whose_worker_dies_once_is_done_by_another(self, pools, monkeypatch):
        pools.dies_on = {"b"}
        submit = FakePool.submit

        def once(self, function, task):
            future = submit(self, function, task)
            if task == "b":
                pools.dies_on = set()
            return future

        monkeypatch.setattr(FakePool, "submit", once)
        assert all(isinstance(result, Execution) for result in results(TASKS).values())
        assert len(pools.made) == 2

    def test_tasks_that_were_running_beside_it_are_done_again(self, pools, monkeypatch):
        pools.dies_on = {"b"}
        submit = FakePool.submit

        def slow_at_first(self, function, task):
            return submit(self, function, "slow " + task if len(self.made) == 1 and task == "a" else task)

        monkeypatch.setattr(FakePool, "submit", slow_at_first)
        found = results(TASKS)
        assert isinstance(found.pop("b"), KernelDied)
        assert found["a"].problems == ("executed a",)
        assert all(isinstance(result, Execution) for result in found.values())

    def test_a_pool_that_breaks_while_results_are_taken_is_replaced(self, pools):
        iterator = run_all([(number, str(number)) for number in range(10)], 1)
        found = dict([next(iterator)])
        pools.made[0].broken = True
        found.update(iterator)
        assert set(found) == set(range(10))
        assert all(isinstance(result, Execution) for result in found.values())

    def test_this_machine_has_at_least_one_core(self):
        assert cores() >= 1


def task_on_a_cluster(task: str) -> Execution:
    """In the place of `run_task`."""
    if task.startswith("error"):
        raise ValueError(task)
    return execution_of(task)


class TestCluster:
    @pytest.fixture
    def scheduler(self, monkeypatch) -> Iterator[str]:
        monkeypatch.setattr(module, "run_task", task_on_a_cluster)
        with distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster:
            yield cluster.scheduler_address

    def test_a_dask_cluster_gives_the_same_results(self, scheduler):
        found = dict(run_all([*TASKS, ("e", "error 1")], 1, scheduler))
        assert isinstance(found.pop("e"), ValueError)
        assert {key: result.problems for key, result in found.items()} == {
            name: (f"executed {name}",) for name, _ in TASKS
        }

    def test_a_scheduler_that_is_not_there_is_said_so(self, monkeypatch):
        def refused(*_, **__):
            raise OSError("connection refused")

        monkeypatch.setattr(distributed, "Client", refused)
        with pytest.raises(CourseError, match="there is no Dask scheduler at tcp://nowhere:1"):
            dict(run_all(TASKS, 1, "tcp://nowhere:1"))
