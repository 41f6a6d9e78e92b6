"""Work ahead is bounded and told in order; waiting ends when nobody wants the answer any more."""

import threading
from collections.abc import Iterator

import pytest

from sealer.cli.cluster.patience import PAUSES, Patience
from sealer.cli.errors import TooManyRequestsError
from sealer.cli.files.pipeline import in_order


def test_in_order_yields_results_in_the_order_of_the_items() -> None:
    """Whoever is ready first."""
    turns = [threading.Event() for _ in range(3)]

    def work(number: int) -> int:
        if number < 2:
            turns[number + 1].wait(10)  # the later one has to be done before
        turns[number].set()
        return number

    assert list(in_order(work, range(3), threads=3)) == [0, 1, 2]


def test_in_order_takes_items_a_little_ahead_only() -> None:
    """So that memory does not grow with their number."""
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    results = in_order(lambda number: number, items(), threads=2)
    for _ in range(10):
        next(results)
    assert taken <= 10 + 4
    results.close()
    assert taken <= 10 + 4


def test_in_order_closed_early_begins_nothing_else_and_ends_all_waiting() -> None:
    """What has begun is finished; whoever waits is told to give up."""
    stopped = threading.Event()
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number:
            stopped.wait(10)  # so that a test that fails ends
        return number

    results = in_order(work, range(100), threads=2, on_stop=stopped.set)
    assert next(results) == 0
    results.close()
    assert stopped.is_set()
    assert 3 not in begun  # it stood behind two that waited


def test_in_order_raises_what_the_function_raises() -> None:
    """In its place."""

    def work(number: int) -> int:
        if number == 1:
            raise ZeroDivisionError
        return number

    results = in_order(work, range(5), threads=2)
    assert next(results) == 0
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_patience_asks_again_after_longer_and_longer_pauses() -> None:
    """Until there is an answer."""
    paused: list[float] = []
    asked: list[int] = []

    def question() -> str:
        asked.append(1)
        if len(asked) <= 3:
            raise TooManyRequestsError("busy")
        return "answer"

    def pause(seconds: float) -> bool:
        paused.append(seconds)
        return False

    assert Patience(pause).ask(question) == "answer"
    assert paused == list(PAUSES[:3])


def test_patience_ends() -> None:
    """A question is asked so often and no more."""
    asked: list[int] = []

    def question() -> None:
        asked.append(1)
        raise TooManyRequestsError("busy")

    with pytest.raises(TooManyRequestsError):
        Patience(lambda _: False).ask(question)
    assert len(asked) == len(PAUSES) + 1


def test_patience_ends_at_once_when_it_is_stopped() -> None:
    """A thread that waits does not keep an interrupted program alive."""
    patience = Patience()
    asked: list[int] = []

    def question() -> None:
        asked.append(1)
        patience.stop()
        raise TooManyRequestsError("busy")

    with pytest.raises(TooManyRequestsError):
        patience.ask(question)
    assert len(asked) == 1
