"""The store on an API server that misbehaves: what goes wrong is told, nothing overlooked."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer_controller.errors import ChangedMeanwhileError, RejectedByStoreError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import InvalidError, NotFoundError, TooLargeError
from sealer_controller.kube.reflector import Pace
from sealer_controller.kube.store import KubeStore
from sealer_controller.kube.vault import KubeVault
from sealer_controller.objects import (
    Condition,
    Event,
    Key,
    Listed,
    SecretGone,
    SecretSeen,
    SecretsListed,
    Status,
    StoreChange,
    StoredSealedSecret,
    Upserted,
)
from tests.contract.api import sealed_body
from tests.controller.memory import NOW, SHOP_DB, secret, stored
from tests.controller.watching import Recorder
from tests.fake.faults import Answer, CutAfter, Denied, ErrorLine, Line
from tests.fake.kinds import NAMESPACES, SEALED_SECRETS, SECRETS
from tests.fake.server import FakeApi
from tests.fake.watches import Command

STATUS = Status(1, (Condition("Synced", "True", "Unsealed", "", NOW, NOW),))
LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
_POLICY = {"message": "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no"}
_FIELD = {"reason": "FieldValueInvalid", "message": "no", "field": "data[k]"}


@pytest.fixture
async def client(fake_api: FakeApi) -> AsyncIterator[KubeClient]:
    """A client of the fake API server, which has the namespace shop."""
    fake_api.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    async with KubeClient(Access(fake_api.url)) as client:
        yield client


@pytest.fixture
def observer() -> Recorder:
    """An observer that keeps what it is told."""
    return Recorder()


@pytest.fixture
def store(client: KubeClient, observer: Recorder) -> KubeStore:
    """All namespaces as a store; a broken watch does not pause."""
    return KubeStore(client, observer=observer, now=lambda: NOW, pace=lambda: Pace(base=0.0))


async def _first(store: KubeStore, count: int) -> list[StoreChange]:
    found: list[StoreChange] = []
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        while len(found) < count:
            found.append(await anext(changes))
    return found


def _seal(api: FakeApi, name: str = "db", spec: Any = None) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return api.store.create(SEALED_SECRETS, sealed_body(name, spec), "shop")


async def _found(api: FakeApi, store: KubeStore) -> StoredSealedSecret:
    _seal(api)
    (change,) = await _first(store, 1)
    assert isinstance(change, Upserted)
    return change.stored


async def test_changes_go_on_after_broken_watches_and_tell_the_metrics(
    fake_api: FakeApi, store: KubeStore, observer: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    """An expired, a refused and a cut watch: each is counted, told, and no object is missed."""
    fake_api.faults.add(ErrorLine(), verb="watch")
    fake_api.faults.add(Denied(), verb="watch")
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(30), aclosing(store.changes()) as changes:
            assert await anext(changes) == Listed(0)
            assert await anext(changes) == Listed(0)
            assert await anext(changes) == Listed(0)
            following = asyncio.ensure_future(anext(changes))
            await fake_api.watched("sealedsecrets")
            fake_api.command(Command.CUT)
            _seal(fake_api)
            found = await following
    assert isinstance(found, Upserted)
    assert found.stored.key == SHOP_DB
    restarts = [watch for watch in observer.watches if len(watch) == 2]
    assert restarts == [("sealedsecrets", why) for why in ("expired", "forbidden", "unreachable")]
    assert ("sealedsecrets",) in observer.watches
    assert [record.getMessage() for record in caplog.records] == ["watch_interrupted"] * 3


async def test_changes_count_a_watch_that_ends_as_agreed_and_log_nothing(
    fake_api: FakeApi, store: KubeStore, observer: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    """The server ends every watch after some minutes: that is no news."""
    async with asyncio.timeout(30), aclosing(store.changes()) as changes:
        assert await anext(changes) == Listed(0)
        following = asyncio.ensure_future(anext(changes))
        await fake_api.watched("sealedsecrets")
        fake_api.command(Command.END)
        _seal(fake_api)
        await following
    assert ("sealedsecrets", "ended") in observer.watches
    assert caplog.records == []


async def test_secret_changes_ask_for_marked_metadata_and_outlive_broken_watches(
    fake_api: FakeApi, store: KubeStore, observer: Recorder
) -> None:
    """Never for data, never for the Secrets of others; what happens in a gap is made up for."""
    marked = {"sealer.dev/managed": "true"}
    held = fake_api.store.create(SECRETS, {"metadata": {"name": "a", "labels": marked}}, "shop")
    uid = held["metadata"]["uid"]
    async with asyncio.timeout(30), aclosing(store.secret_changes()) as changes:
        assert await anext(changes) == SecretSeen(
            Key("shop", "a"), uid, held["metadata"]["resourceVersion"]
        )
        assert await anext(changes) == SecretsListed(1)
        following = asyncio.ensure_future(anext(changes))
        await fake_api.watched("secrets")
        fake_api.faults.add(ErrorLine(), verb="watch")
        fake_api.command(Command.CUT)
        fake_api.store.delete(SECRETS, "a", "shop")
        assert await following == SecretGone(Key("shop", "a"), uid)
        assert ("secrets", "unreachable") in observer.watches
    asked = [call for call in fake_api.calls if call.resource == "secrets"]
    assert {call.verb for call in asked} == {"list", "watch"}
    assert all(call.is_partial for call in asked)
    assert {call.query["labelSelector"] for call in asked} == {"sealer.dev/managed=true"}


async def test_changes_report_an_object_that_cannot_be_decoded_as_faulty(
    fake_api: FakeApi, store: KubeStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Nesting that no decoder survives stops this object only; its status cannot be written."""
    metadata = b'{"name":"db","namespace":"shop","uid":"u","resourceVersion":"900"}'
    deep = b'{"metadata":' + metadata + b',"spec":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    fake_api.faults.add(Line(b'{"type":"ADDED","object":' + deep + b"}"), verb="watch")
    listed, first = await _first(store, 2)
    assert listed == Listed(0)
    assert isinstance(first, Upserted)
    assert (first.stored.key, first.stored.uid) == (SHOP_DB, "u")
    assert first.stored.fault is not None
    assert "nested too deeply" in first.stored.fault.message
    with caplog.at_level(logging.WARNING):
        await store.write_status(first.stored, STATUS)
    assert [record.getMessage() for record in caplog.records] == ["status_not_written"]


async def test_object_that_cannot_be_decoded_is_faulty_when_it_is_read_again_too(
    fake_api: FakeApi, store: KubeStore
) -> None:
    """As the watch told it; otherwise it would be read again for ever. No status is written."""
    body = sealed_body("db")
    body["metadata"] |= {"generateName": 1}
    fake_api.store.create(SEALED_SECRETS, body, "shop")
    (reported,) = await _first(store, 1)
    found = await store.read_sealed_secret(SHOP_DB)
    assert isinstance(reported, Upserted)
    assert found is not None
    assert found.fault is not None
    assert reported.stored.fault is not None
    assert (found.uid, found.fault.message) == (
        reported.stored.uid,
        reported.stored.fault.message,
    )
    await store.write_status(stored(resource_version="1"), STATUS)
    assert [call.verb for call in fake_api.calls][-2:] == ["update", "get"]


@pytest.mark.parametrize("verb", ["get", "create", "update"])
async def test_secret_of_a_busy_server_is_worth_another_try(
    fake_api: FakeApi, store: KubeStore, verb: str
) -> None:
    """429 with Retry-After: the wish reaches the queue."""
    existing = await store.create_secret(secret())
    fake_api.faults.add(Answer(429, "TooManyRequests", retry_after=7), verb=verb)
    with pytest.raises(RetryableError) as caught:
        await _do(store, verb, existing.secret.name)
    assert caught.value.after == 7.0


@pytest.mark.parametrize("verb", ["get", "create", "update"])
async def test_secret_without_the_right_to_it_is_refused_in_the_servers_words(
    fake_api: FakeApi, store: KubeStore, verb: str
) -> None:
    """403 says which right is missing."""
    await store.create_secret(secret())
    fake_api.faults.add(Denied(), verb=verb)
    with pytest.raises(TerminalError, match=f'cannot {verb} resource "secrets"'):
        await _do(store, verb, "db")


async def _do(store: KubeStore, verb: str, name: str) -> None:
    existing = await store.read_secret(Key("shop", "db")) if verb != "get" else None
    if verb == "create":
        await store.create_secret(secret(name=f"{name}-2"))
    elif existing is not None:
        await store.replace_secret(existing, secret({"k": b"new"}))
    else:
        await store.read_secret(Key("shop", name))


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (Answer(422, "Invalid", causes=(_POLICY,)), InvalidError),
        (Answer(422), InvalidError),
        (Answer(422, "Invalid", causes=(_FIELD, _POLICY)), InvalidError),
        (Answer(413, "RequestEntityTooLarge", causes=(_POLICY,)), TooLargeError),
        (Answer(422, "Invalid", causes=(_FIELD,)), RejectedByStoreError),
        (Answer(413, "RequestEntityTooLarge"), RejectedByStoreError),
    ],
)
@pytest.mark.parametrize("verb", ["create", "update"])
async def test_secret_that_a_policy_refuses_is_told_from_one_that_the_server_refuses(
    fake_api: FakeApi, store: KubeStore, verb: str, act: Answer, error: type[TerminalError]
) -> None:
    """Only the API server's own checks, and what imitates them, name the fields at fault."""
    await store.create_secret(secret())
    fake_api.faults.add(act, verb=verb)
    with pytest.raises(TerminalError, match="on demand") as caught:
        await _do(store, verb, "db")
    assert type(caught.value) is error


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
async def test_secret_is_not_quoted_by_a_refusal_of_its_write(
    fake_api: FakeApi, store: KubeStore, verb: str
) -> None:
    """What a policy says of a value, the old one or the new one, is not passed on."""
    existing = await store.create_secret(secret({"k": b"old-value"}))
    value = b"new-value" if verb == "create" else b"old-value"
    fake_api.faults.add(Answer(403, "Forbidden", f"no {b64encode(value).decode()}"), verb=verb)
    writes: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: store.dry_run_create(secret({"k": value})),
        "update": lambda: store.replace_secret(existing, secret({"k": b"other"})),
        "delete": lambda: store.delete_secret(existing),
    }
    with pytest.raises(TerminalError, match="the API server answers 403; its words hold a value"):
        await writes[verb]()


async def test_key_is_not_quoted_by_a_refusal_of_its_write(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """The same goes for the Secrets of keys."""
    vault, value = KubeVault(client, "shop"), b"a private key"
    fake_api.faults.add(Answer(422, "Invalid", f"no {value.decode()}"), verb="create", times=2)
    plain = secret({"k": value}, name="key-1")
    for write in (vault.create_key_secret(plain, "key-"), vault.create_digest_key(plain)):
        with pytest.raises(TerminalError, match="its words hold a value"):
            await write


async def test_secret_whose_creation_was_not_confirmed_is_found_afterwards(
    fake_api: FakeApi, store: KubeStore
) -> None:
    """A connection cut after the work was done is a reason to look again."""
    fake_api.faults.add(CutAfter(), verb="create")
    with pytest.raises(RetryableError):
        await store.create_secret(secret())
    assert await store.read_secret(SHOP_DB) is not None


async def test_conflict_about_something_else_does_not_mean_that_a_secret_exists(
    fake_api: FakeApi, store: KubeStore
) -> None:
    """A ResourceQuota that others use up at the same moment is a reason to try again."""
    fake_api.faults.add(Answer(409, "Conflict"), verb="create", resource="secrets")
    with pytest.raises(RetryableError) as caught:
        await store.create_secret(secret())
    assert not isinstance(caught.value, ChangedMeanwhileError)
    await store.create_secret(secret())
    with pytest.raises(ChangedMeanwhileError):
        await store.create_secret(secret())


async def test_write_status_in_an_endless_conflict_gives_up_for_now(
    fake_api: FakeApi, store: KubeStore
) -> None:
    """Somebody writes all the time: a pause helps, a loop does not."""
    found = await _found(fake_api, store)
    fake_api.faults.add(
        Answer(409, "Conflict"), verb="update", resource="sealedsecrets/status", times=-1
    )
    with pytest.raises(ChangedMeanwhileError, match="status of shop/db"):
        await store.write_status(found, STATUS)
    assert len(await fake_api.called("update", "sealedsecrets/status")) == 5


async def test_write_status_that_is_not_served_is_an_error(
    fake_api: FakeApi, store: KubeStore
) -> None:
    """A 404 for the status of an object that is there is not taken for its absence."""
    found = await _found(fake_api, store)
    fake_api.faults.add(Answer(404, "NotFound"), resource="sealedsecrets/status")
    with pytest.raises(NotFoundError):
        await store.write_status(found, STATUS)


@pytest.mark.parametrize("act", [Denied(), Answer(500, "InternalError"), CutAfter()])
async def test_record_that_fails_is_logged_and_forgotten(
    fake_api: FakeApi,
    store: KubeStore,
    caplog: pytest.LogCaptureFixture,
    act: Any,  # noqa: ANN401 - a fault
) -> None:
    """An Event that is not recorded must not stop the work."""
    found = await _found(fake_api, store)
    fake_api.faults.add(act, verb="create", resource="events")
    with caplog.at_level(logging.WARNING):
        await store.record(found, Event("Normal", "Unsealed", "text"))
    (record,) = caplog.records
    fields = record.__dict__["sealer_fields"]
    assert (record.getMessage(), fields["name"], fields["reason"]) == (
        "event_not_recorded",
        "db",
        "Unsealed",
    )


async def test_vault_returns_the_oldest_key_first(fake_api: FakeApi, client: KubeClient) -> None:
    """Creation decides, whatever the names; keys of the same second go by name."""
    for name, year in [("c", 2027), ("a", 2027), ("b", 2026)]:
        body = {"metadata": {"name": name, "labels": {LABEL: "active"}}}
        made = fake_api.store.create(SECRETS, body, "shop")
        made["metadata"]["creationTimestamp"] = f"{year}-01-01T00:00:00Z"
    found = await KubeVault(client, "shop").key_secrets()
    assert [each.secret.name for each in found] == ["b", "a", "c"]


async def test_vault_reports_a_key_secret_that_cannot_be_decoded(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """It has a name and a fault, so that the others are used and people are told."""
    made = fake_api.store.create(
        SECRETS, {"metadata": {"name": "odd", "labels": {LABEL: "active"}}}, "shop"
    )
    made["data"] = {"tls.key": 3}
    (found,) = await KubeVault(client, "shop").key_secrets()
    assert (found.secret.namespace, found.secret.name) == ("shop", "odd")
    assert found.fault is not None


async def test_vault_without_the_right_to_get_still_lists(
    fake_api: FakeApi, client: KubeClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The legacy key Secret is optional, and so is the right to read it."""
    fake_api.store.create(
        SECRETS, {"metadata": {"name": "key", "labels": {LABEL: "active"}}}, "shop"
    )
    fake_api.faults.add(Denied(), verb="get", resource="secrets")
    with caplog.at_level(logging.WARNING):
        found = await KubeVault(client, "shop").key_secrets()
    assert [each.secret.name for each in found] == ["key"]
    assert [record.getMessage() for record in caplog.records] == ["legacy_key_not_read"]


async def test_vault_lists_the_legacy_key_once_though_it_is_labelled(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """A Secret that is both is one key."""
    body = {"metadata": {"name": "sealed-secrets-key", "labels": {LABEL: "active"}}}
    fake_api.store.create(SECRETS, body, "shop")
    assert len(await KubeVault(client, "shop").key_secrets()) == 1


async def test_status_of_an_object_without_a_version_is_not_asked_for(
    fake_api: FakeApi, store: KubeStore
) -> None:
    """No request is sent for an object that could not be decoded."""
    await store.write_status(replace(stored(), resource_version=""), STATUS)
    assert fake_api.calls == []
