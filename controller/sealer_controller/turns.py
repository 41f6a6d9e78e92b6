"""Threads that work for several callers in turns, so that a long list of one delays no other.

The work on a list is done item by item: after each, the next item is one of somebody else's. So a
caller with one item waits for as many items as there are lists, however long these are.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

__all__ = ["Turns"]

T = TypeVar("T")
R = TypeVar("R")


class _List:
    """The work for one caller."""

    def __init__(self, function: Callable[[Any], Any], items: Iterable[Any]) -> None:
        self._function = function
        self._waiting = deque(enumerate(items))
        self._left = len(self._waiting)
        self._results: list[Any] = [None] * self._left
        self.future: Future[list[Any]] = Future()
        self.future.set_running_or_notify_cancel()  # nobody cancels what a thread is about to end
        if not self._left:
            self.future.set_result([])

    @property
    def has_more(self) -> bool:
        """Whether an item waits for a thread."""
        return bool(self._waiting)

    def next(self) -> Callable[[], Any]:
        """Return the work on the next item."""
        at, item = self._waiting.popleft()
        return partial(self._work, at, item)

    def abandon(self, error: BaseException) -> None:
        """Leave what waits, and let the caller know why."""
        self._waiting.clear()
        if not self.future.done():
            self.future.set_exception(error)

    def finished(self) -> None:
        """Take note that the work on an item is over."""
        self._left -= 1
        if not self._left and not self.future.done():
            self.future.set_result(self._results)

    def _work(self, at: int, item: object) -> None:
        self._results[at] = self._function(item)


class Turns:
    """A number of threads. Close them in the end.

    Args:
        threads: How many.
        name: What they are called.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._lists: deque[_List] = deque()
        self._news = threading.Condition()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{at}", daemon=True)
            for at in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def map(self, function: Callable[[T], R], items: Iterable[T], /) -> list[R]:
        """Apply a function to every item, and wait for it; not in one of these threads.

        Raises:
            RuntimeError: The threads were closed before the end.
        """
        return self._begin(function, items).result()

    async def run(self, function: Callable[[], R]) -> R:
        """Call a function when it has its turn, while the event loop goes on.

        Raises:
            RuntimeError: The threads were closed before its turn.
        """
        (result,) = await asyncio.wrap_future(self._begin(lambda _: function(), [None]))
        return result

    def close(self) -> None:
        """End the threads, each after the item that it has in hand; the rest is not done."""
        with self._news:
            self._is_closed = True
            for waiting in self._lists:
                waiting.abandon(_closed())
            self._lists.clear()
            self._news.notify_all()
        for thread in self._threads:
            thread.join()

    def _begin(self, function: Callable[[T], R], items: Iterable[T]) -> "Future[list[R]]":
        work = _List(function, items)
        with self._news:
            if self._is_closed:
                work.abandon(_closed())
            elif work.has_more:
                self._lists.append(work)
                self._news.notify_all()
        return work.future

    def _run(self) -> None:
        while True:
            with self._news:
                while not self._lists and not self._is_closed:
                    self._news.wait()
                if self._is_closed:
                    return
                work = self._lists.popleft()
                item = work.next()
                if work.has_more:
                    self._lists.append(work)
            error = _failure(item)
            with self._news:
                if error is not None:
                    work.abandon(error)
                    self._lists = deque(each for each in self._lists if each is not work)
                work.finished()
                if self._is_closed:
                    work.abandon(_closed())


def _closed() -> RuntimeError:
    return RuntimeError("the threads were closed")


def _failure(work: Callable[[], None]) -> BaseException | None:
    """Do work, and return what it raises: the thread has to go on for the others."""
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - whoever asked for the work is told
        return error
    return None
