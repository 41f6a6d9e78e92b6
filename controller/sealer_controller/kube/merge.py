"""Several streams as one, each item as soon as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Hashable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

__all__ = ["Streams", "merge"]

NameT = TypeVar("NameT", bound=Hashable)
T = TypeVar("T")
# Enough to keep the streams busy, and little enough that nothing piles up.
_WAITING_ITEMS = 100


@dataclass(frozen=True)
class _End:
    error: BaseException | None


_Waiting: TypeAlias = tuple["asyncio.Task[None] | None", NameT, T | _End]


class Streams(Generic[NameT, T]):
    """Streams that are read as one, and that may come and go meanwhile. Each has a name."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[_Waiting[NameT, T]] = asyncio.Queue(_WAITING_ITEMS)
        self._tasks: dict[NameT, asyncio.Task[None]] = {}

    def add(self, name: NameT, source: AsyncGenerator[T, None]) -> None:
        """Begin to read a stream; none of that name may be open."""
        self._tasks[name] = asyncio.create_task(self._pump(name, source))

    async def remove(self, name: NameT) -> None:
        """Close a stream; what it had ready is not yielded any more."""
        await _cancelled(self._tasks.pop(name))

    async def items(self) -> AsyncGenerator[tuple[NameT, T], None]:
        """Yield the items of all streams, each with its stream's name, until all have ended.

        A stream that fails ends them all with its error. Closing the result closes them.
        """
        try:
            while self._tasks:
                task, name, item = await self._queue.get()
                if self._tasks.get(name) is not task:
                    continue  # it was removed meanwhile
                if not isinstance(item, _End):
                    yield name, item
                elif item.error:
                    raise item.error
                else:
                    del self._tasks[name]
        finally:
            await _cancelled(*self._tasks.values())

    async def _pump(self, name: NameT, source: AsyncGenerator[T, None]) -> None:
        task, error = asyncio.current_task(), None
        try:
            async with aclosing(source):
                async for item in source:
                    await self._queue.put((task, name, item))
        except Exception as failure:  # noqa: BLE001 - handed on to the reader
            error = failure
        await self._queue.put((task, name, _End(error)))


async def merge(sources: Iterable[AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """Yield the items of all streams until all have ended.

    A stream that fails ends them all with its error. Closing the result closes them.
    """
    streams = Streams[int, T]()
    for number, source in enumerate(sources):
        streams.add(number, source)
    async with aclosing(streams.items()) as items:
        async for _, item in items:
            yield item


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
