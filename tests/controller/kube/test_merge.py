"""Several streams as one: nothing is lost, errors come through, and all are closed in the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from sealer_controller.kube.merge import merge


class Source:
    """A stream of what the test puts into it."""

    def __init__(self, *items: str | Exception | None) -> None:
        self.items: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.is_closed = False
        for item in items:
            self.items.put_nowait(item)

    async def stream(self) -> AsyncGenerator[str, None]:
        """Yield strings, raise errors, end at None."""
        try:
            while True:
                item = await self.items.get()
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.is_closed = True


async def test_merge_yields_all_items_of_all_streams_until_all_have_ended() -> None:
    """Each stream keeps its order; the end of one is not the end of the others."""
    first, second = Source("a", "b", None), Source("1", None)
    third = Source(*map(str, range(500)), None)
    found = [item async for item in merge([first.stream(), second.stream(), third.stream()])]
    assert len(found) == 503
    assert [item for item in found if item in ("a", "b")] == ["a", "b"]


async def test_merge_yields_an_item_as_soon_as_it_comes() -> None:
    """A stream that is silent holds up no other."""
    silent, busy = Source(), Source("x")
    async with aclosing(merge([silent.stream(), busy.stream()])) as merged:
        assert await anext(merged) == "x"
        busy.items.put_nowait("y")
        assert await anext(merged) == "y"


async def test_merge_raises_the_error_of_a_stream_and_closes_the_others() -> None:
    """No stream dies unnoticed."""
    good, bad = Source(), Source(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await anext(merge([good.stream(), bad.stream()]))
    assert (good.is_closed, bad.is_closed) == (True, True)


async def test_merge_closed_closes_every_stream() -> None:
    """Leaving early leaves nothing open, be a stream waiting for an item or for its reader."""
    waiting, full = Source("x"), Source(*["y"] * 300)
    async with aclosing(merge([waiting.stream(), full.stream()])) as merged:
        await anext(merged)
    assert (waiting.is_closed, full.is_closed) == (True, True)


async def test_merge_of_nothing_is_nothing() -> None:
    """Without streams there is nothing to wait for."""
    assert [item async for item in merge(list[AsyncGenerator[str, None]]())] == []
