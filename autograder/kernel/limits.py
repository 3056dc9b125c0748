"""What one submission may use, and what a course may change about it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on the execution of one submission.

    Time that decides points is that of the processor, of all processes of a submission together, so
    that a busy machine costs nobody a point.

    Attributes:
        cell_seconds: CPU seconds for each of the student's cells.
        test_seconds: CPU seconds of the student's code for each test cell.
        check_seconds: CPU seconds of the grader's own work for each test cell, such as training the
            reference.
        notebook_seconds: CPU seconds for the whole submission, restarts included; it may also wait as long.
        waiting_seconds: Seconds that a cell may wait, for a sleep or for something that never comes, and
            a test cell for the student's code; a machine that is busy with something else does not count.
        memory_bytes: Memory of all the submission's processes together.
        scratch_bytes: Files that the submission writes (home and /tmp together).
        processes: Processes and threads at the same time.
        output_bytes: What is kept of one cell's output.
        restarts: How often a kernel that died is started again for the remaining cells.
    """

    cell_seconds: float = 120.0
    test_seconds: float = 30.0
    check_seconds: float = 300.0
    notebook_seconds: float = 600.0
    waiting_seconds: float = 60.0
    memory_bytes: int = 4096 * MIB
    scratch_bytes: int = 512 * MIB
    processes: int = 128
    output_bytes: int = 2 * MIB
    restarts: int = 24
