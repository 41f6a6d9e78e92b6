"""Work on files in threads: what is about one Secret beside others, everything else alone.

A write waits for the disk, which syncs several files in about the time that one takes. What looks
at all of the target or changes folders that Secrets share has it for itself, so that the order of
things is that of a single thread: nothing is written that began before and ends after it.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import Condition
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

__all__ = ["FileWork"]

_THREADS = 8
_P = ParamSpec("_P")
_T = TypeVar("_T")


class FileWork:
    """Threads that work on files. Leaving the context waits for the work in hand."""

    def __init__(self) -> None:
        self._one = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._many = ThreadPoolExecutor(_THREADS, thread_name_prefix="secrets")
        self._turn = Condition()
        self._busy: set[Hashable] = set()
        self._is_alone = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the threads."""
        self._many.shutdown()
        self._one.shutdown()

    async def alone(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do something while nothing else is done, and after what was to be done alone before."""
        return await _do(self._one, self._alone(), partial(work, *args, **kwargs))

    async def beside(
        self, subject: Hashable, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do something about a subject, while others are worked on but not this one."""
        return await _do(self._many, self._beside(subject), partial(work, *args, **kwargs))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._turn:
            # From now on nobody else begins: others might come for ever.
            self._is_alone = True
            self._turn.wait_for(lambda: not self._busy)
        try:
            yield
        finally:
            with self._turn:
                self._is_alone = False
                self._turn.notify_all()

    @contextmanager
    def _beside(self, subject: Hashable) -> Iterator[None]:
        with self._turn:
            self._turn.wait_for(lambda: not self._is_alone and subject not in self._busy)
            self._busy.add(subject)
        try:
            yield
        finally:
            with self._turn:
                self._busy.discard(subject)
                self._turn.notify_all()


async def _do(
    threads: ThreadPoolExecutor, turn: AbstractContextManager[None], work: Callable[[], _T]
) -> _T:
    def work_in_turn() -> _T:
        # Taken in the thread, so that it lasts as long as the work, whoever stops waiting.
        with turn:
            return work()

    return await asyncio.get_running_loop().run_in_executor(threads, work_in_turn)
