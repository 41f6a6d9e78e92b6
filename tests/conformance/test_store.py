"""The store on an API server: every answer of a real one becomes the right error of the port."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from sealer.errors import TerminalError
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.errors import (
    ChangedMeanwhileError,
    ImmutableSecretError,
    RejectedError,
)
from sealer_controller.kube import KubeClient
from sealer_controller.kubestore import KubeStore
from sealer_controller.kubevault import KubeVault
from sealer_controller.objects import (
    Condition,
    Event,
    Key,
    Listed,
    Removed,
    Status,
    StoreChange,
    StoredSealedSecret,
    Upserted,
)
from tests.conformance.world import World
from tests.contract.api import sealed_body
from tests.controller.memory import NOW
from tests.support import vectors

SYNCED = Condition("Synced", "True", "Unsealed", "", NOW, NOW)
READY = Condition("Ready", "True", "Fine", "said by somebody else")


@pytest.fixture
def store(world: World, client: KubeClient) -> KubeStore:
    """The test's own namespace as a store."""
    return KubeStore(client, namespaces=[world.api.namespace], now=lambda: NOW)


def _secret(world: World, name: str = "db", **fields: Any) -> Secret:  # noqa: ANN401 - of a Secret
    plain = Secret(world.api.namespace, name, {"k": SecretBytes(b"\x00\xff")}, type="Opaque")
    return replace(plain, **fields)


async def _seal(world: World, name: str = "db", **metadata: object) -> dict[str, Any]:
    body = sealed_body(name, namespace=world.api.namespace, **metadata)
    return await world.apply(body)


async def _stored(world: World, store: KubeStore) -> StoredSealedSecret:
    """Create a SealedSecret; return it as the store reports it."""
    await _seal(world)
    (found,) = [change for change in await _take(store, 2) if isinstance(change, Upserted)]
    return found.stored


async def _take(store: KubeStore, count: int) -> list[StoreChange]:
    found: list[StoreChange] = []
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        while len(found) < count:
            found.append(await anext(changes))
    return found


async def test_changes_report_all_there_is_and_all_that_happens(
    world: World, store: KubeStore
) -> None:
    """What was there, that this was all, and then each change."""
    first = await _seal(world, "first")
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        found = await anext(changes)
        assert isinstance(found, Upserted)
        assert found.stored.key == Key(world.api.namespace, "first")
        assert (found.stored.uid, found.stored.generation) == (first["metadata"]["uid"], 1)
        assert found.stored.created is not None
        assert found.stored.sealed.encrypted_data == {"k": "AgA="}
        assert await anext(changes) == Listed(1)
        await world.apply({**first, "spec": {"encryptedData": {}}})
        found = await anext(changes)
        assert isinstance(found, Upserted)
        assert (found.stored.generation, found.stored.sealed.encrypted_data) == (2, {})
        await world.delete("SealedSecret", world.api.namespace, "first")
        assert await anext(changes) == Removed(found.stored.key, found.stored.uid)


async def test_changes_follow_several_namespaces_and_no_others(
    world: World, client: KubeClient
) -> None:
    """`Listed` comes once all have been listed; a namespace named twice counts once."""
    here, other = world.api.namespace, f"{world.api.namespace}-2"
    await world.add_namespace(other)
    await world.add_namespace(f"{here}-3")
    for namespace in (here, other, f"{here}-3"):
        await world.apply(sealed_body("db", namespace=namespace))
    store = KubeStore(client, namespaces=[here, other, here])
    found = await _take(store, 3)
    assert {c.stored.key.namespace for c in found if isinstance(c, Upserted)} == {here, other}
    assert found[-1] == Listed(2)


async def test_changes_with_a_selector_report_what_it_selects(
    world: World, client: KubeClient
) -> None:
    """`--label-selector` filters SealedSecrets."""
    await _seal(world, "without")
    await _seal(world, "with", labels={"team": "a"})
    store = KubeStore(client, namespaces=[world.api.namespace], label_selector="team=a")
    first, last = await _take(store, 2)
    assert isinstance(first, Upserted)
    assert (first.stored.key.name, last) == ("with", Listed(1))


async def test_secret_is_created_read_and_replaced(world: World, store: KubeStore) -> None:
    """What was written is read back, with a uid and another version each time."""
    wanted = _secret(world, labels={"a": "b"}, annotations={"c": "d"}, finalizers=("x.dev/f",))
    key = Key(world.api.namespace, "db")
    assert await store.read_secret(key) is None
    created = await store.create_secret(wanted)
    assert created.secret == wanted
    assert await store.read_secret(key) == created
    after = replace(wanted, data={}, labels={}, finalizers=())
    replaced = await store.replace_secret(created, after)
    assert (replaced.secret, replaced.uid) == (after, created.uid)
    assert replaced.resource_version != created.resource_version


async def test_create_secret_that_exists_is_a_lost_race(world: World, store: KubeStore) -> None:
    """Somebody was faster: read again."""
    await store.create_secret(_secret(world))
    with pytest.raises(ChangedMeanwhileError, match="already exists"):
        await store.create_secret(_secret(world))


async def test_create_secret_in_a_missing_namespace_is_an_error_of_its_own(
    world: World, store: KubeStore
) -> None:
    """It is not the Secret's fault, so it is tried again."""
    with pytest.raises(TerminalError, match="not found") as caught:
        await store.create_secret(_secret(world, namespace="nowhere"))
    assert not isinstance(caught.value, RejectedError)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"data": {"a b": SecretBytes(b"")}},
            r'Secret "db" is invalid: data\[a b\]: Invalid value',
        ),
        ({"type": "kubernetes.io/tls"}, r"data\[tls.crt\]: Required value"),
        ({"data": {"k": SecretBytes(bytes(1_048_577))}}, "Too long: may not be more than 1048576"),
        ({"data": {"k": SecretBytes(bytes(2_500_000))}}, "limit is 3145728"),
    ],
    ids=["key", "type", "long", "huge"],
)
async def test_create_secret_that_is_refused_passes_the_servers_words_on(
    world: World, store: KubeStore, fields: dict[str, Any], message: str
) -> None:
    """What no other try can cure is told in the server's words."""
    with pytest.raises(RejectedError, match=message):
        await store.create_secret(_secret(world, **fields))


async def test_replace_secret_that_changed_or_went_is_a_lost_race(
    world: World, store: KubeStore
) -> None:
    """An older version, another object of the name, or none: read again."""
    first = await store.create_secret(_secret(world))
    await store.replace_secret(first, _secret(world, labels={"a": "b"}))
    with pytest.raises(ChangedMeanwhileError):
        await store.replace_secret(first, _secret(world, labels={"a": "c"}))
    await world.delete("Secret", world.api.namespace, "db")
    with pytest.raises(ChangedMeanwhileError):
        await store.replace_secret(first, _secret(world))
    second = await store.create_secret(_secret(world))
    with pytest.raises(ChangedMeanwhileError):
        await store.replace_secret(replace(second, uid=first.uid), _secret(world))


async def test_replace_secret_that_is_immutable_is_told_apart(
    world: World, store: KubeStore
) -> None:
    """Data of an immutable Secret; its labels may change, and its type is another matter."""
    frozen = await store.create_secret(_secret(world, immutable=True))
    with pytest.raises(ImmutableSecretError, match="field is immutable when `immutable` is set"):
        await store.replace_secret(frozen, replace(frozen.secret, data={}))
    with pytest.raises(RejectedError, match="type: Invalid value") as caught:
        await store.replace_secret(frozen, replace(frozen.secret, type="example.com/x"))
    assert not isinstance(caught.value, ImmutableSecretError)
    labelled = await store.replace_secret(frozen, replace(frozen.secret, labels={"a": "b"}))
    assert labelled.secret.labels == {"a": "b"}


async def test_write_status_is_read_back(world: World, store: KubeStore) -> None:
    """The status is stored, and nothing else changes, the generation above all."""
    stored = await _stored(world, store)
    await store.write_status(stored, Status(1, (SYNCED, READY)))
    again = (await _take(store, 1))[0]
    assert isinstance(again, Upserted)
    whole = NOW.replace(microsecond=0)
    synced = replace(SYNCED, last_update_time=whole, last_transition_time=whole)
    assert again.stored.status == Status(1, (synced, READY))
    assert (again.stored.generation, again.stored.sealed) == (1, stored.sealed)


async def test_write_status_after_a_change_keeps_what_others_wrote(
    world: World, store: KubeStore
) -> None:
    """A version that is out of date is read again; only our condition is ours."""
    stored = await _stored(world, store)
    await store.write_status(stored, Status(0, (READY,)))
    await store.write_status(stored, Status(1, (SYNCED,)))
    again = (await _take(store, 1))[0]
    assert isinstance(again, Upserted)
    assert [found.type for found in again.stored.status.conditions] == ["Synced", "Ready"]


@pytest.mark.parametrize("change", ["gone", "another", "newer"])
async def test_write_status_of_an_object_that_is_no_longer_it_does_nothing(
    world: World, store: KubeStore, change: str
) -> None:
    """An object that went, was made anew, or has a newer spec, gets no stale status."""
    stored = await _stored(world, store)
    if change == "newer":
        await world.apply(sealed_body("db", {"encryptedData": {}}, namespace=stored.key.namespace))
    else:
        await world.delete("SealedSecret", *stored.key)
    if change == "another":
        await _seal(world)
    await store.write_status(stored, Status(1, (SYNCED,)))
    found = await world.get("SealedSecret", *stored.key)
    assert (found or {}).get("status") is None


async def test_record_makes_an_event_that_belongs_to_the_object(
    world: World, store: KubeStore
) -> None:
    """People see it in `kubectl describe`: it names the object by its UID."""
    stored = await _stored(world, store)
    await store.record(stored, Event("Warning", "ErrUpdateFailed", "why"))
    sealed = await world.get("SealedSecret", *stored.key)
    assert sealed is not None
    (event,) = await world.events(sealed)
    assert (event["type"], event["reason"], event["message"]) == (
        "Warning",
        "ErrUpdateFailed",
        "why",
    )
    assert event["source"] == {"component": "sealed-secrets"}
    assert (event["count"], event["firstTimestamp"]) == (1, "2027-01-01T12:30:15Z")
    assert event["involvedObject"]["kind"] == "SealedSecret"


async def test_record_of_an_object_with_the_longest_name_works(
    world: World, store: KubeStore
) -> None:
    """The Event's own name is made by the server, and fits."""
    await _seal(world, "n" * 253)
    (found,) = [c for c in await _take(store, 2) if isinstance(c, Upserted)]
    await store.record(found.stored, Event("Normal", "Unsealed", "text"))
    sealed = await world.get("SealedSecret", *found.stored.key)
    assert sealed is not None
    assert len(await world.events(sealed)) == 1


async def test_vault_finds_labelled_keys_and_the_legacy_one_oldest_first(
    world: World, client: KubeClient
) -> None:
    """Active keys and the unlabelled Secret of the prefix's name; no other label value (20)."""
    namespace = world.api.namespace
    recorded = vectors.load_manifest(vectors.KEYS / "peer-a.secret.yaml")
    label = "sealedsecrets.bitnami.com/sealed-secrets-key"
    for name, labels in [
        ("zz-first", {label: "active"}),
        ("old-prefix", {}),
        ("retired", {label: "compromised"}),
        ("unlabelled", {}),
    ]:
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        await world.apply(recorded | {"metadata": metadata})
    vault = KubeVault(client, namespace, prefix="old-prefix")
    found = await vault.key_secrets()
    assert {each.secret.name for each in found} == {"zz-first", "old-prefix"}
    assert [each.created for each in found] == sorted(each.created or NOW for each in found)
    assert all(each.fault is None for each in found)


async def test_vault_stores_a_key_under_a_new_name(world: World, client: KubeClient) -> None:
    """The server draws the rest of the name; the Secret is found again."""
    vault = KubeVault(client, world.api.namespace)
    label = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
    wanted = _secret(world, name="", labels=label)
    first = await vault.create_key_secret(wanted, "sealed-secrets-key")
    second = await vault.create_key_secret(wanted, "sealed-secrets-key")
    names = {first.secret.name, second.secret.name}
    assert len(names) == 2
    assert all(name.startswith("sealed-secrets-key") for name in names)
    assert {each.secret.name for each in await vault.key_secrets()} == names
