"""The rate limit: the numbers of the original, for each client alone, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_controller.ratelimit import Grant, RateLimiter

SECOND = 1_000_000_000


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 5 * SECOND

    def __call__(self) -> int:
        """Return the time."""
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


def test_take_gives_the_numbers_of_the_original(clock: Clock) -> None:
    """Rate 2 and burst 2: three at once, and then one each half second."""
    limiter = RateLimiter(2, 2, clock=clock)
    first = [limiter.take("a") for _ in range(4)]
    assert first == [
        Grant(limit=3, remaining=2, reset=1, retry_after=None),
        Grant(limit=3, remaining=1, reset=1, retry_after=None),
        Grant(limit=3, remaining=0, reset=2, retry_after=None),
        Grant(limit=3, remaining=0, reset=2, retry_after=1),
    ]
    clock.move(0.499)
    assert limiter.take("a").retry_after == 1
    clock.move(0.001)
    assert limiter.take("a") == Grant(limit=3, remaining=0, reset=2, retry_after=None)
    clock.move(1.5)
    assert limiter.take("a").remaining == 2


@pytest.mark.parametrize(("rate", "burst", "limit"), [(3, 2, 3), (7, 0, 1), (50, 49, 50)])
def test_take_counts_whole_requests_at_any_rate(
    clock: Clock, rate: int, burst: int, limit: int
) -> None:
    """Rates that do not divide a second lose no request."""
    limiter = RateLimiter(rate, burst, clock=clock)
    grants = [limiter.take("a") for _ in range(limit + 1)]
    assert [grant.remaining for grant in grants] == [*range(limit - 1, -1, -1), 0]
    assert [grant.retry_after is None for grant in grants] == [True] * limit + [False]


def test_take_refused_request_costs_nothing(clock: Clock) -> None:
    """Whoever keeps asking is not kept waiting for longer."""
    limiter = RateLimiter(1, 0, clock=clock)
    limiter.take("a")
    assert {limiter.take("a").retry_after for _ in range(100)} == {1}
    clock.move(1)
    assert limiter.take("a").retry_after is None


def test_take_counts_each_client_alone(clock: Clock) -> None:
    """One that asks too often shuts out no other."""
    limiter = RateLimiter(1, 0, clock=clock)
    for client in "ab":
        assert limiter.take(client).retry_after is None
        assert limiter.take(client).retry_after == 1


def test_take_forgets_who_has_paid(clock: Clock) -> None:
    """A server that ran for a year holds no more than one that ran for a minute."""
    limiter = RateLimiter(1, 0, clock=clock)
    for client in range(100):
        limiter.take(f"old {client}")
    clock.move(2)
    for client in range(100):
        limiter.take(f"new {client}")
    assert len(limiter) == 100


def test_take_remembers_so_many_clients_and_no_more(clock: Clock) -> None:
    """Whoever was not heard of for the longest time goes first."""
    limiter = RateLimiter(1, 1, clients=3, clock=clock)
    for client in "abcad":
        limiter.take(client)
    assert limiter.take("a").retry_after == 1
    assert limiter.take("d").remaining == 0  # it is known: nobody goes
    assert len(limiter) == 3
    assert limiter.take("b").remaining == 1


@given(
    rate=st.integers(1, 2**31),
    burst=st.integers(0, 2**31),
    pauses=st.lists(st.integers(0, 3 * SECOND), max_size=30),
)
def test_take_never_grants_more_than_rate_and_burst(
    rate: int, burst: int, pauses: list[int]
) -> None:
    """Over any time no more is granted than the burst and what the rate adds."""
    clock = Clock()
    begin, granted = clock.now, 0
    limiter = RateLimiter(rate, burst, clock=clock)
    for pause in pauses:
        clock.now += pause
        grant = limiter.take("a")
        granted += grant.retry_after is None
        assert 0 <= grant.remaining <= burst
        assert grant.limit == burst + 1
        interval = max(1, SECOND // rate)
        assert granted <= burst + 1 + (clock.now - begin) // interval
        if grant.retry_after is not None:
            assert grant.retry_after * SECOND <= (burst + 1) * interval + SECOND
