"""Keep up with a set of objects: list them, then watch what happens to them, for ever.

A watch breaks: it ends every few minutes, it expires, it is cut, it goes silent. The reflector
makes one unbroken story of it and promises its reader:

- every object there is, is reported at the start, and again each time its version changes;
- an object that went away is reported as deleted, also when nobody watched as it happened;
- after a break the story goes on where it was; the list is read again only if that point is lost;
- a failure is waited out in growing, random pauses, never shorter than the server asks.

`Known` decides what is news, without any I/O; `Pace` how long to wait; `reflect` does the talking.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer_controller.backoff import Backoff
from sealer_controller.kube.decode import Event, EventType, Page
from sealer_controller.kube.errors import ExpiredError, SilentError
from sealer_controller.kube.objects import KubeObject, ObjectT, Unreadable, key_of
from sealer_controller.objects import Key

__all__ = [
    "Change",
    "Deleted",
    "Interrupted",
    "Known",
    "ListWatch",
    "Pace",
    "Progress",
    "Synced",
    "Undecodable",
    "Upserted",
    "reflect",
]


@dataclass(frozen=True, slots=True)
class Upserted(Generic[ObjectT]):
    """An object is new, or has a new version."""

    object: ObjectT


@dataclass(frozen=True, slots=True)
class Undecodable:
    """As `Upserted`, for an object that does not fit its Struct; a later version may.

    Attributes:
        key: The object.
        uid: Its UID.
        problem: What does not fit, without any value.
    """

    key: Key
    uid: str
    problem: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """An object is gone. One of the same name and another UID may follow it."""

    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class Synced:
    """A list is complete: all that existed has been reported, and all deletions too.

    The first one means that the caches are filled; another one follows each time that the list had
    to be read again.
    """

    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """The server says that nothing has happened: the connection lives."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The watch is over and goes on after a pause.

    Attributes:
        error: Why; None when the server ended it as agreed.
        pause: Seconds.
    """

    error: SealerError | None
    pause: float


Change: TypeAlias = Upserted[ObjectT] | Undecodable | Deleted | Synced | Progress | Interrupted


class ListWatch(Protocol[ObjectT]):
    """What can be listed and watched; `kube.Selection` is one."""

    def pages(self) -> AsyncGenerator[Page[ObjectT], None]:
        """Yield the list page by page."""

    def watch(self, resource_version: str) -> AsyncGenerator[Event[ObjectT], None]:
        """Yield what happens after a version."""


@dataclass(slots=True)
class Pace:
    """How long to pause between two watches: exponential back-off with full jitter.

    Attributes:
        base: Upper bound of the first pause, in seconds.
        cap: Upper bound of every pause, in seconds, unless the server asks for more.
        healthy: A watch that lived for so many seconds ends a row of failures.
        clock: Seconds of a clock that never goes back.
        sleep: Waits so many seconds.
        chance: Returns a random number from 0 up to 1.
    """

    base: float = 0.5
    cap: float = 30.0
    healthy: float = 10.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    _failures: int = field(default=0, init=False)

    def pause(self, lived: float, error: SealerError | None) -> float:
        """Return the pause after a watch that lived for so long and ended with this error.

        A watch that ends at once without an error counts as a failure too: a server that does so
        again and again must not be hammered.
        """
        if lived >= self.healthy:
            self._failures = 0
            if error is None:
                return 0.0
        after = error.after if isinstance(error, RetryableError) else None
        pause = Backoff(self.base, self.cap, self.chance).pause(self._failures, after)
        self._failures += 1
        return pause


class Known:
    """Identity and version of every object reported so far; says what is news."""

    def __init__(self) -> None:
        self._objects: dict[Key, tuple[str, str]] = {}

    def __len__(self) -> int:
        """Return how many objects there are."""
        return len(self._objects)

    def upsert(self, obj: ObjectT | Unreadable) -> Iterator[Change[ObjectT]]:
        """Yield what an object as it is now means: nothing if this version was reported."""
        key, uid, version = key_of(obj), obj.metadata.uid, obj.metadata.resource_version
        before = self._objects.get(key)
        if before == (uid, version):
            return
        if before and before[0] != uid:
            yield Deleted(key, before[0])
        self._objects[key] = (uid, version)
        if isinstance(obj, Unreadable):
            yield Undecodable(key, uid, obj.problem)
        else:
            yield Upserted(obj)

    def remove(self, obj: KubeObject) -> Iterator[Deleted]:
        """Yield the deletion of an object; nothing if it was never reported."""
        key = key_of(obj)
        before = self._objects.pop(key, None)
        if before:
            yield Deleted(key, before[0])

    def retain(self, keys: Collection[Key]) -> Iterator[Deleted]:
        """Yield the deletion of every object that a complete list does not hold."""
        for key in [key for key in self._objects if key not in keys]:
            yield Deleted(key, self._objects.pop(key)[0])


class _Story(Generic[ObjectT]):
    """Where we are: what is known, and from which version the next watch goes on."""

    def __init__(self, source: ListWatch[ObjectT], known: Known) -> None:
        self.source = source
        self.known = known
        self.version = ""

    async def list(self) -> AsyncGenerator[Change[ObjectT], None]:
        """Read the list and report what is news; on success the watch goes on from it."""
        keys: set[Key] = set()
        version = ""
        async with aclosing(self.source.pages()) as pages:
            async for page in pages:
                version = page.resource_version
                for obj in page.items:
                    keys.add(key_of(obj))
                    for change in self.known.upsert(obj):
                        yield change
        for gone in self.known.retain(keys):
            yield gone
        self.version = version
        yield Synced(len(self.known))

    async def watch(self) -> AsyncGenerator[Change[ObjectT], None]:
        """Report the events of one watch until it ends."""
        async with aclosing(self.source.watch(self.version)) as events:
            async for event in events:
                if event.type is EventType.BOOKMARK:
                    yield Progress()
                elif event.type is EventType.DELETED:
                    for gone in self.known.remove(event.object):
                        yield gone
                else:
                    for change in self.known.upsert(event.object):
                        yield change
                self.version = event.resource_version


async def reflect(
    source: ListWatch[ObjectT], pace: Pace | None = None, known: Known | None = None
) -> AsyncGenerator[Change[ObjectT], None]:
    """Report all objects and everything that happens to them, for ever.

    No error of the server ends it: each is reported as `Interrupted` and tried again, because what
    it lacks (a right, the kind itself, the network) can come at any time. Close it by cancelling
    the task or with `contextlib.aclosing`, which closes the connection.

    Args:
        source: What to list and watch, such as `client.select(SECRETS, namespace="shop")`.
        pace: How long to pause; one of its own for each reflector.
        known: Filled with what was reported, for a caller who wants to take all of it back.
    """
    pace = pace or Pace()
    story = _Story(source, Known() if known is None else known)
    while True:
        error: SealerError | None = None
        started: float | None = None
        try:
            if not story.version:
                async with aclosing(story.list()) as changes:
                    async for change in changes:
                        yield change
            started = pace.clock()
            async with aclosing(story.watch()) as changes:
                async for change in changes:
                    yield change
        except (TerminalError, SilentError, ExpiredError) as failure:
            # The point where we were is lost (410), or nothing tells whether it still exists: a
            # server restored from a backup is silent about a version that it has yet to reach.
            error, story.version = failure, ""
        except RetryableError as failure:
            error = failure
        pause = pace.pause(0.0 if started is None else pace.clock() - started, error)
        yield Interrupted(error, pause)
        await pace.sleep(pause)
