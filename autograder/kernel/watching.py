"""What the fork server sees of the processes and files of a submission, and how it removes the files.

This file is also copied into the sandbox, so it imports nothing of the kit.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
import uuid
from pathlib import Path

__all__ = [
    "busy_tasks",
    "cpu_seconds",
    "cpu_seconds_of_family",
    "data_bytes",
    "end_with_parent",
    "how_it_ended",
    "memory_and_threads",
    "own_state",
    "reaped_seconds",
    "set_dumpable",
    "share_processor",
    "size_of_tmpfs",
    "wipe",
]

BYTES_PER_INODE = 2048
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may read this one's memory (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0)


def end_with_parent(parent: int) -> None:
    """Let this process be killed when the one that forked it ends, however that ends (Linux only).

    Args:
        parent: Its process id, taken before the fork: it may have ended since.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


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


def reaped_seconds() -> float:
    """CPU time of all processes that this one has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of those that it has waited for so far; 0 where it is gone."""
    with contextlib.suppress(OSError, IndexError, ValueError), open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def cpu_seconds_of_family(pid: int) -> float:
    """As `cpu_seconds`, of a process and all that it has started, on any system."""
    import psutil

    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        times = [process.cpu_times() for process in (first, *first.children(recursive=True))]
        return sum(each.user + each.system + each.children_user + each.children_system for each in times)
    return 0.0


def busy_tasks(pids: list[int]) -> list[int]:
    """The threads of some processes that run, want to run, or wait for a disk."""
    return [task for pid in pids for task in tasks_of(pid) if state_of(task) in ("R", "D")]


def share_processor(kernel: int, pids: list[int], busy: list[int]) -> None:
    """What a submission runs beside its kernel's first thread has, all together, about the weight of that thread.

    The system divides a processor among all threads that want it, so a hundred of one submission would
    leave its neighbours nothing. A step of niceness takes a fifth of a thread's weight.
    """
    count = len([task for task in busy if task != kernel])
    if count < 2:
        return
    try:
        own = os.getpriority(os.PRIO_PROCESS, kernel)
    except OSError:  # it has ended
        return
    niceness = min(19, own + math.ceil(math.log(count, 1.25)))
    for task in [task for pid in pids for task in tasks_of(pid) if task != kernel]:
        with contextlib.suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, task) < niceness:
                os.setpriority(os.PRIO_PROCESS, task, niceness)


def tasks_of(pid: int) -> list[int]:
    """The threads of a process; none where it is gone."""
    with contextlib.suppress(OSError):
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    return []


def state_of(task: int) -> str:
    """The letter for what a thread does: R where it runs or wants to."""
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{task}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]
    return ""


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
