"""The key vault of a cluster: one key whoever asks, all news, the certificate for everybody."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from sealer.certsource import CONFIG_MAP
from sealer.keysecret import (
    COMPROMISED,
    DIGEST_KEY,
    KEY_LABEL,
    STATE_ANNOTATION,
    key_pair_of,
    key_secret,
)
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.keykeeper import KeyKeeper, KeyPlan
from sealer_controller.keystore import KeyOrder, KeyStore, KeyStoreOptions
from sealer_controller.kube.types import SECRETS, secret_body
from sealer_controller.kube.vault import KubeVault
from sealer_controller.objects import Event
from sealer_controller.ports import KeySecret
from sealer_controller.renewal import Renewal
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.private_key import KeyPair
from tests.contract.api import Api
from tests.support import vectors

PREFIX = "sealed-secrets-key"
CONTROLLERS = 10


class Together(KubeVault):
    """A vault whose first keys are stored when all controllers have one in hand."""

    barrier: asyncio.Barrier | None = None

    async def create_key_secret(self, secret: Any, prefix: str) -> KeySecret:  # noqa: ANN401 - as is
        """Store a key Secret."""
        barrier, self.barrier = self.barrier, None
        if barrier is not None:
            await barrier.wait()
        return await super().create_key_secret(secret, prefix)


def keystore(vault: KubeVault, api: Api, **options: Any) -> KeyStore:  # noqa: ANN401 - of the options
    """Return a key store that makes small keys."""
    wanted = KeyStoreOptions(api.namespace, key=KeyOptions(bits=2048), **options)
    return KeyStore(vault, wanted)


async def put(api: Api, pair: KeyPair | str, name: str, **fields: Any) -> None:  # noqa: ANN401 - labels and the like
    """Create a key Secret."""
    chosen = vectors.key_pair(pair) if isinstance(pair, str) else pair
    secret = key_secret(chosen, namespace=api.namespace, name=name)
    body = secret_body(secret)
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    metadata |= fields
    await api.client.create(SECRETS, body, api.namespace)


async def change(api: Api, name: str, **fields: dict[str, str]) -> None:
    """Change the metadata of a Secret."""
    code, found = await api.raw("GET", f"{api.secrets_path}/{name}")
    assert code == 200, found
    found["metadata"] |= fields
    code, answer = await api.raw("PUT", f"{api.secrets_path}/{name}", found)
    assert code == 200, answer


async def key_secrets(api: Api) -> list[dict[str, Any]]:
    """Return the labelled Secrets as the server holds them."""
    code, answer = await api.raw("GET", f"{api.secrets_path}?labelSelector={KEY_LABEL}")
    assert code == 200, answer
    found: list[dict[str, Any]] = answer["items"]
    return found


def origins(keys: KeyStore) -> list[str]:
    """Return the names of the keys, newest first."""
    return [key.origin.rpartition("/")[2] for key in keys.keyring]


async def test_controllers_that_start_at_once_make_one_key(api: Api) -> None:
    """Ten on an empty namespace, all with a key in hand: one is stored, and all use it."""
    barrier = asyncio.Barrier(CONTROLLERS)
    stores = []
    for _ in range(CONTROLLERS):
        vault = Together(api.client, api.namespace)
        vault.barrier = barrier
        stores.append(keystore(vault, api))
    await asyncio.gather(*(each.load() for each in stores))
    (made,) = await key_secrets(api)
    fingerprints = {each.keyring.active.fingerprint for each in stores}
    assert len(fingerprints) == 1
    assert {len(each.keyring) for each in stores} == {1}
    assert {name for each in stores for name in origins(each)} == {made["metadata"]["name"]}


async def test_controllers_that_renew_at_once_make_one_key(api: Api) -> None:
    """The same holds for each later key."""
    old = generate_key_pair(vectors.RECORDED - timedelta(days=99), KeyOptions(bits=2048))
    await put(api, old, "old")
    barrier = asyncio.Barrier(CONTROLLERS)
    keepers: list[asyncio.Task[None]] = []
    stores = []
    for _ in range(CONTROLLERS):
        vault = Together(api.client, api.namespace)
        vault.barrier = barrier
        store = keystore(vault, api)
        await store.load()
        stores.append(store)
        keeper = KeyKeeper(store, vault, KeyPlan(Renewal(timedelta(days=30))))
        keepers.append(asyncio.create_task(keeper.run()))
    arrived = asyncio.Event()

    def look() -> None:
        if all(len(each.keyring) == 2 for each in stores):
            arrived.set()

    for each in stores:
        each.listen(look)
    try:
        async with asyncio.timeout(60):
            await arrived.wait()
    finally:
        for keeping in keepers:
            keeping.cancel()
        await asyncio.wait(keepers)
    assert len(await key_secrets(api)) == 2
    assert len({each.keyring.active.fingerprint for each in stores}) == 1


async def test_new_key_is_stored_as_the_original_stores_it(api: Api) -> None:
    """Namespace, generateName, label, and all extra labels and annotations (lines 10, 11)."""
    labels = {"example.com/team": "ops", "a.b/c": "d.e", KEY_LABEL: "hijacked"}
    annotations = {"example.com/why": "x=y"}
    store = keystore(
        KubeVault(api.client, api.namespace), api, labels=labels, annotations=annotations
    )
    await store.load()
    (made,) = await key_secrets(api)
    metadata = made["metadata"]
    assert (metadata["namespace"], metadata["generateName"]) == (api.namespace, PREFIX)
    assert metadata["name"].startswith(PREFIX)
    assert len(metadata["name"]) == len(PREFIX) + 5
    assert metadata["labels"] == {**labels, KEY_LABEL: "active"}
    assert metadata["annotations"] == annotations
    assert made["type"] == "kubernetes.io/tls"
    (found,) = await KubeVault(api.client, api.namespace).key_secrets()
    assert key_pair_of(found.secret).fingerprint == store.keyring.active.fingerprint


async def test_name_that_is_taken_is_a_change_meanwhile(api: Api) -> None:
    """So that whoever comes second looks again."""
    vault = KubeVault(api.client, api.namespace)
    secret = key_secret(vectors.key_pair("rsa2048"), namespace=api.namespace, name="one")
    await vault.create_key_secret(secret, "one")
    with pytest.raises(ChangedMeanwhileError):
        await vault.create_key_secret(secret, "one")


async def test_every_change_of_a_key_secret_is_news(api: Api) -> None:
    """Added, marked, relabelled, labelled again, deleted, and the unlabelled one of old."""
    vault = KubeVault(api.client, api.namespace)
    keys = keystore(vault, api)
    await put(api, "peer-a", "first")
    await keys.load()
    async with aclosing(vault.changes()) as changes:
        follow = partial(_until, changes, keys)
        await put(api, "rsa2048", "second")
        await follow(["second", "first"])
        assert keys.keyring.active.origin.endswith("/second")
        await change(api, "second", annotations={STATE_ANNOTATION: COMPROMISED})
        await follow(["second", "first"], active="first")
        await change(api, "second", annotations={})
        await follow(["second", "first"], active="second")
        await change(api, "second", labels={KEY_LABEL: "retired"})
        await follow(["first"])
        await change(api, "second", labels={KEY_LABEL: "active"})
        await follow(["second", "first"])
        await api.client.delete(SECRETS, "second", api.namespace)
        await follow(["first"])
        await put(api, "peer-b", PREFIX, labels={})
        await follow([PREFIX, "first"])
        await change(api, PREFIX, labels={KEY_LABEL: "retired"})
        await follow(["first"])


async def test_digest_key_that_is_deleted_is_news_and_put_back(api: Api) -> None:
    """With the same bytes, so that a restart finds all as it was."""
    vault = KubeVault(api.client, api.namespace)
    keys = keystore(vault, api)
    await put(api, "peer-a", "first")
    await keys.load()
    kept = await vault.digest_key()
    assert kept is not None
    async with aclosing(vault.changes()) as changes:
        for _ in range(3):  # three watches begin
            await anext(changes)
        await api.client.delete(SECRETS, DIGEST_KEY, api.namespace)
        async with asyncio.timeout(30):
            await anext(changes)
        await keys.keep_digest_key()
    assert await vault.digest_key() == kept


async def _until(
    changes: AsyncGenerator[None, None], keys: KeyStore, wanted: list[str], active: str = ""
) -> None:
    """Follow the news until the keys are these."""
    async with asyncio.timeout(30):
        while True:
            await anext(changes)
            await keys.refresh()
            sealing = keys.keyring.active.origin.rpartition("/")[2]
            if origins(keys) == wanted and sealing == (active or wanted[0]):
                return


async def test_key_of_old_counts_without_a_label_and_keeps_the_first_from_being_made(
    api: Api,
) -> None:
    """The Secret that is named exactly as the prefix (line 13)."""
    await put(api, "rsa2048", PREFIX, labels={})
    await put(api, "peer-a", f"{PREFIX}-2", labels={})
    keys = keystore(KubeVault(api.client, api.namespace), api)
    await keys.load()
    assert origins(keys) == [PREFIX]
    assert await key_secrets(api) == []


async def test_only_active_keys_are_loaded(api: Api) -> None:
    """Whatever else the label says hides the key, also that of old (line 20)."""
    await put(api, "rsa2048", "one")
    for name, label in (("two", "compromised"), ("three", ""), (PREFIX, "Active")):
        await put(api, "peer-a", name, labels={KEY_LABEL: label})
    keys = keystore(KubeVault(api.client, api.namespace), api)
    await keys.load()
    assert origins(keys) == ["one"]


async def test_order_of_keys_is_by_certificate_or_by_secret(api: Api) -> None:
    """The server's creation time counts where that is asked for (line 21)."""
    young = generate_key_pair(vectors.RECORDED + timedelta(days=1), KeyOptions(bits=2048))
    old = vectors.key_pair("peer-a")
    await put(api, young, "young")
    await put(api, old, "old")
    created = sorted(each["metadata"]["creationTimestamp"] for each in await key_secrets(api))
    for order, wanted in (
        (KeyOrder.CERT_NOT_BEFORE, [old.order_time, young.order_time.replace(microsecond=0)]),
        (KeyOrder.SECRET_CREATION_TIMESTAMP, [datetime.fromisoformat(time) for time in created]),
    ):
        keys = keystore(KubeVault(api.client, api.namespace), api, order=order)
        await keys.load()
        assert sorted(key.order_time for key in keys.keyring) == wanted
        assert keys.keyring.active.order_time == wanted[-1]


async def test_certificate_is_published_and_follows(api: Api) -> None:
    """In one ConfigMap, whose other items are left alone; nothing is written without need."""
    vault = KubeVault(api.client, api.namespace)
    path = f"/api/v1/namespaces/{api.namespace}/configmaps/{CONFIG_MAP}"
    await vault.publish(b"first\n")
    code, made = await api.raw("GET", path)
    assert (code, made["data"]) == (200, {"tls.crt": "first\n"})
    made["data"]["note"] = "kept"
    made["metadata"]["labels"] = {"team": "ops"}
    assert (await api.raw("PUT", path, made))[0] == 200
    await vault.publish(b"second\n")
    _, changed = await api.raw("GET", path)
    assert changed["data"] == {"tls.crt": "second\n", "note": "kept"}
    assert changed["metadata"]["labels"] == {"team": "ops"}
    await vault.publish(b"second\n")
    _, same = await api.raw("GET", path)
    assert same["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]


async def test_certificate_is_filled_into_an_empty_config_map(api: Api) -> None:
    """As the manifests install it."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG_MAP}}
    path = f"/api/v1/namespaces/{api.namespace}/configmaps"
    assert (await api.raw("POST", path, body))[0] == 201
    await KubeVault(api.client, api.namespace).publish(b"first\n")
    _, found = await api.raw("GET", f"{path}/{CONFIG_MAP}")
    assert found["data"] == {"tls.crt": "first\n"}


async def test_event_is_recorded_about_a_key_secret(api: Api) -> None:
    """Also about one that is not there."""
    vault = KubeVault(api.client, api.namespace)
    await vault.record(PREFIX, Event("Warning", "KeyRenewalFailed", "no new key: busy"))
    code, answer = await api.raw("GET", f"/api/v1/namespaces/{api.namespace}/events")
    assert code == 200
    (found,) = answer["items"]
    assert (found["type"], found["reason"]) == ("Warning", "KeyRenewalFailed")
    assert found["message"] == "no new key: busy"
    assert (found["involvedObject"]["kind"], found["involvedObject"]["name"]) == ("Secret", PREFIX)
