"""What changes under a working controller: tokens, authorities, keys, and the kind itself."""

import asyncio
import base64
from pathlib import Path

import pytest

from sealer_controller.kube.access import Access
from tests.cluster.server import Cluster
from tests.contract.api import SECRETS, on_fake
from tests.controller.faults.conftest import FakeServer
from tests.controller.faults.world import Program, World, controlling, in_trouble, key_name
from tests.fake.server import FakeApi
from tests.support.tls import serving

OTHER_KEY = "rsa3072"
STORED = ("kept", "changed")


async def prepared(world: World) -> None:
    """Put objects there, and a Secret of somebody else."""
    await world.foreign("theirs")
    for name in STORED:
        await world.seal(name, {"k": name.encode()})


async def test_key_that_is_broken_takes_nothing_away(world: World) -> None:
    """What was made stays; what needs the key waits, and is made when the key is whole again."""
    await prepared(world)
    async with controlling(world) as program:
        await world.converged()
        key = await world.client.get(SECRETS, key_name(), world.namespace)
        good = key.data["tls.key"]
        key.data = key.data | {"tls.key": base64.b64encode(b"not a key").decode()}
        key = await world.client.replace(SECRETS, key, key_name(), world.namespace)
        await program.until(lambda: program.metric("keys", state="unusable") == 1)
        await world.seal("changed", {"k": b"after"})
        await world.seal("new", {"k": b"new"})
        await program.until(lambda: program.metric("objects", reason="NoMatchingKey") == 2)
        assert set(world.wrong()) == {"changed", "new"}
        key.data = key.data | {"tls.key": good}
        await world.client.replace(SECRETS, key, key_name(), world.namespace)
        await world.converged()
        await program.until(lambda: program.metric("objects", reason="Unsealed") == 3)
        assert program.metric("keys", state="unusable") == 0


async def test_key_that_is_removed_and_comes_back_takes_nothing_away(world: World) -> None:
    """With a second key there, so that none has to be made; Secrets stay as they are."""
    await prepared(world)
    await world.put_key(OTHER_KEY)
    async with controlling(world) as program:
        await world.converged()
        versions = {name: world.secrets[name].metadata.resource_version for name in STORED}
        await world.client.delete(SECRETS, key_name(), world.namespace)
        await program.until(lambda: program.metric("keys", state="active") == 1)
        await world.seal("new", {"k": b"new"})
        await program.until(lambda: program.metric("objects", reason="NoMatchingKey") == 1)
        await world.put_key()
        await world.converged()
        assert {name: world.secrets[name].metadata.resource_version for name in STORED} == versions


async def test_key_that_arrives_opens_what_waited_for_it(world: World) -> None:
    """Objects sealed for a key that nobody has are told to wait, and are opened by it at once."""
    await prepared(world)
    async with controlling(world) as program:
        await world.seal("early", {"k": b"early"}, key=OTHER_KEY)
        await program.until(lambda: program.metric("objects", reason="NoMatchingKey") == 1)
        assert "early" not in world.secrets
        await world.put_key(OTHER_KEY)
        await world.converged()


async def test_kind_that_is_removed_and_installed_again_loses_no_secret(world: World) -> None:
    """The CRD goes with all objects; applied again, their Secrets are taken over as they are."""
    await prepared(world)
    async with controlling(world) as program:
        await world.converged()
        uids = {name: world.secrets[name].metadata.uid for name in STORED}
        await world.server.uninstall()
        await program.until(lambda: program.metric("objects") == 0)
        await program.until(lambda: restarts(program, "notfound") > 0)
        assert program.parts.is_alive
        assert uids.items() <= {n: s.metadata.uid for n, s in world.secrets.items()}.items()
        await world.server.install()
        await world.seal("kept", {"k": b"kept"})
        await world.seal("changed", {"k": b"after"})
        await world.converged()
        assert {name: world.secrets[name].metadata.uid for name in STORED} == uids
        await program.until(lambda: program.metric("objects", reason="Unsealed") == 2)


async def test_token_that_rotates_is_followed(tmp_path: Path) -> None:
    """The old one is refused from one moment to the next; with the new one the work goes on."""
    own = tmp_path / "own.token"
    own.write_text("first")
    async with (
        FakeApi() as fake,
        on_fake(tmp_path, fake) as api,
        in_trouble(FakeServer(fake), api) as world,
    ):
        fake.tokens = {"first"}
        world.access = Access(world.access.server, own)
        await prepared(world)
        async with controlling(world) as program:
            await world.converged()
            fake.tokens = {"second"}
            world.wire.drop()
            await world.seal("changed", {"k": b"after"})
            await program.until(lambda: restarts(program, "unauthorized") > 0)
            own.write_text("second")
            await world.converged()


async def test_authority_that_rotates_is_followed(tmp_path: Path) -> None:
    """The server comes back with a certificate of another authority, and then so does the file."""
    old, new, trusted = (tmp_path / f"{name}.pem" for name in ("old", "new", "trusted"))
    tls = serving(old)
    trusted.write_bytes(old.read_bytes())
    async with (
        FakeApi(tls=tls) as fake,
        on_fake(tmp_path, fake, old) as api,
        in_trouble(FakeServer(fake), api) as world,
    ):
        world.access = Access(world.access.server, world.access.token_file, trusted)
        await prepared(world)
        async with controlling(world) as program:
            await world.converged()
            await world.server.crash()
            fake.tls = serving(new)
            old.write_bytes(new.read_bytes())
            await world.server.revive()
            await world.seal("changed", {"k": b"after"})
            await world.wire.knocks(5)
            assert world.wrong()
            assert program.parts.is_alive
            trusted.write_bytes(new.read_bytes())
            await world.converged()


@pytest.mark.cluster
async def test_token_and_authority_of_the_real_server_rotate(
    cluster_with_crd: Cluster, real_world: World, tmp_path: Path
) -> None:
    """It starts with a key of its own, and knows the old token no more: one after the other."""
    world, cluster = real_world, cluster_with_crd
    namespace = world.namespace
    bound = ("--clusterrole=cluster-admin", f"--serviceaccount={namespace}:robot")
    cluster.kubectl("create", "serviceaccount", "robot", "-n", namespace)
    cluster.kubectl("create", "rolebinding", "robot", *bound, "-n", namespace)
    own, trusted = tmp_path / "own.token", tmp_path / "ca.crt"
    anchor = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "anchor"}}
    world.left["anchor"] = await world.client.create(SECRETS, anchor, namespace)
    tied = ("--bound-object-kind=Secret", "--bound-object-name=anchor", "-n", namespace)
    own.write_text(cluster.kubectl("create", "token", "robot", *tied))
    trusted.write_bytes(cluster.ca_file.read_bytes())
    world.access = Access(world.access.server, own, trusted)
    await prepared(world)
    async with controlling(world) as program:
        await world.converged()
        del world.left["anchor"]
        await world.client.delete(SECRETS, "anchor", namespace)
        await asyncio.to_thread(cluster.kill, "kube-apiserver")
        for path in cluster.ca_file.parent.iterdir():
            path.unlink()
        await world.server.revive()
        await world.seal("changed", {"k": b"after"})
        await world.wire.knocks(5)
        trusted.write_bytes(cluster.ca_file.read_bytes())
        await program.until(lambda: restarts(program, "unauthorized") > 0)
        assert program.parts.is_alive
        own.write_text(cluster.token("robot", namespace))
        await world.converged()


def restarts(program: Program, reason: str) -> float:
    """Return how often watches ended for a reason."""
    return program.metric("watch_restarts_total", reason=reason)
