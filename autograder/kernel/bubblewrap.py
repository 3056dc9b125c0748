"""The bubblewrap command that closes a fork server off from everything but Python itself."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from autograder.kernel.limits import Limits

__all__ = [
    "CODE",
    "DATA",
    "HOME",
    "SCRATCH",
    "command",
    "environment",
    "find",
    "interpreter",
    "why_unavailable",
]

HOME = "/home/student"
CODE = "/run/autograder"
DATA = "/run/data"
SCRATCH = ("/tmp", HOME, "/dev/shm")
VENV = "/run/python"
"""Where a virtual environment is shown: its own path may lie in a place that the sandbox replaces."""

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "fonts")
_KERNEL_SETTINGS = (
    "/proc/sys",
    "/proc/sysrq-trigger",
    "/proc/irq",
    "/proc/bus",
    "/proc/fs",
    "/proc/acpi",
    "/proc/pressure",
)
# bubblewrap covers some of these itself, but asks whether the folder is writable, not the files in it;
# a grader that runs as root would leave them open.

_KERNEL_FILES = ("kcore", "keys", "key-users", "kpagecount", "kpageflags", "kpagecgroup", "sched_debug", "slabinfo",
                 "timer_list", "vmallocinfo")  # fmt: skip
# In /proc, of no process in particular; a grader that runs as root could read them, and keys' names anybody.

_MASKED_PACKAGES = ("autograder", "checks", "mistakes", "solutions")


def find() -> str | None:
    """The path of the bwrap program, or None."""
    return shutil.which("bwrap")


@functools.cache
def why_unavailable() -> str | None:
    """Why this machine cannot make the sandbox, in one sentence; None where it can."""
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    program = find()
    if program is None:
        return "the program 'bwrap' is not installed (Debian, Ubuntu: apt-get install bubblewrap)"
    probe = [program, *_namespaces(), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"'bwrap' does not run: {error}"
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1].rstrip(".")
        return f"'bwrap' cannot make a sandbox here: {reason}"
    return None


def command(
    python: list[str], *, code: Path, data: Sequence[tuple[str, str]], passwd: Path, limits: Limits
) -> list[str]:
    """The whole command: bubblewrap, its mounts, then the Python command.

    Args:
        python: What runs inside, as process 1.
        code: The folder with the agent and the fork server, shown at `CODE`.
        data: Folders that are shown in `DATA`, to be read only: name and path.
        passwd: A file that names the sandbox's only user.
    """
    share = limits.scratch_bytes // 2
    arguments = [str(find()), *_namespaces(), "--die-with-parent", "--new-session", "--as-pid-1"]
    arguments += ["--clearenv"]
    for name, value in environment(HOME).items():
        arguments += ["--setenv", name, value]
    for folder in _readable():
        arguments += ["--ro-bind", folder, folder]
    if _in_venv():
        arguments += ["--ro-bind", sys.prefix, VENV]
    for name in _SYSTEM:
        if os.path.islink(name):
            arguments += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            arguments += ["--ro-bind", name, name]
    for name in _ETC:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    arguments += ["--ro-bind", str(passwd), "/etc/passwd"]
    for folder in _masked():
        arguments += ["--tmpfs", folder, "--remount-ro", folder]
    arguments += ["--proc", "/proc"]
    for name in _KERNEL_SETTINGS:
        arguments += ["--ro-bind-try", name, name]
    for name in _KERNEL_FILES:
        if os.path.exists(f"/proc/{name}"):
            arguments += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    arguments += ["--dev", "/dev"]
    # a shared mapping of /dev/zero is memory that no limit counts (see `syscalls`); this one cannot be mapped
    arguments += ["--ro-bind", "/dev/null", "/dev/zero"]
    arguments += ["--size", str(share), "--tmpfs", "/tmp"]
    arguments += ["--size", str(share), "--tmpfs", HOME]
    arguments += ["--size", str(share), "--tmpfs", "/dev/shm"]
    arguments += ["--ro-bind", str(code), CODE]
    for name, folder in data:
        arguments += ["--ro-bind", folder, f"{DATA}/{name}"]
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"]
    return arguments + python


def interpreter() -> str:
    """The path of the Python interpreter inside the sandbox."""
    if _in_venv():
        return f"{VENV}/bin/{os.path.basename(sys.executable)}"
    return sys.executable


def environment(home: str) -> dict[str, str]:
    """The whole environment of the student's processes."""
    kept = {
        name: os.environ[name]
        for name in (
            "OPENBLAS_CORETYPE",
            "OPENBLAS_L2_SIZE",
        )  # without them old BLAS builds fail on some CPUs
        if name in os.environ
    }
    return {
        **kept,
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "PATH": f"{os.path.dirname(interpreter())}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
    }


def _namespaces() -> list[str]:
    flags = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    return [*flags, "--unshare-cgroup-try", "--disable-userns", "--uid", "1000", "--gid", "1000",
            "--hostname", "student", "--cap-drop", "ALL"]  # fmt: skip


def _readable() -> list[str]:
    """System and Python folders, none inside another."""
    wanted = {"/usr", sys.base_prefix, sys.base_exec_prefix}
    wanted |= {os.path.realpath(folder) for folder in wanted}
    wanted.add(os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))))
    return sorted(
        folder
        for folder in wanted
        if not any(folder != other and folder.startswith(other + os.sep) for other in wanted)
    )


def _in_venv() -> bool:
    return sys.prefix != sys.base_prefix


def _masked() -> list[str]:
    """The kit's own packages, as the sandbox would see them, where they are installed into site-packages."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    found = {os.path.join(place, name) for place in places for name in _MASKED_PACKAGES}
    return sorted(
        VENV + folder.removeprefix(sys.prefix) if _in_venv() else folder
        for folder in found
        if os.path.isdir(folder)
    )
