"""The fork server: imports what many submissions need once, then forks one kernel for each submission.

Runs inside the sandbox, as process 1 of its namespace, from a copy of the few modules of the kit that
it needs; `autograder.kernel.launch` makes the copy and starts it, `autograder.kernel.server` talks to it
through an inherited socket. It must hold no secret, for every child is a copy of its memory.

Messages (`autograder.kernel.messages`):
    in:  {"op": "fork", "key", "limits", "files"} with the four listening sockets attached
         {"op": "mark"}    count the submission's time from here
         {"op": "time"}    say how much it has used since
         {"op": "clean"}   end everything of the submission, wipe its files, check
    out: {"event": "ready"} or {"event": "failed", "reason"}, {"event": "forked"}, {"event": "ended", "reason"},
         {"event": "time", "cpu_seconds", "waiting_seconds", "whole_cpu_seconds"},
         {"event": "clean", "problem"}
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from autograder.kernel import compiler, messages, torchvision, watching
from autograder.kernel.forked import CHANNELS, become_kernel

__all__ = ["Server", "main"]

WATCH_SECONDS = 0.1
IMPORTED_BY_KERNELS = (
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics.execution",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.heartbeat",
    "ipykernel.kernelapp",
    "numpy.random",
    "tornado.platform.asyncio",
)
"""Whatever they are asked: each would do so again."""


def main() -> None:
    settings = json.loads(sys.argv[2])
    control = socket.socket(fileno=settings["control_fd"])
    control.set_inheritable(False)
    watching.set_dumpable(False)
    # The only signal that process 1 would take from a student's process: Python handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        warm_up(settings)
    except Exception as error:
        messages.send(control, {"event": "failed", "reason": f"{type(error).__name__}: {error}"})
        raise
    Server(control, settings).serve()


def warm_up(settings: dict) -> None:
    """Import, and use once, what every kernel would otherwise import and build again."""
    gc.disable()  # next to nothing of what is imported goes again, and looking for it takes a tenth of the time
    torchvision.declare_missing_operators()
    for name in IMPORTED_BY_KERNELS:
        importlib.import_module(name)
    import matplotlib
    import torch

    matplotlib.use("module://matplotlib_inline.backend_inline")
    torch.set_num_threads(1)
    compiler.put_off_compiler()
    for name in settings["preload"]:
        importlib.import_module(name)
    if settings["draws"] and "matplotlib.pyplot" in settings["preload"]:
        draw_once()
    with open(f"{settings['code']}/startup.py", encoding="utf-8") as file:
        startup = file.read()
    namespace = {"__name__": "startup", "DATA": settings["data"]}
    exec(compile(startup, "startup.py", "exec"), namespace)
    gc.freeze()
    gc.enable()


def draw_once() -> None:
    """The first figure reads all fonts."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
    left.plot([-1, 0, 1], [1, 10, 100], "o--", label="$x_1$")
    left.set(
        title="ABCDEFGHIJKLMNOPQRSTUVWXYZ", xlabel="abcdefghijklmnopqrstuvwxyz", ylabel="0123456789.,:()"
    )
    left.set_yscale("log")
    left.legend()
    left.scatter([0, 1], [1, 2], c=[0, 1])
    left.bar([0, 1], [1, 2])
    figure.colorbar(right.imshow([[0, 1], [1, 0]], cmap="gray"))
    figure.suptitle("0")
    figure.tight_layout()
    figure.savefig(os.devnull, format="png", bbox_inches="tight")
    plt.close("all")


class Server:
    """Serves one grader's worker: at most one submission at a time."""

    def __init__(self, control: socket.socket, settings: dict) -> None:
        self.control = control
        self.settings = settings
        self.child = 0
        self.limits: dict = {}
        self.used_before = 0.0  # CPU time of the submissions before
        self.marked = 0.0
        self.waited = 0.0
        self.last_seen = (0.0, 0.0)  # when, and the submission's CPU time then
        self.baseline, _ = watching.memory_and_threads(os.getpid())
        self.own_state = watching.own_state()

    def serve(self) -> None:
        for folder in self.settings["scratch"]:
            watching.wipe(folder)
        messages.send(self.control, {"event": "ready"})
        while True:
            readable, _, _ = select.select([self.control], [], [], WATCH_SECONDS if self.child else None)
            if readable:
                try:
                    message, descriptors = messages.receive(self.control)
                except EOFError:
                    self.kill_all()
                    return
                if message["op"] == "fork":
                    self.fork(message, descriptors)
                elif message["op"] == "mark":
                    self.marked, self.waited = self.cpu_seconds(), 0.0
                    self.last_seen = time.monotonic(), self.marked
                elif message["op"] == "time":
                    self.tell_time()
                elif message["op"] == "clean":
                    self.clean()
            if self.child:
                self.watch()

    def fork(self, message: dict, descriptors: list[int]) -> None:
        self.limits = message["limits"]
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self.control.close()
                become_kernel(message, dict(zip(CHANNELS, descriptors, strict=True)), self.settings, parent)
            finally:
                os._exit(1)
        self.child = pid
        self.used_before = watching.reaped_seconds()
        self.marked, self.waited, self.last_seen = 0.0, 0.0, (time.monotonic(), 0.0)
        for descriptor in descriptors:
            os.close(descriptor)
        messages.send(self.control, {"event": "forked"})

    def watch(self) -> None:
        """Reap what has ended, and end a submission that is over its limits."""
        ended = None
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self.child:
                    ended = watching.how_it_ended(status)
        if ended is None:
            used, count = self.usage()
            if used > self.limits["memory_bytes"]:
                ended = f"it used more than {self.limits['memory_bytes'] / 2**30:.3g} GiB of memory"
            elif count > self.limits["processes"]:
                ended = f"it started more than {self.limits['processes']} processes and threads"
            elif self.last_seen[1] > self.limits["notebook_seconds"]:
                ended = "it used up its CPU time"
        if ended is not None:
            self.kill_all()
            self.child = 0
            messages.send(self.control, {"event": "ended", "reason": ended})

    def processes(self) -> list[int]:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]

    def cpu_seconds(self) -> float:
        """Of all processes of the submission since it was started, also of those that have ended."""
        ended = watching.reaped_seconds() - self.used_before
        if not self.settings["sandboxed"]:
            return ended + watching.cpu_seconds_of_family(self.child) if self.child else ended
        return ended + sum(map(watching.cpu_seconds, self.processes()))

    def tell_time(self) -> None:
        used = self.cpu_seconds()
        messages.send(
            self.control,
            {
                "event": "time",
                "cpu_seconds": used - self.marked,
                "waiting_seconds": self.waited,
                "whole_cpu_seconds": used,
            },
        )

    def note_waiting(self, busy: bool) -> None:
        """Count the time since the last look as waited, if nothing has computed or wanted to."""
        (then, before), now, used = self.last_seen, time.monotonic(), self.cpu_seconds()
        if not busy and used == before:
            self.waited += now - then
        self.last_seen = now, used

    def usage(self) -> tuple[int, int]:
        """Bytes and threads of the submission's processes (bytes of its files in memory, too)."""
        if not self.settings["sandboxed"]:
            self.note_waiting(busy=False)
            return max(0, watching.memory_and_threads(self.child)[0] - self.baseline), 1
        pids = self.processes()
        used = sum(map(watching.size_of_tmpfs, self.settings["scratch"]))
        count = 0
        for pid in pids:
            memory, threads = watching.memory_and_threads(pid)
            used += max(0, memory - self.baseline)
            count += threads
        busy = watching.busy_tasks(pids)
        watching.share_processor(self.child, pids, busy)
        self.note_waiting(bool(busy))
        return used, count

    def kill_all(self) -> None:
        """Kill every process of the submission and reap it."""
        if self.settings["sandboxed"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        elif self.child:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.002)
            except ChildProcessError:
                return

    def clean(self) -> None:
        self.kill_all()
        self.child = 0
        problem = None
        if self.settings["sandboxed"]:
            for folder in self.settings["scratch"]:
                watching.wipe(folder)
            problem = self.what_is_left()
        messages.send(self.control, {"event": "clean", "problem": problem})

    def what_is_left(self) -> str | None:
        """Anything of the last submission that the next one could notice."""
        if left := self.processes():
            return f"{len(left)} processes are left"
        for folder in self.settings["scratch"]:
            if os.listdir(folder):
                return f"files are left in {folder}"
        for kind in ("shm", "sem", "msg"):
            with contextlib.suppress(OSError):
                if len(Path(f"/proc/sysvipc/{kind}").read_text().splitlines()) > 1:
                    return f"System V {kind} objects are left"
        if watching.own_state() != self.own_state:
            return "the fork server's own limits were changed"
        return None
