"""Several streams as one: nothing is lost, errors come through, and all are closed in the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from sealer_controller.kube.merge import Streams, merge


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


async def test_streams_come_and_go_while_they_are_read() -> None:
    """A stream added later is read; one that was removed is closed, and what it had is dropped."""
    streams = Streams[str, str]()
    first, second = Source("a"), Source("1", "2")
    streams.add("first", first.stream())
    async with aclosing(streams.items()) as items:
        assert await anext(items) == ("first", "a")
        streams.add("second", second.stream())
        assert await anext(items) == ("second", "1")
        await streams.remove("second")
        assert second.is_closed
        first.items.put_nowait("b")
        assert await anext(items) == ("first", "b")
        streams.add("second", Source("again").stream())
        assert await anext(items) == ("second", "again")


async def test_stream_that_is_removed_before_it_begins_is_never_read() -> None:
    """Nothing of it remains, and the others go on."""
    streams = Streams[str, str]()
    streams.add("never", Source("x").stream())
    await streams.remove("never")
    streams.add("other", Source("y", None).stream())
    assert [item async for item in streams.items()] == [("other", "y")]


async def test_stream_that_ends_may_be_added_again() -> None:
    """Its name is free."""
    streams = Streams[str, str]()
    streams.add("one", Source("x", None).stream())
    streams.add("long", Source().stream())
    async with aclosing(streams.items()) as items:
        assert await anext(items) == ("one", "x")
        waiting = asyncio.ensure_future(anext(items))
        await asyncio.sleep(0)
        streams.add("two", Source("y").stream())
        assert await waiting == ("two", "y")
        streams.add("one", Source("z").stream())
        assert await anext(items) == ("one", "z")
