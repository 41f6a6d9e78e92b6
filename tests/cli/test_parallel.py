"""Work is shared among threads without losing order, faults or the bound on memory."""

import threading
from collections.abc import Iterator

import pytest

from sealer.cli.parallel import in_order, usable_cores


def test_in_order_results_come_in_the_order_of_the_things() -> None:
    """The first thing's result comes first, even if the second one's was there before."""
    second_is_done = threading.Event()

    def work(thing: int) -> int:
        if thing == 1:
            second_is_done.wait(timeout=10)
        if thing == 2:
            second_is_done.set()
        return thing * 10

    assert list(in_order(work, [1, 2, 3], threads=2)) == [10, 20, 30]


def test_in_order_endless_things_are_taken_only_as_results_are() -> None:
    """No more things are under way than a few for each thread."""
    taken = 0

    def things() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = in_order(abs, things(), threads=2)
    assert [next(results) for _ in range(3)] == [1, 2, 3]
    assert taken < 20
    results.close()


def test_in_order_a_fault_is_raised_in_its_turn() -> None:
    """Results before a fault are given; then it is raised."""

    def work(thing: int) -> int:
        return 10 // thing

    results = in_order(work, [5, 0, 2], threads=2)
    assert next(results) == 2
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_in_order_ends_its_threads() -> None:
    """No thread stays behind, whether all is done or the work is given up."""
    before = threading.active_count()
    list(in_order(abs, range(10), threads=3))
    given_up = in_order(abs, range(100), threads=3)
    next(given_up)
    given_up.close()
    assert threading.active_count() == before


def test_usable_cores_is_at_least_one() -> None:
    """There is always something to work with."""
    assert usable_cores() >= 1
