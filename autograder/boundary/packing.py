"""What the grader sends: a pickle of library objects and plain data, from which its own are refused."""

from __future__ import annotations

import io
import os
import pickle
import sys
import sysconfig
import types
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import torch

from autograder.boundary.named_tuples import reduced
from autograder.errors import BoundaryError

__all__ = ["SENT_MODULES", "named", "pack"]

SENT_MODULES = frozenset(
    ["__builtin__", "_codecs", "_decimal", "_io", "_operator", "builtins", "collections", "copy", "copyreg", "dataclasses", "datetime", "decimal",
     "fractions", "functools", "inspect", "io", "itertools", "math", "matplotlib", "numbers", "numpy", "operator", "pandas", "pathlib", "random",
     "scipy", "sklearn", "torch", "torchvision", "typing"]
)  # fmt: skip
"""Top-level modules whose classes and functions may be sent to a student's kernel."""
INSTALLED = tuple(
    {f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
"""Where libraries are installed, the standard library included; `autograder` may be there, too."""


class _Pickler(pickle.Pickler):
    def __init__(self, stream, handle_of, shipped):
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self.handle_of = handle_of
        self.shipped = shipped

    def persistent_id(self, value):
        return self.handle_of(value)

    def reducer_override(self, value):
        if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
            module = getattr(value, "__module__", None) or "builtins"
            if module.partition(".")[0] not in SENT_MODULES and not self._is_shipped(module):
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
        elif isinstance(value, BaseException):
            # by itself, whatever others have registered: where Dask is imported, its library has for every exception
            return value.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        elif isinstance(value, tuple) and (made := reduced(value)) is not None:
            return made
        elif isinstance(value, PurePath) and value.is_absolute():
            raise BoundaryError(
                f"a path of the grader's ('.../{value.name}') is not there for students' code; hand over one beside the "
                "notebook, such as `Path('data.csv')`"
            )
        return NotImplemented

    def _is_shipped(self, module):
        file = getattr(sys.modules.get(module), "__file__", None)
        return self.shipped is not None and file is not None and file.startswith(self.shipped)


def _shows_more_than_itself(tensor: torch.Tensor) -> bool:
    # only a contiguous tensor is sure to be its storage: an expanded one has more elements than that
    return tensor.layout is torch.strided and (
        not tensor.is_contiguous()
        or tensor.untyped_storage().nbytes() != tensor.numel() * tensor.element_size()
    )


def pack(
    value: Any, handle_of: Callable[[Any], Any] = lambda value: None, shipped: str | None = None
) -> bytes:
    """Pickle what the grader sends.

    Args:
        value: Plain data, library objects, and proxies.
        handle_of: What the agent knows a value by (the number of a proxy's handle); None for everything else.
        shipped: What the file names of modules begin with that the student has, too: what they define is named,
            and found there.

    Raises:
        BoundaryError: Something in it belongs to the grader, or cannot be pickled.
    """
    stream = io.BytesIO()
    try:
        _Pickler(stream, handle_of, shipped).dump(value)
    except BoundaryError:
        raise
    except Exception as error:
        raise BoundaryError(f"this cannot be sent to the student's kernel: {error}") from error
    return stream.getvalue()


def named(kind: Any) -> Any:
    """A class or function of any installed library by its name, of which alone the kernel is asked; others as they are.

    Returns:
        ("named", module, qualified name); what the student's kernel makes of it is `autograder.boundary.agent`'s.
    """
    for name in (
        types.__all__ if isinstance(kind, type) else ()
    ):  # those of Python's that have no name elsewhere
        if getattr(types, name) is kind:
            return ("named", "types", name)
    module = str(getattr(kind, "__module__", None))
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    if (
        not callable(kind)
        or not hasattr(kind, "__qualname__")
        or module.partition(".")[0] in (*SENT_MODULES, "autograder")
        or not file.startswith(INSTALLED)
    ):
        return kind
    return ("named", module, kind.__qualname__)
