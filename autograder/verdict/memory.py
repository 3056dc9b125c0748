"""A limit on the memory that a test cell takes in the grader, whatever it makes of what a student's code gave it.

A number of a few digits is enough (`[0] * f(3)`, `2 ** f(8)`, `list(range(f(3)))`), or a few kilobytes
(`zlib.decompress(f(data))`): without a limit the machine runs out of memory, and ends the grader.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Iterator

__all__ = ["at_most"]

DATA = 5
"""The field of /proc/self/statm with the pages that count against RLIMIT_DATA (proc(5))."""


@contextlib.contextmanager
def at_most(more: int) -> Iterator[None]:
    """While a test cell runs: this process gets no more than so many bytes of memory beyond what it has (Linux)."""
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[DATA]) * resource.getpagesize()
    limit = used + more
    bounds = [one for one in (soft, hard) if one != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([limit, *bounds]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
