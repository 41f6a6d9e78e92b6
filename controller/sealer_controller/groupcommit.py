"""Writes that are ready at about the same time are sent together, where there is a backlog.

Each request that comes alone wakes the API server, etcd and us, and waits for the disk by itself;
eight at a time share that, as in the group commit of databases. What it spares is left for private
keys.
"""

import asyncio
import math
from dataclasses import dataclass

__all__ = ["GroupCommit"]

_SIZE = 8
# As long as nobody notices while other objects wait for much more.
_LONGEST_SECONDS = 0.05


@dataclass(slots=True)
class _Group:
    gone: asyncio.Event
    timer: asyncio.TimerHandle
    size: int = 0


class GroupCommit:
    """Lets callers go on in groups.

    Args:
        size: How many make a group whole; no more than half of the callers, because the others keep
            the cores busy meanwhile.
        seconds: How long the first of a group waits for others at most.
    """

    def __init__(self, size: int = _SIZE, seconds: float = _LONGEST_SECONDS) -> None:
        self._size = size
        self._seconds = seconds
        self._group: _Group | None = None
        self._last = -math.inf

    async def join(self) -> None:
        """Return when the group is whole, or its time is over; at once after a time of silence."""
        now = asyncio.get_running_loop().time()
        if self._group is None and now - self._last > self._seconds:
            self._last = now
            return
        group = self._group = self._group or self._begun()
        group.size += 1
        if group.size >= self._size:
            self._go()
        await group.gone.wait()

    def _begun(self) -> _Group:
        timer = asyncio.get_running_loop().call_later(self._seconds, self._go)
        return _Group(asyncio.Event(), timer)

    def _go(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            self._last = asyncio.get_running_loop().time()
            group.timer.cancel()
            group.gone.set()
