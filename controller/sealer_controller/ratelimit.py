"""Limit how often each client may ask: the generic cell rate algorithm, as the original uses it.

Each client has a time at which it will have paid for all that it asked. A request moves that time
on by one interval; where it would lie too far ahead, the request is refused. That is a bucket of
tokens that needs one number for each client, and no timer.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Grant", "RateLimiter"]

_SECOND = 1_000_000_000
_MAXIMUM_CLIENTS = 16_384


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client is told about a request.

    Attributes:
        limit: How many requests may come at once.
        remaining: How many more may come now.
        reset: Seconds until all of them may come again, rounded up.
        retry_after: Seconds until one may come again, rounded up; None where this one may.
    """

    limit: int
    remaining: int
    reset: int
    retry_after: int | None


class RateLimiter:
    """Lets each client ask `burst` times more than once, and then `rate` times a second.

    At most so many clients are remembered; those that were not heard of for the longest time are
    forgotten first.

    Args:
        rate: Requests a second in the long run; at least 1.
        burst: How many more may come at once; at least 0.
        clients: How many clients are remembered.
        clock: Nanoseconds of a clock that never goes back.
    """

    def __init__(
        self,
        rate: int,
        burst: int,
        *,
        clients: int = _MAXIMUM_CLIENTS,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._interval = max(1, _SECOND // rate)
        self._limit = burst + 1
        self._clients = clients
        self._clock = clock
        self._paid_at: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        """Return how many clients are remembered."""
        return len(self._paid_at)

    def take(self, client: str) -> Grant:
        """Decide about a request; one that is refused costs nothing."""
        now = self._clock()
        self._forget(now)
        paid_at = max(self._paid_at.get(client, now), now)
        ahead = paid_at + self._interval - now
        excess = ahead - self._limit * self._interval
        if excess > 0:
            return self._grant(paid_at - now, excess)
        if client not in self._paid_at and len(self._paid_at) >= self._clients:
            self._paid_at.popitem(last=False)
        self._paid_at[client] = paid_at + self._interval
        self._paid_at.move_to_end(client)
        return self._grant(ahead, None)

    def _grant(self, ahead: int, excess: int | None) -> Grant:
        return Grant(
            limit=self._limit,
            remaining=(self._limit * self._interval - ahead) // self._interval,
            reset=-(-ahead // _SECOND),
            retry_after=None if excess is None else -(-excess // _SECOND),
        )

    def _forget(self, now: int) -> None:
        """Forget two clients that have paid: more than one request can add."""
        for _ in range(2):
            oldest = next(iter(self._paid_at), None)
            if oldest is not None and self._paid_at[oldest] <= now:
                del self._paid_at[oldest]
