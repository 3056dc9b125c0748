"""A fork server gives each submission a kernel, and leaves nothing of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

import psutil
import pytest

from autograder.boundary.student import Student
from autograder.errors import KernelDied, SandboxUnavailable
from autograder.kernel import bubblewrap, messages, watching
from autograder.kernel.client import StudentKernel
from autograder.kernel.server import ForkServer
from tests.fakes import text_of


class TestWithoutASandbox:
    def test_a_sandbox_that_cannot_be_had_is_an_error_before_anything_is_started(self, monkeypatch):
        monkeypatch.setattr(bubblewrap, "why_unavailable", lambda: "this is a test")
        with pytest.raises(SandboxUnavailable, match="this is a test"):
            ForkServer(sandboxed=True)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
    @pytest.mark.parametrize("ending", ["close", "end"])
    def test_a_kernel_ends_with_its_fork_server(self, setup, limits, ending):
        server = ForkServer(setup, sandboxed=False, limits=limits)
        with contextlib.ExitStack() as sockets:
            listeners = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
            server.fork(b"key", listeners, limits)
        [kernel] = psutil.Process(server._process.pid).children()
        server.close() if ending == "close" else server.end("this is a test")
        deadline = time.monotonic() + 20
        while (running := _runs(kernel)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not running
        server.close()


def _runs(process: psutil.Process) -> bool:
    """Whether it has not ended; in a container nobody may ask for the status of an orphan that has."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class TestForkserverScript:
    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
    def test_a_process_whose_parent_has_ended_before_it_could_ask_ends_too(self):
        program = "import os, sys; from autograder.kernel import watching; watching.end_with_parent(int(sys.argv[1]))"
        own = subprocess.run([sys.executable, "-c", program, str(os.getpid())], check=False)
        assert own.returncode == 0
        ended = subprocess.run([sys.executable, "-c", program, "1"], check=False)
        assert ended.returncode == -signal.SIGKILL

    def test_wipe_removes_everything_whatever_its_permissions(self, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").write_text("x")
        folder = tmp_path / "scratch"
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "file").write_text("x")
        (folder / "deep" / "er").chmod(0)
        (folder / "deep").chmod(0)
        (folder / "file").write_text("x")
        (folder / "link").symlink_to(outside)
        (folder / ".hidden").write_text("x")
        watching.wipe(str(folder))
        assert list(folder.iterdir()) == []
        assert (outside / "kept").exists()

    @pytest.mark.parametrize(
        ("status", "words"),
        [(0, "exited with status 0"), (3 << 8, "status 3"), (9, "SIGKILL"), (24, "CPU time")],
    )
    def test_an_end_is_put_into_words(self, status, words):
        assert words in watching.how_it_ended(status)

    def test_the_state_that_others_could_change_can_be_compared(self):
        assert watching.own_state() == watching.own_state()

    def test_messages_in_pieces_are_put_together(self):
        ours, theirs = socket.socketpair()
        data = json.dumps({"op": "clean"}).encode()
        for byte in struct.pack(">I", len(data)) + data:
            ours.sendall(bytes([byte]))
        assert messages.receive(theirs) == ({"op": "clean"}, [])
        ours.close()
        with pytest.raises(EOFError):
            messages.receive(theirs)
        theirs.close()


@pytest.mark.kernel
class TestForkServer:
    def test_nothing_of_a_submission_is_left_for_the_next(self, server, limits):
        with StudentKernel(server, limits) as kernel:
            kernel.limit_time(20)
            kernel.run(
                "import os, torch\n"
                "for place in ('/tmp', '/dev/shm', os.path.expanduser('~'), '.'):\n"
                "    open(os.path.join(place, 'left-behind'), 'w').close()\n"
                "os.makedirs('/tmp/a/b'); os.chmod('/tmp/a', 0)\n"
                "torch.left_behind = True\n"
            )
        assert server.clean() is None
        with StudentKernel(server, limits) as kernel:
            kernel.limit_time(20)
            kernel.run(
                "import os, torch\n"
                "found = [place for place in ('/tmp', '/dev/shm') if os.listdir(place)]\n"
                "found += [name for name in os.listdir('.') + os.listdir(os.path.expanduser('~')) if 'left-behind' in name]\n"
                "found += [name for name in dir(torch) if 'left_behind' in name]\n"
            )
            assert Student(kernel).look_up(["found"]) == {"found": []}
        assert server.clean() is None

    def test_processes_that_were_left_behind_are_killed(self, server, limits):
        with StudentKernel(server, limits) as kernel:
            kernel.limit_time(20)
            kernel.run(
                "import os, signal, time\n"
                "for _ in range(3):\n"
                "    if os.fork() == 0:\n"
                "        os.setsid()\n"
                "        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):\n"
                "            signal.signal(number, signal.SIG_IGN)\n"
                "        while True: time.sleep(1)\n"
                "children = len([name for name in os.listdir('/proc') if name.isdigit()])\n"
            )
            assert Student(kernel).look_up(["children"])["children"] >= 5
        assert server.clean() is None
        with StudentKernel(server, limits) as kernel:
            kernel.limit_time(20)
            kernel.run("import os\nseen = len([name for name in os.listdir('/proc') if name.isdigit()])")
            assert Student(kernel).look_up(["seen"])["seen"] == 2
        assert server.clean() is None

    def test_a_hanging_kernel_can_be_cleaned_away(self, server, limits):
        kernel = StudentKernel(server, limits)
        kernel.limit_time(0.3)
        with pytest.raises(TimeoutError):
            kernel.run(
                "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass"
            )
        kernel.close()
        assert server.clean() is None

    def test_cleaning_twice_is_no_problem(self, server):
        assert server.clean() is None
        assert server.clean() is None

    def test_a_server_that_is_gone_says_so_and_leaves_no_files(self, setup, limits, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        server = ForkServer(setup, sandboxed=True, limits=limits)
        server.end("this is a test")
        with pytest.raises(KernelDied):
            StudentKernel(server, limits)
        assert server.clean() is not None
        server.close()
        assert list(tmp_path.iterdir()) == []
        assert server._process.poll() is not None


@pytest.mark.kernel
def test_nothing_of_a_server_lies_in_the_temporary_folder(setup, limits, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with ForkServer(setup, sandboxed=True, limits=limits) as server:
        assert list(tmp_path.iterdir()) == []
        with StudentKernel(server, limits) as kernel:
            kernel.limit_time(20)
            assert kernel.run("1 + 1").error is None
        assert server.clean() is None
    assert list(tmp_path.iterdir()) == []


class TestTheProcessor:
    BUSY = "import os\nfor _ in range(12):\n    if os.fork() == 0:\n        while True: pass\n"

    def test_busy_processes_have_together_the_weight_of_one(self, server, limits):
        with StudentKernel(server, limits) as kernel:
            kernel.limit_time(60)
            kernel.run(self.BUSY)
            run = kernel.run(
                "import time\n"
                "for _ in range(400):\n"
                "    pids = [int(n) for n in os.listdir('/proc') if n.isdigit() and int(n) not in (1, os.getpid())]\n"
                "    extra = min(os.getpriority(os.PRIO_PROCESS, n) for n in pids)\n"
                "    if extra - os.getpriority(os.PRIO_PROCESS, 0) >= 5: break\n"
                "    time.sleep(0.1)\n"
                "print(extra, os.getpriority(os.PRIO_PROCESS, 0))"
            )
            extra, own = map(int, text_of(run.outputs).split())
            assert extra - own >= 5
            assert own == os.getpriority(os.PRIO_PROCESS, 0)
        assert server.clean() is None

    def test_their_time_counts_together(self, server, limits):
        with StudentKernel(server, replace(limits, notebook_seconds=3)) as kernel:
            kernel.limit_time(60)
            with pytest.raises(KernelDied, match="CPU time"):
                kernel.run(self.BUSY + "import time; time.sleep(50)")
        assert server.clean() is None
