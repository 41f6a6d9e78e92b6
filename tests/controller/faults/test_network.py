"""The network between controller and API server is cut, silent or slow (issue's list of faults)."""

from collections.abc import AsyncIterator

import pytest

from sealer_controller.kube.http import Limits
from tests.controller.faults.world import Program, World, controlling

WATCH_RESTARTS = "watch_restarts_total"


@pytest.fixture
async def program(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Program]:
    """A controller that has made one Secret, beside one of somebody else."""
    limits = Limits(request_seconds=2.0, silence_seconds=2.0)
    monkeypatch.setattr("sealer_controller.kube.client.Limits", lambda: limits)
    await world.foreign("theirs")
    await world.seal("kept", {"k": b"kept"})
    await world.seal("changed", {"k": b"before"})
    await world.seal("gone", {"k": b"gone"})
    async with controlling(world) as program:
        await world.converged()
        yield program


async def disturb(world: World) -> None:
    """Do what people do meanwhile: create, change, delete, and take from behind."""
    await world.seal("new", {"k": b"new", "l": b"more"})
    await world.seal("changed", {"k": b"after"})
    world.left["gone"] = world.secrets["gone"]
    await world.unseal("gone")


async def test_connections_that_are_cut_lose_nothing(world: World, program: Program) -> None:
    """All connections at once, and every new one for a while: what happened meanwhile is done."""
    world.wire.cut()
    await disturb(world)
    await world.wire.knocks(5)
    world.wire.mend()
    await world.converged()
    assert program.metric(WATCH_RESTARTS, kind="sealedsecrets", reason="unreachable") > 0
    assert program.parts.is_alive


async def test_connections_that_are_cut_again_and_again_lose_nothing(
    world: World, program: Program
) -> None:
    """Under load: each change is followed by a cut, and new connections pass at once."""
    for number in range(20):
        await world.seal(f"s{number}", {"k": b"%d" % number})
        world.wire.drop()
    await disturb(world)
    await world.converged()
    assert program.metric("unseal_errors_total", reason="unseal") == 0


async def test_network_that_falls_silent_is_noticed(world: World, program: Program) -> None:
    """Nothing passes and nobody is told: requests end, watches are taken for dead, all is done."""
    world.wire.silence()
    await disturb(world)
    await world.wire.knocks(2)
    world.wire.mend()
    await world.converged()
    assert program.metric(WATCH_RESTARTS, kind="sealedsecrets") > 0


async def test_api_server_that_answers_nothing_shows_in_readiness(
    world: World, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are taken and nothing comes, as when it is stopped; a restart would not help."""
    monkeypatch.setattr("sealer_controller.health.FAILING_SECONDS", 1.0)
    assert program.parts.is_ready
    world.wire.silence()
    await program.until(lambda: not program.parts.is_ready)
    assert all("the watch of" in reason for reason in program.parts.unready)
    assert program.parts.is_alive
    world.wire.mend()
    await program.until(lambda: program.parts.is_ready)
    await world.converged()


async def test_slow_network_is_waited_for(world: World, program: Program) -> None:
    """Whatever the size of the pieces that arrive, nothing is misread and nothing given up."""
    world.wire.slow(97, 0.001)
    await disturb(world)
    await world.converged()
    await program.idle()
    assert program.metric("objects", reason="Unsealed") == len(world.wanted)
