"""Put off the import of torch's compiler, for which every optimizer and torchvision ask, and which hardly anybody uses.

This file is also copied into the sandbox, so it imports nothing of the kit.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["put_off_compiler"]

COMPILER, UTILS = "torch._dynamo", "torch._dynamo.utils"
_left_alone: list[Any] = []


def put_off_compiler() -> None:
    """Have `torch._dynamo` imported where something is compiled, and not with the first optimizer.

    The import takes more than a second of CPU time. An optimizer only has its methods kept out of what is compiled,
    and torchvision takes one function for later; until something else is asked for, a stand-in does that. Then the
    compiler is imported, as if this had not been called.
    """
    if COMPILER in sys.modules:
        return
    spec = importlib.util.find_spec(COMPILER)  # imports torch
    if spec is None or COMPILER in sys.modules:
        return
    package, utils = _StandIn(COMPILER), _StandIn(UTILS)
    vars(package).update(
        __path__=list(spec.submodule_search_locations or ()),
        disable=_disable,
        graph_break=_graph_break,
        utils=utils,
    )
    vars(utils).update(is_compile_supported=_is_compile_supported)
    sys.modules.update({COMPILER: package, UTILS: utils})
    sys.modules["torch"]._dynamo = package  # type: ignore[attr-defined]
    sys.meta_path.insert(0, _Submodules())


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # whoever looks through all modules wants nothing of this one
            raise AttributeError(name)
        _import_compiler()
        return getattr(importlib.import_module(self.__name__), name)


class _Submodules(MetaPathFinder, Loader):
    """Has the compiler imported where a module of it is, which it has mostly imported by then."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith(f"{COMPILER}.") or not _import_compiler() or name not in sys.modules:
            return None
        return ModuleSpec(name, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed."""


def _import_compiler() -> bool:
    """Put the compiler in the place of its stand-ins; whether they were still there."""
    stand_ins = [name for name in (COMPILER, UTILS) if isinstance(sys.modules.get(name), _StandIn)]
    for name in stand_ins:
        del sys.modules[name]
    if stand_ins:
        importlib.import_module(COMPILER)
        for function in _left_alone:
            del function.__dynamo_disable  # so that torch asks for it again
        _left_alone.clear()
    return bool(stand_ins)


def _disable(function: Callable, recursive: bool = True, **_: Any) -> Callable:
    _left_alone.append(function)  # torch keeps the answer in the function
    return function


def _graph_break(*_: Any) -> None:
    """Nothing is compiled."""


def _is_compile_supported(device_type: str) -> bool:
    _import_compiler()
    return importlib.import_module(UTILS).is_compile_supported(device_type)
