"""Every scene is played on the fake API server and on the real one, with pauses cut short."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sealer_controller.backoff import Backoff
from tests.contract.api import on_cluster, on_fake
from tests.controller.faults.world import World, in_trouble

# Pauses are what a test of troubles would spend its time on.
HASTE = 20.0


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pause after a failure be short; what the server asks for is obeyed all the same."""
    patient = Backoff.pause

    def pause(self: Backoff, failures: int, after: float | None = None) -> float:
        return (after or 0.0) + patient(self, failures) / HASTE

    monkeypatch.setattr(Backoff, "pause", pause)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.cluster)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An API server of either kind, a network in front of it, and a namespace with a key in it."""
    if request.param == "fake":
        async with on_fake(tmp_path) as fake, in_trouble(fake) as world:
            yield world
    else:
        cluster = request.getfixturevalue("cluster_with_crd")
        async with on_cluster(cluster) as real, in_trouble(real) as world:
            yield world
