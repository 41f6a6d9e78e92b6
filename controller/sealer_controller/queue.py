"""Which object is reconciled next: each once, one at a time, the fresh ones first, all fairly."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from sealer_controller.backoff import Backoff
from sealer_controller.objects import Key
from sealer_controller.timers import Later, Timer, call_later

__all__ = ["WorkQueue"]


# After so many other objects one that was postponed has its turn, however busy it is.
_PATIENCE = 64
_SLOW_AT_ONCE = 4


class _Lane:
    """Waiting objects: namespaces take turns, so that one with thousands delays no other."""

    def __init__(self) -> None:
        self._namespaces: OrderedDict[str, OrderedDict[Key, None]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: Key) -> bool:
        return key in self._namespaces.get(key.namespace, ())

    def push(self, key: Key) -> None:
        waiting = self._namespaces.setdefault(key.namespace, OrderedDict())
        self._count += key not in waiting
        waiting[key] = None

    def pop(self) -> Key:
        namespace, waiting = next(iter(self._namespaces.items()))
        key, _ = waiting.popitem(last=False)
        self._count -= 1
        self._namespaces.move_to_end(namespace)
        if not waiting:
            del self._namespaces[namespace]
        return key

    def clear(self) -> None:
        self._namespaces.clear()
        self._count = 0

    def discard(self, key: Key) -> None:
        waiting = self._namespaces.get(key.namespace)
        if waiting is None or key not in waiting:
            return
        del waiting[key]
        self._count -= 1
        if not waiting:
            del self._namespaces[key.namespace]


class WorkQueue:
    """The objects that wait to be reconciled. Used from one event loop.

    An object that is added while it is worked on comes again afterwards, so that no change is
    missed and no object is worked on twice at the same time. What others need not wait for can be
    postponed until nothing else waits: what is brief, and after that what takes long.

    Args:
        backoff: How long an object waits after a failure.
        later: Calls a function after so many seconds; the default is the event loop's.
        changed: Told how many objects wait and how many are being worked on.
    """

    def __init__(
        self,
        backoff: Backoff | None = None,
        *,
        later: Later = call_later,
        changed: Callable[[int, int], None] = lambda _waiting, _working: None,
    ) -> None:
        self._backoff = backoff or Backoff()
        self._later = later
        self._changed = changed
        self._fresh, self._backlog = _Lane(), _Lane()
        self._brief, self._spare = _Lane(), _Lane()
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._postponed: dict[Key, _Lane] = {}
        self._slow: set[Key] = set()
        # How many others have had their turn since an object of the lane had.
        self._passed = {self._brief: 0, self._spare: 0}
        self._timers: dict[Key, Timer] = {}
        self._failures: dict[Key, int] = {}
        self._news = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        """Return how many objects wait; those that wait for their time to come do not count."""
        return sum(map(len, (self._fresh, self._backlog, self._brief, self._spare)))

    def add(self, key: Key, *, fresh: bool = True) -> None:
        """Let an object be reconciled.

        Args:
            key: The object.
            fresh: Something just happened to it: it goes before the backlog of start-up and of
                retries.
        """
        if self._closed:
            return
        self._stop_timer(key)
        self._postponed.pop(key, None)
        self._brief.discard(key)
        self._spare.discard(key)
        if key in self._working:
            self._again.add(key)
        elif fresh:
            self._backlog.discard(key)
            self._fresh.push(key)
        elif key not in self._fresh:
            self._backlog.push(key)
        self._tell()
        self._news.set()

    async def get(self) -> Key | None:
        """Return the next object once there is one; None when the queue is closed.

        Every object that was got has to be given back with `done`.
        """
        while (lane := self._next_lane()) is None:
            if self._closed:
                return None
            self._news.clear()
            await self._news.wait()
        key = lane.pop()
        self._working.add(key)
        if lane is self._spare:
            self._slow.add(key)
        for each in self._passed:
            self._passed[each] = 0 if each is lane else self._passed[each] + 1
        self._tell()
        return key

    def _next_lane(self) -> _Lane | None:
        """Return where the next object comes from; what was postponed last, but not never."""
        others = self._fresh or self._backlog
        for lane in (self._brief, self._spare):
            is_due = not others or self._passed[lane] >= _PATIENCE
            is_full = lane is self._spare and len(self._slow) >= _SLOW_AT_ONCE
            if lane and is_due and not is_full:
                return lane
        return others or None

    def may_linger(self, key: Key) -> bool:
        """Tell whether the work on an object may take long.

        It may if the object was postponed, or if nothing else waits and few others take long.
        """
        if key not in self._slow:
            if self._fresh or self._backlog or len(self._slow) >= _SLOW_AT_ONCE:
                return False
            self._slow.add(key)
        return True

    def others_wait(self) -> bool:
        """Tell whether objects wait that were not postponed."""
        return bool(self._fresh or self._backlog)

    def postpone(self, key: Key, *, brief: bool = False) -> None:
        """Let an object that is worked on come again when there is nothing better to do.

        Args:
            key: The object.
            brief: What is left to do does not take long.
        """
        if not self._closed and key not in self._again:
            self._postponed[key] = self._brief if brief else self._spare

    def done(self, key: Key) -> None:
        """Say that the work on an object is over; it comes again if it was added meanwhile."""
        self._working.discard(key)
        self._slow.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)
        elif (lane := self._postponed.pop(key, None)) is not None:
            lane.push(key)
        self._tell()
        self._news.set()

    def retry(self, key: Key, after: float | None = None, *, cap: float | None = None) -> float:
        """Let an object come again after a pause that grows with each failure.

        A change of the object in the meantime does not wait for the pause to end.

        Args:
            key: The object.
            after: Seconds that the other side asked for.
            cap: Seconds that the pause may last at most, where that is not as usual.

        Returns:
            The pause in seconds.
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        pause = self._backoff.pause(failures, after, cap=cap)
        if not self._closed:
            self._stop_timer(key)
            self._timers[key] = self._later(pause, lambda: self.add(key, fresh=False))
        return pause

    def failures(self, key: Key) -> int:
        """Return how often an object has failed in a row."""
        return self._failures.get(key, 0)

    def settled(self, key: Key) -> None:
        """Forget the failures of an object: it comes again only when something changes."""
        self._failures.pop(key, None)
        self._stop_timer(key)

    def discard(self, key: Key) -> None:
        """Forget an object that is gone; work on it that has begun goes on."""
        self.settled(key)
        self._again.discard(key)
        self._postponed.pop(key, None)
        for lane in (self._fresh, self._backlog, self._brief, self._spare):
            lane.discard(key)
        self._tell()

    def close(self) -> None:
        """Hand out nothing more; what is being worked on may be finished."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for lane in (self._fresh, self._backlog, self._brief, self._spare):
            lane.clear()
        self._postponed.clear()
        self._tell()
        self._news.set()

    def _stop_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()

    def _tell(self) -> None:
        self._changed(len(self), len(self._working))
