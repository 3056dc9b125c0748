"""Test cells that await something, and coroutines of the student's in `asyncio`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from types import CodeType
from typing import Any

from autograder.boundary.proxies import Proxy

__all__ = ["evaluated", "take_those_of_students"]


def evaluated(codes: Sequence[CodeType], namespace: dict[str, Any]) -> Any:
    """Execute the parts of a test cell, in one event loop where they await something, as IPython does.

    Returns:
        The value of the last.
    """

    async def whole() -> Any:
        value = None
        for code in codes:
            value = eval(code, namespace)
            if code.co_flags & inspect.CO_COROUTINE:
                value = await value
        return value

    if any(code.co_flags & inspect.CO_COROUTINE for code in codes):
        return asyncio.run(whole())
    return [eval(code, namespace) for code in codes][-1]


def take_those_of_students() -> None:
    """For good: `asyncio` takes a student's coroutine for what it is."""
    original, create_task = asyncio.iscoroutine, asyncio.BaseEventLoop.create_task

    def iscoroutine(value: Any) -> bool:
        return inspect.iscoroutine(value) if type(value) is Proxy else original(value)

    def created(loop: asyncio.BaseEventLoop, coroutine: Any, **options: Any) -> asyncio.Task:
        return create_task(loop, _result_of(coroutine) if type(coroutine) is Proxy else coroutine, **options)

    for module in (asyncio, asyncio.coroutines):
        vars(module)["iscoroutine"] = iscoroutine
    asyncio.BaseEventLoop.create_task = created  # type: ignore[assignment, method-assign]


async def _result_of(awaitable: Proxy) -> Any:
    return await awaitable
