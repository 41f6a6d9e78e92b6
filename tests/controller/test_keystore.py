"""The sealing keys: loaded whatever else is in the vault, made only when none is there."""

import asyncio
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from sealer.errors import ManifestError, RetryableError, TerminalError
from sealer.keysecret import KEY_LABEL, key_pair_of, key_secret
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer_controller.errors import ChangedMeanwhileError, NoSealingKeyError
from sealer_controller.keyset import KeySet
from sealer_controller.keystore import KeyOrder, KeyStore, KeyStoreOptions
from sealer_controller.ports import KeySecret
from sealer_controller.renewal import Cause
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.private_key import KeyPair
from tests.controller.memory import NOW, MemoryVault
from tests.controller.watching import Recorder
from tests.support import vectors

OPTIONS = KeyStoreOptions("kube-system")
NEW = vectors.key_pair("rsa2048")
PAIRS = [generate_key_pair(NOW, KeyOptions(bits=2048)) for _ in range(10)]


def _held(name: str, created: datetime | None = None) -> KeySecret:
    return KeySecret(key_secret(vectors.key_pair(name), namespace="keys", name=name), created)


def _keystore(
    vault: MemoryVault,
    options: KeyStoreOptions = OPTIONS,
    observer: Recorder | None = None,
    generate: Callable[[datetime, KeyOptions], KeyPair] = lambda _now, _options: NEW,
) -> KeyStore:
    return KeyStore(vault, options, observer=observer, now=lambda: NOW, generate=generate)


def _always(_keys: KeySet) -> Cause:
    return Cause.ASKED


def _origins(keystore: KeyStore) -> list[str]:
    return [pair.origin for pair in keystore.keyring]


async def test_keystore_before_loading_has_no_key() -> None:
    """Nothing is loaded behind anybody's back."""
    assert len(_keystore(MemoryVault(_held("peer-a"))).keyring) == 0


async def test_keystore_loads_all_keys_newest_first_and_makes_none() -> None:
    """The newest certificate comes first; where there is a key, none is made (line 12)."""
    observer = Recorder()
    vault = MemoryVault(*map(_held, ["peer-a", "rsa2048", "peer-b", "rsa3072"]))
    keystore = _keystore(vault, observer=observer)
    await keystore.load()
    times = [pair.order_time for pair in keystore.keyring]
    assert len(times) == 4
    assert times == sorted(times, reverse=True)
    assert (vault.calls[:2], observer.keyrings) == (["key_secrets", "digest_key"], [(4, 0)])


@pytest.mark.parametrize(
    ("order", "first"),
    [(KeyOrder.CERT_NOT_BEFORE, "later"), (KeyOrder.SECRET_CREATION_TIMESTAMP, "earlier")],
)
async def test_keystore_order_is_by_certificate_or_by_secret(order: KeyOrder, first: str) -> None:
    """The certificate's notBefore counts by default, the Secret's creation when so set (21)."""
    pairs = sorted(map(vectors.key_pair, ["peer-a", "peer-b"]), key=lambda pair: pair.order_time)
    names = {"earlier": pairs[0].origin, "later": pairs[1].origin}
    assert pairs[0].order_time < pairs[1].order_time
    vault = MemoryVault(
        _held(names["later"], NOW), _held(names["earlier"], NOW + timedelta(days=1))
    )
    keystore = _keystore(vault, replace(OPTIONS, order=order))
    await keystore.load()
    assert _origins(keystore)[0] == f"keys/{names[first]}"


async def test_keystore_unusable_key_is_reported_and_skipped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One broken key Secret stops neither the others nor the start; its text is not shown."""
    observer = Recorder()
    good, other = _held("peer-a"), _held("peer-b")
    mixed = {**good.secret.data, "tls.crt": other.secret.data["tls.crt"]}
    broken = [
        replace(good, secret=replace(good.secret, name="empty", data={})),
        replace(good, secret=replace(good.secret, name="mixed", data=mixed)),
        replace(
            good, secret=replace(good.secret, name="odd"), fault=ManifestError("cannot be read")
        ),
    ]
    vault = MemoryVault(*broken, other)
    keystore = _keystore(vault, observer=observer)
    with caplog.at_level(logging.ERROR):
        await keystore.load()
    assert _origins(keystore) == ["keys/peer-b"]
    assert (vault.calls[:2], observer.keyrings) == (["key_secrets", "digest_key"], [(1, 3)])
    told = [record.__dict__["sealer_fields"] for record in caplog.records]
    assert [fields["name"] for fields in told] == ["empty", "mixed", "odd"]
    assert [record.getMessage() for record in caplog.records] == ["key_unusable"] * 3
    assert told[2]["message"] == "cannot be read"
    assert "PRIVATE KEY" not in str(told)


async def test_keystore_without_a_key_makes_the_first_one() -> None:
    """An empty vault gets a key Secret as the original writes them (lines 10, 12)."""
    observer = Recorder()
    vault = MemoryVault()
    options = replace(
        OPTIONS, labels={"team": "a", KEY_LABEL: "hijacked"}, annotations={"note": "b"}
    )
    keystore = _keystore(vault, options, observer)
    await keystore.load()
    assert vault.calls.count("create_key_secret") == 1
    (made,) = vault.held
    assert made.secret.name.startswith("sealed-secrets-key")
    assert (made.secret.namespace, made.secret.type) == ("kube-system", "kubernetes.io/tls")
    assert made.secret.labels == {"team": "a", KEY_LABEL: "active"}
    assert made.secret.annotations == {"note": "b"}
    assert key_pair_of(made.secret).fingerprint == NEW.fingerprint
    assert keystore.keyring.active.fingerprint == NEW.fingerprint
    assert observer.keyrings[-1] == (1, 0)


async def test_keystore_makes_a_key_as_the_settings_say() -> None:
    """Size, validity and name reach the generator, and so does the time."""
    asked: list[tuple[datetime, KeyOptions]] = []

    def generate(now: datetime, options: KeyOptions) -> KeyPair:
        asked.append((now, options))
        return NEW

    wanted = KeyOptions(bits=2048, validity=timedelta(days=2), common_name="sealer")
    await _keystore(MemoryVault(), replace(OPTIONS, key=wanted), generate=generate).load()
    assert asked == [(NOW, wanted)]


async def test_keystore_whose_key_others_made_meanwhile_takes_theirs() -> None:
    """Two replicas that start at once end with one key: whoever is late drops their own."""
    vault = MemoryVault()

    def generate(_now: datetime, _options: KeyOptions) -> KeyPair:
        vault.held.append(_held("peer-a"))
        return NEW

    keystore = _keystore(vault, generate=generate)
    await keystore.load()
    assert _origins(keystore) == ["keys/peer-a"]
    assert "create_key_secret" not in vault.calls


async def test_keystore_that_must_find_a_key_refuses_to_make_one() -> None:
    """`--require-existing-key`: a missing bootstrap key is an error and not a new key."""
    broken = KeySecret(replace(_held("peer-a").secret, data={}))
    vault = MemoryVault(broken)
    keystore = _keystore(vault, replace(OPTIONS, require_existing=True))
    with pytest.raises(NoSealingKeyError, match="no usable sealing key in namespace kube-system"):
        await keystore.load()
    assert vault.calls == ["key_secrets"]


@pytest.mark.parametrize("error", [RetryableError("busy"), TerminalError("no")])
@pytest.mark.parametrize("call", ["key_secrets", "create_key_secret"])
async def test_keystore_key_that_is_not_stored_is_not_used(
    call: str, error: RetryableError | TerminalError
) -> None:
    """A key that nobody can restore must never seal anything."""
    vault = MemoryVault()
    vault.fail(call, error)
    keystore = _keystore(vault)
    with pytest.raises(type(error)):
        await keystore.load()
    assert len(keystore.keyring) == 0
    await keystore.load()
    assert len(keystore.keyring) == 1


async def test_keystore_new_key_seals_and_the_old_ones_stay() -> None:
    """A new key joins the others; it is not registered if its Secret cannot be written."""
    observer = Recorder()
    vault = MemoryVault(_held("peer-a"))
    keystore = _keystore(vault, observer=observer)
    await keystore.load()
    vault.fail("create_key_secret", TerminalError("no"))
    with pytest.raises(TerminalError):
        await keystore.create(_always)
    assert len(keystore.keyring) == 1
    before = keystore.keyring
    assert await keystore.create(_always) is NEW
    assert keystore.keyring.active.fingerprint == NEW.fingerprint
    assert (len(keystore.keyring), len(before)) == (2, 1)
    assert observer.keyrings == [(1, 0), (2, 0)]


async def test_keystore_logs_a_new_key_with_its_certificate_and_nothing_private(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The certificate is public and printed, as the original does; the key is not."""
    with caplog.at_level(logging.INFO):
        await _keystore(MemoryVault()).load()
    (line,) = (each for each in caplog.records if each.getMessage() == "key_created")
    fields = line.__dict__["sealer_fields"]
    assert fields["fingerprint"] == NEW.fingerprint
    assert fields["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in str([record.__dict__ for record in caplog.records])


async def test_keystore_loads_the_digest_key_after_the_sealing_keys() -> None:
    """It is the same after a restart, and none is made while a backup has yet to be restored."""
    vault = MemoryVault(_held("peer-a"))
    keystores = [_keystore(vault) for _ in range(2)]
    passing = [each.digest_key for each in keystores]
    for each in keystores:
        await each.load()
    assert vault.digest is not None
    kept = vault.digest.data["key"].reveal()
    assert [each.digest_key for each in keystores] == [kept, kept]
    assert len({*passing, kept}) == 3
    empty = MemoryVault()
    with pytest.raises(NoSealingKeyError):
        await _keystore(empty, replace(OPTIONS, require_existing=True)).load()
    assert empty.digest is None


async def test_keystores_that_start_at_once_make_one_key() -> None:
    """Ten controllers on an empty vault: all try the same name, and use whose key was first."""
    vault = MemoryVault()
    # All have a key in hand when the first one is stored.
    together = asyncio.Barrier(len(PAIRS))
    vault.meanwhile("create_key_secret", *[together.wait] * len(PAIRS))
    keystores = [_keystore(vault, generate=partial(_given, pair)) for pair in PAIRS]
    await asyncio.gather(*(each.load() for each in keystores))
    (made,) = vault.held
    winner = key_pair_of(made.secret).fingerprint
    assert [each.keyring.active.fingerprint for each in keystores] == [winner] * len(PAIRS)
    assert vault.calls.count("create_key_secret") == len(PAIRS)
    assert made.secret.name.startswith("sealed-secrets-key")


async def test_keystore_name_is_another_one_for_other_keys_and_for_another_digest_key() -> None:
    """No key takes the name of an older one, and no two clusters use the same names."""
    names = set()
    for _ in range(3):
        vault = MemoryVault()
        await _keystore(vault, generate=partial(_given, PAIRS[0])).load()
        for pair in PAIRS[1:3]:
            keystore = _keystore(vault, generate=partial(_given, pair))
            await keystore.load()
            await keystore.create(_always)
        names |= {each.secret.name for each in vault.held}
        assert vault.calls.count("create_key_secret") == 3
    assert len(names) == 9
    assert all(re.fullmatch("sealed-secrets-key[b-z2-9]{5}", name) for name in names)


async def test_keystore_name_taken_by_something_else_is_passed_over() -> None:
    """A retired key keeps its name; others draw the same next one."""
    vault = MemoryVault(_held("peer-a"))
    keystore = _keystore(vault)
    await keystore.load()
    for attempt in range(2):
        vault.taken.add(keystore._name(attempt))  # noqa: SLF001 - which name it will be
    await keystore.create(_always)
    assert vault.held[-1].secret.name == _later_name(keystore)
    assert vault.calls.count("create_key_secret") == 3


async def test_keystore_that_finds_every_name_taken_says_so() -> None:
    """It gives up for now, and the keys are as they were."""
    vault = MemoryVault(_held("peer-a"))
    keystore = _keystore(vault)
    await keystore.load()
    vault.fail("create_key_secret", *[ChangedMeanwhileError("the name is taken")] * 8)
    with pytest.raises(RetryableError, match="every name tried"):
        await keystore.create(_always)
    assert len(keystore.keyring) == 1


async def test_keystore_makes_no_key_that_is_not_due() -> None:
    """What the vault holds now decides, and not what it held before; no work is done for it."""
    vault = MemoryVault(_held("peer-a"))
    asked: list[datetime] = []

    def generate(now: datetime, _options: KeyOptions) -> KeyPair:
        asked.append(now)
        return NEW

    keystore = _keystore(vault, generate=generate)
    await keystore.load()
    vault.held.append(_held("peer-b"))
    made = await keystore.create(lambda keys: None if len(keys.keyring) > 1 else Cause.AGE)
    assert made is None
    assert asked == []
    assert len(keystore.keyring) == 2


async def test_keystore_that_may_not_write_waits_for_the_first_key() -> None:
    """With several replicas another one makes it, and this one asks again."""
    vault = MemoryVault()
    keystore = KeyStore(vault, OPTIONS, may_create=lambda: False, now=lambda: NOW)
    with pytest.raises(RetryableError, match="another replica makes it"):
        await keystore.load()
    vault.held.append(_held("peer-a"))
    await keystore.load()
    assert "create_key_secret" not in vault.calls


@pytest.mark.parametrize("allowed", [0, 1])
async def test_keystore_that_may_no_longer_write_stores_nothing(allowed: int) -> None:
    """To make a key takes a second, in which another replica may have taken over."""
    vault = MemoryVault(_held("peer-a"))
    answers = iter([True] * allowed + [False])
    keystore = KeyStore(
        vault,
        OPTIONS,
        may_create=lambda: next(answers),
        now=lambda: NOW,
        generate=lambda _now, _options: NEW,
    )
    await keystore.load()
    assert await keystore.create(_always) is None
    assert "create_key_secret" not in vault.calls


async def test_keystore_tells_only_news() -> None:
    """A key Secret that is as it was changes nothing; one that cannot be used is told once."""
    observer = Recorder()
    broken = KeySecret(replace(_held("peer-a").secret, data={}))
    vault = MemoryVault(_held("peer-b"), broken)
    keystore = _keystore(vault, observer=observer)
    heard: list[int] = []
    keystore.listen(lambda: heard.append(len(keystore.keyring)))
    for _ in range(3):
        await keystore.refresh()
    assert (heard, observer.keyrings) == ([1], [(1, 1)])
    before = keystore.keyring
    vault.held[1] = _held("peer-a")
    await keystore.refresh()
    assert (heard, observer.keyrings) == ([1, 2], [(1, 1), (2, 0)])
    assert len(before) == 1


async def test_keystore_backup_is_told_and_wakes_nobody() -> None:
    """A mark of a backup is no change of the keys: no object is tried again for it."""
    observer, woken = Recorder(), list[str]()
    vault = MemoryVault(_held("peer-a"))
    keystore = _keystore(vault, observer=observer)
    await keystore.load()
    keystore.listen(lambda: woken.append("woken"))
    (held,) = vault.held
    marked = replace(held.secret, annotations={BACKED_UP_ANNOTATION: "2026-03-02T01:00:00Z"})
    vault.held[:] = [replace(held, secret=marked)]
    await keystore.refresh()
    assert observer.backups == [(None, 1), (datetime(2026, 3, 2, 1, tzinfo=UTC), 0)]
    assert (woken, observer.keyrings) == ([], [(1, 0)])


async def test_keystore_newest_name_is_that_of_the_key_that_seals() -> None:
    """The prefix stands in where there is none."""
    vault = MemoryVault(_held("peer-a"), _held("peer-b"))
    keystore = _keystore(vault)
    assert keystore.newest_name == "sealed-secrets-key"
    await keystore.load()
    assert keystore.newest_name == "peer-b"


async def test_keystore_is_read_safely_while_keys_change() -> None:
    """Threads that open objects see all keys of one moment, whatever is registered meanwhile."""
    vault = MemoryVault(_held("peer-a"))
    keystore = _keystore(vault)
    await keystore.load()
    seen: set[int] = set()
    is_over = threading.Event()

    def read() -> bool:
        is_right = True
        while not is_over.is_set():
            keyring = keystore.keyring
            found = [keyring.get(key.fingerprint) for key in keyring]
            is_right &= found == list(keyring) and len(found) == len(keyring)
            seen.add(len(keyring))
        return is_right

    reading = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(2)]
    try:
        for name in ("peer-b", "rsa2048", "rsa3072", "stranger"):
            vault.held.append(_held(name))
            await keystore.refresh()
    finally:
        is_over.set()
    assert await asyncio.gather(*reading) == [True, True]
    assert seen <= {1, 2, 3, 4, 5}
    assert len(keystore.keyring) == 5


async def test_keystore_reads_do_not_overtake_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read first never replaces what was read later, however long it takes."""
    vault = MemoryVault(_held("peer-a"))
    keystore = _keystore(vault)
    await keystore.load()
    gates = [asyncio.Event(), asyncio.Event()]
    waiting = iter(gates)

    async def slow(work: Callable[..., object], *arguments: object) -> object:
        result = work(*arguments)
        await next(waiting).wait()
        return result

    monkeypatch.setattr(asyncio, "to_thread", slow)
    first = asyncio.create_task(keystore.refresh())
    await _turns()
    vault.held.append(_held("peer-b"))
    second = asyncio.create_task(keystore.refresh())
    await _turns()
    gates[1].set()
    await _turns()
    gates[0].set()
    await asyncio.gather(first, second)
    assert len(keystore.keyring) == 2


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _given(pair: KeyPair, _now: datetime, _options: KeyOptions) -> KeyPair:
    return pair


def _later_name(keystore: KeyStore) -> str:
    """Return what the third try was called, before there was a key of that name."""
    names = tuple(name for name in keystore.keys.names if name == "peer-a")
    keystore._keys = replace(keystore.keys, names=names)  # noqa: SLF001 - as it was then
    return keystore._name(2)  # noqa: SLF001 - which name it was
