"""Replicas that compete for a Lease in a world where time passes only when nobody has to do more.

    world = World()
    first, second = world.replica(), world.replica()
    await world.pass_time(30)
    first.pause()

Requests and answers take as long as `delay` says. Replicas can be paused as by SIGSTOP, cut off as
by a broken network, and killed; each has a clock of its own. After every event it is checked that
at most one of them may write.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from sealer.errors import RetryableError, SealerError
from sealer_controller.election import Lease, Terms
from sealer_controller.elector import Elector
from sealer_controller.errors import ChangedMeanwhileError
from tests.controller.watching import Recorder

__all__ = ["TERMS", "Replica", "Server", "World"]

T = TypeVar("T")
TERMS = Terms(10.0)
# The longest chain of tasks that wake each other in here is shorter.
_TURNS = 16
_TIME = datetime(2027, 1, 1, tzinfo=UTC)


class Server:
    """Holds the Lease.

    Attributes:
        lease: As it is; None where there is none.
        writers: The holders that it got, each as often as it was written.
    """

    def __init__(self) -> None:
        self.lease: Lease | None = None
        self.writers: list[str] = []
        self._version = 0

    def write(self, lease: Lease) -> Lease:
        """Replace the Lease, or create it."""
        if lease.version != (self.lease.version if self.lease else ""):
            raise ChangedMeanwhileError("it is another version by now")
        self._version += 1
        self.lease = replace(lease, version=str(self._version))
        self.writers.append(lease.holder)
        return self.lease


class World:
    """Time, a server, and replicas.

    Args:
        delay: Returns how long the next request or answer is on its way.
        chance: Returns a random number from 0 up to 1.

    Attributes:
        now: Seconds since its beginning.
    """

    def __init__(
        self, delay: Callable[[], float] = lambda: 0.01, chance: Callable[[], float] = lambda: 0.5
    ) -> None:
        self.now = 0.0
        self.server = Server()
        self.replicas: list[Replica] = []
        self.delay = delay
        self.chance = chance
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers, self._names = itertools.count(), itertools.count(1)

    def replica(self, *, offset: float = 0.0, rate: float = 1.0, terms: Terms = TERMS) -> "Replica":
        """Start a replica whose clock is off by so much, and so fast."""
        made = Replica(self, f"replica-{next(self._names)}", offset, rate, terms)
        self.replicas.append(made)
        return made

    def at(self, moment: float, event: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._events, (moment, next(self._numbers), event))

    async def pass_time(self, seconds: float) -> None:
        """Let everything happen that happens in so many seconds."""
        end = self.now + seconds
        await self._settle()
        while self._events and self._events[0][0] <= end:
            self.now, _, event = heapq.heappop(self._events)
            event()
            await self._settle()
        self.now = end
        self.check()

    async def close(self) -> None:
        """Kill everybody."""
        for each in self.replicas:
            await each.kill()

    def leaders(self) -> list["Replica"]:
        """Return who may write."""
        return [each for each in self.replicas if each.elector.is_leader()]

    def check(self) -> None:
        """Make sure that at most one replica may write."""
        names = [each.name for each in self.leaders()]
        assert len(names) < 2, f"after {self.now} seconds: {names}"

    async def _settle(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self.check()


class Replica:
    """One replica, and the way to the server.

    Attributes:
        name: Its name.
        elector: What is tested.
        observer: What it was told.
        errors: What the server answers to its next requests.
        requests: How many it has sent.
    """

    def __init__(self, world: World, name: str, offset: float, rate: float, terms: Terms) -> None:
        self.name = name
        self._world = world
        self._rate = rate
        self._patience = terms.patience
        self.observer = Recorder()
        self.errors: list[SealerError] = []
        self.requests = 0
        self._news: asyncio.Queue[Lease | None] = asyncio.Queue()
        self._is_cut = self._is_paused = False
        self._missed: list[Callable[[], None]] = []
        self.elector = Elector(
            self,
            name,
            terms,
            observer=self.observer,
            clock=lambda: offset + rate * world.now,
            now=lambda: _TIME,
            sleep=self._sleep,
            chance=world.chance,
        )
        self._task = asyncio.create_task(self.elector.run())

    async def read(self) -> Lease | None:
        """Return the Lease."""
        return await self._ask(lambda: self._world.server.lease)

    async def write(self, lease: Lease) -> Lease:
        """Replace the Lease, or create it."""
        return await self._ask(lambda: self._world.server.write(lease))

    async def changes(self) -> AsyncGenerator[Lease | None, None]:
        """Report what `hear` is told."""
        while True:
            yield await self._news.get()

    def hear(self) -> None:
        """Let the watch report the Lease as it is."""
        self._news.put_nowait(self._world.server.lease)

    def cut(self, *, is_cut: bool = True) -> None:
        """Cut it off from the server, or join them again."""
        self._is_cut = is_cut

    def pause(self) -> None:
        """Stop it, as SIGSTOP does: time goes on, and answers wait for it."""
        self._is_paused = True

    def resume(self) -> None:
        """Let it go on."""
        self._is_paused = False
        missed, self._missed = self._missed, []
        for each in missed:
            self._world.at(self._world.now, lambda each=each: self._happen(each))  # type: ignore[misc] # a default of a lambda has no type

    async def kill(self) -> None:
        """End it without a farewell."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self.elector._until = float("-inf")  # noqa: SLF001 - the process is gone, and its right with it

    async def leave(self) -> None:
        """End it as on SIGTERM."""
        self._task.cancel()
        await asyncio.wait([self._task])
        leaving = asyncio.create_task(self.elector.resign())
        while not leaving.done():
            await self._world.pass_time(0.1)

    def fault(self) -> BaseException | None:
        """Return what ended it, if it has ended by itself."""
        return self._task.exception() if self._task.done() else None

    async def _ask(self, work: Callable[[], T]) -> T:
        """Have something done at the server; the answer, or that there is none, takes its time."""
        self.requests += 1
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        gone = self._world.now + self._world.delay()

        def arrive() -> None:
            result = self._done(work)
            if not self._is_cut:
                back = self._world.now + self._world.delay()
                self._world.at(back, lambda: self._happen(lambda: _deliver(answer, result)))

        if not self._is_cut:
            self._world.at(gone, arrive)
        late = RetryableError("no answer in time")
        give_up = self._world.now + self._patience / self._rate
        self._world.at(give_up, lambda: self._happen(lambda: _deliver(answer, late)))
        return await answer

    def _done(self, work: Callable[[], T]) -> T | SealerError:
        if self.errors:
            return self.errors.pop(0)
        try:
            return work()
        except SealerError as error:
            return error

    async def _sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        due = self._world.now + max(0.0, seconds) / self._rate
        self._world.at(due, lambda: self._happen(lambda: _deliver(woken, None)))
        await woken

    def _happen(self, event: Callable[[], None]) -> None:
        """Let it notice something, when it can."""
        if self._is_paused:
            self._missed.append(event)
        else:
            event()


def _deliver(waiting: "asyncio.Future[T]", result: T | SealerError) -> None:
    if waiting.done():
        return
    if isinstance(result, SealerError):
        waiting.set_exception(result)
    else:
        waiting.set_result(result)
