"""Compete with other replicas for the Lease, and know at each moment whether we may write.

    Lease ◄──asks, renews── Elector ──tells──► controller: waits until then
                                    ──is_leader? before each write──► the store's connection

`election` decides; here are clock, loop and errors. No failure of the store ends the race. A
replica that cannot renew stops to lead by its own clock before another one can begin.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import assert_never

from sealer.errors import RetryableError, SealerError
from sealer_controller import logs
from sealer_controller.backoff import Backoff
from sealer_controller.bell import Bell
from sealer_controller.election import (
    Lease,
    Sighting,
    Take,
    Terms,
    Wait,
    next_step,
    released,
    see,
)
from sealer_controller.errors import ChangedMeanwhileError, LeaseForbiddenError
from sealer_controller.observer import Observer
from sealer_controller.ports import LeaseStore

__all__ = ["Elector", "boot_clock"]

_log = logs.logger(__name__)
# So that replicas that wait for the same moment do not all come at once.
_JITTER_PART = 0.1
_SHORTEST_PAUSE = 0.1
_FAREWELL_SECONDS = 2.0


def boot_clock() -> float:
    """Return seconds of a clock that never goes back and that counts while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Elector:
    """Competes with other replicas for the Lease.

    Without any right on Leases it leads after a while all the same, and says so: then there is
    nobody to compete with.

    Args:
        leases: Where the Lease is.
        name: Our name, which no other replica has, now or later.
        terms: How long everything takes.
        observer: Told who leads.
        clock: Seconds of a clock that never goes back and that counts while the machine sleeps.
        now: Returns the time of day, UTC; people read it, and nothing depends on it.
        sleep: Waits so many seconds.
        chance: Returns a random number from 0 up to 1.
    """

    def __init__(
        self,
        leases: LeaseStore,
        name: str,
        terms: Terms | None = None,
        *,
        observer: Observer | None = None,
        clock: Callable[[], float] = boot_clock,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._observer = observer or Observer()
        self._listeners: list[Callable[[], None]] = []
        self._leases = leases
        self._name = name
        self._terms = terms or Terms()
        self._clock = clock
        self._now = now
        self._chance = chance
        self._backoff = Backoff(_SHORTEST_PAUSE, self._terms.renewal, chance)
        self._sighting: Sighting | None = None
        # Whether what we know may be out of date: a write may have been done without an answer.
        self._is_stale = True
        self._until = -math.inf
        self._has_asked = self._has_seen_lease = self._is_alone = False
        self._refused_since: float | None = None
        self._failures, self._told_failure = 0, ""
        self._told: bool | None = None
        self._gained, self._may_read = asyncio.Event(), asyncio.Event()
        self._bell = Bell(sleep)

    def is_leader(self) -> bool:
        """Tell whether a write may be begun now."""
        return self._is_alone or self._clock() < self._until

    async def wait(self) -> None:
        """Return when a write may be begun."""
        while not self.is_leader():
            self._gained.clear()
            await self._gained.wait()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called each time that we begin or cease to lead."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Compete, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            while True:
                self._tell()
                pause = await self._turn()
                self._tell()
                left = self._until - self._clock()
                await self._bell.wait(min(pause, left) if left > 0 else pause)

    async def resign(self) -> None:
        """Cease to lead at once, and give the Lease back so that another replica need not wait."""
        self._until, self._is_alone = -math.inf, False
        self._tell()
        if not self._has_asked:
            return
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._release()
        except (SealerError, TimeoutError) as error:
            _log.warning("lease_not_released", message=_text(error))

    async def _follow(self) -> None:
        """Do not wait for the next turn when the Lease is given back, removed, or taken from us."""
        await self._may_read.wait()
        async with aclosing(self._leases.changes()) as changes:
            async for lease in changes:
                holder = lease.holder if lease else ""
                if not holder or (holder != self._name and self.is_leader()):
                    self._bell.ring()
        raise RuntimeError("the store has stopped to report what happens to the Lease")

    async def _turn(self) -> float:
        """Ask for the Lease, or look at it; return the seconds until the next turn."""
        left = self._until - self._clock()
        patience = self._terms.patience
        try:
            async with asyncio.timeout(min(left, patience) if left > 0 else patience):
                pause = await self._campaign()
        except LeaseForbiddenError as error:
            return self._refused(error)
        except (SealerError, TimeoutError) as error:
            return self._failed(error)
        self._failures, self._told_failure = 0, ""
        self._refused_since, self._is_alone = None, False
        self._observer.lease_reached()
        return pause

    async def _campaign(self) -> float:
        sighting = await self._sight()
        step = next_step(self._name, sighting, self._terms, now=self._clock(), time=self._now())
        match step:
            case Take(lease):
                await self._take(lease)
                return self._terms.renewal
            case Wait(seconds):
                self._until = -math.inf
                return min(seconds, self._terms.renewal) + self._jitter()
            case _:
                assert_never(step)

    async def _sight(self) -> Sighting:
        """Return what the Lease is now; who holds it knows that without asking."""
        before = self._sighting
        if before is not None and before.lease.holder == self._name and not self._is_stale:
            return before
        found = await self._leases.read()
        self._sighting, self._is_stale = see(before, found, self._clock()), False
        self._has_seen_lease |= found is not None
        self._may_read.set()
        return self._sighting

    async def _take(self, lease: Lease) -> None:
        asked, self._is_stale, self._has_asked = self._clock(), True, True
        written = await self._leases.write(lease)
        self._sighting, self._is_stale = see(self._sighting, written, self._clock()), False
        self._until, self._has_seen_lease = asked + self._terms.tenure, True

    async def _release(self) -> None:
        sighting = await self._sight()
        if sighting.lease.holder == self._name:
            await self._leases.write(released(sighting.lease, self._now()))
            _log.info("lease_released", holder=self._name)

    def _refused(self, error: LeaseForbiddenError) -> float:
        """Lead without a Lease, if there never was one as long as anybody could still have it."""
        now = self._clock()
        if self._refused_since is None:
            self._refused_since = now
        left = self._refused_since + self._terms.duration - now
        if self._has_seen_lease or left > 0:
            return max(self._failed(error), min(left, self._terms.renewal))
        if not self._is_alone:
            _log.warning("single_replica", message=error.message, hint=error.hint)
        self._is_alone = True
        self._observer.lease_reached()
        return self._terms.duration

    def _failed(self, error: SealerError | TimeoutError) -> float:
        text = _text(error)
        after = error.after if isinstance(error, RetryableError) else None
        pause = self._backoff.pause(self._failures, after)
        self._failures += 1
        if isinstance(error, ChangedMeanwhileError):
            return pause  # that somebody else was faster is an answer like any other
        self._observer.lease_not_reached()
        if text != self._told_failure:
            self._told_failure = text
            _log.warning("lease_not_reached", message=text, pause=round(pause, 3))
        return pause

    def _tell(self) -> None:
        """Tell everybody, if we lead and did not before or the other way round."""
        is_leading = self.is_leader()
        if is_leading:
            self._gained.set()
        if is_leading is self._told:
            return
        self._told = is_leading
        holder = self._sighting.lease.holder if self._sighting else ""
        _log.info("leading" if is_leading else "not_leading", replica=self._name, holder=holder)
        if is_leading:
            self._observer.began_to_lead()
        else:
            self._observer.ceased_to_lead()
        for listener in self._listeners:
            listener()

    def _jitter(self) -> float:
        return self._chance() * self._terms.renewal * _JITTER_PART


def _text(error: SealerError | TimeoutError) -> str:
    return error.message if isinstance(error, SealerError) else "no answer in time"
