"""Who works on files at the same time, and who waits for whom."""

import asyncio
from collections.abc import Iterator
from threading import Barrier, Event

import pytest

from sealer_controller.directory.work import FileWork

# No test waits so long unless something is wrong.
SECONDS = 10.0


@pytest.fixture
def work() -> Iterator[FileWork]:
    """Threads."""
    with FileWork() as work:
        yield work


class Held:
    """Work that goes on until it is let go.

    Attributes:
        has_ended: It was done.
    """

    def __init__(self) -> None:
        self.has_ended = False
        self._begun = Event()
        self._end = Event()

    def __call__(self) -> bool:
        """Wait; return whether it was let go."""
        self._begun.set()
        self.has_ended = self._end.wait(SECONDS)
        return self.has_ended

    async def is_begun(self) -> bool:
        """Wait until it is being done."""
        return await asyncio.to_thread(self._begun.wait, SECONDS)

    def end(self) -> None:
        """Let it go."""
        self._end.set()


async def let_it_try() -> None:
    """Give another thread the time to do what it must not do yet."""
    for _ in range(100):
        await asyncio.to_thread(int)


async def test_different_subjects_are_worked_on_together(work: FileWork) -> None:
    """Neither goes on before the other has begun."""
    barrier = Barrier(2)
    await asyncio.gather(
        work.beside("a", barrier.wait, SECONDS), work.beside("b", barrier.wait, SECONDS)
    )


async def test_one_subject_is_worked_on_once_at_a_time(work: FileWork) -> None:
    """The second begins when the first has ended, whoever comes in between."""
    held, done = Held(), list[str]()
    first = asyncio.create_task(work.beside("a", held))
    assert await held.is_begun()
    second = asyncio.create_task(work.beside("a", done.append, "a"))
    await work.beside("b", done.append, "b")
    assert done == ["b"]
    held.end()
    assert await first
    await second
    assert done == ["b", "a"]


async def test_who_works_alone_waits_for_all_and_all_wait_for_it(work: FileWork) -> None:
    """Nobody begins from the moment when it wants to, so that it is not held up for ever."""
    held, alone = Held(), Held()
    first = asyncio.create_task(work.beside("a", held))
    assert await held.is_begun()
    second = asyncio.create_task(work.alone(lambda: held.has_ended and alone()))
    await let_it_try()
    held.end()
    assert await first
    assert await alone.is_begun()
    third = asyncio.create_task(work.beside("b", lambda: alone.has_ended))
    await let_it_try()
    alone.end()
    assert await second
    assert await third


async def test_work_alone_is_done_in_order(work: FileWork) -> None:
    """What is written last is what was given last."""
    done = list[int]()
    await asyncio.gather(*(work.alone(done.append, number) for number in range(100)))
    assert done == list(range(100))


async def test_turn_lasts_as_long_as_the_work(work: FileWork) -> None:
    """Who stops waiting does not let others in."""
    held = Held()
    first = asyncio.create_task(work.beside("a", held))
    assert await held.is_begun()
    first.cancel()
    second = asyncio.create_task(work.alone(lambda: held.has_ended))
    with pytest.raises(asyncio.CancelledError):
        await first
    await let_it_try()
    held.end()
    assert await second


async def test_error_ends_the_turn(work: FileWork) -> None:
    """Others go on."""
    for do in (work.alone(int, "x"), work.beside("a", int, "x")):
        with pytest.raises(ValueError, match="invalid literal"):
            await do
    assert await work.beside("a", int, "1") == 1
    assert await work.alone(int, "1") == 1
