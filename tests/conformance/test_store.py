"""The store on an API server: every answer of a real one becomes the right error of the port."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from sealer.errors import TerminalError
from sealer.keysecret import ACTIVE, DIGEST_KEY, KEY_LABEL
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.errors import (
    ChangedMeanwhileError,
    ImmutableSecretError,
    RejectedError,
)
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.places import Places
from sealer_controller.kube.store import KubeStore
from sealer_controller.kube.types import SEALED_SECRETS, stored_sealed_secret
from sealer_controller.kube.vault import KubeVault
from sealer_controller.marks import MANAGED_LABEL
from sealer_controller.objects import (
    Condition,
    Event,
    Key,
    Listed,
    Removed,
    SecretGone,
    SecretSeen,
    SecretsListed,
    Status,
    StoreChange,
    StoredSealedSecret,
    StoredSecret,
    Upserted,
)
from tests.conformance.world import KEY_NAMESPACE, World
from tests.contract.api import sealed_body
from tests.controller.memory import NOW
from tests.support import vectors

SYNCED = Condition("Synced", "True", "Unsealed", "", NOW, NOW)
READY = Condition("Ready", "True", "Fine", "said by somebody else")


@pytest.fixture
def store(world: World, client: KubeClient) -> KubeStore:
    """The test's own namespace as a store."""
    return KubeStore(client, places=Places((world.api.namespace,)), now=lambda: NOW)


def _secret(world: World, name: str = "db", **fields: Any) -> Secret:  # noqa: ANN401 - of a Secret
    plain = Secret(world.api.namespace, name, {"k": SecretBytes(b"\x00\xff")}, type="Opaque")
    return replace(plain, **fields)


async def _seal(world: World, name: str = "db", **metadata: object) -> dict[str, Any]:
    body = sealed_body(name, namespace=world.api.namespace, **metadata)
    return await world.apply(body)


async def _stored(client: KubeClient, sealed: dict[str, Any]) -> StoredSealedSecret:
    """Return a SealedSecret as the store holds it now."""
    metadata = sealed["metadata"]
    return stored_sealed_secret(
        await client.get(SEALED_SECRETS, metadata["name"], metadata["namespace"])
    )


async def _upserted(changes: AsyncGenerator[StoreChange, None]) -> StoredSealedSecret:
    """Return the next change, which must be a new object or version."""
    found = await anext(changes)
    assert isinstance(found, Upserted)
    return found.stored


async def test_changes_report_all_there_is_and_all_that_happens(
    world: World, store: KubeStore
) -> None:
    """What was there, that this was all, and then each change."""
    first = await _seal(world, "first")
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        found = await _upserted(changes)
        assert found.key == Key(world.api.namespace, "first")
        assert (found.uid, found.generation) == (first["metadata"]["uid"], 1)
        assert found.created is not None
        assert found.sealed.encrypted_data == {"k": "AgA="}
        assert await anext(changes) == Listed(1)
        await world.apply({**first, "spec": {"encryptedData": {}}})
        found = await _upserted(changes)
        assert (found.generation, found.sealed.encrypted_data) == (2, {})
        await world.delete("SealedSecret", world.api.namespace, "first")
        assert await anext(changes) == Removed(found.key, found.uid)


async def test_changes_follow_several_namespaces_and_no_others(
    world: World, client: KubeClient
) -> None:
    """`Listed` comes once all have been listed; a namespace named twice counts once."""
    here, other = world.api.namespace, f"{world.api.namespace}-2"
    unseen = f"{here}-3"
    await world.add_namespace(other)
    await world.add_namespace(unseen)
    for namespace in (here, other, unseen):
        await world.apply(sealed_body("db", namespace=namespace))
    store = KubeStore(client, places=Places((here, other, here)))
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        listed = {(await _upserted(changes)).key.namespace for _ in range(2)}
        assert (listed, await anext(changes)) == ({here, other}, Listed(2))
        for namespace in (unseen, here, other):
            await world.apply(sealed_body("new", namespace=namespace))
        assert {(await _upserted(changes)).key.namespace for _ in range(2)} == {here, other}


async def test_changes_with_a_selector_report_what_it_selects(
    world: World, client: KubeClient
) -> None:
    """`--label-selector` filters SealedSecrets."""
    await _seal(world, "without")
    await _seal(world, "with", labels={"team": "a"})
    store = KubeStore(client, places=Places((world.api.namespace,)), label_selector="team=a")
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        assert (await _upserted(changes)).key.name == "with"
        assert await anext(changes) == Listed(1)
        await _seal(world, "without-2")
        await _seal(world, "with-2", labels={"team": "a"})
        assert (await _upserted(changes)).key.name == "with-2"


async def test_secret_changes_report_our_secrets_and_what_happens_to_them(
    world: World, store: KubeStore
) -> None:
    """Those with our label: found, made, changed, unlabelled, deleted; each with its version."""
    ours = {MANAGED_LABEL: "true"}
    for name, labels in (("old", ours), ("foreign", {}), ("odd", {MANAGED_LABEL: "false"})):
        await store.create_secret(_secret(world, name, labels=labels))
    namespace = world.api.namespace
    async with asyncio.timeout(30), aclosing(store.secret_changes()) as changes:
        old = await store.read_secret(Key(namespace, "old"))
        assert old is not None
        assert await anext(changes) == _seen(old)
        assert await anext(changes) == SecretsListed(1)
        made = await store.create_secret(_secret(world, "new", labels=ours))
        assert await anext(changes) == _seen(made)
        changed = await store.replace_secret(made, replace(made.secret, data={}))
        assert await anext(changes) == _seen(changed)
        freed = await store.replace_secret(changed, replace(changed.secret, labels={}))
        assert await anext(changes) == SecretGone(Key(namespace, "new"), made.uid)
        taken = await store.replace_secret(freed, changed.secret)
        assert await anext(changes) == _seen(taken)
        await world.delete("Secret", namespace, "old")
        assert await anext(changes) == SecretGone(Key(namespace, "old"), old.uid)


def _seen(found: StoredSecret) -> SecretSeen:
    key = Key(found.secret.namespace, found.secret.name)
    return SecretSeen(key, found.uid, found.resource_version)


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


async def test_write_status_is_read_back(
    world: World, client: KubeClient, store: KubeStore
) -> None:
    """The status is stored, and nothing else changes, the generation above all."""
    sealed = await _seal(world)
    before = await _stored(client, sealed)
    await store.write_status(before, Status(1, (SYNCED, READY)))
    after = await _stored(client, sealed)
    whole = NOW.replace(microsecond=0)
    synced = replace(SYNCED, last_update_time=whole, last_transition_time=whole)
    assert after.status == Status(1, (synced, READY))
    assert (after.generation, after.sealed) == (1, before.sealed)


async def test_write_status_after_a_change_keeps_what_others_wrote(
    world: World, client: KubeClient, store: KubeStore
) -> None:
    """A version that is out of date is read again; only our condition is ours."""
    sealed = await _seal(world)
    before = await _stored(client, sealed)
    await store.write_status(before, Status(0, (READY,)))
    await store.write_status(before, Status(1, (SYNCED,)))
    after = await _stored(client, sealed)
    assert [found.type for found in after.status.conditions] == ["Synced", "Ready"]


@pytest.mark.parametrize("change", ["gone", "another", "newer"])
async def test_write_status_of_an_object_that_is_no_longer_it_does_nothing(
    world: World, client: KubeClient, store: KubeStore, change: str
) -> None:
    """An object that went, was made anew, or has a newer spec, gets no stale status."""
    sealed = await _seal(world)
    stored = await _stored(client, sealed)
    if change == "newer":
        await world.apply({**sealed, "spec": {"encryptedData": {}}})
    else:
        await world.delete("SealedSecret", *stored.key)
    if change == "another":
        await _seal(world)
    await store.write_status(stored, Status(1, (SYNCED,)))
    found = await world.get("SealedSecret", *stored.key)
    assert (found or {}).get("status") is None


@pytest.mark.parametrize("name", ["db", "n" * 253], ids=["short", "longest"])
async def test_record_makes_an_event_that_belongs_to_the_object(
    world: World, client: KubeClient, store: KubeStore, name: str
) -> None:
    """People see it in `kubectl describe`: it names the object by its UID."""
    sealed = await _seal(world, name)
    event = Event("Warning", "ErrUpdateFailed", "why")
    await store.record(await _stored(client, sealed), event)
    (found,) = await world.events(sealed)
    assert Event(found["type"], found["reason"], found["message"]) == event
    assert found["source"] == {"component": "sealed-secrets"}
    assert (found["count"], found["firstTimestamp"]) == (1, "2027-01-01T12:30:15Z")
    assert found["involvedObject"]["kind"] == "SealedSecret"


@pytest.fixture
async def prefix(world: World) -> AsyncIterator[str]:
    """What the names of this test's Secrets begin with, in the namespace of the keys."""
    yield world.api.namespace
    code, found = await world.api.raw("GET", f"/api/v1/namespaces/{KEY_NAMESPACE}/secrets")
    assert code == 200
    for each in found["items"]:
        if each["metadata"]["name"].startswith(world.api.namespace):
            await world.delete("Secret", KEY_NAMESPACE, each["metadata"]["name"])


async def test_vault_finds_labelled_keys_and_the_legacy_one_oldest_first(
    world: World, client: KubeClient, prefix: str
) -> None:
    """Active keys and the unlabelled Secret of the prefix's name; no other label value (20)."""
    recorded = vectors.load_manifest(vectors.KEYS / "peer-a.secret.yaml")
    for name, labels in [
        (f"{prefix}-zz", {KEY_LABEL: ACTIVE}),
        (prefix, {}),
        (f"{prefix}-retired", {KEY_LABEL: "compromised"}),
        (f"{prefix}-unlabelled", {}),
    ]:
        metadata = {"name": name, "namespace": KEY_NAMESPACE, "labels": labels}
        await world.apply(recorded | {"metadata": metadata})
    found = await KubeVault(client, KEY_NAMESPACE, prefix=prefix).key_secrets()
    ours = [each.secret.name for each in found if each.secret.name.startswith(prefix)]
    assert sorted(ours) == [prefix, f"{prefix}-zz"]
    assert [each.created for each in found] == sorted(each.created or NOW for each in found)
    assert all(each.fault is None for each in found)


async def test_vault_stores_a_key_under_a_new_name(client: KubeClient, prefix: str) -> None:
    """The server draws the rest of the name; the Secret is found again."""
    vault = KubeVault(client, KEY_NAMESPACE)
    items = {"tls.key": SecretBytes(b"x"), "tls.crt": SecretBytes(b"y")}
    wanted = Secret(KEY_NAMESPACE, "", items, type="kubernetes.io/tls", labels={KEY_LABEL: ACTIVE})
    names = {(await vault.create_key_secret(wanted, prefix)).secret.name for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith(prefix) for name in names)
    assert names <= {each.secret.name for each in await vault.key_secrets()}


async def test_vault_stores_the_digest_key_once(world: World, client: KubeClient) -> None:
    """Whoever is second is told so, and it is no sealing key."""
    await world.delete("Secret", KEY_NAMESPACE, DIGEST_KEY)
    vault = KubeVault(client, KEY_NAMESPACE)
    assert await vault.digest_key() is None
    wanted = Secret(KEY_NAMESPACE, DIGEST_KEY, {"key": SecretBytes(bytes(32))}, type="Opaque")
    assert await vault.create_digest_key(wanted) == wanted
    assert await vault.digest_key() == wanted
    with pytest.raises(ChangedMeanwhileError):
        await vault.create_digest_key(wanted)
    assert DIGEST_KEY not in {each.secret.name for each in await vault.key_secrets()}
    await world.delete("Secret", KEY_NAMESPACE, DIGEST_KEY)
