"""Work that the interpreter's lock would hold up is done by processes that are copies of this one.

A thread that comes back from a private-key operation has to wait for the lock each time, and on
several cores that costs as much as reading and writing the files does. A copy has a lock of its
own, and everything that was prepared: nothing is handed to it but what to work on.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, BinaryIO, Generic, NoReturn, TypeVar

from sealer.errors import OutputError

T = TypeVar("T")
R = TypeVar("R")


def can_copy() -> bool:
    """Tell whether this process can be copied.

    A copy has only the thread that makes it, so what another one has locked would stay locked; and
    on other systems than Linux a copy may not use all of the system's own libraries.
    """
    return sys.platform == "linux" and threading.active_count() == 1


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of this process, and how to talk to it."""

    number: int
    questions: BinaryIO
    answers: BinaryIO


class Copies(Generic[T, R]):
    """Copies of this process, each of which does one thing at a time."""

    def __init__(self, copies: list[_Copy]) -> None:
        self._idle: SimpleQueue[_Copy] = SimpleQueue()
        self._living = {copy.number for copy in copies}
        for copy in copies:
            self._idle.put(copy)

    def __call__(self, thing: T) -> R:
        """Let a copy work on something and return what comes of it. Used by several threads.

        Raises:
            OutputError: The copy was ended from outside.
            Exception: Whatever the work raised.
        """
        copy = self._idle.get()
        try:
            answer, failure = _ask(copy, thing)
        except OutputError:
            self._living.discard(copy.number)
            if not self._living:  # whoever waits for one is told as well
                self._idle.put(copy)
            raise
        self._idle.put(copy)
        if failure is not None:
            raise failure
        return answer  # type: ignore[no-any-return]


@contextmanager
def copied(work: Callable[[T], R], count: int) -> Iterator[Copies[T, R]]:
    """Give copies of this process that work on things; they end with the block, or with us.

    Args:
        work: What they do. What it takes, returns and raises is pickled.
        count: How many copies; where the system allows fewer, they do the work.

    Raises:
        OutputError: The system allows none.
    """
    copies: list[_Copy] = []
    try:
        with suppress(OSError):
            copies.extend(_copy(work) for _ in range(count))
        if not copies:
            raise OutputError(
                "no process can be started that does a part of the work",
                hint="is memory short, or the number of processes limited (ulimit -u)?",
            )
        yield Copies(copies)
    finally:
        for copy in copies:
            with suppress(OSError):  # what was to be written to one that is gone
                copy.questions.close()
            copy.answers.close()
        for copy in copies:
            os.waitpid(copy.number, 0)


def _copy(work: Callable[[T], R]) -> _Copy:
    sys.stdout.flush()
    sys.stderr.flush()
    asked, ask = os.pipe()
    told, tell = os.pipe()
    try:
        number = os.fork()
    except OSError:
        for descriptor in (asked, ask, told, tell):
            os.close(descriptor)
        raise
    if number == 0:
        # So that nothing but the original, or a later copy, keeps the pipe open: when it ends, the
        # last copy notices, and then the one before it.
        os.close(ask)
        os.close(told)
        _answer(work, os.fdopen(asked, "rb"), os.fdopen(tell, "wb"))
    os.close(asked)
    os.close(tell)
    return _Copy(number, os.fdopen(ask, "wb"), os.fdopen(told, "rb"))


def _ask(copy: _Copy, thing: object) -> tuple[Any, Exception | None]:
    try:
        pickle.dump(thing, copy.questions)
        copy.questions.flush()
        return pickle.load(copy.answers)  # type: ignore[no-any-return] # noqa: S301 - from ourselves
    except (EOFError, OSError, pickle.UnpicklingError):
        raise OutputError(
            "a process that did a part of the work was ended",
            hint="is memory short? Run the command again: it goes on where it stopped",
        ) from None


def _answer(work: Callable[[T], R], questions: BinaryIO, answers: BinaryIO) -> NoReturn:
    """Work on what comes, until nothing comes any more; what is in hand is finished."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the one that was started
        while True:
            thing = pickle.load(questions)  # noqa: S301 - from ourselves
            answers.write(pickle.dumps(_attempted(work, thing)))
            answers.flush()
    except (EOFError, OSError):  # nobody asks, or waits for the answer, any more
        code = 0
    finally:
        os._exit(code)


def _attempted(work: Callable[[T], R], thing: T) -> tuple[R | None, Exception | None]:
    try:
        return work(thing), None
    except Exception as error:  # noqa: BLE001 - raised again where it was asked for
        return None, error
