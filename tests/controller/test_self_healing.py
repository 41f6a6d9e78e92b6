"""The controller hears of what others do to its Secrets, and puts it right in time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.objects import (
    Key,
    Listed,
    Removed,
    SecretGone,
    SecretSeen,
    SecretsListed,
    StoredSecret,
    Upserted,
)
from sealer_controller.outcome import Outcome, Result
from tests.controller.memory import SHOP_DB, seal, secret, stored
from tests.controller.rig import Rig, rigged, running

OTHER = Key("shop", "other")
MARKER = Upserted(stored(seal(secret(name="marker")), uid="uid-of-marker"))


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key, whose store reports one object."""
    with rigged() as rig:
        rig.report(Upserted(stored(seal())), Listed(1))
        yield rig


def _seen(found: StoredSecret) -> SecretSeen:
    secret = found.secret
    return SecretSeen(Key(secret.namespace, secret.name), found.uid, found.resource_version)


def _spoil(rig: Rig) -> SecretSeen:
    """Change the Secret as somebody else would; return what the store then reports."""
    spoilt = replace(_held(rig), data={"k": SecretBytes(b"theirs")})
    return _seen(rig.store.put(spoilt))


def _held(rig: Rig) -> Secret:
    return rig.store.secrets[SHOP_DB].secret


async def _next(rig: Rig) -> Result:
    """Return the result of the object, which must come before that of a marker."""
    rig.report(MARKER)
    return await rig.result()


async def test_changed_secret_is_put_right_when_it_is_seen(rig: Rig) -> None:
    """Without any change of its SealedSecret."""
    async with running(rig.controller()):
        await rig.result()
        right = _held(rig)
        await rig.see(SecretsListed(1), _spoil(rig))
        result = await rig.result()
    assert (result.outcome, result.is_healed, _held(rig)) == (Outcome.REPLACED, True, right)


async def test_deleted_secret_is_made_again_when_that_is_seen(rig: Rig) -> None:
    """With its owner (conformance 75)."""
    async with running(rig.controller()):
        await rig.result()
        gone = rig.store.secrets.pop(SHOP_DB)
        await rig.see(SecretGone(SHOP_DB, gone.uid))
        result = await rig.result()
    assert (result.outcome, _held(rig)) == (Outcome.CREATED, gone.secret)


async def test_own_writes_and_unknown_secrets_are_no_reason_to_look(rig: Rig) -> None:
    """No storm: one reconcile for each object, and none for what we wrote ourselves."""
    async with running(rig.controller(workers=1)):
        await rig.result()
        theirs = SecretSeen(OTHER, "u", "1")
        await rig.see(_seen(rig.store.secrets[SHOP_DB]), theirs, SecretGone(OTHER, "u"))
        result = await _next(rig)
    assert result.stored.key.name == "marker"
    assert rig.store.calls.count("read_secret") == 2


async def test_write_that_is_seen_before_its_answer_comes_is_our_own(rig: Rig) -> None:
    """The watch can be faster than the answer to the write."""

    def telling(version: str) -> Callable[[], Awaitable[None]]:
        return lambda: rig.see(_seen(StoredSecret(secret(), "secret-1", version)))

    rig.store.meanwhile("create_secret", telling("1"))
    rig.store.meanwhile("replace_secret", telling("2"))
    async with running(rig.controller(workers=1)):
        await rig.result()
        rig.report(Upserted(stored(seal(secret({"k": b"new"})), generation=2)))
        assert (await rig.result()).outcome is Outcome.REPLACED
        assert rig.store.secrets[SHOP_DB].resource_version == "2"
        assert (await _next(rig)).stored.key.name == "marker"


async def test_change_during_a_reconcile_is_looked_at_afterwards(rig: Rig) -> None:
    """Somebody writes while the status is being told."""

    async def spoil() -> None:
        await rig.see(_spoil(rig))

    rig.store.meanwhile("write_status", spoil)
    async with running(rig.controller(workers=1)):
        await rig.result()
        result = await rig.result()
    assert result.is_healed


async def test_secret_that_is_changed_again_and_again_has_to_wait(rig: Rig) -> None:
    """The first time is at once; the second time the metrics hear that it is put off."""
    async with running(rig.controller(workers=1)):
        await rig.result()
        await rig.see(_spoil(rig))
        assert (await rig.result()).is_healed
        await rig.see(_spoil(rig))
        assert (await _next(rig)).stored.key.name == "marker"
        assert rig.observer.put_off == [SHOP_DB]
        rig.report(Upserted(stored(seal(secret({"k": b"new"})), generation=2)))
        assert (await rig.result()).outcome is Outcome.REPLACED


async def test_pause_ends_by_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Secret is right again in the end, and nobody had to do anything."""
    monkeypatch.setattr("sealer_controller.healing._BASE_SECONDS", 0.05)
    async with running(rig.controller(workers=1)):
        await rig.result()
        for _ in range(2):
            await rig.see(_spoil(rig))
            assert (await rig.result()).is_healed
    assert rig.observer.put_off == [SHOP_DB]


async def test_secrets_are_not_watched_where_that_is_switched_off(rig: Rig) -> None:
    """With `--skip-recreate` nobody even asks the store (conformance 77)."""
    async with running(rig.controller(workers=1, guards=False)):
        await rig.result()
        rig.store.secret_news.put_nowait(_spoil(rig))
        assert (await _next(rig)).stored.key.name == "marker"
        await asyncio.sleep(0)
        assert rig.store.secret_news.qsize() == 1


async def test_object_that_was_removed_is_not_looked_at(rig: Rig) -> None:
    """Its Secret is garbage by now, and no business of ours."""
    async with running(rig.controller(workers=1)):
        await rig.result()
        rig.report(Removed(SHOP_DB, "uid-1"))
        await rig.store.news.join()
        await rig.see(SecretGone(SHOP_DB, rig.store.secrets.pop(SHOP_DB).uid))
        assert (await _next(rig)).stored.key.name == "marker"
