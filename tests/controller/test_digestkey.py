"""The digest key: made once, read ever after, and done without where that is not possible."""

import logging

import pytest

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer.keysecret import DIGEST_KEY
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.digestkey import keep_digest_key, load_digest_key, password_salt
from sealer_controller.errors import ChangedMeanwhileError
from tests.controller.memory import MemoryVault

NAMESPACE = "kube-system"


def held(item: bytes) -> Secret:
    """Return the Secret of a digest key."""
    return Secret(NAMESPACE, DIGEST_KEY, {"key": SecretBytes(item)}, type="Opaque")


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log warns of."""
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


async def test_digest_key_is_made_once_and_read_from_then_on() -> None:
    """32 random bytes in a Secret without the label of sealing keys."""
    vault = MemoryVault()
    made = await load_digest_key(vault, NAMESPACE)
    assert len(made) == 32
    assert vault.digest == held(made)
    assert await load_digest_key(vault, NAMESPACE) == made
    assert vault.calls == ["digest_key", "create_digest_key", "digest_key"]
    assert await load_digest_key(MemoryVault(), NAMESPACE) != made


async def test_digest_key_of_somebody_faster_counts() -> None:
    """Two that start at once end with one key."""
    vault = MemoryVault()
    other = bytes(range(32))
    vault.meanwhile("create_digest_key", lambda: setattr(vault, "digest", held(other)))
    assert await load_digest_key(vault, NAMESPACE) == other


async def test_digest_key_that_was_deleted_is_put_back_and_no_other_is_touched(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same key, by a creation, which somebody faster may win; the log tells of it."""
    vault, key, other = MemoryVault(), bytes(range(32)), held(b"others")
    with caplog.at_level(logging.INFO):
        await keep_digest_key(vault, NAMESPACE, key)
    assert vault.digest == held(key)
    assert [each.getMessage() for each in caplog.records] == ["digest_key_created"]
    vault.digest = other
    await keep_digest_key(vault, NAMESPACE, key)
    vault.digest = None
    vault.meanwhile("create_digest_key", lambda: setattr(vault, "digest", other))
    await keep_digest_key(vault, NAMESPACE, key)
    assert vault.digest is other


@pytest.mark.parametrize("call", ["digest_key", "create_digest_key"])
async def test_digest_key_that_may_not_be_kept_is_one_for_the_process(
    call: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the right there is another one each time, and a warning."""
    vault = MemoryVault()
    vault.fail(call, *[TerminalError("you may not")] * 2)
    keys = [await load_digest_key(vault, NAMESPACE) for _ in range(2)]
    assert len({*keys}) == 2
    assert {len(key) for key in keys} == {32}
    assert vault.digest is None
    assert warned(caplog) == ["digest_key_not_kept"] * 2


@pytest.mark.parametrize("item", [b"", b"short", bytes(33)])
async def test_digest_key_of_another_size_is_left_alone(
    item: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What somebody else put there is neither used nor overwritten."""
    vault = MemoryVault()
    vault.digest = held(item)
    assert await load_digest_key(vault, NAMESPACE) != item
    assert vault.digest == held(item)
    assert warned(caplog) == ["digest_key_not_kept"]


async def test_digest_key_that_is_there_and_cannot_be_read_is_done_without(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It must not keep the controller from starting."""
    vault = MemoryVault()
    vault.fail("create_digest_key", ChangedMeanwhileError("there is one"))
    assert len(await load_digest_key(vault, NAMESPACE)) == 32
    assert warned(caplog) == ["digest_key_not_kept"]


@pytest.mark.parametrize("call", ["digest_key", "create_digest_key"])
async def test_digest_key_waits_for_a_vault_that_is_away(call: str) -> None:
    """A key for the process alone would be a poor answer to a passing fault."""
    vault = MemoryVault()
    fault: SealerError = RetryableError("away")
    vault.fail(call, fault)
    with pytest.raises(RetryableError, match="away"):
        await load_digest_key(vault, NAMESPACE)


def test_password_salt_depends_on_key_and_inputs() -> None:
    """The same each time, and another one for any other key or input, wherever one ends."""
    one, other = bytes(32), bytes(31) + b"1"
    assert password_salt(one, b"a", b"b") == password_salt(one, b"a", b"b")
    inputs = ((b"a", b"b"), (b"b", b"a"), (b"ab", b""), (b"", b"ab"), (b"ab",))
    salts = {password_salt(key, *each) for key in (one, other) for each in inputs}
    assert len(salts) == 10
    assert {len(salt) for salt in salts} == {16}
