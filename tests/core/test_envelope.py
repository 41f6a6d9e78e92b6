"""One value sealed and opened, in all scopes and sizes; what must not open does not."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer.envelope import open_value, seal_value, unwrap_key
from sealer.errors import (
    CorruptCiphertextError,
    FrameError,
    IdentityError,
    NoMatchingKeyError,
    OtherSizeError,
    SealedValueError,
)
from sealer.scope import Identity, OaepLabel, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.support import vectors

PAIR = vectors.key_pair("rsa2048")
KEYRING = Keyring([PAIR])
HERE = Identity(Scope.STRICT, "shop", "db")


def _seal(plaintext: bytes, identity: Identity = HERE, key: str = "rsa2048") -> str:
    public_key = vectors.key_pair(key).private_key.public_key()
    return seal_value(SecretBytes(plaintext), public_key, identity)


@settings(max_examples=30)
@given(st.binary(max_size=5000), st.sampled_from(Scope))
def test_seal_value_opens_again_in_every_scope(plaintext: bytes, scope: Scope) -> None:
    """What is sealed for a place opens there, whatever the bytes."""
    identity = Identity(scope, "shop", "db")
    opened = open_value(_seal(plaintext, identity), KEYRING, identity)
    assert opened.plaintext == SecretBytes(plaintext)
    assert opened.key == PAIR.fingerprint


@pytest.mark.parametrize(("key", "overhead"), [("rsa2048", 274), ("rsa3072", 402), ("peer-a", 530)])
@pytest.mark.parametrize("length", [0, 3, 70_000])
def test_seal_value_length_is_plaintext_plus_a_constant(
    key: str, overhead: int, length: int
) -> None:
    """The length formula of the format holds; the length of a value is not hidden (T10)."""
    assert len(base64.b64decode(_seal(bytes(length), key=key))) == overhead + length


def test_seal_value_twice_gives_different_texts() -> None:
    """Every value gets a content key of its own: nothing tells that two values are equal."""
    first, second = base64.b64decode(_seal(b"same")), base64.b64decode(_seal(b"same"))
    assert first[2:258] != second[2:258]
    assert first[258:] != second[258:]


def test_seal_value_illegal_identity_is_refused() -> None:
    """Nothing is sealed for a place that cannot exist."""
    with pytest.raises(IdentityError):
        _seal(b"x", Identity(Scope.STRICT, "a/b", "c"))


@pytest.mark.parametrize(
    "other",
    [
        Identity(Scope.STRICT, "shop", "other"),
        Identity(Scope.STRICT, "other", "db"),
        Identity(Scope.STRICT, "db", "shop"),
        Identity(Scope.NAMESPACE_WIDE, "shop", "db"),
        Identity(Scope.CLUSTER_WIDE, "shop", "db"),
    ],
)
def test_open_value_under_another_identity_finds_no_key(other: Identity) -> None:
    """A value opens nowhere else, and the error says which keys were tried."""
    with pytest.raises(NoMatchingKeyError) as caught:
        open_value(_seal(b"x"), KEYRING, other)
    assert caught.value.tried == (PAIR.fingerprint,)


def test_open_value_wide_scopes_reach_as_far_as_they_say() -> None:
    """Namespace-wide opens under any name there, cluster-wide anywhere."""
    namespaced = _seal(b"x", Identity(Scope.NAMESPACE_WIDE, "shop", "db"))
    open_value(namespaced, KEYRING, Identity(Scope.NAMESPACE_WIDE, "shop", "other"))
    with pytest.raises(NoMatchingKeyError):
        open_value(namespaced, KEYRING, Identity(Scope.NAMESPACE_WIDE, "other", "db"))
    everywhere = _seal(b"x", Identity(Scope.CLUSTER_WIDE, "", ""))
    open_value(everywhere, KEYRING, Identity(Scope.CLUSTER_WIDE, "any", "thing"))


@settings(max_examples=60)
@given(st.integers(0, 2 + 256 + 7 + 16 - 1), st.integers(1, 255))
def test_open_value_any_flipped_byte_is_refused(at: int, flip: int) -> None:
    """Every byte of a sealed value is authenticated, one way or another."""
    blob = bytearray(base64.b64decode(_seal(b"seven b")))
    blob[at] ^= flip
    with pytest.raises(SealedValueError):
        open_value(base64.b64encode(bytes(blob)).decode(), KEYRING, HERE)


@pytest.mark.parametrize(("part", "error"), [(4, NoMatchingKeyError), (-1, CorruptCiphertextError)])
def test_open_value_tells_another_key_from_damage(part: int, error: type[SealedValueError]) -> None:
    """A foreign key and a damaged value are different errors: people do different things."""
    blob = bytearray(base64.b64decode(_seal(b"x")))
    blob[part] ^= 1
    with pytest.raises(error):
        open_value(base64.b64encode(bytes(blob)).decode(), KEYRING, HERE)


def test_open_value_size_of_no_key_held_is_refused_without_an_operation() -> None:
    """A value for another key size says so, and costs no private-key operation (T9)."""
    with pytest.raises(OtherSizeError, match=r"512 bytes, which fits no key held \(1\)"):
        open_value(_seal(b"x", key="peer-a"), KEYRING, HERE)


def test_open_value_size_of_no_rsa_key_is_damage() -> None:
    """A length that no key has is told apart from a key that is not at hand."""
    blob = base64.b64decode(_seal(b"x"))
    text = base64.b64encode((257).to_bytes(2) + blob[2:]).decode()
    with pytest.raises(FrameError, match="257 bytes") as caught:
        open_value(text, KEYRING, HERE)
    assert caught.type is FrameError


def test_open_value_first_part_not_below_the_modulus_costs_no_operation() -> None:
    """No key can have made it, so none is used; it counts as tried, as the key is not the one."""
    blob = base64.b64decode(_seal(b"x"))
    text = base64.b64encode(blob[:2] + b"\xff" * 256 + blob[258:]).decode()
    with pytest.raises(NoMatchingKeyError) as caught:
        open_value(text, KEYRING, HERE, unwrap=lambda *_: pytest.fail("a private key was used"))
    assert len(caught.value.tried) == 1


def test_open_value_uses_private_keys_as_it_is_told() -> None:
    """Whoever remembers what is in vain answers for the key; the others are tried all the same."""
    asked: list[str] = []

    def unwrap(wrapped_key: bytes, key: KeyPair, label: OaepLabel) -> bytes | None:
        asked.append(key.origin)
        return None if key.origin == "peer-b" else unwrap_key(wrapped_key, key, label)

    text = _seal(b"x", key="peer-b")
    with pytest.raises(NoMatchingKeyError) as caught:
        open_value(text, vectors.controller_keyring(), HERE, unwrap=unwrap)
    assert sorted(asked) == ["peer-a", "peer-b"]
    assert len(caught.value.tried) == 2


def test_open_value_without_any_key_finds_no_key() -> None:
    """An empty keyring opens nothing, and says that nothing was tried."""
    with pytest.raises(
        NoMatchingKeyError, match=r"no key opens the value as shop/db \(0 tried\)"
    ) as caught:
        open_value(_seal(b"x"), Keyring(), HERE)
    assert caught.value.tried == ()


def test_open_value_hinted_key_is_tried_first() -> None:
    """With a right hint the first key tried is the one that opens."""
    keyring = vectors.controller_keyring()
    older = vectors.key_pair("peer-a")
    with pytest.raises(NoMatchingKeyError) as caught:
        open_value(
            _seal(b"x", key="peer-a"),
            keyring,
            Identity(Scope.STRICT, "shop", "wrong"),
            first=older.fingerprint,
        )
    other = vectors.key_pair("peer-b")
    assert caught.value.tried == (older.fingerprint, other.fingerprint)
