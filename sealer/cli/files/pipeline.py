"""Many files are worked on at once, a bounded number ahead, and told in their order."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
CORES = os.cpu_count() or 1
# So much is read ahead of what is told: enough to keep all threads busy, and no more in memory.
_AHEAD = 2


def in_order(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    threads: int,
    on_stop: Callable[[], None] | None = None,
) -> Generator[R]:
    """Yield what a function returns for each item, in the order of the items.

    Close the iterator when not all is wanted: what has begun is finished, nothing else is begun.

    Args:
        work: The function; called in threads.
        items: What to call it with; taken only a little ahead of the results.
        threads: How many calls there may be at once.
        on_stop: Called when the iterator ends early, so that calls that wait can give up.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                if len(waiting) >= _AHEAD * threads:
                    yield waiting[0].result()
                    waiting.popleft()
                waiting.append(pool.submit(work, item))
            while waiting:
                yield waiting[0].result()
                waiting.popleft()
        finally:
            for future in waiting:
                future.cancel()
            if waiting and on_stop is not None:
                on_stop()
