"""Let a loop sleep until its time comes or somebody wakes it, whichever is first."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["Bell"]


class Bell:
    """Something that can be rung; a ring that nobody waits for is kept for the next who does.

    Args:
        sleep: Waits so many seconds.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits."""
        self._rung.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Return when it rings, or after so many seconds; None is for ever."""
        waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._rung.wait())]
        if seconds is not None:
            waiting.append(asyncio.ensure_future(self._sleep(seconds)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        self._rung.clear()
