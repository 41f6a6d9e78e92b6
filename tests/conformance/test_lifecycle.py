"""The life of an object on both API servers: made, changed, spoilt by others, deleted, found again.

The numbers are those of `docs/conformance.md`. What happens is waited for by watching it.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from sealer.manifest import SealedSecret, Secret
from sealer.manifest.sealedsecret import SKIP_OWNER_ANNOTATION
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_controller.kube.decode import EventType
from sealer_controller.outcome import Outcome, Reason, Result
from tests.conformance.world import NAMESPACES, World, controlling
from tests.contract.api import SECRETS
from tests.contract.api import Secret as Found
from tests.controller.watching import Recorder
from tests.support import vectors

NAMESPACE = NAMESPACES[0]
PREFIX = "sealedsecrets.bitnami.com/"
MANAGED, PATCH = {PREFIX + "managed": "true"}, {PREFIX + "patch": "true"}
SKIPPING = {SKIP_OWNER_ANNOTATION: "true"}
PATIENCE_SECONDS = 30.0


@pytest.fixture
def observer() -> Recorder:
    """An observer that lets a test wait for reconciles."""
    return Recorder()


@pytest.fixture
async def shop(recorded_world: World) -> AsyncIterator[World]:
    """A cluster in which the objects of a test are gone at its end."""
    yield recorded_world
    for name in ("db", "marker"):
        for kind in ("SealedSecret", "Secret"):
            await recorded_world.delete(kind, NAMESPACE, name)


def _plain(name: str = "db", data: dict[str, bytes] | None = None, **fields: Any) -> Secret:  # noqa: ANN401 - of the Secret
    items = {key: SecretBytes(value) for key, value in (data or {"k": b"value"}).items()}
    return Secret(NAMESPACE, name, items, **fields)


def _sealed(plain: Secret | None = None) -> SealedSecret:
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    return seal_secret(plain or _plain(), certificate).sealed_secret


def _encoded(**data: bytes) -> dict[str, str]:
    return {key: b64encode(value).decode() for key, value in data.items()}


async def _result(observer: Recorder, name: str = "db") -> Result:
    """Return the next result of an object, when it comes."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (result := await observer.results.get()).stored.key.name != name:
            pass
    return result


async def _until(shop: World, wanted: Callable[[Found | None], bool], name: str = "db") -> None:
    """Wait until a Secret is as it is wanted; None stands for its absence."""
    selection = shop.api.client.select(
        SECRETS, namespace=NAMESPACE, field_selector=f"metadata.name={name}"
    )
    page = await selection.list()
    found = [item for item in page.items if isinstance(item, Found)]
    if wanted(found[0] if found else None):
        return
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aclosing(selection.watch(page.resource_version)) as events,
    ):
        async for event in events:
            held = event.object if isinstance(event.object, Found) else None
            if wanted(None if event.type is EventType.DELETED else held):
                return
    raise AssertionError("the watch ended before the Secret was right")


async def _held(shop: World, name: str = "db") -> dict[str, Any]:
    found = await shop.get("Secret", NAMESPACE, name)
    assert found is not None
    return found


async def _versions(shop: World) -> list[str]:
    found = [await shop.get(kind, NAMESPACE, "db") for kind in ("Secret", "SealedSecret")]
    return [each["metadata"]["resourceVersion"] for each in found if each]


async def test_object_is_made_and_follows_every_change(shop: World, observer: Recorder) -> None:
    """67, 68, 69: Secret, status and Event; then a renamed item and one that was added."""
    async with controlling(shop.access, observer):
        await shop.apply(_sealed().to_object())
        await _result(observer)
        stored = await shop.get("SealedSecret", NAMESPACE, "db")
        assert stored is not None
        (condition,) = stored["status"]["conditions"]
        assert condition["lastTransitionTime"] == condition["lastUpdateTime"]
        assert [event["reason"] for event in await shop.events(stored)] == ["Unsealed"]
        first = await _held(shop)
        assert first["data"] == _encoded(k=b"value")

        renamed = _sealed(_plain(data={"renamed": b"value"})).to_object()
        added = _sealed(_plain(data={"added": b"more"}))
        renamed["spec"]["encryptedData"] |= added.encrypted_data  # type: ignore[index] # JSON
        await shop.observed(await shop.apply(renamed))
        second = await _held(shop)
        assert second["data"] == _encoded(renamed=b"value", added=b"more")
        assert second["metadata"]["uid"] == first["metadata"]["uid"]
        changed = await shop.get("SealedSecret", NAMESPACE, "db")
        assert changed is not None
        assert changed["status"]["observedGeneration"] == 2
        (later,) = changed["status"]["conditions"]
        assert later["lastUpdateTime"] >= condition["lastUpdateTime"]
        assert later["lastTransitionTime"] == condition["lastTransitionTime"]


async def test_secret_that_others_change_is_put_right(shop: World, observer: Recorder) -> None:
    """At once, without a change of its SealedSecret; what they added stays."""
    async with controlling(shop.access, observer):
        await shop.observed(await shop.apply(_sealed().to_object()))
        held = await _held(shop)
        held["data"] = _encoded(k=b"theirs", more=b"theirs")
        held["metadata"]["labels"]["added"] = "by-somebody"
        await shop.apply(held)
        await _until(shop, lambda found: found is not None and found.data == _encoded(k=b"value"))
    assert (await _held(shop))["metadata"]["labels"]["added"] == "by-somebody"


@pytest.mark.parametrize("annotations", [{}, {**SKIPPING, **MANAGED}], ids=["owned", "managed"])
async def test_deleted_secret_of_ours_is_made_again(
    shop: World, annotations: dict[str, str]
) -> None:
    """75: with the owner that it had."""
    async with controlling(shop.access):
        await shop.observed(await shop.apply(_sealed(_plain(annotations=annotations)).to_object()))
        before = await _held(shop)
        uid = before["metadata"]["uid"]
        await shop.delete("Secret", NAMESPACE, "db")
        await _until(shop, lambda found: found is not None and found.metadata.uid != uid)
    after = await _held(shop)
    owners = [each["metadata"].get("ownerReferences") for each in (before, after)]
    assert (after["data"], owners[0]) == (before["data"], owners[1])


@pytest.mark.parametrize("is_patched", [False, True], ids=["unowned", "patched"])
async def test_deleted_secret_that_is_not_ours_stays_deleted(
    shop: World, observer: Recorder, *, is_patched: bool
) -> None:
    """76: neither one without owner and `managed`, nor one that was only patched."""
    plain = _plain(annotations={} if is_patched else SKIPPING)
    if is_patched:
        await shop.apply(_plain(data={"theirs": b"x"}, annotations=PATCH).to_object())
    async with controlling(shop.access, observer):
        await shop.observed(await shop.apply(_sealed(plain).to_object()))
        await _result(observer)
        await shop.delete("Secret", NAMESPACE, "db")
        result = await _result(observer)
    assert (result.outcome, result.failed_at) == (Outcome.UNCHANGED, None)
    assert await shop.get("Secret", NAMESPACE, "db") is None


@pytest.mark.parametrize("is_watching", [True, False], ids=["live", "away"])
async def test_patched_secret_that_its_owner_takes_back_is_not_touched(
    shop: World, observer: Recorder, *, is_watching: bool
) -> None:
    """72, 85: not even its owner reference, whether or not we are there to see it."""
    await shop.apply(_plain(data={"theirs": b"precious"}, annotations=PATCH).to_object())

    async def take_back() -> dict[str, Any]:
        held = await _held(shop)
        assert held["data"] == _encoded(theirs=b"precious", k=b"value")
        del held["metadata"]["annotations"][next(iter(PATCH))]
        return await shop.apply(held)

    async with controlling(shop.access, observer):
        await shop.observed(await shop.apply(_sealed().to_object()))
        assert (await _result(observer)).failed_at is None
        if is_watching:
            taken = await take_back()
            assert (await _result(observer)).reason is Reason.NOT_MANAGED
    if not is_watching:
        taken = await take_back()
    async with controlling(shop.access, observer):
        assert (await _result(observer)).reason is Reason.NOT_MANAGED
        await shop.observed(await shop.apply(_sealed(_plain(data={"k": b"new"})).to_object()))
        assert (await _result(observer)).reason is Reason.NOT_MANAGED
    assert await _held(shop) == taken
    assert "ownerReferences" not in taken["metadata"]


async def test_secret_that_cannot_be_changed_is_opened_for_once(
    shop: World, observer: Recorder
) -> None:
    """It is looked at until it is gone: no watch shows a Secret that we never wrote to."""
    await shop.apply(_plain(data={"k": b"x"}, immutable=True, annotations=PATCH).to_object())
    async with controlling(shop.access, observer):
        await shop.apply(_sealed().to_object())
        looks = [await _result(observer) for _ in range(4)]
        assert [look.reason for look in looks] == [Reason.IMMUTABLE] * 4
        assert observer.used == [(1, 0)]
        await shop.delete("Secret", NAMESPACE, "db")
        while (result := await _result(observer)).reason is Reason.IMMUTABLE:
            pass
        assert result.outcome is Outcome.CREATED
    assert (await _held(shop))["data"] == _encoded(k=b"value")


async def test_restart_opens_nothing_and_writes_nothing(shop: World, observer: Recorder) -> None:
    """What has not changed costs one read, also on an API server that fills in what it likes."""
    async with controlling(shop.access):
        await shop.observed(await shop.apply(_sealed().to_object()))
    before = await _versions(shop)
    async with controlling(shop.access, observer):
        result = await _result(observer)
    assert (result.outcome, observer.used) == (Outcome.UNCHANGED, [])
    assert await _versions(shop) == before


@pytest.mark.parametrize("immutable", [None, True])
async def test_secret_that_the_original_made_is_marked_and_not_changed(
    shop: World, observer: Recorder, *, immutable: bool | None
) -> None:
    """Its data goes back as it is, also that of an immutable one."""
    plain = _plain(immutable=immutable)
    applied = await shop.apply(_sealed(plain).to_object())
    owner = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "name": "db",
        "uid": applied["metadata"]["uid"],
        "controller": True,
    }
    before = await shop.apply(replace(plain, owner_references=(owner,)).to_object())
    async with controlling(shop.access, observer):
        result = await _result(observer)
    after = await _held(shop)
    assert result.outcome is Outcome.MARKED
    assert after["metadata"]["labels"] == {"sealer.dev/managed": "true"}
    assert list(after["metadata"]["annotations"]) == ["sealer.dev/digest"]
    same = ("data", "type", "immutable")
    assert [after.get(field) for field in same] == [before.get(field) for field in same]


@pytest.mark.parametrize("is_equal", [True, False], ids=["equal", "different"])
async def test_secret_without_owner_is_taken_over_only_if_it_is_what_the_original_made(
    shop: World, observer: Recorder, *, is_equal: bool
) -> None:
    """That it equals ours in everything is all that can be seen of it after a migration."""
    plain = _plain(annotations=SKIPPING)
    before = await shop.apply((plain if is_equal else _plain()).to_object())
    async with controlling(shop.access, observer):
        await shop.observed(await shop.apply(_sealed(plain).to_object()))
        result = await _result(observer)
        changed = _sealed(_plain(data={"k": b"new"}, annotations=SKIPPING)).to_object()
        await shop.observed(await shop.apply(changed))
    if is_equal:
        assert result.outcome is Outcome.MARKED
        assert (await _held(shop))["data"] == _encoded(k=b"new")
    else:
        assert result.reason is Reason.NOT_MANAGED
        assert await _held(shop) == before


async def test_secret_of_a_deleted_object_is_taken_over_by_its_successor(shop: World) -> None:
    """Delete and re-create, as Argo CD replaces: the Secret is not lost (compat.md 2.4)."""
    async with controlling(shop.access):
        await shop.observed(await shop.apply(_sealed().to_object()))
        before = await _held(shop)
        await shop.delete("SealedSecret", NAMESPACE, "db")
        applied = await shop.apply(_sealed().to_object())
        await shop.observed(applied)
    after = await _held(shop)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    (owner,) = after["metadata"]["ownerReferences"]
    assert owner["uid"] == applied["metadata"]["uid"]


async def test_scope_annotation_is_worked_on_and_a_note_is_not(
    shop: World, observer: Recorder
) -> None:
    """86: the first changes what the values were sealed for, though the generation stays."""
    async with controlling(shop.access, observer):
        applied = await shop.apply(_sealed().to_object())
        await shop.observed(applied)
        assert (await _result(observer)).failed_at is None
        for annotation in ("note", PREFIX + "cluster-wide"):
            stored = await shop.get("SealedSecret", NAMESPACE, "db")
            assert stored is not None
            stored["metadata"].setdefault("annotations", {})[annotation] = "true"
            await shop.apply(stored)
        result = await _result(observer)
    assert result.message.startswith("no key could decrypt secret (k)")
    assert result.stored.sealed.annotations["note"] == "true"
    assert observer.results.empty()


async def test_malformed_object_does_not_hold_up_another(shop: World) -> None:
    """88: it is told what is wrong, and the next one is made."""
    broken = _sealed(_plain("marker")).to_object()
    broken["spec"] = {"encryptedData": {"k": "", "l": "%%%%"}}
    async with controlling(shop.access):
        malformed = await shop.apply(broken)
        await shop.observed(await shop.apply(_sealed().to_object()))
        await shop.observed(malformed)
    assert (await _held(shop))["data"] == _encoded(k=b"value")
    assert await shop.get("Secret", NAMESPACE, "marker") is None
