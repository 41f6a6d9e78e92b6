"""Work on many things at once, in bounded memory, with the results in the order of the things.

The private and public key operations of OpenSSL and the waiting for disks let other threads run,
so that threads use all cores although Python's own code runs on one.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")
_AHEAD = 4


def in_order(
    work: Callable[[Thing], Result], things: Iterable[Thing], *, threads: int | None = None
) -> Generator[Result]:
    """Yield what comes of each thing, in order; only a few are under way at a time.

    Args:
        work: What to do; called from other threads.
        things: May be endless.
        threads: How many; by default as many as there are cores for this process.

    Raises:
        Exception: What `work` raised, when the turn of that thing has come.
    """
    threads = threads or usable_cores()
    under_way: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for thing in things:
            under_way.append(pool.submit(work, thing))
            if len(under_way) > threads * _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """Return how many cores this process may use; where the system does not tell, all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
