"""Trials and deletions of Secrets on both API servers, as making one anew needs them."""

from dataclasses import replace

import pytest

from sealer.errors import TerminalError
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.errors import ChangedMeanwhileError, RejectedError
from sealer_controller.kube.places import Places
from sealer_controller.kube.store import KubeStore
from sealer_controller.objects import Key, StoredSecret
from tests.conformance.world import World


@pytest.fixture
def store(world: World) -> KubeStore:
    """The test's own namespace as a store, with all rights."""
    return KubeStore(world.api.client, places=Places((world.api.namespace,)))


@pytest.fixture
def plain(world: World) -> Secret:
    """A Secret in it."""
    data = {"k": SecretBytes(b"\x00\xff")}
    return Secret(world.api.namespace, "db", data, type="Opaque", immutable=True)


def key(plain: Secret) -> Key:
    """Return namespace and name of a Secret."""
    return Key(plain.namespace, plain.name)


async def test_trial_creates_nothing(store: KubeStore, plain: Secret) -> None:
    """Whether there is one of that name or not, and although it is of another type."""
    await store.dry_run_create(plain)
    assert await store.read_secret(key(plain)) is None
    made = await store.create_secret(plain)
    await store.dry_run_create(replace(plain, type="example.com/x", data={}, immutable=None))
    assert await store.read_secret(key(plain)) == made


async def test_trial_of_what_is_invalid_is_refused_in_the_servers_words(
    store: KubeStore, plain: Secret
) -> None:
    """That there is one of that name is found out last of all."""
    await store.create_secret(plain)
    with pytest.raises(RejectedError, match=r"data\[tls.crt\]: Required value"):
        await store.dry_run_create(replace(plain, type="kubernetes.io/tls"))


async def test_trial_in_a_namespace_that_is_missing_is_refused(
    store: KubeStore, plain: Secret
) -> None:
    """As the creation would be."""
    with pytest.raises(TerminalError, match="not found"):
        await store.dry_run_create(replace(plain, namespace="missing"))


async def test_deletion_is_of_the_very_version_that_was_read(
    store: KubeStore, plain: Secret
) -> None:
    """Neither of another one of its name, nor of what has become of it, nor twice."""
    made = await store.create_secret(plain)
    newer = await store.replace_secret(made, replace(plain, labels={"a": "b"}))
    others: list[StoredSecret] = [made, replace(newer, uid=made.uid[::-1])]
    for other in others:
        with pytest.raises(ChangedMeanwhileError):
            await store.delete_secret(other)
        assert await store.read_secret(key(plain)) == newer
    await store.delete_secret(newer)
    assert await store.read_secret(key(plain)) is None
    with pytest.raises(ChangedMeanwhileError):
        await store.delete_secret(newer)


async def test_deletion_makes_room_for_another_type_and_content(
    store: KubeStore, plain: Secret
) -> None:
    """What no change can do."""
    made = await store.create_secret(plain)
    await store.delete_secret(made)
    other = replace(plain, type="example.com/x", data={"l": SecretBytes(b"")}, immutable=None)
    again = await store.create_secret(other)
    assert again.secret == replace(other, labels=again.secret.labels)
    assert again.uid != made.uid
