"""Limit how many requests a second we send: a bucket of tokens that refills at a steady rate."""

import asyncio
import time
from collections.abc import Awaitable, Callable

__all__ = ["Throttle"]


class Throttle:
    """Lets `burst` requests through at once, and then `qps` a second, in order of arrival.

    Args:
        qps: Requests per second; zero or less means no limit.
        burst: Requests that may go back to back; at least 1.
        clock: Seconds of a clock that never goes back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        qps: float = -1.0,
        burst: int = 1,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1.0 / qps if qps > 0 else 0.0
        self._slack = self._interval * (max(burst, 1) - 1)
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")

    async def acquire(self) -> None:
        """Wait for this request's turn."""
        if not self._interval:
            return
        now = self._clock()
        turn = max(self._next, now - self._slack)
        self._next = turn + self._interval
        if turn > now:
            await self._sleep(turn - now)
