"""What one call of the student's code came back with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["MEMORY", "MODES", "Reply"]

MODES = {
    "grad": "torch's gradients switched off (use `with torch.no_grad():`, which ends with its block)",
    "dtype": "another default dtype of torch (give dtype= where a tensor is made)",
    "device": "another default device of torch (give device= where a tensor is made)",
    "errors": "another error state of numpy (use `with np.errstate(...):`, which ends with its block)",
}
"""What a call may leave changed behind it, as a student is told."""
MEMORY = "memory"
"""Said with these where what was returned lies in the memory of an argument."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one call came back with: a value, or an exception to raise.

    Attributes:
        value: The decoded value; None where the call raised.
        error: The exception, ready to be raised in the grader.
        arguments_after: The student's copies of the call's arguments afterwards, where they were asked for;
            of a model its state (`autograder.boundary.traces.module_state`), and in a plain notebook the
            model itself.
        modes_left: Which modes of a library the call has left changed; see `MODES`.
        shares_memory: Whether a tensor in the value lies in the memory of one in the arguments.
    """

    value: Any = None
    error: BaseException | None = None
    arguments_after: tuple = ()
    modes_left: tuple[str, ...] = ()
    shares_memory: bool = False

    def result(self) -> Any:
        """The value; raises the error."""
        if self.error is not None:
            raise self.error
        return self.value
