"""A loop sleeps until its time comes or somebody rings."""

import asyncio

from sealer_controller.bell import Bell


async def _never(_seconds: float) -> None:
    await asyncio.Event().wait()


async def _at_once(_seconds: float) -> None:
    """A time that is over."""


async def test_bell_ends_the_wait_when_it_rings() -> None:
    """However long the wait would have been."""
    for seconds in (None, 10.0):
        bell = Bell(_never)
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            waiting = group.create_task(bell.wait(seconds))
            await asyncio.sleep(0)
            assert not waiting.done()
            bell.ring()


async def test_bell_that_rang_before_ends_one_wait() -> None:
    """No ring is lost, and none counts twice."""
    bell = Bell(_never)
    bell.ring()
    bell.ring()
    async with asyncio.timeout(10):
        await bell.wait()
    again = asyncio.create_task(bell.wait(10.0))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_bell_that_does_not_ring_ends_the_wait_in_time() -> None:
    """Nothing is left behind that still waits."""
    async with asyncio.timeout(10):
        await Bell(_at_once).wait(10.0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
