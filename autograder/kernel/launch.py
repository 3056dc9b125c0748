"""Launch a fork server: its files, its process, and the socket through which it is talked to."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import autograder
from autograder.kernel import bubblewrap
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup
from autograder.temporary import TemporaryFolder

__all__ = ["Launched", "Process", "launch"]

COPIED = (
    "__init__.py",
    "boundary/__init__.py",
    "boundary/agent.py",
    "boundary/annotations.py",
    "boundary/contents.py",
    "boundary/coroutines.py",
    "boundary/encoding.py",
    "boundary/kinds.py",
    "boundary/pandas_out.py",
    "boundary/traces.py",
    "kernel/__init__.py",
    "kernel/colab.py",
    "kernel/devices.py",
    "kernel/forked.py",
    "kernel/forkserver.py",
    "kernel/messages.py",
    "kernel/syscalls.py",
    "kernel/compiler.py",
    "kernel/torchvision.py",
    "kernel/watching.py",
)
"""All of the kit that the sandbox contains; these modules import no others of it."""

START = "import sys; sys.path[0] = sys.argv[1]; from autograder.kernel import forkserver; forkserver.main()"
"""What Python runs; its arguments are the folder with the copy, and the settings."""


class Process(Protocol):
    """What is asked of a fork server's process; `subprocess.Popen` is one."""

    @property
    def pid(self) -> int: ...

    def kill(self) -> None: ...

    def wait(self) -> object: ...

    def poll(self) -> int | None: ...


class Folder(Protocol):
    """What is asked of the folder with a fork server's files; `TemporaryFolder` is one."""

    @property
    def path(self) -> Path: ...

    def remove(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A fork server that has been launched, and may not be ready yet.

    Attributes:
        control: The grader's end of the socket.
        process: The outermost process.
        log: What the server prints.
        folder: Its files; nothing of it is needed any more once a sandboxed server is ready.
    """

    control: socket.socket
    process: Process
    log: BinaryIO
    folder: Folder


def launch(setup: KernelSetup, sandboxed: bool, limits: Limits) -> Launched:
    """Start a fork server; it imports in the background, and says through its socket when it is ready."""
    folder = TemporaryFolder("server")
    code = folder.path / "code"
    package = Path(autograder.__file__).parent
    for name in COPIED:
        target = code / package.name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / name, target)
    (code / "startup.py").write_text(setup.startup, encoding="utf-8")
    home = folder.path / "home"
    home.mkdir()
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    settings: dict[str, Any] = {
        "control_fd": theirs.fileno(),
        "sandboxed": sandboxed,
        "code": bubblewrap.CODE if sandboxed else str(code),
        "preload": list(setup.preload),
        "draws": setup.draws,
        "on_cpu": setup.on_cpu,
        "data": {name: f"{bubblewrap.DATA}/{name}" if sandboxed else path for name, path in setup.data},
        "scratch": list(bubblewrap.SCRATCH) if sandboxed else [],
        "work": f"{bubblewrap.HOME if sandboxed else home}/work",
    }
    python = [
        bubblewrap.interpreter() if sandboxed else sys.executable,
        "-c",
        START,
        settings["code"],
        json.dumps(settings),
    ]
    if sandboxed:
        passwd = folder.path / "passwd"
        passwd.write_text(f"student:x:1000:1000::{bubblewrap.HOME}:/bin/sh\n")
        python = bubblewrap.command(python, code=code, data=setup.data, passwd=passwd, limits=limits)
    log = (folder.path / "log.txt").open("wb+")
    with theirs:
        process = subprocess.Popen(
            python,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            env=bubblewrap.environment(str(home)),
            cwd="/" if sandboxed else home,
            start_new_session=True,
        )
    return Launched(control=control, process=process, log=log, folder=folder)
