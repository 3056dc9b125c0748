"""The wire format, on the grader's side: plain data from what a student's kernel claims.

That process may be hostile. JSON holds the structure and safetensors the arrays; both are decoded to exact
builtin types and bounded in size, depth and number. Nothing received is ever unpickled. What goes the other
way is `autograder.boundary.packing`'s.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy
import safetensors.numpy
import safetensors.torch
import torch

from autograder.boundary.arrays_in import MAX_DIMENSIONS, MAX_LISTS, Arrays, number_of_lists
from autograder.boundary.pandas_in import TAGS, from_plain_data
from autograder.boundary.raised import StudentClasses, load_error
from autograder.boundary.reply import MEMORY, MODES, Reply
from autograder.boundary.standard_in import STANDARD, standard_value
from autograder.errors import BoundaryError
from autograder.text import clean_text

__all__ = ["decode", "decode_errors", "decode_names", "decode_replies", "decode_reply"]

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 32
MAX_NODES = 500_000
MAX_MARKS = 5 * MAX_NODES
"""Brackets and commas of the JSON: what a value within the limits needs at most."""
MAX_FIELDS = 100
MAX_LONG = 1_000
"""Integers of more than 64 bits, which can be chosen such that sets and dictionaries of them take for ever."""
MAX_COLLISIONS = 100

LEFT = (*MODES, MEMORY)
_TIMES = re.compile(r"[mM]8(?:\[(?:Y|M|W|D|h|m|s|ms|us|ns)\])?")


def decode(buffers: list[bytes], make_handle: Callable[[int, str], Any]) -> Any:
    """The structure of a reply, decoded to exact builtin types.

    Args:
        buffers: JSON, tensors, arrays, as the agent sends them (or as anybody forged them).
        make_handle: Makes the proxy for a handle, from its number and its class's name.

    Raises:
        BoundaryError: Not in the wire format, or over a limit.
    """
    decoder = _Decoder(buffers, make_handle)
    return decoder.value(0, decoder.structure)


def decode_reply(
    buffers: list[bytes], make_handle: Callable[[int, str], Any], classes: StudentClasses | None = None
) -> Reply:
    """One value or exception (the agent's answer to all requests but two)."""
    decoder = _Decoder(buffers, make_handle, classes)
    return decoder.reply(decoder.structure)


def decode_replies(
    buffers: list[bytes],
    make_handle: Callable[[int, str], Any],
    count: int,
    classes: StudentClasses | None = None,
) -> list[Reply]:
    """As many calls' results as were asked for.

    Raises:
        BoundaryError: Not in the wire format, over a limit, or another number of results.
    """
    decoder = _Decoder(buffers, make_handle, classes)
    if decoder.is_refusal():
        return [decoder.reply(decoder.structure)] * count
    return [decoder.call(item) for item in decoder.items(count)]


def decode_names(
    buffers: list[bytes],
    make_handle: Callable[[int, str], Any],
    names: list[str],
    classes: StudentClasses | None = None,
) -> dict:
    """The values of those names that exist in the student's notebook."""
    decoder = _Decoder(buffers, make_handle, classes)
    if decoder.is_refusal():
        decoder.reply(decoder.structure).result()
    return {
        name: decoder.reply(item).result()
        for name, item in zip(names, decoder.items(len(names)), strict=True)
        if item != ["missing"]
    }


def decode_errors(
    buffers: list[bytes], make_handle: Callable[[int, str], Any], classes: StudentClasses, most: int
) -> list[BaseException]:
    """Some exceptions that were not raised."""
    decoder = _Decoder(buffers, make_handle, classes)
    if not isinstance(decoder.structure, list) or len(decoder.structure) > most:
        raise BoundaryError.not_understood("no list of exceptions")
    replies = [decoder.reply(item) for item in decoder.structure]
    return [reply.error for reply in replies if reply.error is not None]


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
    def __init__(self, buffers, make_handle, classes=None):
        self.structure = _load_json(buffers)
        self.make_handle = make_handle
        self.classes = StudentClasses() if classes is None else classes
        self.nodes = 0
        self.long = 0
        self.texts_size = 0
        self.tensors = Arrays(buffers[1], safetensors.torch.load, "a tensor")
        self.with_gradients = {}
        self.arrays = Arrays(buffers[2], safetensors.numpy.load, "an array")

    def is_refusal(self):
        """Whether one exception stands in the place of all that was asked for."""
        return isinstance(self.structure, list) and self.structure[:1] == ["e"]

    def items(self, count):
        if not isinstance(self.structure, list) or len(self.structure) != count:
            raise BoundaryError.not_understood(f"expected {count} results")
        return self.structure

    def reply(self, item):
        match item:
            case ["r", value]:
                return Reply(value=self.value(0, value))
            case ["e", error]:
                return Reply(error=load_error(error, self.classes.find, lambda part: self.value(0, part)))
        raise BoundaryError.not_understood("neither a value nor an exception")

    def call(self, item):
        match item:
            case [result, after, list(left)] if len(left) <= len(LEFT) and all(name in LEFT for name in left):
                after = () if after is None else self.value(0, after)
                if type(after) is not tuple:
                    raise BoundaryError.not_understood("the arguments after a call are not a tuple")
                return replace(
                    self.reply(result),
                    arguments_after=after,
                    modes_left=tuple(name for name in left if name != MEMORY),
                    shares_memory=MEMORY in left,
                )
        raise BoundaryError.not_understood("not the result of a call")

    def bases(self, depth: int, items: list) -> tuple[str | type, ...]:
        """What a class of exceptions derives from: builtin ones by their names, and others of the student's own."""
        bases = tuple(item if isinstance(item, str) else self.value(depth + 1, item) for item in items)
        if not all(isinstance(base, (str, type)) for base in bases):
            raise BoundaryError.not_understood("the base of a class of exceptions is none")
        return bases

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
            case ["n", str(name), list(fields), list(items), kind] if len(fields) == len(
                items
            ) <= MAX_FIELDS and all(type(field) is str for field in fields):
                values = tuple(self.value(depth + 1, part) for part in items)
                own = self.value(depth + 1, kind)
                return self.classes.tuple_of(
                    clean_text(name)[:100], fields, values, own if _is_handle(kind) else None
                )
            case ["z", list(items)] if len(items) <= MAX_DIMENSIONS and all(
                type(part) is int and 0 <= part < 2**62 for part in items
            ):
                return torch.Size(items)
            case ["d", list(pairs)]:
                return self.dictionary([self.pair(depth, pair) for pair in pairs])
            case ["D", str(kind), str() | None as factory, list(pairs)]:
                plain = self.dictionary([self.pair(depth, pair) for pair in pairs])
                return self.classes.dictionary_of(kind, factory, plain)
            case ["i", str(digits)] if re.fullmatch(r"-?0x[0-9a-f]{1,3500}", digits):
                self.long += 1
                if self.long > MAX_LONG:
                    raise BoundaryError.too_large("integers of more than 64 bits", self.long, MAX_LONG)
                return int(digits, 16)
            case ["T", str(name)]:
                return self.tensors[name]
            case ["T", str(name), "grad"] if self.tensors[name].is_floating_point():
                if name not in self.with_gradients:
                    self.with_gradients[name] = self.tensors[name].detach().requires_grad_()
                return self.with_gradients[name]
            case ["A", str(name)]:
                return self.arrays[name]
            case ["C", str(name)] if self.arrays[name].dtype.kind == "f" and self.arrays[name].shape[-1:] == (
                2,
            ):
                return self.arrays[name].view(f"c{2 * self.arrays[name].itemsize}")[..., 0]
            case ["U", list(shape), int(width), list(texts)]:
                return self.texts(shape, width, texts)
            case ["y", str(name)] if re.fullmatch(r"torch\.[a-z]+[0-9]*", name):
                dtype = getattr(torch, name.removeprefix("torch."), None)
                if isinstance(dtype, torch.dtype):
                    return dtype
            case ["h", int(number), str(name)] if type(number) is int and 0 < number < 2**62:
                return self.make_handle(number, clean_text(name)[:100])
            case ["M", str(kind), str(name)] if (
                _TIMES.fullmatch(kind) and self.arrays[name].dtype == numpy.int64
            ):
                return self.arrays[name].view(kind)
            case ["O", list(shape), list(items)]:
                return self.objects(depth, shape, items)
            case ["0", list(array)]:
                single = self.value(depth + 1, array)
                if type(single) is numpy.ndarray and single.shape == ():
                    return single[()]
            case ["2", list(array)]:
                table = self.value(depth + 1, array)
                if type(table) is numpy.ndarray and table.ndim == 2:
                    return table.view(numpy.matrix)
            case ["q", str(kind), *parts] if kind in STANDARD:
                return standard_value(kind, [self.value(depth + 1, part) for part in parts])
            case ["c", float(real), float(imaginary)]:
                return complex(real, imaginary)
            case ["b", ("bytes" | "bytearray") as kind, str(digits)] if re.fullmatch(
                r"(?:[0-9a-f]{2})*", digits
            ):
                return bytes.fromhex(digits) if kind == "bytes" else bytearray.fromhex(digits)
            case ["s", ("set" | "frozenset") as kind, list(items)]:
                members = self.members([self.value(depth + 1, part) for part in items])
                return members if kind == "set" else frozenset(members)
            case ["g", int(start), int(stop), int(step)] if step and all(
                type(part) is int and -(2**63) <= part < 2**63 for part in item[1:]
            ):
                return self.numbers(range(start, stop, step))
            case ["x", int(number), str(name), list(bases)] if type(number) is int and 0 < number < 2**62:
                return self.classes.make(number, clean_text(name)[:100], self.bases(depth, bases))
            case ["o"]:
                return None
            case [str(tag), *_] if tag in TAGS:
                return from_plain_data(item, depth, self.value)
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

    def numbers(self, numbers):
        """A range, which may be short on the wire and a list of any length."""
        self.nodes += len(numbers[: MAX_NODES + 1])
        if self.nodes > MAX_NODES:
            raise BoundaryError.too_large("values", self.nodes, MAX_NODES)
        return numbers

    def texts(self, shape, width, texts):
        """An array of texts."""
        if not all(type(side) is int and 0 <= side <= MAX_NODES for side in shape) or len(shape) > 8:
            raise BoundaryError.not_understood("the shape of an array is none")
        self.nodes += len(texts)
        self.texts_size += len(texts) * max(width, 1) * 4
        if self.nodes > MAX_NODES or type(width) is not int or not 0 <= self.texts_size <= MAX_BYTES:
            raise BoundaryError.too_large("bytes of texts", self.texts_size, MAX_BYTES)
        if math.prod(shape) != len(texts) or not all(type(text) is str for text in texts):
            raise BoundaryError.not_understood("an array of texts has other items")
        return numpy.array(texts, dtype=f"U{max(width, 1)}").reshape(shape)

    def objects(self, depth, shape, items):
        """An array of plain data of any kind."""
        if len(shape) > MAX_DIMENSIONS or not all(
            type(side) is int and 0 <= side <= MAX_NODES for side in shape
        ):
            raise BoundaryError.not_understood("the shape of an array is none")
        if math.prod(shape) != len(items) or number_of_lists(shape) > MAX_LISTS:
            raise BoundaryError.not_understood("an array of objects has another number of items")
        array = numpy.empty(len(items), dtype=object)
        for place, item in enumerate(items):
            array[place] = self.value(depth + 1, item)
        return array.reshape(shape)

    def members(self, items):
        if not all(map(_is_key, items)):
            raise BoundaryError.not_understood("a set has a member that is not plain data")
        if len(items) - len({hash(item) for item in items}) > MAX_COLLISIONS:
            raise BoundaryError.not_understood("a set has too many equal members")
        return set(items)


def _is_handle(item: Any) -> bool:
    return isinstance(item, list) and item[:1] == ["h"]


def _is_key(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_key, value))
    if type(value) is frozenset:
        return all(map(_is_key, value))
    return (
        value is None
        or type(value) in (bool, int, float, str, bytes, complex)
        or type(value) in STANDARD.values()
        or isinstance(value, numpy.generic)
    )
