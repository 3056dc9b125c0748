"""The sandbox shows Python and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autograder.boundary.student import Student
from autograder.kernel import bubblewrap
from autograder.kernel.client import StudentKernel
from autograder.kernel.limits import Limits
from tests.fakes import text_of


@pytest.fixture
def command(monkeypatch, tmp_path) -> list[str]:
    monkeypatch.setattr(bubblewrap, "find", lambda: "/usr/bin/bwrap")
    return bubblewrap.command(
        ["python", "script"],
        code=tmp_path / "code",
        data=[("digits", "/somewhere/digits")],
        passwd=tmp_path / "passwd",
        limits=Limits(scratch_bytes=1000),
    )


def mounts(command: list[str]) -> dict[str, str]:
    """Target of every bind -> its source."""
    return {
        command[number + 2]: command[number + 1]
        for number, word in enumerate(command)
        if word in ("--bind", "--ro-bind", "--ro-bind-try")
    }


class TestCommand:
    def test_the_python_command_stands_at_its_end(self, command):
        assert command[-3:] == ["--", "python", "script"]

    @pytest.mark.parametrize(
        "flag",
        ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-user", "--die-with-parent", "--new-session",
         "--clearenv", "--as-pid-1", "--disable-userns"],
    )  # fmt: skip
    def test_it_is_closed_off_in_every_way(self, command, flag):
        assert flag in command

    def test_nothing_of_this_machine_is_writable(self, command):
        assert "--bind" not in command
        assert "--dev-bind" not in command
        assert command[command.index("--cap-drop") + 1] == "ALL"

    def test_no_folder_of_the_course_or_of_the_user_is_shown(self, command):
        shown = [Path(target) for target in mounts(command)]
        here = Path(__file__).resolve()
        assert not any(here.is_relative_to(target) for target in shown)
        assert Path("/") not in shown
        assert Path("/home") not in shown
        assert Path("/etc") not in shown

    def test_code_and_data_are_shown_at_their_places(self, command, tmp_path):
        found = mounts(command)
        assert found[bubblewrap.CODE] == str(tmp_path / "code")
        assert found[f"{bubblewrap.DATA}/digits"] == "/somewhere/digits"
        assert found["/etc/passwd"] == str(tmp_path / "passwd")

    def test_without_data_none_are_shown(self, tmp_path):
        made = bubblewrap.command([], code=tmp_path, data=(), passwd=tmp_path, limits=Limits())
        assert not any(word.startswith(bubblewrap.DATA) for word in made)

    def test_everything_that_can_be_written_has_a_size(self, command):
        places = [command[n + 1] for n, word in enumerate(command) if word == "--tmpfs"]
        sized = [command[n + 3] for n, word in enumerate(command) if word == "--size"]
        assert set(bubblewrap.SCRATCH) == set(sized)
        read_only = [command[n + 1] for n, word in enumerate(command) if word == "--remount-ro"]
        assert set(places) - set(sized) <= set(read_only)


class TestEnvironment:
    def test_it_holds_nothing_of_the_graders(self, monkeypatch):
        monkeypatch.setenv("SECRET_TOKEN", "planted")
        made = bubblewrap.environment("/home/student")
        assert "planted" not in str(made)
        assert made["HOME"] == "/home/student"
        assert made["PYTHONHASHSEED"] == "0"
        assert made["OMP_NUM_THREADS"] == "1"


class TestWhyUnavailable:
    @pytest.fixture(autouse=True)
    def _forget(self):
        bubblewrap.why_unavailable.cache_clear()
        yield
        bubblewrap.why_unavailable.cache_clear()

    def test_another_system_than_linux_has_none(self, monkeypatch):
        monkeypatch.setattr(bubblewrap.sys, "platform", "darwin")
        assert bubblewrap.why_unavailable() == "bubblewrap needs Linux, and this is darwin"

    def test_a_missing_program_is_named_with_its_package(self, monkeypatch):
        monkeypatch.setattr(bubblewrap.sys, "platform", "linux")
        monkeypatch.setattr(bubblewrap, "find", lambda: None)
        assert "apt-get install bubblewrap" in bubblewrap.why_unavailable()

    @pytest.mark.parametrize(
        ("outcome", "words"),
        [
            (
                subprocess.CompletedProcess([], 1, "", "bwrap: x\nbwrap: No permissions.\n"),
                "bwrap: No permissions",
            ),
            (subprocess.CompletedProcess([], 1, "", ""), "no message"),
            (subprocess.CompletedProcess([], 0, "", ""), None),
            (OSError("exec format error"), "exec format error"),
            (subprocess.TimeoutExpired("bwrap", 20), "does not run"),
        ],
    )
    def test_the_reason_is_what_the_program_says(self, monkeypatch, outcome, words):
        def run(*_, **__):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(bubblewrap.sys, "platform", "linux")
        monkeypatch.setattr(bubblewrap, "find", lambda: "/usr/bin/bwrap")
        monkeypatch.setattr(bubblewrap.subprocess, "run", run)
        reason = bubblewrap.why_unavailable()
        assert words in reason and not reason.endswith(".") if words else reason is None


@pytest.mark.kernel
class TestInside:
    """What a student's code finds; each test is one cell in one kernel."""

    def evaluate(self, kernel: StudentKernel, expression: str) -> object:
        run = kernel.run(f"import os, socket, pathlib, subprocess, sys\nanswer = {expression}")
        assert run.error is None, text_of(run.outputs)
        return Student(kernel).look_up(["answer"])["answer"]

    def test_nothing_of_the_course_or_the_kit_can_be_read(self, kernel, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("planted")
        here = Path(__file__).resolve()
        for place in (
            secret,
            here,
            here.parents[2] / "source",
            here.parents[2] / "autograder",
            Path.home() / ".bashrc",
        ):
            assert self.evaluate(kernel, f"os.path.exists({str(place)!r})") is False
        assert self.evaluate(kernel, "os.listdir('/home')") == ["student"]
        hidden = ["autograder.checking", "autograder.grading", "checks", "solutions", "tests"]
        kernel.run(f"failed = []\nfor name in {hidden}:\n"
                   "    try:\n        __import__(name)\n    except ImportError:\n        failed.append(name)")  # fmt: skip
        assert self.evaluate(kernel, "failed") == hidden

    def test_of_the_kit_no_file_is_left_once_the_server_runs(self, kernel):
        files = f"[os.path.join(folder, name) for folder, _, names in os.walk({bubblewrap.CODE!r}) for name in names]"
        assert self.evaluate(kernel, files) == []

    def test_there_is_no_network(self, kernel):
        assert self.evaluate(kernel, "sorted(name for _, name in socket.if_nameindex())") == ["lo"]
        run = kernel.run("socket.create_connection(('127.0.0.1', 22), timeout=1)")
        assert run.error is not None

    def test_the_environment_is_empty_of_the_graders(self, kernel):
        names = set(self.evaluate(kernel, "list(os.environ)"))
        assert not names & {"SSH_AUTH_SOCK", "VIRTUAL_ENV", "PYTHONPATH", "CI", "LS_COLORS"}

    def test_only_scratch_places_can_be_written(self, kernel):
        kernel.run(
            "def writable(place):\n"
            "    try:\n        open(os.path.join(place, 'x'), 'w').close()\n    except OSError:\n        return False\n"
            "    return True\n"
        )
        places = [
            "/",
            "/usr",
            "/etc",
            "/dev",
            "/proc/sys",
            "/run",
            "/run/autograder",
            "/run/data",
            "/run/data/mnist",
        ]
        assert self.evaluate(kernel, f"[place for place in {places} if writable(place)]") == []
        assert (
            self.evaluate(kernel, "writable('/tmp') and writable(os.path.expanduser('~')) and writable('.')")
            is True
        )

    def test_scratch_places_are_bounded(self, kernel):
        run = kernel.run(
            "with open('/tmp/big', 'wb') as file:\n    for _ in range(200):\n        file.write(bytes(10**6))"
        )
        assert run.error == "OSError"

    def test_no_other_processes_are_seen(self, kernel):
        pids = self.evaluate(kernel, "sorted(int(name) for name in os.listdir('/proc') if name.isdigit())")
        assert len(pids) == 2
        assert pids[0] == 1

    def test_process_1_cannot_be_read_killed_or_changed(self, kernel):
        kernel.run(
            "import resource, signal\n"
            "def attempt(function, *arguments):\n"
            "    try:\n        return str(function(*arguments))\n    except OSError as error:\n        return 'refused'\n"
        )
        for call in (
            "open, '/proc/1/mem', 'rb'",
            "open, '/proc/1/environ', 'rb'",
            "os.readlink, '/proc/1/fd/0'",
            "resource.prlimit, 1, resource.RLIMIT_CPU, (1, 1)",
            "os.sched_setaffinity, 1, {0}",
            "os.setpriority, os.PRIO_PROCESS, 1, 19",
        ):
            assert self.evaluate(kernel, f"attempt({call})") == "refused"
        self.evaluate(kernel, "attempt(os.kill, 1, signal.SIGKILL)")
        assert self.evaluate(kernel, "1 + 1") == 2
