"""What a student's functions gave during a test, as a few short digests that alike behaviours share.

A digest is made of everything that crossed the boundary, in its order: types, texts, integers and shapes
exactly, fractions rounded relative to the largest of their array; and of where and how the test complains,
for a mistake can be smaller than that rounding. Two values that differ by a rounding error can still lie on
both sides of a border between two rounded numbers; so there is one digest for each of several grids, whose
borders lie apart, and behaviours are alike where one of their digests is equal.

Left out is what two students do differently who make one mistake: the names of a model's parameters, the
numbers that an argument has been overwritten with on the way to a value, the gradients that a step has left.
"""

from __future__ import annotations

import builtins
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from autograder.boundary.proxies import Proxy
from autograder.boundary.reply import Reply

__all__ = ["behaviour"]

SHIFTS = (0.0, 1 / 3, -1 / 3)
"""Of each grid; numbers with few binary digits lie far from the borders of all of them."""
STEPS = 2.0**11
"""Into how many steps the largest fraction of an array is divided."""
SMALLEST = 1e-3
"""Fractions below it are rounded as if it were the largest: rounding errors around 0 are alike."""
SHOWN_WHOLE = 16
"""Fractions of an array that are compared one by one; of a larger one, its length and its projections."""
DIRECTIONS = (1.0, 2.399963, 0.754878, 1.618034)
CHARACTERS = 16
_NUMBER = re.compile(r"0x[0-9a-f]+|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
"""Of what was raised the words are compared, for exceptions of one kind have many causes; addresses and inputs are not."""
MOST_VALUES = 20_000
"""Lists, arrays, numbers and texts of one behaviour: more is what no test asks for, and takes seconds."""
MOST_ELEMENTS = 2_000_000
"""Of all arrays of one behaviour together."""


def behaviour(crossed: Sequence[Reply | None], wrong_call: int = 0, message: str = "") -> tuple[str, ...]:
    """The digests of what crossed during one test; none where there is nothing to compare.

    That is where a name did not exist, or the placeholder of an answer was still there (answers that are
    not there are not alike), or where more crossed than anything that a test asks for.

    Args:
        crossed: As `autograder.boundary.student.Student.crossed` has it.
        wrong_call: As `Student.wrong_call` has it.
        message: What the test says; compared but for its numbers.
    """
    if not crossed or not all(crossed) or any(map(_is_placeholder, crossed)):
        return ()
    digest = _Digest()
    with np.errstate(all="ignore"):
        for reply in crossed:
            digest.add(reply)
    digest.exactly(wrong_call, _NUMBER.sub("", message))
    return () if digest.is_too_long else digest.texts()


def _is_placeholder(reply: Reply | None) -> bool:
    return reply is not None and isinstance(reply.error, NotImplementedError) and not str(reply.error)


class _Digest:
    def __init__(self) -> None:
        self.hashes = [hashlib.sha256() for _ in SHIFTS]
        self.values = 0
        self.elements = 0

    @property
    def is_too_long(self) -> bool:
        return self.values > MOST_VALUES or self.elements > MOST_ELEMENTS

    def texts(self) -> tuple[str, ...]:
        return tuple(one.hexdigest()[:CHARACTERS] for one in self.hashes)

    def exactly(self, *parts: object) -> None:
        """Take in what has to be equal."""
        content = repr(parts).encode("utf-8", "surrogatepass")
        for one in self.hashes:
            one.update(content)

    def add(self, value: Any) -> None:
        """Take in a value of any type that crosses."""
        kind = type(value)
        self.values += 1
        if isinstance(value, (torch.Tensor, np.ndarray)):
            self.elements += math.prod(value.shape)
        elif isinstance(value, (list, tuple)):
            self.elements += len(value)
        if self.is_too_long:
            return
        if kind is float:
            self.fractions(np.array([value]))
        elif kind is Reply:
            self.reply(value)
        elif kind is Proxy:
            self.exactly("object", _kind_of_object(value._proxy_type_name))
        elif isinstance(value, torch.Tensor):
            self.exactly("tensor", str(value.dtype), tuple(value.shape), value.requires_grad)
            plain = value.detach()
            self.array(plain.double().numpy() if plain.is_floating_point() else plain.numpy())
        elif isinstance(value, (np.ndarray, np.generic)):
            self.exactly(kind.__name__, str(value.dtype), np.shape(value))
            self.array(np.asarray(value))
        elif isinstance(value, Mapping):
            self.exactly(kind.__name__, len(value))
            names_are_free = all(isinstance(item, torch.Tensor) for item in value.values())
            for key, item in value.items():
                if not names_are_free:
                    self.add(key)
                self.add(item)
        elif isinstance(value, (list, tuple)) and kind is not torch.Size:
            self.exactly(kind.__name__, len(value))
            if len(value) > SHOWN_WHOLE and all(type(item) is float for item in value):
                self.exactly("fractions")
                self.fractions(np.array(value))
            else:
                for item in value:
                    self.add(item)
        elif kind.__module__.partition(".")[0] == "pandas" and hasattr(value, "__len__"):
            self.labelled(value)
        else:
            self.exactly(kind.__name__, _text(value))

    def labelled(self, value: Any) -> None:
        """A frame, a series, an index or a column of pandas."""
        self.exactly(type(value).__name__, np.shape(value))
        self.elements += math.prod(np.shape(value))
        if self.is_too_long:
            return
        if hasattr(value, "columns"):
            for part in (
                value.index,
                value.columns,
                *(value.iloc[:, place] for place in range(value.shape[1])),
            ):
                self.labelled(part)
            return
        self.exactly(str(value.dtype), _text(getattr(value, "name", None)))
        plain = value.to_numpy()
        if plain.dtype.kind in "biuf":
            self.array(plain)
        else:
            self.exactly(hashlib.sha256(repr(list(plain)).encode("utf-8", "surrogatepass")).hexdigest())

    def reply(self, reply: Reply) -> None:
        error = reply.error
        if error is None:
            self.add(reply.value)
        else:
            self.exactly("raised", type(error).__name__, _NUMBER.sub("", str(error)))
        self.add([_lasting(each, reply.value is None) for each in reply.arguments_after])
        self.exactly(reply.modes_left)

    def array(self, values: np.ndarray) -> None:
        if values.dtype.kind == "f":
            self.fractions(values.astype(np.float64).ravel())
        else:
            self.exactly(hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest())

    def fractions(self, values: np.ndarray) -> None:
        """Take in fractions, each with a tolerance."""
        finite = np.isfinite(values)
        if not finite.all():
            self.exactly(
                [str(value) for value in values[~finite][:SHOWN_WHOLE]], np.packbits(finite).tobytes()
            )
            values = np.where(finite, values, 0.0)
        if values.size > SHOWN_WHOLE:
            places = np.arange(values.size)
            values = np.array(
                [np.linalg.norm(values), *(np.cos(places * along) @ values for along in DIRECTIONS)]
            )
        largest = max(float(np.abs(values).max(initial=0.0)), SMALLEST)
        for one, shift in zip(self.hashes, SHIFTS, strict=True):
            # a power of two between half of the largest and twice; with its borders apart, too
            power = math.ceil(math.log2(largest) + 0.5 + shift) if math.isfinite(largest) else 0
            rounded = np.floor(np.ldexp(values, -power) * STEPS + 0.5 + shift)
            one.update(b"%d" % power + rounded.tobytes())


def _lasting(argument: Any, is_work: bool) -> Any:
    """What of an argument after a call belongs to a mistake; of the rest the test says that it was changed.

    Args:
        argument: As it is afterwards; of a model its state.
        is_work: Whether what the function does to its arguments is all that it does, as it returns nothing.
    """
    if isinstance(argument, dict) and {"parameters", "gradients"} <= argument.keys():
        # the gradients of the last step are cleared before or after it
        return {name: part for name, part in argument.items() if not is_work or name != "gradients"}
    return argument if is_work else None


def _text(value: Any) -> str:
    """A value, written in one way only: integers of any length, and sets whatever their order."""
    if type(value) is int:
        return hex(value)
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_text, value))})"
    return repr(value)


def _kind_of_object(name: str) -> str:
    """The name of a class where it is no student's; those are free to choose."""
    return name if hasattr(builtins, name) or hasattr(torch.nn, name) else "object"
