"""Tensors and arrays of a reply, from the safetensors in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.errors import BoundaryError

__all__ = ["MAX_DIMENSIONS", "MAX_LISTS", "Arrays", "number_of_lists"]

MAX_HEADER = 8 * 2**20
"""Bytes of the list of arrays: each of them takes ten times its entry in memory."""
MAX_DIMENSIONS = 64
"""Of a tensor, an array or a shape; numpy allows as many."""
MAX_LISTS = 4_000_000
"""Lists that `tolist()` makes of one array: (20_000_000, 0) is nothing on the wire, and a gigabyte of them."""


class Arrays:
    """The arrays of one part of a reply, by name; read when one is first asked for.

    Args:
        buffer: The part, as it came.
        load: Reads safetensors: as tensors, or as arrays.
        one: What one of them is called, for messages.
    """

    def __init__(self, buffer: bytes, load: Callable[[bytes], dict[str, Any]], one: str) -> None:
        self._buffer = buffer
        self._load = load
        self._one = one
        self._arrays: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        """One of them.

        Raises:
            BoundaryError: It is missing, or the part is not in the format or over a limit.
        """
        if self._arrays is None:
            self._arrays = self._read()
        if name not in self._arrays:
            raise BoundaryError.not_understood(f"{self._one} is missing")
        return self._arrays[name]

    def _read(self) -> dict[str, Any]:
        header = int.from_bytes(bytes(self._buffer[:8]), "little")
        if header > MAX_HEADER:
            raise BoundaryError.too_large("bytes of header", header, MAX_HEADER)
        try:
            arrays = self._load(bytes(self._buffer))
        except Exception as error:
            raise BoundaryError.not_understood(f"its arrays are not safetensors ({error})") from None
        for array in arrays.values():
            if len(array.shape) > MAX_DIMENSIONS:
                raise BoundaryError.too_large("dimensions", len(array.shape), MAX_DIMENSIONS)
            if (lists := number_of_lists(array.shape)) > MAX_LISTS:
                raise BoundaryError.too_large("rows of an array", lists, MAX_LISTS)
        return arrays


def number_of_lists(shape: Sequence[int]) -> int:
    """How many lists stand for an array, whatever is in them."""
    count = rows = 1
    for side in shape[:-1]:
        rows *= side
        count += rows
    return count
