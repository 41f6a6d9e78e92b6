"""Every scene is played on the fake API server and on the real one, with pauses cut short."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealer_controller.backoff import Backoff
from tests.cluster.server import Cluster
from tests.contract.api import on_cluster, on_fake
from tests.controller.faults.world import World, in_trouble
from tests.fake.kinds import SEALED_SECRETS
from tests.fake.server import FakeApi

CRD = Path(__file__).resolve().parents[3] / "deploy" / "crd.yaml"
# Pauses are what a test of troubles would spend its time on.
HASTE = 100.0


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pause after a failure be short; what the server asks for is obeyed all the same."""
    patient = Backoff.pause

    def pause(self: Backoff, failures: int, after: float | None = None, **more: float) -> float:
        return (after or 0.0) + patient(self, failures, **more) / HASTE

    monkeypatch.setattr(Backoff, "pause", pause)


@dataclass(frozen=True)
class FakeServer:
    """The fake API server as something that can be killed."""

    api: FakeApi

    async def crash(self) -> None:
        """Close every connection and stop to listen."""
        await self.api.__aexit__(None, None, None)

    async def revive(self) -> None:
        """Listen again, at the same address."""
        await self.api.__aenter__()

    async def uninstall(self) -> None:
        """Remove the kind."""
        self.api.uninstall(SEALED_SECRETS)

    async def install(self) -> None:
        """Serve it again."""
        self.api.install(SEALED_SECRETS)

    async def forget(self) -> None:
        """Drop the history."""
        self.api.store.forget()


@dataclass(frozen=True)
class RealServer:
    """The real API server and its etcd as something that can be killed."""

    cluster: Cluster

    async def crash(self) -> None:
        """Kill both with SIGKILL, the store in the middle of whatever it does."""
        await asyncio.to_thread(self.cluster.kill, "etcd", "kube-apiserver")

    async def revive(self) -> None:
        """Start both again and wait until they are ready."""
        await asyncio.to_thread(self.cluster.revive)

    async def uninstall(self) -> None:
        """Delete the CustomResourceDefinition; kubectl waits until it is gone."""
        await asyncio.to_thread(self.cluster.kubectl, "delete", "-f", CRD)

    async def install(self) -> None:
        """Apply it again."""
        await asyncio.to_thread(self.cluster.install_crd, CRD)

    async def forget(self) -> None:
        """Compact the store, and restart the API server, which has a memory of its own."""
        await asyncio.to_thread(self.cluster.compact)
        await asyncio.to_thread(self.cluster.kill, "kube-apiserver")
        await self.revive()


@asynccontextmanager
async def trouble_on_fake(folder: Path) -> AsyncIterator[World]:
    """The fake API server with a network in front of it, and a namespace with a key in it."""
    async with (
        FakeApi() as fake,
        on_fake(folder, fake) as api,
        in_trouble(FakeServer(fake), api) as world,
    ):
        yield world


@asynccontextmanager
async def trouble_on_cluster(cluster: Cluster) -> AsyncIterator[World]:
    """The same on the real one, which runs again afterwards whatever was done to it."""
    server = RealServer(cluster)
    async with on_cluster(cluster) as api, in_trouble(server, api) as world:
        try:
            yield world
        finally:
            await server.revive()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.cluster)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An API server of either kind."""
    if request.param == "fake":
        async with trouble_on_fake(tmp_path) as world:
            yield world
    else:
        async with trouble_on_cluster(request.getfixturevalue("cluster_with_crd")) as world:
            yield world


@pytest.fixture
async def fake_world(tmp_path: Path) -> AsyncIterator[World]:
    """The fake one, for what the real one cannot be made to do."""
    async with trouble_on_fake(tmp_path) as world:
        yield world


@pytest.fixture
async def real_world(cluster_with_crd: Cluster) -> AsyncIterator[World]:
    """The real one alone; mark the test `cluster`."""
    async with trouble_on_cluster(cluster_with_crd) as world:
        yield world
