"""A command that is told to stop ends within two seconds, and nothing of it is left, whatever it was doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

LIMIT = 2.0
SCRIPT = """
import sys, subprocess, time, signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from autograder import stopping
from autograder.temporary import TemporaryFolder

def main():
    folder = TemporaryFolder("build")
    child = subprocess.Popen([sys.executable, "-c", "import subprocess, sys, time\\n"
        "subprocess.Popen(['sleep', '100'], start_new_session=True)\\ntime.sleep(100)"], start_new_session=True)
    time.sleep(0.2)
    {setup}
    print(folder.path, flush=True)
    {work}

if __name__ == "__main__":
    with stopping.listening():
        main()
"""
WORK = {
    "waiting": "time.sleep(100)",
    "computing": "while True: pass",
    "in a library that does not return": "import hashlib; hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)",
    "waiting for a child": "child.wait()",
    "waiting for workers": (
        "with ProcessPoolExecutor(2, get_context('spawn')) as pool:\n"
        "        with stopping.deaf_children(): done = pool.map(time.sleep, [50, 50])\n"
        "        list(done)"
    ),
    "swallowing what interrupts it": (
        "while True:\n        try: time.sleep(100)\n        except BaseException: pass"
    ),
    "in a text that Python executes": "exec('time.sleep(100)')",
    "in a destructor": "class Slow:\n        def __del__(self): time.sleep(100)\n    Slow()",
    "in a callback of a weak reference": (
        "import weakref\n    class Gone: pass\n    gone = Gone(); kept = weakref.ref(gone, lambda _: time.sleep(100))\n"
        "    del gone"
    ),
    "tidying up for too long": "try: time.sleep(100)\n    finally: time.sleep(100)",
    "in a thread": (
        "import threading; thread = threading.Thread(target=time.sleep, args=(100,)); thread.start(); thread.join()"
    ),
}


def start(place: Path, work: str, setup: str = "pass") -> tuple[subprocess.Popen, Path]:
    (place / "stopped.py").write_text(SCRIPT.format(work=work, setup=setup))
    process = subprocess.Popen(
        [sys.executable, "-m", "stopped"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(place), *sys.path])},
        start_new_session=True,
    )
    return process, Path(process.stdout.readline().strip())


def stop(process: subprocess.Popen, number: int, limit: float = LIMIT) -> str:
    """Send a signal to all of the process's group, as a terminal does; returns what it said."""
    family = psutil.Process(process.pid).children(recursive=True)
    began = time.monotonic()
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - began < limit * max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
    assert psutil.wait_procs(family, timeout=5)[1] == []
    return said


@pytest.mark.parametrize("work", list(WORK.values()), ids=list(WORK))
def test_ctrl_c_ends_it_with_all_its_children_and_folders(tmp_path, work):
    process, folder = start(tmp_path, work)
    time.sleep(0.3)
    said = stop(process, signal.SIGINT)
    assert process.returncode == 130
    assert said.endswith("autograder: interrupted; nothing is lost, run the same command again\n")
    assert "Traceback" not in said
    assert not folder.exists()


def test_what_multiprocessing_has_put_into_a_folder_is_removed_without_a_word(tmp_path):
    setup = (
        "import tempfile, multiprocessing.util; tempfile.tempdir = str(folder.path); "
        "multiprocessing.util.get_temp_dir()"
    )
    process, folder = start(tmp_path, "time.sleep(100)", setup=setup)
    assert len(stop(process, signal.SIGINT).splitlines()) == 1
    assert not folder.exists()


def test_it_ends_as_it_should_where_being_stopped_is_no_failure(tmp_path):
    process, folder = start(tmp_path, "time.sleep(100)", setup="stopping.is_how_it_ends('Closed.')")
    assert stop(process, signal.SIGTERM) == "autograder: Closed.\n"
    assert process.returncode == 0
    assert not folder.exists()


def test_what_is_done_is_no_failure_while_python_ends():
    script = """
import atexit, time
atexit.register(lambda: (print("ends", flush=True), time.sleep(1.5)))
from autograder import stopping
with stopping.listening():
    pass
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout.readline() == b"ends\n"
    assert stop(process, signal.SIGINT) == b""
    assert process.returncode == 0


def test_a_batch_system_is_told_that_it_was_ended(tmp_path):
    process, _ = start(tmp_path, "time.sleep(100)")
    stop(process, signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM


def test_the_second_ctrl_c_does_not_wait(tmp_path):
    process, folder = start(tmp_path, "try: time.sleep(100)\n    finally: time.sleep(100)")
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.1)
    stop(process, signal.SIGINT, limit=0.5)
    assert not folder.exists()
