"""The agent: answers the grader's requests inside the student's kernel.

The sandbox contains this file, what it imports, the fork server and nothing else of the kit,
and holds no secret. The student's code runs in the same process
and may change anything here, so the grader treats every reply as a claim about a value,
never as a verdict (see `autograder.boundary.wire` for the other end).

A request is a pickle (grader to student; the student's process is the one that must not be
trusted). A reply is three byte strings: JSON for the structure, and safetensors for tensors
and for arrays.
"""

from __future__ import annotations

import builtins
import collections
import io
import itertools
import json
import pickle
import traceback

import numpy
import safetensors.numpy
import safetensors.torch
import torch

from autograder.boundary.traces import Modes, can_be_told, is_library, module_state, shares_memory

__all__ = ["Agent"]

MAX_DEPTH = 24
MAX_NODES = 400_000
MAX_BYTES = 48 * 2**20
MAX_TEXT = 4_000

_PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter)
_DTYPES = {
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
}  # fmt: skip
_ARRAY_KINDS = "biuf"
_DICTS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)


class TooLarge(Exception):
    """A value is over the limits of the wire format."""


class Agent:
    """Keeps the objects that the grader holds handles to, and answers requests.

    Args:
        namespace: The global names of the student's notebook.
    """

    def __init__(self, namespace: dict) -> None:
        self.namespace = namespace
        self.modes = Modes()
        self.objects: dict[int, object] = {}
        self.numbers = itertools.count(1)

    def answer(self, payload: bytes) -> list[bytes]:
        """Answer one request; never raises."""
        encoder = _Encoder(self)
        try:
            request = _Unpickler(payload, self.objects).load()
            structure = getattr(self, "do_" + request["op"])(encoder, request)
            return encoder.finish(structure)
        except Exception as error:
            return _Encoder(self).finish(["e", _error(error)])

    def do_look_up(self, encoder, request):
        """Values of global names; a new test cell begins: old handles are dropped, modes are set back."""
        self.objects.clear()
        self.modes.restore()
        return [
            ["r", encoder.encode(self.namespace[name])] if name in self.namespace else ["missing"]
            for name in request["names"]
        ]

    def do_call(self, encoder, request):
        """Call one function with each of several argument lists."""
        results = []
        for payload in request["calls"]:
            arguments, keywords = _Unpickler(payload, self.objects).load()
            after = None
            try:
                value = request["function"](*arguments, **keywords)
                result = ["r", encoder.encode(value, keep=request["keep"])]
            except TooLarge:
                raise
            except BaseException as error:  # a student's sys.exit() or KeyboardInterrupt included
                value, result = None, ["e", _error(error)]
            left = self.modes.take_back()
            if request["after"]:
                after = encoder.encode(tuple(arguments), handles=False)
                if shares_memory(value, arguments):
                    left.append("memory")
            results.append([result, after, left])
        return results

    def do_keep(self, encoder, request):
        """Keep an object that the grader sent and return a handle to it."""
        return ["r", encoder.encode(request["value"], keep=True)]

    def do_fetch(self, encoder, request):
        return ["r", encoder.encode(request["object"])]

    def do_attribute(self, encoder, request):
        return self._guarded(encoder, lambda: getattr(request["object"], request["name"]))

    def do_item(self, encoder, request):
        return self._guarded(encoder, lambda: request["object"][request["key"]])

    def do_length(self, encoder, request):
        return self._guarded(encoder, lambda: int(len(request["object"])))

    def do_iterate(self, encoder, request):
        return self._guarded(encoder, lambda: iter(request["object"]), keep=True)

    def do_next(self, encoder, request):
        """Up to `count` further items of an iterator; fewer mean that it is at its end."""
        return self._guarded(encoder, lambda: list(itertools.islice(request["object"], request["count"])))

    def _guarded(self, encoder, compute, keep=False):
        try:
            return ["r", encoder.encode(compute(), keep=keep)]
        except TooLarge:
            raise
        except BaseException as error:
            return ["e", _error(error)]


class _Unpickler(pickle.Unpickler):
    def __init__(self, payload, objects):
        super().__init__(io.BytesIO(payload))
        self.objects = objects

    def persistent_load(self, number):
        return self.objects[number]


class _Encoder:
    def __init__(self, agent):
        self.agent = agent
        self.tensors = {}
        self.arrays = {}
        self.nodes = 0
        self.size = 0

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
                if value.bit_length() > 4096:
                    raise TooLarge("an integer of more than 4096 bits")
                return value if value.bit_length() < 64 else ["i", hex(value)]
            if kind is str:
                self._count(len(value) * 4)
                return value
            if depth < MAX_DEPTH:
                if kind is list:
                    return ["l", [self.encode(item, depth + 1, handles=handles) for item in value]]
                if kind is torch.Size:
                    return ["z", list(value)]
                if kind is tuple or issubclass(kind, tuple) and is_library(kind):
                    items = tuple.__iter__(value)
                    return ["t", [self.encode(item, depth + 1, handles=handles) for item in items]]
                if kind in _DICTS:
                    return [
                        "d",
                        [
                            [self.encode(key, depth + 1, handles=handles),
                             self.encode(item, depth + 1, handles=handles)]
                            for key, item in value.items()
                        ],
                    ]  # fmt: skip
            if _is_picture_tensor(kind):
                value, kind = value.as_subclass(torch.Tensor), torch.Tensor
            if kind in _PLAIN_TENSORS and self._is_plain(value):
                return self._tensor(value)
            if kind is numpy.ndarray and value.dtype.kind in _ARRAY_KINDS and value.dtype.itemsize <= 8:
                return self._array("A", value)
            if isinstance(value, numpy.generic) and value.dtype.kind in _ARRAY_KINDS and value.itemsize <= 8:
                return self._array("S", numpy.asarray(value))
            if kind is torch.dtype:
                return ["y", str(value)]
        if not handles:
            if isinstance(value, torch.nn.Module) and can_be_told(value):
                return self.encode(module_state(value), depth + 1, handles=False)
            return ["o"]
        number = next(self.agent.numbers)
        self.agent.objects[number] = value
        return ["h", number, type(value).__name__[:100]]

    def finish(self, structure):
        return [
            json.dumps(structure).encode(),
            safetensors.torch.save(self.tensors) if self.tensors else b"",
            safetensors.numpy.save(self.arrays) if self.arrays else b"",
        ]

    def _is_plain(self, value):
        return value.layout is torch.strided and value.dtype in _DTYPES and value.device.type == "cpu"

    def _tensor(self, value):
        self._count(value.numel() * value.element_size())
        name = str(len(self.tensors))
        # a copy of its own: safetensors refuses shared memory, and expanded views are not contiguous
        self.tensors[name] = value.detach().clone(memory_format=torch.contiguous_format)
        return ["T", name, "grad"] if value.requires_grad else ["T", name]

    def _array(self, tag, value):
        self._count(value.nbytes)
        name = str(len(self.arrays))
        self.arrays[name] = numpy.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        return [tag, name]

    def _count(self, size):
        self.size += size
        if self.size > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES // 2**20} MiB")


def _is_picture_tensor(kind):
    """Whether it is what the transforms of torchvision's second version make: a tensor that says what it shows."""
    return issubclass(kind, torch.Tensor) and kind.__module__.startswith("torchvision.tv_tensors")


def _error(error):
    name = next(
        (
            kind.__name__
            for kind in type(error).__mro__
            if getattr(builtins, kind.__name__, None) is kind and kind not in (Exception, BaseException)
        ),
        "",
    )
    try:
        message = str(error)[:MAX_TEXT]
    except BaseException:
        message = "(the exception has no readable message)"
    try:
        where = traceback.format_exception(type(error), error, error.__traceback__.tb_next, limit=-6)
        text = "".join(where)[-MAX_TEXT:]
    except BaseException:
        text = ""
    return {"type": type(error).__name__[:100], "builtin": name, "message": message, "trace": text}
