"""What costs a point is the processor's time, and waiting; not how busy the machine is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from autograder.errors import CellTimeout, KernelDied
from autograder.grading.engine import Engine
from autograder.grading.task import Task
from autograder.kernel.client import StudentKernel
from autograder.kernel.limits import Limits
from autograder.kernel.server import ForkServer
from autograder.submission.repair import rebuild
from tests import small_course

pytestmark = pytest.mark.kernel

COMPUTE = "import time\nwhile time.process_time() < {seconds}:\n    pass"
LOAD = 10


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Everything that this process starts shares one processor with ten that are busy."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    busy = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(LOAD)]
    yield
    os.sched_setaffinity(0, before)
    for process in busy:
        process.kill()
        process.wait()


def stopped_by(kernel: StudentKernel, source: str, seconds: float) -> tuple[str, float]:
    """What is said of a cell that is stopped, and after how long."""
    kernel.limit_time(seconds)
    began = time.monotonic()
    with pytest.raises(CellTimeout) as caught:
        kernel.run(source)
    return str(caught.value), time.monotonic() - began


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "import os, time\nif os.fork() == 0:\n    while True: pass\ntime.sleep(1000)",
        "import threading\nthreads = [threading.Thread(target=lambda: [0 for _ in iter(int, 1)]) for _ in range(3)]\n"
        "for thread in threads: thread.start()\nthreads[0].join()",
        "import subprocess, sys\nwhile True:\n    subprocess.run([sys.executable, '-S', '-c', 'sum(range(10**7))'])",
    ],
    ids=["itself", "a child", "threads", "children that end"],
)
def test_what_computes_for_too_long_is_stopped_whatever_of_it_computes(server, limits, source):
    with StudentKernel(server, limits) as kernel:
        said, seconds = stopped_by(kernel, source, 1)
    assert said == str(CellTimeout.after(1))
    assert kernel.cpu_seconds >= 1
    assert seconds < 30
    assert server.clean() is None


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1000)",
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import subprocess\nsubprocess.run(['sleep', '1000'])",
    ],
    ids=["sleep", "a lock", "stopped", "a child that sleeps"],
)
def test_what_waits_for_too_long_is_stopped(server, limits, source):
    with StudentKernel(server, replace(limits, waiting_seconds=2)) as kernel:
        said, seconds = stopped_by(kernel, source, 100)
    assert said == str(CellTimeout.waiting(2))
    assert seconds >= 2
    assert kernel.waiting_seconds >= 2
    assert server.clean() is None


def test_the_graders_own_part_of_a_test_is_not_the_students(server, limits):
    with StudentKernel(server, replace(limits, waiting_seconds=2)) as kernel:
        kernel.limit_time(1)
        time.sleep(3)
        assert kernel.run("import time\ntime.sleep(1.2)").error is None
        kernel._bound_time()
    assert server.clean() is None


def test_each_cell_has_its_time_anew(server, limits):
    with StudentKernel(server, limits) as kernel:
        for seconds in (1.3, 2.6, 3.9):
            kernel.limit_time(2)
            assert kernel.run(COMPUTE.format(seconds=seconds)).error is None
    assert kernel.cpu_seconds >= 3.5  # its clock ticks a hundred times a second
    assert server.clean() is None


def test_all_cells_together_have_the_time_of_the_submission(server, limits):
    def run_all(kernel: StudentKernel) -> None:
        for seconds in (1, 2, 3, 4, 5):
            kernel.limit_time(100)
            kernel.run(COMPUTE.format(seconds=seconds))

    few = replace(limits, notebook_seconds=2)
    with StudentKernel(server, few) as kernel, pytest.raises(KernelDied, match="CPU time"):
        run_all(kernel)
    assert server.clean() is None


@pytest.mark.e2e
def test_ten_times_the_load_gives_the_same_points(setup, course, busy_machine):
    limits = Limits(cell_seconds=3, test_seconds=3, check_seconds=30, notebook_seconds=60, waiting_seconds=3)
    slow = f"{COMPUTE.format(seconds=1.5)}\ndef total(values):\n    return sum(values)"
    endless = "def total(values):\n    while True: pass"
    template = course.template(small_course.ASSIGNMENT)
    with Engine() as engine:
        points = []
        for answer in (slow, endless):
            notebook = rebuild(template, small_course.answered(course, total=answer)).notebook
            began = time.monotonic()
            execution = engine.execute(Task(notebook=notebook, setup=setup, limits=limits))
            points.append(sum(cell.points or 0 for cell in execution.cells))
            assert time.monotonic() - began > 5
    assert points == [5.0, 2.0]


def test_without_a_sandbox_time_is_counted_too(setup, limits):
    with ForkServer(setup, sandboxed=False, limits=limits) as server:
        with StudentKernel(server, replace(limits, waiting_seconds=2)) as kernel:
            assert stopped_by(kernel, "while True: pass", 1)[0] == str(CellTimeout.after(1))
        server.clean()
        with StudentKernel(server, replace(limits, waiting_seconds=2)) as kernel:
            assert stopped_by(kernel, "import time\ntime.sleep(1000)", 100)[0] == str(CellTimeout.waiting(2))
