"""The agent: answers the grader's requests inside the student's kernel.

This file is the only one of the kit that the sandbox contains besides the fork server; it
imports nothing of the kit and holds no secret. The student's code runs in the same process
and may change anything here, so the grader treats every reply as a claim about a value,
never as a verdict (see `autograder.boundary.wire` for the other end).

A request is a pickle (grader to student; the student's process is the one that must not be
trusted). A reply is three byte strings: JSON for the structure, and safetensors for tensors
and for arrays. While a request is answered, the student's code may call a function of the test
cell's that it was given: that call is asked of the grader, who may send requests before it answers.
"""

from __future__ import annotations

import builtins
import collections
import importlib
import inspect
import io
import itertools
import json
import pickle
import traceback

import numpy
import safetensors.numpy
import safetensors.torch
import torch

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
        self.objects: dict[int, object] = {}
        self.numbers = itertools.count(1)
        self.ask = None  # sends a call, or the answer to a request, and gives what the grader says next
        self.stand_ins: dict[int, object] = {}
        self.replaced: dict[str, object] = {}
        self.errors: dict[type, int] = {}

    def answer(self, payload: bytes) -> list[bytes]:
        """Answer one request; never raises."""
        encoder = _Encoder(self)
        try:
            request = _Unpickler(payload, self).load()
            structure = getattr(self, "do_" + request["op"])(encoder, request)
            return encoder.finish(structure)
        except Exception as error:
            return _Encoder(self).finish(["e", self.error(error)])

    def call_grader(self, number, arguments, keywords):
        """Have the grader call a function of the test cell's."""
        encoder = _Encoder(self)
        call = encoder.encode((number, tuple(arguments), dict(keywords)), depth=-1)
        kind, buffers = "call", encoder.finish(["r", call])
        while True:
            said, payload = self.ask(kind, buffers)
            if said != "request":
                break
            kind, buffers = "answer", self.answer(payload)
        said, value = _Unpickler(payload, self).load()
        if said == "error":
            raise value
        return value

    def error(self, error):
        """The description of an exception; of its classes those that the grader has heard of."""
        known = [self.errors[kind] for kind in type(error).__mro__ if kind in self.errors]
        return {**_error(error), "classes": known}

    def do_look_up(self, encoder, request):
        """Values of global names; a new test cell begins, so old handles are dropped."""
        self.objects.clear()
        self.stand_ins.clear()
        self.errors.clear()
        self.do_restore(encoder, request)
        return [
            ["r", encoder.encode(self.namespace[name])] if name in self.namespace else ["missing"]
            for name in request["names"]
        ]

    def do_replace(self, encoder, request):
        """Put other values in the place of global names and of attributes of modules, or delete them."""
        for name, is_there, value in request["values"]:
            place, attribute = self.place(name)
            self.replaced.setdefault(name, place.get(attribute, self))
            if is_there:
                place[attribute] = value
            else:
                place.pop(attribute, None)
        return ["r", None]

    def do_restore(self, encoder, request):
        """Undo what was replaced."""
        for name, value in self.replaced.items():
            place, attribute = self.place(name)
            if value is self:
                place.pop(attribute, None)
            else:
                place[attribute] = value
        self.replaced.clear()
        return ["r", None]

    def place(self, name):
        """The names among which a name stands: the notebook's, or a module's."""
        module, _, attribute = name.rpartition(".")
        return (vars(importlib.import_module(module)) if module else self.namespace), attribute

    def do_seed(self, encoder, request):
        """Seed a random generator, as the test cell has just done."""
        place, attribute = self.place(request["function"])
        place[attribute](*request["arguments"])
        return ["r", None]

    def do_signature(self, encoder, request):
        return self._guarded(
            encoder,
            lambda: [
                (item.name, int(item.kind), item.default is not item.empty, _default(item))
                for item in inspect.signature(request["object"]).parameters.values()
            ],
        )

    def do_apply(self, encoder, request):
        """One of Python's own questions about an object: its type, text, names."""
        question = {
            "dir": dir,
            "repr": repr,
            "str": str,
            "type": type,
            "vars": lambda value: dict(vars(value)),
        }
        return self._guarded(encoder, lambda: question[request["question"]](request["object"]))

    def do_is(self, encoder, request):
        question = {
            "callable": lambda value, _: callable(value),
            "instance": isinstance,
            "subclass": issubclass,
        }
        return self._guarded(
            encoder, lambda: bool(question[request["question"]](request["object"], request["kind"]))
        )

    def do_call(self, encoder, request):
        """Call one function with each of several argument lists."""
        results = []
        for payload in request["calls"]:
            arguments, keywords = _Unpickler(payload, self).load()
            after = None
            try:
                value = request["function"](*arguments, **keywords)
                result = ["r", encoder.encode(value, keep=request["keep"])]
            except TooLarge:
                raise
            except BaseException as error:  # a student's sys.exit() or KeyboardInterrupt included
                result = ["e", self.error(error)]
            if request["after"]:
                after = encoder.encode(tuple(arguments), handles=False)
            results.append([result, after])
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
            return ["e", self.error(error)]


class _Unpickler(pickle.Unpickler):
    def __init__(self, payload, agent):
        super().__init__(io.BytesIO(payload))
        self.agent = agent

    def persistent_load(self, key):
        if isinstance(key, int):
            return self.agent.objects[key]
        kind, value, name = key
        if kind == "global":
            return self.agent.namespace[value]
        if value not in self.agent.stand_ins:
            self.agent.stand_ins[value] = _stand_in(self.agent, value, name)
        return self.agent.stand_ins[value]


def _stand_in(agent, number, name):
    def function(*arguments, **keywords):
        return agent.call_grader(number, arguments, keywords)

    function.__name__ = function.__qualname__ = name
    return function


def _default(parameter):
    return None if parameter.default is parameter.empty else parameter.default


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
                if kind is tuple or issubclass(kind, tuple) and _is_library(kind):
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
            if kind in _PLAIN_TENSORS and self._is_plain(value):
                return self._tensor(value)
            if kind is numpy.ndarray and value.dtype.kind in _ARRAY_KINDS and value.dtype.itemsize <= 8:
                return self._array("A", value)
            if kind is numpy.ndarray and value.dtype.kind == "c" and value.dtype.itemsize <= 16:
                parts = numpy.ascontiguousarray(value).view(value.real.dtype).reshape(*value.shape, 2)
                return ["C", self._array("A", parts)[1]]
            if kind is numpy.ndarray and value.dtype.kind == "U":
                self._count(value.nbytes)
                return ["U", list(value.shape), value.dtype.itemsize // 4, value.reshape(-1).tolist()]
            if isinstance(value, numpy.generic) and value.dtype.kind in _ARRAY_KINDS and value.itemsize <= 8:
                return self._array("S", numpy.asarray(value))
            if kind is torch.dtype:
                return ["y", str(value)]
            if kind is complex:
                return ["c", value.real, value.imag]
            if kind in (bytes, bytearray):
                self._count(len(value) * 2)
                return ["b", kind.__name__, value.hex()]
            if kind in (set, frozenset) and depth < MAX_DEPTH and all(map(_is_key, value)):
                return ["s", kind.__name__, [self.encode(item, depth + 1, handles=handles) for item in value]]
            if kind is range and all(
                part.bit_length() < 64 for part in (value.start, value.stop, value.step)
            ):
                return ["g", value.start, value.stop, value.step]
            if (
                kind is type
                and issubclass(value, Exception)
                and getattr(builtins, value.__name__, None) is not value
            ):
                number = self.agent.errors.setdefault(value, len(self.agent.errors) + 1)
                return ["x", number, value.__name__[:100], _builtin(value)]
        if not handles:
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
        return ["T", name]

    def _array(self, tag, value):
        self._count(value.nbytes)
        name = str(len(self.arrays))
        self.arrays[name] = numpy.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        return [tag, name]

    def _count(self, size):
        self.size += size
        if self.size > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES // 2**20} MiB")


def _is_key(value):
    if type(value) in (tuple, frozenset):
        return all(map(_is_key, value))
    return value is None or type(value) in (bool, int, float, str, bytes, complex)


def _is_library(kind):
    """Whether a tuple class is a structure of torch or numpy, or a plain namedtuple."""
    return kind.__module__.partition(".")[0] in ("torch", "numpy") or (
        hasattr(kind, "_fields") and kind.__bases__ == (tuple,) and "__eq__" not in kind.__dict__
    )


def _builtin(kind):
    """The name of the nearest builtin exception that a class derives from, Exception itself left out."""
    return next(
        (
            base.__name__
            for base in kind.__mro__
            if getattr(builtins, base.__name__, None) is base and base not in (Exception, BaseException)
        ),
        "",
    )


def _error(error):
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
        "builtin": _builtin(type(error)),
        "message": message,
        "trace": text,
    }
