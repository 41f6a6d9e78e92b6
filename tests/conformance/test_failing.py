"""Objects that fail, on the fake API server and on the real one: what people see, what heals them.

The texts of the original are compared elsewhere, object by object. Here it is about what goes on
around them: where a value belongs, what ends a failure, and that a failure delays nobody else.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from itertools import count
from typing import Any, cast

import pytest

from sealer.keysecret import key_secret
from sealer.manifest import SealedSecret, Secret, Template
from sealer.scope import Scope
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_controller.kube.types import SEALED_SECRETS, SECRETS, secret_body
from sealer_controller.outcome import Reason
from sealer_keys.fingerprint import short
from tests.conformance.world import KEY_NAMESPACE, NAMESPACES, World, controlling
from tests.controller.watching import Recorder
from tests.support import vectors
from tests.support.gitops import argo_cd, flux_expressions, kstatus

HOME, ABROAD = NAMESPACES
PATIENCE_SECONDS = 30.0
CROWD = 1000


@pytest.fixture
def observer() -> Recorder:
    """Hears of every reconcile, once all is told about it."""
    return Recorder()


@pytest.fixture
async def quiet_world(recorded_world: World) -> AsyncIterator[World]:
    """A recorded world in which nothing of other tests is left, nor will be of this one."""
    await _sweep(recorded_world)
    yield recorded_world
    await _sweep(recorded_world)


async def _sweep(world: World) -> None:
    for group, kind in (("apis/bitnami.com/v1alpha1", "SealedSecret"), ("api/v1", "Secret")):
        for namespace in NAMESPACES:
            path = f"/{group}/namespaces/{namespace}/{kind.lower()}s"
            for each in (await _listed(world, path))["items"]:
                await world.delete(kind, namespace, each["metadata"]["name"])


async def _listed(world: World, path: str) -> dict[str, Any]:
    """Return a list, once the API server serves it: a CRD that was just applied takes a moment."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await world.api.raw("GET", path))[0] == 429:  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.1)  # nothing tells when it does
    assert answer[0] == 200
    return cast("dict[str, Any]", answer[1])


def sealed(name: str = "db", *, scope: Scope = Scope.STRICT, key: str = "rsa2048") -> SealedSecret:
    """Return an object of the home namespace, sealed there for one of the recorded keys."""
    certificate = vectors.key_pair(key).certificate
    assert certificate is not None
    plain = Secret(HOME, name, {"k": SecretBytes(b"v")}, annotations=scope.annotations)
    return seal_secret(plain, certificate).sealed_secret


async def synced(world: World, namespace: str, name: str, status: str) -> dict[str, Any]:
    """Wait until an object's condition says so, and return the object."""

    async def look() -> dict[str, Any] | None:
        found = await world.get("SealedSecret", namespace, name)
        conditions = (found or {}).get("status", {}).get("conditions", [])
        if found is not None and conditions and conditions[0]["status"] == status:
            assert found["status"]["observedGeneration"] == found["metadata"]["generation"]
            return found
        return None

    return await until(world, namespace, look)


async def until(
    world: World, namespace: str, look: Callable[[], Awaitable[dict[str, Any] | None]]
) -> dict[str, Any]:
    """Look after every change of a SealedSecret of a namespace, until there is an answer."""
    selection = world.api.client.select(SEALED_SECRETS, namespace=namespace)
    async with asyncio.timeout(PATIENCE_SECONDS):
        version = (await selection.list()).resource_version
        if found := await look():
            return found
        async with aclosing(selection.watch(version)) as events:
            async for _ in events:
                if found := await look():
                    return found
    raise AssertionError("the watch has ended")


async def secret_comes(world: World, namespace: str, name: str) -> dict[str, Any]:
    """Wait until there is a Secret of that name."""
    selection = world.api.client.select(
        SECRETS, namespace=namespace, field_selector=f"metadata.name={name}"
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        version = (await selection.list()).resource_version
        if found := await world.get("Secret", namespace, name):
            return found
        async with aclosing(selection.watch(version)) as events:
            async for _ in events:
                if found := await world.get("Secret", namespace, name):
                    return found
    raise AssertionError("the watch has ended")


def health(found: dict[str, Any]) -> tuple[str, str, str]:
    """Return what Argo CD and Flux make of an object as the API server holds it."""
    return argo_cd(found), kstatus(found), flux_expressions(found)


async def reconciled(observer: Recorder, reason: Reason) -> None:
    """Wait until a reconcile has ended in this way, and all that it tells is told."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await observer.results.get()).reason is not reason:
            pass


async def refused(world: World, observer: Recorder, moved: SealedSecret) -> list[str]:
    """Apply an object that must not open; return the lines of its message."""
    applied = await world.apply(moved.to_object())
    await reconciled(observer, Reason.NO_MATCHING_KEY)
    found = await synced(world, moved.namespace, moved.name, "False")
    (event,) = await world.events(applied)
    assert (event["type"], event["reason"]) == ("Warning", "ErrUnsealFailed")
    assert await world.get("Secret", moved.namespace, moved.name) is None
    assert health(found) == ("Degraded", "Failed", "Failed")
    first, *others = found["status"]["conditions"][0]["message"].split("\n")
    assert event["message"] == f"Failed to unseal: {first}"
    return [first, *others]


async def test_object_of_a_foreign_key_makes_no_secret(
    quiet_world: World, observer: Recorder
) -> None:
    """An Event `ErrUnsealFailed`, and the names of the keys that were tried (conformance 78)."""
    async with controlling(quiet_world.access, observer):
        first, tried, *_ = await refused(quiet_world, observer, sealed(key="stranger"))
    assert first == "no key could decrypt secret (k)"
    assert tried.endswith(f"tried {short(vectors.key_pair('rsa2048').fingerprint)}")


@pytest.mark.parametrize(
    ("namespace", "name", "place"),
    [
        (ABROAD, "db", f"sealed for {HOME}/db, this object is {ABROAD}/db"),
        (HOME, "other", f"sealed for {HOME}/db, this object is {HOME}/other"),
    ],
    ids=["namespace", "name"],
)
async def test_strict_object_elsewhere_makes_no_secret_and_says_where_it_belongs(
    quiet_world: World, observer: Recorder, namespace: str, name: str, place: str
) -> None:
    """Its template still says what it was sealed for, and the keys agree (conformance 79)."""
    async with controlling(quiet_world.access, observer):
        moved = replace(sealed(), namespace=namespace, name=name)
        first, why, *_ = await refused(quiet_world, observer, moved)
    assert first == "no key could decrypt secret (k)"
    assert why.startswith(f"item k: {place}")


async def test_object_whose_scope_was_taken_away_says_which_it_was(
    quiet_world: World, observer: Recorder
) -> None:
    """A tool that drops annotations is a common cause, and easily put right."""
    narrow = replace(sealed(scope=Scope.NAMESPACE_WIDE), annotations={}, template=Template())
    async with controlling(quiet_world.access, observer):
        _, why, hint = await refused(quiet_world, observer, narrow)
        assert f"sealed for namespace {HOME} (namespace-wide)" in why
        assert "sealedsecrets.bitnami.com/namespace-wide" in hint
        wide = replace(narrow, annotations=Scope.NAMESPACE_WIDE.annotations)
        await quiet_world.apply(wide.to_object())
        assert await secret_comes(quiet_world, HOME, "db")


@pytest.mark.parametrize(
    ("scope", "namespace", "name"),
    [
        (Scope.CLUSTER_WIDE, HOME, "other"),
        (Scope.CLUSTER_WIDE, ABROAD, "db"),
        (Scope.NAMESPACE_WIDE, HOME, "other"),
    ],
    ids=["cluster-wide-renamed", "cluster-wide-moved", "namespace-wide-renamed"],
)
async def test_wide_object_opens_elsewhere_as_far_as_its_scope_goes(
    quiet_world: World, observer: Recorder, scope: Scope, namespace: str, name: str
) -> None:
    """Renamed, or moved to another namespace: the Secret is made (conformance 80, 81)."""
    object_ = replace(sealed(scope=scope), namespace=namespace, name=name)
    async with controlling(quiet_world.access, observer):
        await quiet_world.apply(object_.to_object())
        made = await secret_comes(quiet_world, namespace, name)
        found = await synced(quiet_world, namespace, name, "True")
    assert base64.b64decode(made["data"]["k"]) == b"v"
    assert health(found) == ("Healthy", "Current", "Current")


async def test_namespace_wide_object_opens_in_no_other_namespace(
    quiet_world: World, observer: Recorder
) -> None:
    """And says which it belongs to (conformance 81)."""
    moved = replace(sealed(scope=Scope.NAMESPACE_WIDE), namespace=ABROAD)
    async with controlling(quiet_world.access, observer):
        _, why, *_ = await refused(quiet_world, observer, moved)
    assert f"sealed for namespace {HOME}, this object is namespace {ABROAD}" in why


async def test_key_that_arrives_heals_at_once_what_needs_it(
    quiet_world: World, observer: Recorder
) -> None:
    """No change of the object is needed, and nothing of the failure is left in its status."""
    async with controlling(quiet_world.access, observer, follows_keys=True):
        await refused(quiet_world, observer, sealed(key="stranger"))
        pair = vectors.key_pair("stranger")
        key = secret_body(key_secret(pair, namespace=KEY_NAMESPACE, name="key-stranger"))
        await quiet_world.apply(key)
        try:
            await secret_comes(quiet_world, HOME, "db")
            healed = await synced(quiet_world, HOME, "db", "True")
        finally:
            await quiet_world.delete("Secret", KEY_NAMESPACE, "key-stranger")
    assert [each["type"] for each in healed["status"]["conditions"]] == ["Synced"]
    assert health(healed) == ("Healthy", "Current", "Current")


@pytest.mark.parametrize("way_out", ["deleted", "managed"])
async def test_foreign_secret_in_the_way_is_looked_at_until_it_is_not(
    quiet_world: World, observer: Recorder, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reports what happens to it: our watch sees our own Secrets alone."""
    monkeypatch.setattr("sealer_controller.retrying._LOOK_SECONDS", 0.1)
    theirs: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": HOME, "name": "db"},
        "data": {"k": "dGhlaXJz"},
    }
    await quiet_world.apply(theirs)
    async with controlling(quiet_world.access, observer):
        applied = await quiet_world.apply(sealed().to_object())
        blocked = await synced(quiet_world, HOME, "db", "False")
        assert health(blocked) == ("Degraded", "Failed", "Failed")
        assert (await quiet_world.get("Secret", HOME, "db") or {})["data"] == theirs["data"]
        if way_out == "deleted":
            await quiet_world.delete("Secret", HOME, "db")
        else:
            managed = {"annotations": {"sealedsecrets.bitnami.com/managed": "true"}}
            await quiet_world.apply(theirs | {"metadata": theirs["metadata"] | managed})
        await synced(quiet_world, HOME, "db", "True")
        await reconciled(observer, Reason.UNSEALED)
        made = await quiet_world.get("Secret", HOME, "db")
        events = [event["reason"] for event in await quiet_world.events(applied)]
    assert made is not None
    assert base64.b64decode(made["data"]["k"]) == b"v"
    assert events == ["ErrUpdateFailed", "Unsealed"]


async def test_thousand_objects_that_do_not_open_delay_no_good_one(
    quiet_world: World, observer: Recorder
) -> None:
    """One that comes in the middle of them is served within a second, in their own namespace."""
    bad = sealed(key="stranger")
    numbers = count()

    async def create() -> None:
        while (number := next(numbers)) < CROWD:
            body = replace(bad, name=f"bad-{number}").to_object()
            await quiet_world.api.client.create(SEALED_SECRETS, body, HOME)

    async with controlling(quiet_world.access, observer):
        await asyncio.gather(*(create() for _ in range(8)))
        await quiet_world.apply(sealed("good").to_object())
        async with asyncio.timeout(1.0):
            assert await secret_comes(quiet_world, HOME, "good")
