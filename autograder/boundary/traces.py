"""What a call leaves behind in the student's kernel: modes of the libraries, models, shared memory.

The agent looks at it there, and hidden tests do so under stock nbgrader; like the agent, this
imports nothing of the kit.
"""

from __future__ import annotations

import io
import itertools
import random
import sys
import warnings

import numpy
import torch

__all__ = ["Modes", "can_be_told", "is_library", "module_state", "seed_everything", "shares_memory"]

MAX_DEPTH = 24
MAX_ITEMS = 400_000
MAX_MODULE = 2**22
"""Elements of a model whose state is sent after a call."""


class Modes:
    """Modes of the libraries and of the interpreter, as they are before the student's first cell.

    What one cell leaves behind (no gradients, another default type, warnings as errors) must not
    decide the test of another: each test begins with these, and with the same random numbers.
    """

    def __init__(self) -> None:
        self.streams = {"stdout": sys.stdout, "stderr": sys.stderr}
        self.filters = list(warnings.filters)
        self.recursion = sys.getrecursionlimit()
        self.errors = numpy.geterr()
        self.printing = numpy.get_printoptions()
        self.dtype = torch.get_default_dtype()
        self.threads = torch.get_num_threads()
        self.precision = torch.get_float32_matmul_precision()

    def take_back(self) -> list[str]:
        """Set back what a call has left in another mode; says what it was."""
        left = []
        for name, is_left, restore in (
            ("grad", lambda: not torch.is_grad_enabled(), lambda: torch.set_grad_enabled(True)),
            (
                "dtype",
                lambda: torch.get_default_dtype() != self.dtype,
                lambda: torch.set_default_dtype(self.dtype),
            ),
            (
                "device",
                lambda: torch.get_default_device().type != "cpu",
                lambda: torch.set_default_device(None),
            ),
            ("errors", lambda: numpy.geterr() != self.errors, lambda: numpy.seterr(**self.errors)),
        ):
            try:
                if is_left():
                    left.append(name)
                    restore()
            except Exception:
                continue
        return left

    def restore(self) -> None:
        """Set them; one that cannot be set leaves the others."""
        for step in (
            lambda: sys.setrecursionlimit(max(self.recursion, sys.getrecursionlimit())),
            lambda: sys.settrace(None),
            lambda: sys.setprofile(None),
            self.restore_streams,
            self._restore_warnings,
            lambda: numpy.seterr(**self.errors),
            lambda: numpy.set_printoptions(**self.printing),
            lambda: torch.set_printoptions(profile="default"),
            lambda: torch.set_grad_enabled(True),
            lambda: torch.set_default_device(None),
            lambda: torch.set_default_dtype(self.dtype),
            lambda: torch.set_num_threads(self.threads),
            lambda: torch.set_float32_matmul_precision(self.precision),
            lambda: torch.set_flush_denormal(False),
            self._allow_any_algorithm,
            lambda: torch.autograd.set_detect_anomaly(False),
            seed_everything,
        ):
            try:
                step()
            except Exception:
                continue

    def _allow_any_algorithm(self) -> None:
        if torch.are_deterministic_algorithms_enabled():  # setting it imports a compiler
            torch.use_deterministic_algorithms(False)

    def restore_streams(self) -> None:
        """Open what has been closed; the kernel itself cannot answer otherwise."""
        for name, stream in self.streams.items():
            if getattr(getattr(sys, name), "closed", True):
                setattr(sys, name, io.StringIO() if stream.closed else stream)

    def _restore_warnings(self) -> None:
        if warnings.filters != self.filters:
            warnings.filters[:] = self.filters  # type: ignore[index]  # typeshed calls the list a sequence
            warnings._filters_mutated()  # type: ignore[attr-defined]


def seed_everything() -> None:
    """The same random numbers for everybody."""
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)


def module_state(module):
    """All that a call might have left changed in a model, as plain data.

    Returns:
        A dict: "layers", the model as it is printed; "modes", whether each layer is in training
        mode; "parameters", "buffers" and "gradients", tensors by name.
    """
    parameters = dict(module.named_parameters())
    return {
        "layers": repr(module),
        "modes": {name: layer.training for name, layer in module.named_modules()},
        "parameters": parameters,
        "buffers": dict(module.named_buffers()),
        "gradients": {name: each.grad for name, each in parameters.items() if each.grad is not None},
    }


def can_be_told(module):
    """Whether it is a model of the libraries, of a usual size."""
    try:
        return is_library(type(module)) and sum(each.numel() for each in module.parameters()) <= MAX_MODULE
    except Exception:
        return False


def shares_memory(value, arguments):
    """Whether a tensor or an array in a value lies in the same memory as one in the arguments."""
    theirs = set(_memories(arguments))
    return bool(theirs) and any(place in theirs for place in _memories(value))


def _memories(value, depth=0):
    """Where the memories begin of all tensors and arrays in a value."""
    if isinstance(value, torch.nn.Module):
        value = [*value.parameters(), *value.buffers()]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)) and depth < MAX_DEPTH:
        for item in itertools.islice(value, MAX_ITEMS):
            yield from _memories(item, depth + 1)
        return
    try:
        if isinstance(value, numpy.ndarray) and value.dtype.kind in "biuf":
            value = torch.from_numpy(value)
        if isinstance(value, torch.Tensor) and value.numel():
            yield value.untyped_storage().data_ptr()
    except Exception:
        return


def is_library(kind):
    """Whether a class is one of torch's or numpy's."""
    return kind.__module__.partition(".")[0] in ("torch", "numpy")
