"""Verifying and sealing anew on request: yes or no, item by item, and nothing of a template."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest

from sealer.envelope import open_value, seal_value
from sealer.manifest import SealedSecret, Template, read_sealed_secret
from sealer.scope import Identity, Scope
from sealer.sealing.hints import SEALING_KEYS, read_hints, write_hints
from sealer.sensitive import SecretBytes
from sealer_controller import unsealer as unsealing
from sealer_controller.operations import Answer, Operations
from sealer_controller.unsealer import Unsealer
from sealer_keys.fingerprint import short
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.controller.memory import NOW, seal, secret, stored
from tests.controller.watching import Recorder, with_hook
from tests.support import vectors

OLD = replace(vectors.key_pair("rsa2048"), order_time=NOW)
NEW = replace(vectors.key_pair("stranger"), order_time=NOW + timedelta(days=1))
BOTH = Keyring([OLD, NEW])
CANARY = b"canary-1d0b7e"
TWO = seal(secret({"k": CANARY, "l": b"other"}))
CONFLICT, FAILED = HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR
Make = Callable[..., Operations]


def sent(sealed: SealedSecret, **fields: Any) -> bytes:  # noqa: ANN401 - of the manifest
    """Return an object as it is sent."""
    manifest: dict[str, Any] = sealed.to_object() | fields
    if sealed.legacy_data is not None:
        manifest["spec"]["data"] = sealed.legacy_data
    return json.dumps(manifest).encode()


def read(answer: Answer) -> SealedSecret:
    """Return the object of an answer."""
    assert answer.status is HTTPStatus.OK
    return read_sealed_secret(json.loads(answer.body))


def with_new_item(sealed: SealedSecret) -> SealedSecret:
    """Return the object with its item `l` sealed with the newer key."""
    value = seal_value(SecretBytes(b"other"), NEW.private_key.public_key(), sealed.identity)
    return replace(sealed, encrypted_data={**sealed.encrypted_data, "l": value})


def v1(sealed: SealedSecret) -> SealedSecret:
    """Return an object in the format of before 2019."""
    text = json.dumps({"data": {"k": "dmFsdWU="}}).encode()
    value = seal_value(SecretBytes(text), OLD.private_key.public_key(), sealed.identity)
    return replace(sealed, encrypted_data={}, legacy_data=value)


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Make operations over some keys."""
    opened: list[Unsealer] = []

    def made(
        *keys: KeyPair, observer: Recorder | None = None, accept_v1: bool = True, threads: int = 2
    ) -> Operations:
        keyring = Keyring(keys or (OLD, NEW))
        unsealer = Unsealer(
            lambda: keyring, accept_v1=accept_v1, threads=threads, observer=observer
        )
        opened.append(unsealer)
        return Operations(unsealer, lambda: keyring)

    yield made
    for unsealer in opened:
        unsealer.__exit__(None, None, None)


def refusals() -> dict[str, SealedSecret]:
    """Return what must not open, by why."""
    text = TWO.encrypted_data["k"]
    spoilt = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    wide = Scope.CLUSTER_WIDE.annotations
    return {
        "wrong name": replace(TWO, name="other"),
        "wrong namespace": replace(TWO, namespace="other"),
        "wrong scope": replace(TWO, annotations=wide),
        "scope of the template alone": replace(
            seal(secret({"k": b"x"}, name="elsewhere")),
            name="db",
            template=Template(annotations=wide, name="elsewhere"),
        ),
        "bad base64": replace(TWO, encrypted_data={**TWO.encrypted_data, "l": "%"}),
        "no sealed value": replace(TWO, encrypted_data={"k": "AgA="}),
        "damaged": replace(TWO, encrypted_data={**TWO.encrypted_data, "k": spoilt}),
        "illegal name": replace(TWO, name="a/b", encrypted_data={}),
        "no namespace": replace(TWO, namespace=""),
        "both formats": replace(v1(TWO), encrypted_data=TWO.encrypted_data),
        "empty old format": replace(TWO, encrypted_data={}, legacy_data=""),
    }


@pytest.mark.parametrize("why", refusals())
async def test_object_that_does_not_open_is_refused_without_a_word(make: Make, why: str) -> None:
    """409 and 500, and nothing that tells one cause from another."""
    operations = make()
    body = sent(refusals()[why])
    assert await operations.verify(body) == Answer(CONFLICT)
    assert await operations.rotate(body) == Answer(FAILED)
    assert await operations.rotate(body, only_outdated=True) == Answer(FAILED)


@pytest.mark.parametrize("body", [b"", b"{", b"kind: Secret", sent(TWO) * 2, b"\xff\xff"])
async def test_body_that_is_no_sealed_secret_is_a_bad_request(make: Make, body: bytes) -> None:
    """The keys are not even asked."""
    observer = Recorder()
    operations = make(observer=observer)
    assert await operations.verify(body) == Answer(HTTPStatus.BAD_REQUEST)
    assert await operations.rotate(body) == Answer(HTTPStatus.BAD_REQUEST)
    assert observer.used == []


@pytest.mark.parametrize("scope", Scope)
async def test_verify_opens_every_scope(make: Make, scope: Scope) -> None:
    """200 and an empty body; the uses of keys are counted."""
    sealed = replace(TWO, annotations=scope.annotations)
    values = {
        item: seal_value(SecretBytes(b"x"), OLD.private_key.public_key(), sealed.identity)
        for item in "kl"
    }
    observer = Recorder()
    body = sent(replace(sealed, encrypted_data=values))
    assert await make(observer=observer).verify(body) == Answer(HTTPStatus.OK)
    assert observer.used == [(2, 1)]  # the key of the first item is tried first on the second


async def test_verify_stops_at_the_first_item_that_does_not_open(make: Make) -> None:
    """The answer is no whatever the others are."""
    observer = Recorder()
    items = {f"a{at}": TWO.encrypted_data["k"] for at in range(5)}
    body = sent(replace(TWO, name="other", encrypted_data=items))
    assert (await make(observer=observer).verify(body)).status is CONFLICT
    assert observer.used == [(0, 2)]


async def test_no_template_is_rendered(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in it, the answer is about the items, and the template comes back as it was."""

    def never(*_arguments: object) -> None:
        raise AssertionError("the Secret must not be built")

    monkeypatch.setattr(unsealing, "unseal_secret", never)
    entries = {"t": "{{ fail .k }}", "u": "{{ .k }} {{ nosuch", "k": "shadow"}
    sealed = replace(TWO, template=Template(data=entries, type="kubernetes.io/tls"))
    assert (await make().verify(sent(sealed))).status is HTTPStatus.OK
    answer = await make().rotate(sent(sealed))
    assert read(answer).template == sealed.template
    assert CANARY not in answer.body


async def test_rotate_seals_every_item_with_the_newest_key(make: Make) -> None:
    """Other text, same value, same identity; all else as it was (conformance 65, 66, 91)."""
    template = Template(
        annotations=Scope.CLUSTER_WIDE.annotations, labels={"a": "b"}, name="x", namespace="y"
    )
    sealed = replace(with_new_item(TWO), labels={"l": "m"}, template=template)
    answer = await make().rotate(sent(sealed, extra={"a": 1}))
    after = read(answer)
    for item, text in after.encrypted_data.items():
        assert text != sealed.encrypted_data[item]
        opened = open_value(text, BOTH, TWO.identity)
        assert opened.key == NEW.fingerprint
        assert (
            opened.plaintext
            == open_value(sealed.encrypted_data[item], BOTH, TWO.identity).plaintext
        )
    assert replace(after, encrypted_data=sealed.encrypted_data) == sealed
    assert json.loads(answer.body)["extra"] == {"a": 1}
    assert json.loads(answer.body)["apiVersion"] == "bitnami.com/v1alpha1"


async def test_rotate_of_outdated_items_leaves_the_others_byte_for_byte(make: Make) -> None:
    """What `sealer reseal` asks for; done twice, the second time changes nothing."""
    sealed = with_new_item(TWO)
    after = read(await make().rotate(sent(sealed), only_outdated=True))
    assert after.encrypted_data["l"] == sealed.encrypted_data["l"]
    assert open_value(after.encrypted_data["k"], BOTH, TWO.identity).key == NEW.fingerprint
    assert read(await make().rotate(sent(after), only_outdated=True)) == after


@pytest.mark.parametrize("scope", Scope)
async def test_rotate_keeps_the_scope_of_the_object(make: Make, scope: Scope) -> None:
    """It is that of the object's own metadata."""
    sealed = replace(TWO, annotations=scope.annotations, encrypted_data={})
    value = seal_value(SecretBytes(b"x"), OLD.private_key.public_key(), sealed.identity)
    after = read(await make().rotate(sent(replace(sealed, encrypted_data={"k": value}))))
    assert after.identity == Identity(scope, "shop", "db")
    opened = open_value(after.encrypted_data["k"], Keyring([NEW]), after.identity)
    assert opened.plaintext.reveal() == b"x"


async def test_rotate_keeps_hints_right(make: Make) -> None:
    """Where it is noted which key sealed what, that is noted again."""
    texts = TWO.encrypted_data
    notes = write_hints({item: (text, OLD.fingerprint) for item, text in texts.items()})
    after = read(await make().rotate(sent(replace(TWO, annotations={SEALING_KEYS: notes}))))
    assert read_hints(after) == dict.fromkeys(texts, short(NEW.fingerprint))


async def test_hints_save_tries(make: Make) -> None:
    """The key that a hint names is tried first."""
    texts = TWO.encrypted_data
    notes = write_hints({item: (text, OLD.fingerprint) for item, text in texts.items()})
    observer = Recorder()
    body = sent(replace(TWO, annotations={SEALING_KEYS: notes}))
    assert (await make(observer=observer).verify(body)).status is HTTPStatus.OK
    assert observer.used == [(2, 0)]


async def test_old_format_is_sealed_anew_as_it_is(make: Make) -> None:
    """One value stays one value, which opens with the newest key alone."""
    sealed = v1(TWO)
    assert (await make().verify(sent(sealed))).status is HTTPStatus.OK
    after = read(await make().rotate(sent(sealed)))
    assert after.legacy_data not in (None, sealed.legacy_data)
    with Unsealer(lambda: Keyring([NEW])) as unsealer:
        opened = await unsealer.unseal(stored(after))
    assert opened.secret.data["k"].reveal() == b"value"


async def test_old_format_is_refused_where_it_is_off(make: Make) -> None:
    """The switch of the original is obeyed."""
    operations = make(accept_v1=False)
    assert (await operations.verify(sent(v1(TWO)))).status is CONFLICT
    assert (await operations.rotate(sent(v1(TWO)))).status is FAILED


async def test_without_a_key_nothing_can_be_told() -> None:
    """That is no answer about the object."""
    keyring = Keyring()
    with Unsealer(lambda: keyring) as unsealer:
        operations = Operations(unsealer, lambda: keyring)
        for answer in (await operations.verify(sent(TWO)), await operations.rotate(sent(TWO))):
            assert answer == Answer(HTTPStatus.SERVICE_UNAVAILABLE)


async def test_key_that_may_not_seal_opens_and_rotates_nothing(make: Make) -> None:
    """A compromised key never seals; until there is another one, rotating has to wait."""
    operations = make(replace(OLD, may_seal=False))
    assert await operations.verify(sent(TWO)) == Answer(HTTPStatus.OK)
    assert await operations.rotate(sent(TWO)) == Answer(HTTPStatus.SERVICE_UNAVAILABLE)
    both = make(OLD, replace(NEW, may_seal=False))
    sealed = with_new_item(TWO)
    after = read(await both.rotate(sent(sealed), only_outdated=True))
    assert after.encrypted_data["k"] == sealed.encrypted_data["k"]
    assert open_value(after.encrypted_data["l"], BOTH, TWO.identity).key == OLD.fingerprint


async def test_reconciles_come_in_between_the_items_of_a_request() -> None:
    """With one thread, an object is opened while a request of many items is under way."""
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    uses: list[int] = []

    def hook() -> None:
        uses.append(1)
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(30)

    keyring = Keyring([with_hook(hook)])
    items = {f"k{at:03}": TWO.encrypted_data["k"] for at in range(100)}
    with Unsealer(lambda: keyring, threads=1) as unsealer:
        operations = Operations(unsealer, lambda: keyring)
        body = sent(replace(TWO, encrypted_data=items))
        asking = asyncio.create_task(operations.verify(body))
        await begun.wait()
        opening = asyncio.create_task(unsealer.unseal(stored(seal(secret({"k": b"value"})))))
        await asyncio.sleep(0)
        go_on.set()
        assert (await opening).secret.data["k"].reveal() == b"value"
        assert len(uses) < 10
        assert (await asking).status is HTTPStatus.OK
    assert len(uses) == 101


async def test_requests_are_worked_on_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that hostile ones cannot use up the memory together; the others wait."""
    begun, leave = asyncio.Semaphore(0), asyncio.Event()
    inside: list[int] = []

    async def wait(*_arguments: object) -> dict[str, object]:
        inside.append(1)
        begun.release()
        await leave.wait()
        return {}

    with Unsealer(lambda: BOTH) as unsealer:
        monkeypatch.setattr(unsealer, "open_items", wait)
        operations = Operations(unsealer, lambda: BOTH)
        asking = [asyncio.create_task(operations.verify(sent(TWO))) for _ in range(6)]
        for _ in range(2):
            await begun.acquire()
        for _ in range(50):  # time enough for a third one, if it were let in
            await asyncio.to_thread(int)
        assert len(inside) == 2
        leave.set()
        assert {(await each).status for each in asking} == {HTTPStatus.OK}


async def test_request_that_nobody_waits_for_is_not_finished() -> None:
    """When the client goes, the item in hand is the last."""
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    uses: list[int] = []

    def hook() -> None:
        uses.append(1)
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(30)

    keyring = Keyring([with_hook(hook)])
    items = {f"k{at}": TWO.encrypted_data["k"] for at in range(5)}
    with Unsealer(lambda: keyring, threads=1) as unsealer:
        operations = Operations(unsealer, lambda: keyring)
        body = sent(replace(TWO, encrypted_data=items))
        asking = asyncio.create_task(operations.verify(body))
        await begun.wait()
        asking.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert uses == [1]


async def test_log_has_one_line_for_each_request_and_no_value(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Which object, which code, what kind of fault; an illegal name is not repeated."""
    operations = make()
    with caplog.at_level(logging.DEBUG):
        await operations.verify(sent(TWO))
        await operations.rotate(sent(TWO))
        await operations.verify(sent(replace(TWO, name="other")))
        await operations.rotate(sent(replace(TWO, name="a b\nlevel=ERROR")))
        await operations.verify(b"{")
    lines = [
        (each.getMessage(), each.__dict__["sealer_fields"])
        for each in caplog.records
        if each.name == "sealer_controller.operations"
    ]
    for _, fields in lines:
        assert fields.pop("seconds") >= 0
    shop = {"namespace": "shop", "name": "db"}
    assert lines == [
        ("verified", {**shop, "code": 200, "fault": ""}),
        ("rotated", {**shop, "code": 200, "fault": ""}),
        ("verified", {**shop, "name": "other", "code": 409, "fault": "NoMatchingKeyError"}),
        ("rotated", {"namespace": "shop", "code": 500, "fault": "IdentityError"}),
        ("verified", {"code": 400, "fault": "DocumentError"}),
    ]
    assert CANARY.decode() not in caplog.text
