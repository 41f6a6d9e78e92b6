"""Threads that work in turns: everybody gets what is theirs, nobody waits for a long list."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer_controller.turns import Turns


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(), max_size=20), max_size=6), st.integers(1, 4))
def test_turns_every_list_gets_its_results_in_order(lists: list[list[int]], threads: int) -> None:
    """However many lists and threads there are."""
    turns = Turns(threads, "test")
    with ThreadPoolExecutor(max_workers=8) as callers:
        found = list(callers.map(lambda items: turns.map(lambda item: item * 2, items), lists))
    turns.close()
    assert found == [[item * 2 for item in items] for items in lists]


async def test_turns_lists_are_worked_on_item_by_item() -> None:
    """A list that comes later does not wait for the end of the one that was there before."""
    turns, order = Turns(1, "test"), list[str]()
    begun, go_on = threading.Event(), threading.Event()

    def first(item: int) -> None:
        begun.set()
        assert go_on.wait(30)
        order.append(f"long {item}")

    long = asyncio.create_task(asyncio.to_thread(turns.map, first, range(3)))
    assert await asyncio.to_thread(begun.wait, 30)
    short = asyncio.create_task(turns.run(lambda: order.append("short")))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(long, short)
    turns.close()
    assert order == ["long 0", "long 1", "short", "long 2"]


async def test_turns_items_of_one_list_use_all_threads() -> None:
    """Two items meet; neither could pass the barrier alone."""
    barrier = threading.Barrier(2, timeout=30)
    turns = Turns(2, "test")
    await asyncio.to_thread(turns.map, lambda _: barrier.wait(), range(2))
    turns.close()


async def test_turns_failure_reaches_its_caller_and_harms_nobody_else() -> None:
    """The rest of the list is not done, the threads go on."""
    turns, done = Turns(2, "test"), list[int]()

    def work(item: int) -> None:
        if item == 0:
            raise KeyError("odd")
        done.append(item)

    with pytest.raises(KeyError, match="odd"):
        await asyncio.to_thread(turns.map, work, range(1000))
    assert len(done) < 999
    assert await turns.run(lambda: "fine") == "fine"
    turns.close()


async def test_turns_caller_that_gives_up_leaves_the_threads_to_others() -> None:
    """What is in hand is ended, and its result goes nowhere."""
    turns = Turns(1, "test")
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go_on.wait(30)

    waiting = asyncio.create_task(turns.run(work))
    assert await asyncio.to_thread(begun.wait, 30)
    waiting.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await turns.run(lambda: "fine") == "fine"
    turns.close()


async def test_turns_closed_do_nothing_more() -> None:
    """Neither what waits nor what comes; whoever waits is told."""
    turns = Turns(1, "test")
    turns.close()
    with pytest.raises(RuntimeError, match="closed"):
        await turns.run(lambda: None)
    with pytest.raises(RuntimeError, match="closed"):
        turns.map(str, [1])
    assert turns.map(str, []) == []
