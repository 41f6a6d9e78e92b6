"""How long a Secret waits that somebody changes again and again."""

from sealer_controller.healing import Healing
from tests.controller.memory import SHOP_DB


class _Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def test_healing_waits_longer_each_time_up_to_five_minutes() -> None:
    """At once, then after 1, 2, 4 … seconds."""
    clock = _Clock()
    healing = Healing(clock)
    pauses = []
    for _ in range(12):
        pauses.append(healing.pause(SHOP_DB))
        clock.seconds += pauses[-1]
        assert healing.pause(SHOP_DB) == 0.0
        healing.note(SHOP_DB)
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_healing_counts_the_pause_from_the_last_time() -> None:
    """What has passed of it already is not waited for again."""
    clock = _Clock()
    healing = Healing(clock)
    healing.note(SHOP_DB)
    healing.note(SHOP_DB)
    clock.seconds += 0.5
    assert healing.pause(SHOP_DB) == 1.5


def test_healing_forgets_a_secret_that_was_left_alone() -> None:
    """After ten minutes, and with its object."""
    clock = _Clock()
    healing = Healing(clock)
    for _ in range(9):
        healing.note(SHOP_DB)
    clock.seconds += 600.5
    assert healing.pause(SHOP_DB) == 0.0
    healing.note(SHOP_DB)
    assert healing.pause(SHOP_DB) == 1.0
    healing.forget(SHOP_DB)
    assert healing.pause(SHOP_DB) == 0.0


def test_healing_bears_any_number_of_times() -> None:
    """A fight that nobody ends overflows nothing."""
    healing = Healing(lambda: 0.0)
    for _ in range(2000):
        healing.note(SHOP_DB)
    assert healing.pause(SHOP_DB) == 300.0
