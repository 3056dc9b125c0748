"""The fork server: imports what many submissions need once, then forks one kernel for each submission.

Runs inside the sandbox, as process 1 of its namespace, as a script of its own (the kit is
not importable there); `autograder.kernel.server` starts it and talks to it through an
inherited socket. It must hold no secret, for every child is a copy of its memory.

Messages are JSON, each behind its length in four bytes:
    in:  {"op": "fork", "key", "limits", "files"} with the four listening sockets attached
         {"op": "clean"}   end everything of the submission, wipe its files, check
    out: {"event": "ready"} or {"event": "failed", "reason"}, {"event": "forked", "pid"}, {"event": "ended", "reason"},
         {"event": "clean", "problem", "cpu_seconds", "peak_bytes"}
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback
import uuid
from pathlib import Path

CHANNELS = ("shell", "iopub", "stdin", "control")
PR_SET_DUMPABLE = 4
WATCH_SECONDS = 0.1
BYTES_PER_INODE = 2048


def main() -> None:
    settings = json.loads(sys.argv[1])
    control = socket.socket(fileno=settings["control_fd"])
    control.set_inheritable(False)
    set_dumpable(False)
    # The only signal that process 1 would take from a student's process: Python handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        warm_up(settings)
    except Exception as error:
        send(control, {"event": "failed", "reason": f"{type(error).__name__}: {error}"})
        raise
    Server(control, settings).serve()


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may read this one's memory (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0)


def warm_up(settings: dict) -> None:
    """Import, and use once, what every kernel would otherwise import and build again."""
    sys.path.insert(0, settings["code"])
    import agent  # noqa: F401
    import operators
    import syscalls  # noqa: F401

    operators.declare_missing_operators()
    import ipykernel.debugger
    import ipykernel.heartbeat
    import ipykernel.kernelapp  # noqa: F401
    import IPython.core.completer  # noqa: F401
    import matplotlib
    import torch

    matplotlib.use("module://matplotlib_inline.backend_inline")
    torch.set_num_threads(1)
    for name in settings["preload"]:
        importlib.import_module(name)
    if "matplotlib.pyplot" in settings["preload"]:
        draw_once()
    with open(f"{settings['code']}/startup.py", encoding="utf-8") as file:
        startup = file.read()
    namespace = {"__name__": "startup", "DATA": settings["data"]}
    exec(compile(startup, "startup.py", "exec"), namespace)
    gc.collect()
    gc.freeze()


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
        self.peak = 0
        self.baseline, _ = memory_and_threads(os.getpid())
        self.own_state = own_state()

    def serve(self) -> None:
        for folder in self.settings["scratch"]:
            wipe(folder)
        self.send({"event": "ready"})
        while True:
            readable, _, _ = select.select([self.control], [], [], WATCH_SECONDS if self.child else None)
            if readable:
                message, descriptors = self.receive()
                if message is None:
                    self.kill_all()
                    return
                if message["op"] == "fork":
                    self.fork(message, descriptors)
                elif message["op"] == "clean":
                    self.clean()
            if self.child:
                self.watch()

    def fork(self, message: dict, descriptors: list[int]) -> None:
        self.limits = message["limits"]
        self.peak = 0
        pid = os.fork()
        if pid == 0:
            try:
                self.control.close()
                become_kernel(message, dict(zip(CHANNELS, descriptors, strict=True)), self.settings)
            finally:
                os._exit(1)
        self.child = pid
        for descriptor in descriptors:
            os.close(descriptor)
        self.send({"event": "forked", "pid": pid})

    def watch(self) -> None:
        """Reap what has ended, and end a submission that is over its limits."""
        ended = None
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self.child:
                    ended = how_it_ended(status)
        if ended is None:
            used, count = self.usage()
            self.peak = max(self.peak, used)
            if used > self.limits["memory_bytes"]:
                ended = f"it used more than {self.limits['memory_bytes'] / 2**30:.3g} GiB of memory"
            elif count > self.limits["processes"]:
                ended = f"it started more than {self.limits['processes']} processes and threads"
        if ended is not None:
            self.kill_all()
            self.child = 0
            self.send({"event": "ended", "reason": ended})

    def usage(self) -> tuple[int, int]:
        """Bytes and threads of the submission's processes (bytes of its files in memory, too)."""
        if not self.settings["sandboxed"]:
            return max(0, memory_and_threads(self.child)[0] - self.baseline), 1
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        used = sum(map(size_of_tmpfs, self.settings["scratch"]))
        count = 0
        for pid in pids:
            memory, threads = memory_and_threads(pid)
            used += max(0, memory - self.baseline)
            count += threads
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
                wipe(folder)
            problem = self.what_is_left()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.send(
            {
                "event": "clean",
                "problem": problem,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "peak_bytes": self.peak,
            }
        )

    def what_is_left(self) -> str | None:
        """Anything of the last submission that the next one could notice."""
        left = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        if left:
            return f"{len(left)} processes are left"
        for folder in self.settings["scratch"]:
            if os.listdir(folder):
                return f"files are left in {folder}"
        for kind in ("shm", "sem", "msg"):
            with contextlib.suppress(OSError):
                if len(Path(f"/proc/sysvipc/{kind}").read_text().splitlines()) > 1:
                    return f"System V {kind} objects are left"
        if own_state() != self.own_state:
            return "the fork server's own limits were changed"
        return None

    def send(self, message: dict) -> None:
        send(self.control, message)

    def receive(self) -> tuple[dict | None, list[int]]:
        head, descriptors, _, _ = socket.recv_fds(self.control, 4, len(CHANNELS))
        while 0 < len(head) < 4:
            head += self.control.recv(4 - len(head))
        if not head:
            return None, []
        size = struct.unpack(">I", head)[0]
        parts = []
        while size:
            part = self.control.recv(min(size, 2**20))
            if not part:
                return None, []
            parts.append(part)
            size -= len(part)
        return json.loads(b"".join(parts)), descriptors


def send(control: socket.socket, message: dict) -> None:
    data = json.dumps(message).encode()
    control.sendall(struct.pack(">I", len(data)) + data)


def how_it_ended(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "it used up its CPU time"
        return f"stopped by signal {signal.Signals(number).name}"
    return f"it exited with status {os.WEXITSTATUS(status)}"


def memory_and_threads(pid: int) -> tuple[int, int]:
    """Bytes of a process that are not backed by files, and its threads.

    No bytes and one thread where it is gone, a zombie, or cannot be told.
    """
    try:
        with open(f"/proc/{pid}/status") as file:
            fields = dict(
                line.split(":", 1) for line in file if line.startswith(("RssAnon", "RssShmem", "Threads"))
            )
        threads = int(fields.pop("Threads"))
        return sum(int(value.split()[0]) * 1024 for value in fields.values()), threads
    except (OSError, ValueError, IndexError, KeyError):
        return 0, 1


def data_bytes() -> int:
    """What the operating system counts against RLIMIT_DATA of this process; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData:"))
    return 0


def size_of_tmpfs(folder: str) -> int:
    status = os.statvfs(folder)
    # an empty file costs memory of the operating system's, which no size of the file system counts
    inodes = status.f_files - status.f_ffree
    return (status.f_blocks - status.f_bfree) * status.f_frsize + inodes * BYTES_PER_INODE


def own_state() -> tuple:
    """What a process of the same user could change about this one."""
    limits = tuple(
        resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")
    )
    affinity = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    files = []
    for name in (
        "oom_score_adj",
        "autogroup",
        "coredump_filter",
    ):  # inherited, and writable where root grades
        with contextlib.suppress(OSError):
            files.append(Path(f"/proc/self/{name}").read_text())
    return limits, os.getpriority(os.PRIO_PROCESS, 0), affinity, files


def wipe(folder: str) -> None:
    """Remove everything in a folder, whatever its permissions and however deep it is.

    Folders are moved up before they are emptied: neither recursion nor long paths. What cannot
    be removed stays (`what_is_left` finds it).
    """
    seen: set[str] = set()
    while entries := [entry for entry in os.scandir(folder) if entry.name not in seen]:
        for entry in entries:
            seen.add(entry.name)
            with contextlib.suppress(OSError):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                os.chmod(entry.path, 0o700)
                for inner in list(os.scandir(entry.path)):
                    if inner.is_dir(follow_symlinks=False):
                        os.chmod(inner.path, 0o700)
                        os.rename(inner.path, os.path.join(folder, uuid.uuid4().hex))
                    else:
                        os.unlink(inner.path)
                os.rmdir(entry.path)


def become_kernel(message: dict, sockets: dict[str, int], settings: dict) -> None:
    """In the child: give up what it must not have, and run a Jupyter kernel."""
    import syscalls

    os.setsid()
    set_limits(message["limits"], settings)
    set_dumpable(True)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work = Path(settings["work"])
    work.mkdir(mode=0o700, exist_ok=True)
    os.chdir(work)
    for name, content in message["files"]:
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(content))
    sys.argv = ["ipykernel"]
    sys.path[:] = ["" if entry == settings["code"] else entry for entry in sys.path]
    log = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        app = make_kernel(message["key"], sockets)
    except BaseException:
        os.write(log, traceback.format_exc().encode())
        raise
    os.close(log)  # from here on the student's code could write to it
    seed_before_first_cell(app.kernel.shell.events)
    if settings["sandboxed"]:
        syscalls.forbid()
    app.start()


def set_limits(limits: dict, settings: dict) -> None:
    """Limits of the operating system, which no code of the process can raise again."""

    def limit(name: str, value: int) -> None:
        which = getattr(resource, name, None)
        if which is not None:
            _, hard = resource.getrlimit(which)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(which, (value, value))

    limit("RLIMIT_CORE", 0)
    limit("RLIMIT_CPU", limits["cpu_seconds"])
    limit("RLIMIT_NOFILE", 1024)
    if settings["sandboxed"]:
        # beside what the fork server itself holds; the watcher, which counts all processes, comes first
        limit("RLIMIT_DATA", data_bytes() + limits["memory_bytes"] + 512 * 2**20)
        limit("RLIMIT_FSIZE", limits["scratch_bytes"])
        limit("RLIMIT_NPROC", limits["processes"])
        limit("RLIMIT_MEMLOCK", 0)
        limit("RLIMIT_MSGQUEUE", 0)


def seed_before_first_cell(events) -> None:
    """Not at the start: IPython draws a tip of the day for everybody who asks the kernel what it is."""

    def seed_once():
        events.unregister("pre_execute", seed_once)
        seed_everything()

    events.register("pre_execute", seed_once)


def seed_everything() -> None:
    import numpy
    import torch

    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)


def make_kernel(key: str, sockets: dict[str, int]):
    """ipykernel's application, on sockets that are already listening, ready to be started."""
    import agent
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    numbers = {name: number for number, name in enumerate(CHANNELS, start=1)}
    descriptors = {numbers[name]: descriptor for name, descriptor in sockets.items()}

    class ForkedKernelApp(IPKernelApp):
        def _try_bind_socket(self, socket, port):
            socket.setsockopt(zmq.USE_FD, descriptors[port])
            socket.bind(f"ipc://{self.ip}-{port}")
            return port

        def init_heartbeat(self):
            """The fork server watches the process itself."""

        def init_connection_file(self):
            """There is none: the sockets and the key came from the fork server."""

        def write_connection_file(self):
            """See `init_connection_file`."""

        def log_connection_info(self):
            self._ports = {name: numbers[name] for name in CHANNELS}

    app = ForkedKernelApp.instance(
        transport="ipc",
        ip="kernel",
        hb_port=5,
        log_level=50,
        **{f"{name}_port": number for name, number in numbers.items()},
    )
    app.session.key = key.encode()
    app.initialize([])
    kernel = app.kernel
    kernel.shell.enable_matplotlib("inline")
    answering = agent.Agent(kernel.shell.user_ns)

    def answer(stream, identity, parent):
        def ask(kind, buffers):
            """Ask the grader on the channel for input, while a request of its own is being answered."""
            sys.stdout.flush()
            sys.stderr.flush()
            content = {"prompt": kind, "password": False}
            kernel.session.send(
                kernel.stdin_socket, "input_request", content, parent, ident=identity, buffers=buffers
            )
            while True:
                kernel.stdin_socket.poll()
                _, reply = kernel.session.recv(kernel.stdin_socket)
                if reply is not None:
                    return reply["content"]["value"], bytes(reply["buffers"][0])

        answering.ask = ask
        buffers = answering.answer(bytes(parent["buffers"][0]))
        sys.stdout.flush()
        sys.stderr.flush()
        kernel.session.send(stream, "autograder_reply", {}, parent=parent, ident=identity, buffers=buffers)

    kernel.shell_handlers["autograder_request"] = answer
    return app


if __name__ == "__main__":
    main()
