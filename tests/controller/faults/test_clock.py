"""The clock of the machine jumps, forward and back, by years."""

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

import sealer_controller
from tests.controller.faults.world import World, controlling

YEARS = timedelta(days=3650)
# Whoever of the controller looks at the time of day.
ONLOOKERS = ("keykeeper", "keystore", "reconcile", "kube.store", "kube.vault")


class Clock:
    """Stands for `datetime` where somebody looks at the time of day.

    Attributes:
        offset: How far it is off.
    """

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self, zone: tzinfo) -> datetime:
        """Return the time of day."""
        return datetime.now(zone) + self.offset

    def __getattr__(self, name: str) -> object:
        """Return anything else as it is."""
        found: object = getattr(datetime, name)
        return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that a test can set; time as such goes on."""
    clock = Clock()
    for name in ONLOOKERS:
        monkeypatch.setattr(f"sealer_controller.{name}.datetime", clock)
    return clock


def test_clock_is_everybodys() -> None:
    """No module but these looks at the time of day in a cluster with one replica."""
    here = Path(sealer_controller.__file__).parent
    found = {
        ".".join(path.relative_to(here).with_suffix("").parts)
        for path in here.rglob("*.py")
        if "datetime.now(" in path.read_text()
    }
    assert {each for each in found if not each.startswith("directory.")} == {*ONLOOKERS, "elector"}


@pytest.mark.parametrize("jump", [YEARS, -YEARS], ids=["forward", "back"])
async def test_clock_that_jumps_stops_nothing(world: World, clock: Clock, jump: timedelta) -> None:
    """Objects are made before, between and after; times in the status are those of the clock."""
    await world.foreign("theirs")
    await world.seal("before", {"k": b"before"})
    async with controlling(world) as program:
        await world.converged()
        clock.offset = jump
        await world.seal("between", {"k": b"between"})
        await world.seal("before", {"k": b"changed"})
        await world.converged()
        told = world.sealed["between"].status["conditions"][0]["lastUpdateTime"]
        here = datetime.fromisoformat(told) - datetime.now(UTC)
        assert abs(here - jump) < timedelta(hours=1)
        clock.offset = timedelta()
        await world.seal("after", {"k": b"after"})
        await world.seal("between", {"k": b"changed"})
        await world.converged()
        await program.idle()
        assert program.metric("objects", reason="Unsealed") == 3
        assert program.metric("keys", state="active") == 1


async def test_clock_that_jumps_makes_one_key_at_most(world: World, clock: Clock) -> None:
    """Forward, the newest key is too old and another is made, once; back, none is."""
    await world.seal("before", {"k": b"before"})
    period = ("--key-renew-period=438000h", "--key-ttl=876000h")  # fifty years
    async with controlling(world, *period) as program:
        await world.converged()
        for jump in (-YEARS, 6 * YEARS, -YEARS, 6 * YEARS):
            clock.offset = jump
            program.parts.keeper.wake()
            if jump > timedelta():
                await program.until(lambda: program.metric("keys", state="active") == 2)
            await world.seal("between", {"k": b"%d" % jump.days})
            await world.converged()
        await program.idle()
        assert program.metric("keys", state="active") == 2
        assert program.metric("key_renewal_failures_total") == 0
