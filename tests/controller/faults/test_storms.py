"""Storms of refusals: half of all requests are answered 409, 410, 429, 500, 503, or not at all."""

import asyncio
from contextlib import suppress

import pytest

from sealer_controller.kube.errors import ConflictError, NotFoundError
from tests.controller.faults.conftest import FakeServer
from tests.controller.faults.world import World, controlling
from tests.fake.faults import Act, Answer, Cut, CutAfter, Page

REFUSALS = [
    Answer(409, "Conflict"),
    Answer(410, "Expired"),
    Answer(429, "TooManyRequests"),
    Answer(500, "InternalError"),
    Answer(503, "ServiceUnavailable"),
    Answer(504, "Timeout"),
    Page(502),
    Cut(),
    CutAfter(),
]
WRITES = ("create", "update")
COUNT = 25


async def work(world: World) -> None:
    """Let there be something to do of every kind: to create, to change, to leave alone."""
    await world.foreign("theirs")
    for number in range(COUNT):
        await world.seal(f"s{number}", {"k": b"%d" % number})


async def change(world: World) -> None:
    """Change some, lose some, and let one go."""
    for number in range(0, COUNT, 3):
        await world.seal(f"s{number}", {"k": b"other", "l": b"more"})
    for number in range(1, COUNT, 3):
        await world.lose(f"s{number}")
    world.left["s2"] = world.secrets["s2"]
    await world.unseal("s2")


def fake(world: World) -> FakeServer:
    """Return the fake; these storms are its own."""
    assert isinstance(world.server, FakeServer)
    return world.server


def name_of(act: Act) -> str:
    """Return a name for a test of this fault."""
    return f"{type(act).__name__}-{getattr(act, 'code', '')}"


@pytest.mark.parametrize("act", REFUSALS, ids=name_of)
async def test_storm_over_everything_is_weathered(fake_world: World, act: Act) -> None:
    """Half of the controller's requests of whatever kind, until there have been hundreds."""
    world = fake_world
    await work(world)
    faults = fake(world).api.faults
    for verb in ("list", "watch", "get", *WRITES):
        faults.add(act, verb=verb, share=0.5, times=60, agent="sealer-controller")
    async with controlling(world) as program:
        await world.until(lambda: world.wanted.keys() <= world.secrets.keys())
        await change(world)
        await world.converged()
        await program.idle()
        assert program.metric("objects", reason="Unsealed") == len(world.wanted)
        assert program.metric("queue_depth") == program.metric("work_in_progress") == 0
    assert fake(world).api.faults.met > 0


async def test_somebody_who_writes_all_the_time_is_outlasted(world: World) -> None:
    """Others change Secrets and statuses while we do (409): theirs is seen, ours is right."""
    await work(world)

    async def meddle(name: str) -> None:
        for turn in range(5):
            with suppress(ConflictError, NotFoundError):
                await world.spoil(name, {"k": b"meddled", "turn": b"%d" % turn})

    async with controlling(world) as program:
        await world.until(lambda: world.wanted.keys() <= world.secrets.keys())
        await asyncio.gather(*(meddle(name) for name in world.wanted))
        await world.converged()
        await program.idle()
        assert program.metric("objects", reason="Unsealed") == len(world.wanted)
