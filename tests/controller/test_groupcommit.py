"""Writes go together: when there are enough of them, or when the first has waited long enough."""

import asyncio
import time

import pytest

from sealer_controller.groupcommit import GroupCommit

NEVER = 3600.0


async def _busy(size: int, seconds: float) -> GroupCommit:
    """Return what lets callers go on in groups, after one who came out of silence."""
    group = GroupCommit(size, seconds)
    await asyncio.wait_for(group.join(), 10)
    return group


async def _joined(group: GroupCommit, callers: int) -> list[asyncio.Task[None]]:
    """Return callers that have joined, after everything that can go on has gone on."""
    tasks = [asyncio.create_task(group.join()) for _ in range(callers)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize(("callers", "gone"), [(2, 0), (3, 3), (5, 3), (6, 6)])
async def test_group_goes_when_it_is_whole(callers: int, gone: int) -> None:
    """All of a group at once; who comes later waits for a group of his own."""
    tasks = await _joined(await _busy(3, NEVER), callers)
    assert sum(task.done() for task in tasks) == gone
    for task in tasks:
        task.cancel()


async def test_group_that_stays_small_goes_when_its_time_is_over() -> None:
    """Whoever waits alone is not forgotten, and the next group has a time of its own."""
    group = await _busy(3, 0.05)
    async with asyncio.timeout(10):
        for _ in range(2):
            await asyncio.gather(group.join(), group.join())


async def test_group_timer_of_a_whole_group_does_not_end_the_next() -> None:
    """The time of a group that has gone means nothing any more."""
    group = await _busy(2, 0.02)
    await _joined(group, 2)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        await group.join()
    assert loop.time() - begun >= 0.03 - time.get_clock_info("monotonic").resolution


async def test_group_does_not_wait_after_a_time_of_silence() -> None:
    """Nothing tells then that others will come soon."""
    group = await _busy(3, 0.001)
    for _ in range(3):
        await asyncio.sleep(0.002)
        (task,) = await _joined(group, 1)
        assert task.done()


@pytest.mark.parametrize("size", [0, 1])
async def test_group_of_one_goes_at_once(size: int) -> None:
    """With one or two workers nobody is there to wait for."""
    (task,) = await _joined(await _busy(size, NEVER), 1)
    assert task.done()


async def test_group_goes_on_when_one_of_it_is_cancelled() -> None:
    """The others do not wait longer than their time."""
    group = await _busy(3, 0.05)
    cancelled, *others = await _joined(group, 2)
    cancelled.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*others)
