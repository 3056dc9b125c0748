"""What one submission may use, and what a course may change about it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds on the execution of one submission.

    Attributes:
        cell_seconds: Wall-clock seconds for each of the student's cells.
        test_seconds: Wall-clock seconds for each test cell.
        check_seconds: Wall-clock seconds for a test cell with the grader's own work, such as training
            the reference.
        notebook_seconds: Wall-clock seconds for the whole submission, restarts included.
        cpu_seconds: CPU seconds of one kernel's processes together, since it was started.
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
    cpu_seconds: int = 600
    memory_bytes: int = 4096 * MIB
    scratch_bytes: int = 512 * MIB
    processes: int = 128
    output_bytes: int = 2 * MIB
    restarts: int = 24
