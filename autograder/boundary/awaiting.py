"""Coroutines of the student's that a test cell awaits: `await f(2)`, `asyncio.gather(f(1), f(2))`.

They run in the student's process, those at the same time for which the test waits at the same time.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Generator, Sequence
from typing import Any

from autograder.boundary.reply import Reply

__all__ = ["Awaiting"]


class Awaiting:
    """What a test cell waits for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._awaited: list[tuple[Any, asyncio.Future]] = []

    def wait_for(self, awaitable: Any) -> Generator[Any, None, Any]:
        """What an awaitable of the student's gives, in the event loop of the test's that is running.

        Raises:
            Exception: What it raised.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if not self._awaited:  # others that the test has begun come before this
            loop.call_soon(self._run, loop)
        self._awaited.append((awaitable, future))
        reply = yield from future
        return self._told(reply).result()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        awaited, self._awaited = self._awaited, []
        try:
            replies = self._results_of([awaitable for awaitable, _ in awaited])
        except BaseException as error:  # a callback of the loop's raises nothing
            replies = [Reply(error=error)] * len(awaited)
        for (_, future), reply in zip(awaited, replies, strict=True):
            # behind whatever became due in the meantime: `asyncio.wait_for(f(), timeout=0.1)`
            loop.call_later(0, functools.partial(_give, future, reply))

    def _results_of(self, awaitables: Sequence[Any]) -> Sequence[Reply]:
        """What the kernel says that they give."""
        raise NotImplementedError

    def _told(self, reply: Reply) -> Reply:
        """A reply without what a raised exception may carry of hidden inputs."""
        raise NotImplementedError


def _give(future: asyncio.Future, reply: Reply) -> None:
    if not future.done():
        future.set_result(reply)
