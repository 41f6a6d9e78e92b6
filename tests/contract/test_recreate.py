"""A Secret that is made anew is not lost, whatever is cut or dies on the way."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealer.manifest import Secret
from sealer.manifest.sealedsecret import TEMPLATE_ONLY_ANNOTATION
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_controller.kube.store import KubeStore
from sealer_controller.marks import RECREATE_ANNOTATION, SELF_HEAL_ANNOTATION
from sealer_controller.objects import Key, StoredSealedSecret, StoredSecret
from sealer_controller.outcome import Outcome
from sealer_controller.reconcile import Reconciler
from sealer_controller.rendering import Rendering
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.contract.api import SEALED_SECRETS, Api, on_fake
from tests.fake.faults import Act, Answer, Cut, CutAfter
from tests.fake.server import FakeApi
from tests.support import vectors

PAIR = vectors.key_pair("rsa2048")
Reconciling = Callable[[KubeStore], Reconciler]


@pytest.fixture
def reconciling() -> Iterator[Reconciling]:
    """Make a reconciler with one key, as after each start."""
    render = Rendering(lambda: bytes(32))
    with Unsealer(lambda: Keyring([PAIR]), threads=1, render=render) as unsealer:
        yield lambda store: Reconciler(store, unsealer, lambda: bytes(32))


@dataclass
class Scene:
    """A SealedSecret whose Secret is right, immutable, and stays gone when it is deleted."""

    api: Api
    key: Key

    @property
    def store(self) -> KubeStore:
        """The API server as a store."""
        return KubeStore(self.api.client)

    async def begin(self, reconciler: Reconciler) -> None:
        """Make the SealedSecret and its Secret."""
        assert PAIR.certificate is not None
        plain = Secret(*self.key, {"k": SecretBytes(b"v")}, immutable=True)
        body: dict[str, Any] = seal_secret(plain, PAIR.certificate).sealed_secret.to_object()
        body["spec"]["template"]["data"] = {"t": "{{ .k }}"}
        marks = {RECREATE_ANNOTATION: "true", SELF_HEAL_ANNOTATION: "false"}
        body["metadata"].setdefault("annotations", {}).update(marks)
        await self.api.client.create(SEALED_SECRETS, body, self.api.namespace)
        result = await reconciler.reconcile(await self.stored())
        assert (result.outcome, result.message) == (Outcome.CREATED, "")
        assert await self.items() == {"k", "t"}

    async def ask_for_less(self) -> None:
        """Let the SealedSecret ask for another Secret, in the same generation."""
        marks = {"metadata": {"annotations": {TEMPLATE_ONLY_ANNOTATION: "k"}}}
        path = f"{self.api.sealed_path}/{self.key.name}"
        kind = "application/merge-patch+json"
        code, answer = await self.api.raw("PATCH", path, marks, content_type=kind)
        assert code == 200, answer

    async def stored(self) -> StoredSealedSecret:
        """Return the SealedSecret as it is now."""
        found = await self.store.read_sealed_secret(self.key)
        assert found is not None
        return found

    async def items(self) -> set[str] | None:
        """Return the keys of the Secret's items; None where there is none."""
        found = await self.store.read_secret(self.key)
        return None if found is None else set(found.secret.data)


@pytest.fixture
async def scene(api: Api, reconciling: Reconciling) -> Scene:
    """A SealedSecret that asks for another Secret than there is."""
    return await begun(api, reconciling)


async def begun(api: Api, reconciling: Reconciling) -> Scene:
    """Return a SealedSecret that asks for another Secret than there is."""
    scene = Scene(api, Key(api.namespace, "db"))
    await scene.begin(reconciling(scene.store))
    await scene.ask_for_less()
    return scene


class DyingStore(KubeStore):
    """The store of a controller that is killed before it creates."""

    async def create_secret(self, secret: Secret) -> Any:  # noqa: ANN401 - nothing is returned
        """Die."""
        del secret
        raise asyncio.CancelledError


class TwiceDeletingStore(KubeStore):
    """The store behind a proxy that repeats what it was answered to."""

    async def delete_secret(self, before: StoredSecret) -> None:
        """Delete a Secret, twice."""
        await super().delete_secret(before)
        await super().delete_secret(before)


async def test_secret_whose_maker_dies_after_its_deletion_is_made_by_the_next(
    scene: Scene, reconciling: Reconciling
) -> None:
    """The next knows from the status alone that nobody wanted it gone."""
    with pytest.raises(asyncio.CancelledError):
        await reconciling(DyingStore(scene.api.client)).reconcile(await scene.stored())
    assert await scene.items() is None
    before = (await scene.stored()).status.condition("Synced")
    assert before is not None
    assert (before.status, before.reason) == ("Unknown", "Recreating")
    result = await reconciling(scene.store).reconcile(await scene.stored())
    assert (result.outcome, await scene.items()) == (Outcome.CREATED, {"t"})
    (after,) = (await scene.stored()).status.conditions
    assert (after.type, after.status) == ("Synced", "True")


async def test_secret_that_is_made_anew_leaves_a_status_that_is_right(
    scene: Scene, reconciling: Reconciling
) -> None:
    """What was told beforehand is taken back, though the object has another version by then."""
    result = await reconciling(scene.store).reconcile(await scene.stored())
    assert (result.outcome, await scene.items()) == (Outcome.RECREATED, {"t"})
    (after,) = (await scene.stored()).status.conditions
    assert (after.type, after.status) == ("Synced", "True")


@pytest.mark.parametrize("refusal", [Answer(403, "Forbidden"), Answer(409, "Conflict"), Cut()])
async def test_secret_whose_deletion_was_cut_after_it_was_done_is_there_again(
    tmp_path: Path, reconciling: Reconciling, refusal: Act
) -> None:
    """Neither the new one nor the old one can be created for now; later one of them is."""
    async with FakeApi() as server, on_fake(tmp_path, server) as api:
        scene = await begun(api, reconciling)
        server.faults.add(CutAfter(), verb="delete")
        server.faults.add(refusal, verb="create", resource="secrets", skip=1, times=1)
        reconciler = reconciling(scene.store)
        result = await reconciler.reconcile(await scene.stored())
        assert result.retry is not None
        assert len([call for call in server.calls if call.verb == "delete"]) == 1
        assert await scene.items() is None
        result = await reconciler.reconcile(await scene.stored())
        assert (result.outcome, await scene.items()) == (Outcome.CREATED, {"t"})
        (after,) = (await scene.stored()).status.conditions
        assert (after.type, after.status) == ("Synced", "True")


@pytest.mark.parametrize("refusal", [Answer(403, "Forbidden"), Answer(409, "Conflict"), Cut()])
async def test_secret_that_was_not_found_when_it_was_deleted_is_there_again(
    tmp_path: Path, reconciling: Reconciling, refusal: Act
) -> None:
    """A proxy in between had sent the deletion twice: what the second found is no proof."""
    async with FakeApi() as server, on_fake(tmp_path, server) as api:
        scene = await begun(api, reconciling)
        store = TwiceDeletingStore(api.client)
        server.faults.add(refusal, verb="create", resource="secrets", skip=1, times=1)
        await reconciling(store).reconcile(await scene.stored())
        assert await scene.items() == {"k", "t"}
