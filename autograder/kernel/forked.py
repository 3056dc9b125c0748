"""How a process that the fork server forked becomes a Jupyter kernel.

This file is also copied into the sandbox, beside the modules that it imports.
"""

from __future__ import annotations

import base64
import contextlib
import math
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

from autograder.boundary import agent, traces
from autograder.kernel import colab, devices, syscalls, watching

__all__ = ["CHANNELS", "become_kernel"]

CHANNELS = ("shell", "iopub", "stdin", "control")
"""In the order in which the fork server gets their sockets."""


def become_kernel(message: dict, sockets: dict[str, int], settings: dict, parent: int) -> None:
    """In the child: give up what it must not have, and run a Jupyter kernel."""
    os.setsid()
    set_limits(message["limits"], settings)
    watching.set_dumpable(True)
    if not settings["sandboxed"]:  # a sandbox takes all that it holds with it
        watching.end_with_parent(parent)
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
    colab.stand_in()
    seed_before_first_cell(app.kernel.shell.events)
    if settings["on_cpu"]:
        devices.run_on_cpu_when_asked(app.kernel.shell.events)
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
    limit("RLIMIT_CPU", math.ceil(limits["notebook_seconds"]) + 10)  # the watcher comes first, and says why
    limit("RLIMIT_NOFILE", 1024)
    if settings["sandboxed"]:
        # beside what the fork server itself holds; the watcher, which counts all processes, comes first
        limit("RLIMIT_DATA", watching.data_bytes() + limits["memory_bytes"] + 512 * 2**20)
        limit("RLIMIT_FSIZE", limits["scratch_bytes"])
        limit("RLIMIT_NPROC", limits["processes"])
        limit("RLIMIT_MEMLOCK", 0)
        limit("RLIMIT_MSGQUEUE", 0)


def seed_before_first_cell(events) -> None:
    """Not at the start: IPython draws a tip of the day for everybody who asks the kernel what it is."""

    def seed_once():
        events.unregister("pre_execute", seed_once)
        traces.seed_everything()

    events.register("pre_execute", seed_once)


def make_kernel(key: str, sockets: dict[str, int]):
    """ipykernel's application, on sockets that are already listening, ready to be started."""
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
    # a backend that is first imported in the kernel does this itself; without figures nobody waits for it
    if "matplotlib_inline.backend_inline" in sys.modules:
        kernel.shell.enable_matplotlib("inline")
    # `%matplotlib widget` needs a page to draw on, and would end the cell here
    kernel.shell.register_magic_function(
        lambda line: kernel.shell.enable_matplotlib("inline"), magic_name="matplotlib"
    )
    # `exit()` would end the kernel a moment later, in the middle of whatever runs then
    kernel.shell.unobserve_all("exit_now")
    answering = agent.Agent(kernel.shell.user_ns)
    kernel.shell.events.register("post_execute", answering.modes.restore_streams)

    def flush():
        for output in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the student may have replaced or closed it
                output.flush()

    def answer(stream, identity, parent):
        def ask(kind, buffers):
            """Ask the grader on the channel for input, while a request of its own is being answered."""
            flush()
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
        flush()
        kernel.session.send(stream, "autograder_reply", {}, parent=parent, ident=identity, buffers=buffers)

    kernel.shell_handlers["autograder_request"] = answer
    return app
