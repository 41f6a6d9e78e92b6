"""Several streams as one, each item as soon as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["merge"]

T = TypeVar("T")
# Enough to keep the streams busy, and little enough that nothing piles up.
_WAITING_ITEMS = 100


@dataclass(frozen=True)
class _End:
    error: BaseException | None


async def merge(sources: Iterable[AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """Yield the items of all streams until all have ended.

    A stream that fails ends them all with its error. Closing the result closes them.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue(_WAITING_ITEMS)
    tasks = [asyncio.create_task(_pump(source, queue)) for source in sources]
    running = len(tasks)
    try:
        while running:
            item = await queue.get()
            if not isinstance(item, _End):
                yield item
            elif item.error:
                raise item.error
            else:
                running -= 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(source: AsyncGenerator[T, None], queue: "asyncio.Queue[T | _End]") -> None:
    error: BaseException | None = None
    try:
        async with aclosing(source):
            async for item in source:
                await queue.put(item)
    except Exception as failure:  # noqa: BLE001 - handed on to the reader
        error = failure
    await queue.put(_End(error))
