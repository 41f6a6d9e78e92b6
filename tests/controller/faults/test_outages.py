"""The API server is away: at the start, in the middle, killed with its store (`kill -9`)."""

from tests.controller.faults.world import World, controlling

FOUR = ("kept", "changed", "gone", "lost")


async def prepared(world: World) -> None:
    """Put objects there, and a Secret of somebody else."""
    await world.foreign("theirs")
    for name in FOUR:
        await world.seal(name, {"k": name.encode()})


async def disturb(world: World) -> None:
    """Do what people and machines do while nobody watches."""
    await world.seal("new", {"k": b"new", "l": b"more"})
    await world.seal("changed", {"k": b"after"})
    world.left["gone"] = world.secrets["gone"]
    await world.unseal("gone")
    await world.lose("lost")


async def test_server_that_is_away_at_the_start_is_waited_for(world: World) -> None:
    """The controller is alive and not ready until it comes; then it does all there is to do."""
    await prepared(world)
    await world.server.crash()
    async with controlling(world) as program:
        await world.wire.knocks(5)
        assert program.parts.is_alive
        assert not program.parts.is_ready
        await world.server.revive()
        await world.converged()
        assert program.parts.is_ready
        assert program.metric("watch_restarts_total", reason="unreachable") > 0


async def test_server_that_is_killed_in_the_middle_is_waited_for(world: World) -> None:
    """Under load, with its store: what was done stays, the rest is done, nothing twice."""
    await prepared(world)
    async with controlling(world) as program:
        await world.converged()
        for number in range(30):
            await world.seal(f"s{number}", {"k": b"%d" % number})
        await world.server.crash()
        await world.wire.knocks(5)
        assert program.parts.is_alive
        await world.server.revive()
        await disturb(world)
        await world.converged()
        await program.idle()
        assert program.parts.is_ready
        assert program.metric("watch_restarts_total", reason="unreachable") > 0
        assert program.metric("objects", reason="Unsealed") == len(world.wanted)


async def test_what_happens_while_nobody_can_watch_is_found_out(world: World) -> None:
    """Created, changed, deleted and lost in the gap, and the history of it forgotten (410)."""
    await prepared(world)
    async with controlling(world) as program:
        await world.converged()
        world.wire.cut()
        await disturb(world)
        await world.server.forget()
        await world.wire.knocks(3)
        world.wire.mend()
        await world.converged()
        await program.idle()
        assert program.metric("watch_restarts_total", kind="sealedsecrets", reason="expired") > 0
        assert program.metric("objects") == len(world.wanted)


async def test_object_made_anew_in_the_gap_is_taken_over(world: World) -> None:
    """Deleted and created under one name: the Secret follows the new owner, and is never gone."""
    await prepared(world)
    async with controlling(world):
        await world.converged()
        before = world.secrets["kept"].metadata.uid
        world.wire.cut()
        await world.unseal("kept")
        await world.seal("kept", {"k": b"again"})
        await world.wire.knocks(3)
        world.wire.mend()
        await world.converged()
        assert world.secrets["kept"].metadata.uid == before


async def test_controller_that_starts_after_a_gap_does_what_was_missed(world: World) -> None:
    """Nobody was there at all: the next one to start sees what the last one left."""
    await prepared(world)
    async with controlling(world):
        await world.converged()
    await disturb(world)
    async with controlling(world) as program:
        await world.converged()
        await program.idle()
        assert program.metric("objects", reason="Unsealed") == len(world.wanted)


async def test_stop_under_load_leaves_nothing_half_done(world: World) -> None:
    """SIGTERM in the middle of it all: what is in hand is finished, the next one does the rest."""
    await prepared(world)
    async with controlling(world) as program:
        for number in range(40):
            await world.seal(f"s{number}", {"k": b"%d" % number})
        program.stop.set()
        await program.task
        assert program.metric("work_in_progress") == 0
    done = {name: secret.metadata.resource_version for name, secret in world.secrets.items()}
    async with controlling(world):
        await world.converged()
    after = {name: world.secrets[name].metadata.resource_version for name in done}
    assert after == done
