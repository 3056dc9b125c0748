"""The wire format, on the grader's side: arguments out, plain data in.

Out goes a pickle of library objects and plain data, from which the grader's own classes and
functions are refused. In comes a claim from a process that may be hostile: JSON for the
structure and safetensors for arrays, decoded to exact builtin types and bounded in size,
depth and number. Nothing received is ever unpickled.
"""

from __future__ import annotations

import builtins
import io
import json
import pickle
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import safetensors
import safetensors.numpy
import safetensors.torch
import torch

from autograder.errors import BoundaryError, StudentError
from autograder.text import MAX_TEXT, clean_text

__all__ = [
    "MAX_TEXT",
    "MODES",
    "Reply",
    "clean_text",
    "decode",
    "decode_replies",
    "decode_reply",
    "load_error",
    "pack",
]

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 32
MAX_NODES = 500_000
MAX_MARKS = 5 * MAX_NODES
"""Brackets and commas of the JSON: what a value within the limits needs at most."""
MAX_HEADER = 8 * 2**20
"""Bytes of the list of arrays: each of them takes ten times its entry in memory."""
MAX_DIMENSIONS = 64
"""Of a tensor, an array or a shape; numpy allows as many."""
MAX_LISTS = 4_000_000
"""Lists that `tolist()` makes of one array: (20_000_000, 0) is nothing on the wire, and a gigabyte of them."""
MAX_LONG = 1_000
"""Integers of more than 64 bits, which can be chosen such that sets and dictionaries of them take for ever."""
MAX_COLLISIONS = 100

MODES = {
    "grad": "torch's gradients switched off (use `with torch.no_grad():`, which ends with its block)",
    "dtype": "another default dtype of torch (give dtype= where a tensor is made)",
    "device": "another default device of torch (give device= where a tensor is made)",
    "errors": "another error state of numpy (use `with np.errstate(...):`, which ends with its block)",
}
"""What a call may leave changed behind it, as a student is told."""
MEMORY = "memory"
"""Said with these where what was returned lies in the memory of an argument."""

SENT_MODULES = frozenset(
    ["__builtin__", "_codecs", "builtins", "collections", "copyreg", "functools", "itertools", "math",
     "numpy", "operator", "random", "sklearn", "torch", "torchvision"]
)  # fmt: skip
"""Top-level modules whose classes and functions may be sent to a student's kernel."""

_UNSAFE_TO_RAISE = (StopIteration, StopAsyncIteration, GeneratorExit)


@dataclass(frozen=True)
class Reply:
    """What one call came back with: a value, or an exception to raise.

    Attributes:
        value: The decoded value; None where the call raised.
        error: The exception, ready to be raised in the grader.
        arguments_after: The call's arguments afterwards, where they were asked for.
        modes_left: Which modes of a library the call has left changed; see `MODES`.
        shares_memory: Whether a tensor in the value lies in the memory of one in the arguments.
    """

    value: Any = None
    error: Exception | None = None
    arguments_after: tuple = ()
    modes_left: tuple[str, ...] = ()
    shares_memory: bool = False

    def result(self) -> Any:
        """The value; raises the error."""
        if self.error is not None:
            raise self.error
        return self.value


class _Pickler(pickle.Pickler):
    def __init__(self, stream, handle_of):
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self.handle_of = handle_of

    def persistent_id(self, value):
        return self.handle_of(value)

    def reducer_override(self, value):
        if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
            module = getattr(value, "__module__", None) or "builtins"
            if module.partition(".")[0] not in SENT_MODULES:
                raise BoundaryError.not_sent(f"'{module}.{value.__qualname__}'")
        elif (
            isinstance(value, torch.Tensor)
            and not isinstance(
                value, torch.nn.Parameter
            )  # consists of its data, a tensor that comes here too
            and _shows_more_than_itself(value)
        ):
            # A view pickles its whole storage, which may hold what the student must not see.
            return value.detach().clone().requires_grad_(value.requires_grad).__reduce_ex__(5)
        return NotImplemented


def _shows_more_than_itself(tensor: torch.Tensor) -> bool:
    # only a contiguous tensor is sure to be its storage: an expanded one has more elements than that
    return tensor.layout is torch.strided and (
        not tensor.is_contiguous()
        or tensor.untyped_storage().nbytes() != tensor.numel() * tensor.element_size()
    )


def pack(value: Any, handle_of: Callable[[Any], int | None] = lambda value: None) -> bytes:
    """Pickle what the grader sends.

    Args:
        value: Plain data, library objects, and proxies.
        handle_of: The handle's number of a proxy; None for everything else.

    Raises:
        BoundaryError: Something in it belongs to the grader, or cannot be pickled.
    """
    stream = io.BytesIO()
    try:
        _Pickler(stream, handle_of).dump(value)
    except BoundaryError:
        raise
    except Exception as error:
        raise BoundaryError(f"this cannot be sent to the student's kernel: {error}") from error
    return stream.getvalue()


def decode(buffers: list[bytes], make_handle: Callable[[int, str], Any]) -> Any:
    """The structure of a reply, decoded to exact builtin types.

    Args:
        buffers: JSON, tensors, arrays, as the agent sends them (or as anybody forged them).
        make_handle: Makes the proxy for a handle, from its number and its class's name.

    Raises:
        BoundaryError: Not in the wire format, or over a limit.
    """
    return _Decoder(buffers, make_handle).value(0, _load_json(buffers))


def decode_reply(buffers: list[bytes], make_handle: Callable[[int, str], Any]) -> Reply:
    """One value or exception (the agent's answer to all requests but two)."""
    return _Decoder(buffers, make_handle).reply(_load_json(buffers))


def decode_replies(buffers: list[bytes], make_handle: Callable[[int, str], Any], count: int) -> list[Reply]:
    """As many calls' results as were asked for.

    Raises:
        BoundaryError: Not in the wire format, over a limit, or another number of results.
    """
    structure = _load_json(buffers)
    decoder = _Decoder(buffers, make_handle)
    if isinstance(structure, list) and structure[:1] == ["e"]:
        return [decoder.reply(structure)] * count
    if not isinstance(structure, list) or len(structure) != count:
        raise BoundaryError.not_understood(f"expected the results of {count} calls")
    return [decoder.call(item) for item in structure]


def decode_names(buffers: list[bytes], make_handle: Callable[[int, str], Any], names: list[str]) -> dict:
    """The values of those names that exist in the student's notebook."""
    structure = _load_json(buffers)
    decoder = _Decoder(buffers, make_handle)
    if isinstance(structure, list) and structure[:1] == ["e"]:
        decoder.reply(structure).result()
    if not isinstance(structure, list) or len(structure) != len(names):
        raise BoundaryError.not_understood(f"expected the values of {len(names)} names")
    return {
        name: decoder.reply(item).result()
        for name, item in zip(names, structure, strict=True)
        if item != ["missing"]
    }


def load_error(data: Any) -> Exception:
    """An exception from its description: the same builtin type where that is safe, else `StudentError`."""
    if not isinstance(data, dict):
        raise BoundaryError.not_understood("an exception is not described")
    fields: dict[str, Any] = {key: data.get(key) for key in ("type", "builtin", "message", "trace")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise BoundaryError.not_understood("an exception is not described")
    kind = getattr(builtins, fields["builtin"], None)
    message = clean_text(fields["message"])
    usable = (
        isinstance(kind, type)
        and issubclass(kind, Exception)
        and not issubclass(kind, _UNSAFE_TO_RAISE)
        and fields["builtin"] == fields["type"]
    )
    error: Any
    try:
        error = kind(message) if kind and usable else StudentError(f"{clean_text(fields['type'])}: {message}")
    except Exception:  # UnicodeDecodeError and others need more arguments
        error = StudentError(f"{clean_text(fields['type'])}: {message}")
    error.student_traceback = clean_text(fields["trace"])
    error.student_type = clean_text(fields["type"])
    return error


def _load_json(buffers: Any) -> Any:
    if not isinstance(buffers, list) or len(buffers) != 3:
        raise BoundaryError.not_understood("expected three parts")
    size = sum(map(len, buffers))
    if size > MAX_BYTES:
        raise BoundaryError.too_large("bytes", size, MAX_BYTES)
    structure = bytes(buffers[0])
    marks = sum(map(structure.count, (b"[", b"{", b",")))
    if marks > MAX_MARKS:
        raise BoundaryError.too_large("brackets and commas", marks, MAX_MARKS)
    try:
        return json.loads(structure)
    except (ValueError, RecursionError) as error:
        raise BoundaryError.not_understood(f"its structure is not JSON ({type(error).__name__})") from None


class _Decoder:
    def __init__(self, buffers, make_handle):
        self.buffers = buffers
        self.make_handle = make_handle
        self.nodes = 0
        self.long = 0
        self.tensors = None
        self.with_gradients = {}
        self.arrays = None

    def reply(self, item):
        match item:
            case ["r", value]:
                return Reply(self.value(0, value))
            case ["e", error]:
                return Reply(error=load_error(error))
        raise BoundaryError.not_understood("neither a value nor an exception")

    def call(self, item):
        match item:
            case [result, after, *rest] if not rest or _are_modes(rest):
                reply = self.reply(result)
                after = () if after is None else self.value(0, after)
                if type(after) is not tuple:
                    raise BoundaryError.not_understood("the arguments after a call are not a tuple")
                left = tuple(*rest)
                modes = tuple(name for name in left if name != MEMORY)
                return Reply(reply.value, reply.error, after, modes, MEMORY in left)
        raise BoundaryError.not_understood("not the result of a call")

    def value(self, depth, item):
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise BoundaryError.too_large("values", self.nodes, MAX_NODES)
        if depth > MAX_DEPTH:
            raise BoundaryError.too_large("levels of nesting", depth, MAX_DEPTH)
        if item is None or isinstance(item, (bool, float)):
            return item
        if isinstance(item, int) and -(2**63) <= item < 2**63:
            return item
        if isinstance(item, str):
            return item.encode("utf-8", "replace").decode()
        match item:
            case ["l", list(items)]:
                return [self.value(depth + 1, part) for part in items]
            case ["t", list(items)]:
                return tuple(self.value(depth + 1, part) for part in items)
            case ["z", list(items)] if len(items) <= MAX_DIMENSIONS and all(
                type(part) is int and 0 <= part < 2**62 for part in items
            ):
                return torch.Size(items)
            case ["d", list(pairs)]:
                return self.dictionary([self.pair(depth, pair) for pair in pairs])
            case ["i", str(digits)] if re.fullmatch(r"-?0x[0-9a-f]{1,1025}", digits):
                self.long += 1
                if self.long > MAX_LONG:
                    raise BoundaryError.too_large("integers of more than 64 bits", self.long, MAX_LONG)
                return int(digits, 16)
            case ["T", str(name)]:
                return self.tensor(name)
            case ["T", str(name), "grad"] if self.tensor(name).is_floating_point():
                if name not in self.with_gradients:
                    self.with_gradients[name] = self.tensor(name).detach().requires_grad_()
                return self.with_gradients[name]
            case ["A", str(name)]:
                return self.array(name)
            case ["S", str(name)] if self.array(name).shape == ():
                return self.array(name)[()]
            case ["y", str(name)] if re.fullmatch(r"torch\.[a-z]+[0-9]*", name):
                dtype = getattr(torch, name.removeprefix("torch."), None)
                if isinstance(dtype, torch.dtype):
                    return dtype
            case ["h", int(number), str(name)] if type(number) is int and 0 < number < 2**62:
                return self.make_handle(number, clean_text(name)[:100])
            case ["o"]:
                return None
        raise BoundaryError.not_understood("an unknown kind of value")

    def pair(self, depth, pair):
        if not isinstance(pair, list) or len(pair) != 2:
            raise BoundaryError.not_understood("a dictionary has an item that is not a pair")
        key = self.value(depth + 1, pair[0])
        if not _is_key(key):
            raise BoundaryError.not_understood("a dictionary has a key that is not plain data")
        return key, self.value(depth + 1, pair[1])

    def dictionary(self, pairs):
        # keys with equal hashes, of which tuples can be made at will, would take quadratic time
        if len(pairs) - len({hash(key) for key, _ in pairs}) > MAX_COLLISIONS:
            raise BoundaryError.not_understood("a dictionary has too many equal keys")
        return dict(pairs)

    def tensor(self, name):
        if self.tensors is None:
            self.tensors = self.load(safetensors.torch.load, self.buffers[1])
        if name not in self.tensors:
            raise BoundaryError.not_understood("a tensor is missing")
        return self.tensors[name]

    def array(self, name):
        if self.arrays is None:
            self.arrays = self.load(safetensors.numpy.load, self.buffers[2])
        if name not in self.arrays:
            raise BoundaryError.not_understood("an array is missing")
        return self.arrays[name]

    def load(self, load, buffer):
        header = int.from_bytes(bytes(buffer[:8]), "little")
        if header > MAX_HEADER:
            raise BoundaryError.too_large("bytes of header", header, MAX_HEADER)
        try:
            arrays = load(bytes(buffer))
        except Exception as error:
            raise BoundaryError.not_understood(f"its arrays are not safetensors ({error})") from None
        for array in arrays.values():
            if len(array.shape) > MAX_DIMENSIONS:
                raise BoundaryError.too_large("dimensions", len(array.shape), MAX_DIMENSIONS)
            if (lists := _number_of_lists(array.shape)) > MAX_LISTS:
                raise BoundaryError.too_large("rows of an array", lists, MAX_LISTS)
        return arrays


def _number_of_lists(shape: Sequence[int]) -> int:
    """How many lists stand for an array, whatever is in them."""
    count = rows = 1
    for side in shape[:-1]:
        rows *= side
        count += rows
    return count


def _are_modes(rest: list) -> bool:
    return (
        len(rest) == 1
        and isinstance(rest[0], list)
        and len(rest[0]) <= len(MODES) + 1
        and all(isinstance(name, str) and (name in MODES or name == MEMORY) for name in rest[0])
    )


def _is_key(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_is_key, value))
    return value is None or type(value) in (bool, int, float, str)
