"""Values of the student's as plain data, inside the student's kernel.

The sandbox contains this file; it imports nothing of the kit. See `autograder.boundary.wire` for the other end.
"""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import fractions
import json
import traceback

import numpy
import safetensors.numpy
import safetensors.torch
import torch

from autograder.boundary.kinds import is_named_tuple
from autograder.boundary.pandas_out import as_plain_data, holds_objects
from autograder.boundary.traces import can_be_told, is_library, module_state

__all__ = ["Encoder", "TooLarge", "described", "members_of"]

MAX_DEPTH = 24
MAX_NODES = 400_000
MAX_BYTES = 48 * 2**20
MAX_FIELDS = 100
MAX_BITS = 14_000
"""Of an integer: Python makes no text of one that has more than 4300 digits."""
MAX_TEXT = 4_000
MAX_MEMBERS = 20

_PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter)
_DTYPES = {
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
}  # fmt: skip
_ARRAY_KINDS = "biuf"
_STANDARD = (
    datetime.date, datetime.datetime, datetime.time, datetime.timedelta, decimal.Decimal, fractions.Fraction
)  # fmt: skip
_DICTS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
STAYING = (list, tuple, dict, set, frozenset, numpy.ndarray, torch.Tensor)
"""What can be asked by handles as it can be asked itself: of a text, `in` means something else there."""


class TooLarge(Exception):
    """A value is over the limits of the wire format."""


class Encoder:
    """Makes one reply of values: structure, tensors, arrays, each counted against the limits."""

    def __init__(self, agent):
        self.agent = agent
        self.tensors = {}
        self.arrays = {}
        self.named = {}  # whether a class is one of named tuples, by where it lies, and the class
        self.places = {}  # the name of each array and tensor, by where it lies, and what is to stay there
        self.nodes = 0
        self.size = 0

    def whole(self, value):
        """JSON structure of a value of the reply: as `encode`, but a collection that is too large stays as a handle."""
        tensors, arrays, nodes, size = len(self.tensors), len(self.arrays), self.nodes, self.size
        try:
            return self.encode(value)
        except TooLarge:
            if not isinstance(value, STAYING) and type(value).__module__.partition(".")[0] != "pandas":
                raise
        for kept, count in ((self.tensors, tensors), (self.arrays, arrays)):
            for name in list(kept)[count:]:
                del kept[name]
        self.places.clear()
        self.nodes, self.size = nodes, size
        return ["h", self.agent.number_of(value), f"{type(value).__name__[:50]} (too large to be compared)"]

    def encode(self, value, depth=0, keep=False, handles=True):
        """JSON structure of a value: plain data as it is, everything else as a handle."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES:,} values")
        if not keep:
            kind = type(value)
            if value is None or kind is bool or kind is float:
                return value
            if kind is int:
                if value.bit_length() > MAX_BITS:
                    raise TooLarge(f"an integer of more than {MAX_BITS:,} bits")
                return value if value.bit_length() < 64 else ["i", hex(value)]
            if kind is str:
                self._count(len(value) * 4)
                return value
            if depth < MAX_DEPTH:
                if kind is list:
                    return ["l", [self.encode(item, depth + 1, handles=handles) for item in value]]
                if kind is torch.Size:
                    return ["z", list(value)]
                if kind is tuple or issubclass(kind, tuple) and (is_library(kind) or self._is_named(kind)):
                    items = [self.encode(item, depth + 1, handles=handles) for item in tuple.__iter__(value)]
                    names = list(getattr(kind, "_fields", getattr(kind, "__match_args__", ())))
                    if not 0 < len(names) == len(items) <= MAX_FIELDS:
                        return ["t", items]
                    self._count(sum(map(len, names)) * 4)
                    own = None
                    if handles and self._is_named(kind):
                        self.nodes += 1
                        own = ["h", self.agent.number_of(kind), type(kind).__name__[:100]]
                    return ["n", kind.__name__[:100], names, items, own]
                if kind in _DICTS and all(map(_is_key, value)):
                    pairs = [
                        [
                            self.encode(key, depth + 1, handles=handles),
                            self.encode(item, depth + 1, handles=handles),
                        ]
                        for key, item in value.items()
                    ]
                    if kind is dict:
                        return ["d", pairs]
                    factory = getattr(value, "default_factory", None)
                    name = factory.__name__ if type(factory) is type else None if factory is None else ""
                    return ["D", kind.__name__, name, pairs]
            if _is_picture_tensor(kind):
                value, kind = value.as_subclass(torch.Tensor), torch.Tensor
            if kind in _PLAIN_TENSORS and self._is_plain(value):
                return self._tensor(value)
            if kind in (numpy.ndarray, numpy.matrix) or isinstance(value, numpy.generic):
                found = self._of_numpy(numpy.asarray(value), depth, handles)
                if found is not None:
                    return found if kind is numpy.ndarray else ["2" if kind is numpy.matrix else "0", found]
            if kind in _STANDARD:
                return self._standard(value, depth)
            if kind is torch.dtype:
                return ["y", str(value)]
            if isinstance(value, numpy.dtype) and value.fields is None and value.subdtype is None:
                return ["q", "dtype", value.str]
            if kind is torch.device:
                return ["q", "device", str(value)]
            if kind is complex:
                return ["c", value.real, value.imag]
            if kind in (bytes, bytearray):
                self._count(len(value) * 2)
                return ["b", kind.__name__, value.hex()]
            if kind in (set, frozenset) and depth < MAX_DEPTH and all(map(_is_key, value)):
                return ["s", kind.__name__, [self.encode(item, depth + 1, handles=handles) for item in value]]
            if (
                kind is range
                and not value[MAX_NODES:]
                and all(part.bit_length() < 64 for part in (value.start, value.stop, value.step))
            ):
                self.nodes += len(value)
                return ["g", value.start, value.stop, value.step]
            if kind is type and _is_own_error(value):
                return self._error_class(value, depth)
            if depth < MAX_DEPTH:
                found = as_plain_data(value, lambda part: self.encode(part, depth + 1, handles=handles))
                if found is not None:
                    return found
        if not handles:
            if isinstance(value, torch.nn.Module) and can_be_told(value):
                return self.encode(module_state(value), depth + 1, handles=False)
            return ["o"]
        return ["h", self.agent.number_of(value), type(value).__name__[:100]]

    def finish(self, structure):
        return [
            json.dumps(structure).encode(),
            safetensors.torch.save(self.tensors) if self.tensors else b"",
            safetensors.numpy.save(self.arrays) if self.arrays else b"",
        ]

    def _is_named(self, kind):
        if id(kind) not in self.named:
            self.named[id(kind)] = is_named_tuple(kind), kind
        return self.named[id(kind)][0]

    def _error_class(self, kind, depth):
        """A class of exceptions of the student's own: what it is called, and what it derives from."""
        number = self.agent.errors.setdefault(kind, len(self.agent.errors) + 1)
        bases = [
            self._error_class(base, depth + 1)
            if type(base) is type and _is_own_error(base) and depth < MAX_DEPTH
            else builtin_base(base) or "Exception"
            for base in kind.__bases__
            if issubclass(base, Exception)
        ]
        return ["x", number, kind.__name__[:100], bases]

    def _is_plain(self, value):
        return value.layout is torch.strided and value.dtype in _DTYPES and value.device.type == "cpu"

    def _tensor(self, value):
        # a copy of its own: safetensors refuses shared memory, and expanded views are not contiguous
        name = self._sent(
            self.tensors,
            value,
            value.numel() * value.element_size(),
            lambda: value.detach().clone(memory_format=torch.contiguous_format),
        )
        return ["T", name, "grad"] if value.requires_grad else ["T", name]

    def _of_numpy(self, value, depth, handles):
        """An array of numbers, texts, times or plain objects; None of anything else."""
        kind, size = value.dtype.kind, value.dtype.itemsize
        if kind in _ARRAY_KINDS and size <= 8:
            return ["A", self._array(value)]
        if kind == "c" and size <= 16:
            parts = numpy.ascontiguousarray(value).view(value.real.dtype).reshape(*value.shape, 2)
            return ["C", self._array(parts)]
        if kind == "U":
            self._count(value.nbytes)
            return ["U", list(value.shape), size // 4, value.reshape(-1).tolist()]
        if kind in "mM":
            times = value.astype(value.dtype.newbyteorder("="))
            return ["M", times.dtype.str.lstrip("<>="), self._array(times.view("i8"))]
        if kind == "O" and depth < MAX_DEPTH:
            items = [self.encode(item, depth + 1, handles=handles) for item in value.reshape(-1)]
            if not any(map(holds_objects, items)):
                return ["O", list(value.shape), items]
        return None

    def _standard(self, value, depth):
        """A date, a time, an exact number: values of the standard library that cannot be changed."""
        if type(value) is fractions.Fraction:
            parts = [value.numerator, value.denominator]
            return ["q", "Fraction", *(self.encode(part, depth + 1) for part in parts)]
        if type(value) is datetime.timedelta:
            return ["q", "timedelta", value.days, value.seconds, value.microseconds]
        text = str(value) if type(value) is decimal.Decimal else value.isoformat()
        self._count(len(text))
        return ["q", type(value).__name__, text]

    def _array(self, value):
        def copied():
            return numpy.array(value, dtype=value.dtype.newbyteorder("="), order="C")

        return self._sent(self.arrays, value, value.nbytes, copied)

    def _sent(self, among, value, size, copied):
        """The name of an array or a tensor; the same object, which a test cell may compare with itself, has one."""
        if id(value) not in self.places:
            self._count(size)
            name = str(len(among))
            among[name] = copied()
            self.places[id(value)] = name, value
        return self.places[id(value)][0]

    def _count(self, size):
        self.size += size
        if self.size > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES // 2**20} MiB")


def _is_key(value):
    if type(value) in (tuple, frozenset) or is_named_tuple(type(value)):
        return all(map(_is_key, value))
    return (
        value is None
        or type(value) in (bool, int, float, str, bytes, complex)
        or type(value) in _STANDARD
        or isinstance(value, numpy.generic)
    )


def _is_picture_tensor(kind):
    """Whether it is what the transforms of torchvision's second version make: a tensor that says what it shows."""
    return issubclass(kind, torch.Tensor) and kind.__module__.startswith("torchvision.tv_tensors")


def _is_own_error(kind):
    return issubclass(kind, Exception) and getattr(builtins, kind.__name__, None) is not kind


def builtin_base(kind):
    """The name of the nearest builtin exception that a class derives from, `Exception` itself left out."""
    return next(
        (
            base.__name__
            for base in kind.__mro__
            if getattr(builtins, base.__name__, None) is base
            and base not in (Exception, BaseException, object)
        ),
        "",
    )


def described(error, encoder):
    """An exception as plain data; whatever it does when it is asked, this raises nothing.

    Of its arguments and attributes what `encoder` makes of them, None where that is nothing.
    """
    try:
        message = str(error)[:MAX_TEXT]
    except BaseException:
        message = "(the exception has no readable message)"
    try:
        where = traceback.format_exception(type(error), error, error.__traceback__.tb_next, limit=-6)
        text = "".join(where)[-MAX_TEXT:]
    except BaseException:
        text = ""
    return {
        "type": type(error).__name__[:100],
        "builtin": builtin_base(type(error)),
        "module": str(type(error).__module__)[:100],
        "message": message,
        "trace": text,
        "args": _of_parts(encoder, lambda: _arguments(error)),
        "state": _of_parts(encoder, lambda: dict(vars(error))),
    }


def members_of(error):
    """The exceptions in a group."""
    if issubclass(type(error), BaseExceptionGroup):
        return BaseExceptionGroup.exceptions.__get__(error)[:MAX_MEMBERS]
    return ()


def _arguments(error):
    """What an exception was made with."""
    if isinstance(error, OSError) and error.filename is not None and len(error.args) == 2:
        return (*error.args, error.filename)
    return tuple(error.args)


def _of_parts(encoder, parts):
    try:
        return encoder.whole(parts())
    except BaseException:
        return None
