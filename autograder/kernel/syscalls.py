"""The system calls that a student's process may not make: a seccomp filter.

Namespaces hide other processes, files and networks, but a few things are shared by all
processes of one user, belong to no namespace, or are counted by no limit:

- keyrings outlive the submission, and the grader's own could be read;
- schedulers, priorities and limits of process 1 are inherited by the next submission;
- anonymous shared memory is in no process's share and in no file system's size;
- virtual machines talk to their host through AF_VSOCK, whatever the network namespace;
- the rest (ptrace, io_uring, bpf, ...) no notebook needs, and kernels have had holes there.

This file is also copied into the sandbox, so it imports nothing of the kit.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

__all__ = ["FORBIDDEN", "forbid"]

PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000

LOAD, AND, EQUAL, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
X32 = 0x40000000
"""On x86_64, numbers from here on are the same calls by another name."""

FORBIDDEN = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "sched_setattr": (314, 274),
    "setpriority": (141, 140), "ioprio_set": (251, 30),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "mq_open": (240, 180),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "unshare": (272, 97), "setns": (308, 268), "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip
"""Numbers on x86_64 and on aarch64."""

_IGNORED = {"sched_setparam": (142, 118), "sched_setscheduler": (144, 119)}
"""Seem to succeed: ZeroMQ calls them in each thread that it starts, with nothing to change, and aborts on an error."""

_PRLIMIT, _SET_AFFINITY = (302, 261), (203, 122)  # allowed for the calling process only
_SOCKET, _MMAP = (41, 198), (9, 222)
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
MAP_SHARED_ANONYMOUS = 0x21


def forbid() -> None:
    """Install the filter in this process and all that it starts; nothing can remove it again.

    Raises:
        OSError: The kernel refuses.
    """
    if platform.machine() not in _ARCHITECTURES:
        return
    code = _program(*_ARCHITECTURES[platform.machine()])
    instructions = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    zero = ctypes.c_ulong(0)
    if prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) or prctl(
        PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), program, zero, zero
    ):
        raise OSError(ctypes.get_errno(), "the filter of system calls cannot be installed")


def _program(architecture: int, column: int) -> bytes:
    def refuse(number: int) -> bytes:
        return _step(RETURN, ERRNO | number)

    def only_for(call: tuple[int, int], rest: bytes) -> bytes:
        """`rest` for one call, which ends in a verdict; the others jump over it."""
        return _step(EQUAL, call[column], 0, len(rest) // 8) + rest

    code = _step(LOAD, ARCHITECTURE) + _step(EQUAL, architecture, 1, 0) + _step(RETURN, KILL_PROCESS)
    code += _step(LOAD, NUMBER)
    if column == 0:
        code += _step(AT_LEAST, X32, 0, 1) + refuse(errno.ENOSYS)
    for call in FORBIDDEN.values():
        code += only_for(call, refuse(errno.EPERM))
    for call in _IGNORED.values():
        code += only_for(call, refuse(0))
    for call in (_PRLIMIT, _SET_AFFINITY):
        own = _step(LOAD, ARGUMENTS) + _step(EQUAL, 0, 1, 0) + refuse(errno.EPERM) + _step(RETURN, ALLOW)
        code += only_for(call, own)
    families = _step(LOAD, ARGUMENTS)
    for family in _FAMILIES:
        families += _step(EQUAL, family, 0, 1) + _step(RETURN, ALLOW)
    code += only_for(_SOCKET, families + refuse(errno.EAFNOSUPPORT))
    flags = _step(LOAD, ARGUMENTS + 3 * 8) + _step(AND, MAP_SHARED_ANONYMOUS)
    flags += _step(EQUAL, MAP_SHARED_ANONYMOUS, 0, 1) + refuse(errno.EPERM) + _step(RETURN, ALLOW)
    return code + only_for(_MMAP, flags) + _step(RETURN, ALLOW)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
