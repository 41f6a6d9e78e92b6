"""The client-side rate limit: a burst at once, then a steady rate, in order."""

import pytest

from sealer_controller.kube.throttle import Throttle


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 50.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Remember the wait; time does not pass, so that all callers arrive together."""
        self.slept.append(round(seconds, 6))


async def test_throttle_lets_a_burst_through_and_spaces_the_rest() -> None:
    """Ten at once with a burst of three and two a second: the others wait half a second each."""
    time = Time()
    throttle = Throttle(2, 3, clock=time.clock, sleep=time.sleep)
    for _ in range(6):
        await throttle.acquire()
    assert time.slept == [0.5, 1.0, 1.5]


async def test_throttle_saves_up_no_more_than_a_burst() -> None:
    """After a long rest the burst is what it was, not more."""
    time = Time()
    throttle = Throttle(2, 3, clock=time.clock, sleep=time.sleep)
    await throttle.acquire()
    time.now += 1000
    for _ in range(4):
        await throttle.acquire()
    assert time.slept == [0.5]


@pytest.mark.parametrize("qps", [-1, 0])
async def test_throttle_without_a_rate_never_waits(qps: float) -> None:
    """Zero and negative rates switch it off."""
    time = Time()
    throttle = Throttle(qps, 1, clock=time.clock, sleep=time.sleep)
    for _ in range(100):
        await throttle.acquire()
    assert time.slept == []
