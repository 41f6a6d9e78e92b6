"""Values of the original's format, as the conformance list has them: keys, scopes, identities."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from cryptography.x509 import load_pem_x509_certificate

from sealer.envelope import seal_value
from sealer.errors import UnsealError
from sealer.manifest import SealedSecret
from sealer.scope import Identity, Scope
from sealer.sealing import unseal_secret
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import load_certificate
from sealer_keys.keyring import Keyring
from tests.support import vectors

PAIRS = [vectors.key_pair(name) for name in ("rsa2048", "rsa3072", "peer-a")]
KEYRING = Keyring(PAIRS)
MESSAGE = "no key could decrypt secret"


def _sealed(scope: Scope, items: Mapping[str, str], namespace: str, name: str) -> SealedSecret:
    return SealedSecret(namespace, name, items, annotations=scope.annotations)


def _value(identity: Identity, *, pair: int = 0) -> str:
    return seal_value(SecretBytes(b"hunter2"), PAIRS[pair].private_key.public_key(), identity)


def test_certificate_of_the_original_has_its_key() -> None:
    """4096 bits, e = 65537, an empty subject and the usage encipherOnly do not get in the way."""
    pem = (vectors.KEYS / "peer-a.crt.pem").read_bytes()
    parsed = load_pem_x509_certificate(pem)
    assert list(parsed.subject) == []
    with pytest.raises(ValueError, match="encipher_only"):  # a usage that the library refuses
        _ = parsed.extensions
    certificate = load_certificate(pem)
    numbers = certificate.public_key.public_numbers()
    private = vectors.key_pair("peer-a").private_key.private_numbers().public_numbers
    assert (numbers.e, numbers.n.bit_length(), numbers.n) == (65537, 4096, private.n)


def test_items_sealed_with_different_keys_all_open() -> None:
    """A cluster whose key was renewed holds objects whose items have keys of several ages."""
    identity = Identity(Scope.STRICT, "shop", "db")
    items = {str(index): _value(identity, pair=index) for index in range(len(PAIRS))}
    unsealed = unseal_secret(_sealed(Scope.STRICT, items, "shop", "db"), KEYRING)
    assert {value.reveal() for value in unsealed.secret.data.values()} == {b"hunter2"}
    assert list(unsealed.keys.values()) == [pair.fingerprint for pair in PAIRS]


@pytest.mark.parametrize(("namespace", "name"), [("shop", "other"), ("other", "db")])
def test_strict_value_elsewhere_is_refused_in_the_originals_words(
    namespace: str, name: str
) -> None:
    """One value made by hand, in an object of another name or namespace."""
    sealed = _sealed(
        Scope.STRICT, {"a": _value(Identity(Scope.STRICT, "shop", "db"))}, "shop", "db"
    )
    assert unseal_secret(sealed, KEYRING).secret.data["a"].reveal() == b"hunter2"
    with pytest.raises(UnsealError) as caught:
        unseal_secret(replace(sealed, namespace=namespace, name=name), KEYRING)
    assert MESSAGE in caught.value.message


def test_namespace_wide_value_opens_under_any_name_there_only() -> None:
    """The name is not bound, the namespace is."""
    value = _value(Identity(Scope.NAMESPACE_WIDE, "shop", ""))
    for name in ("db", "other"):
        sealed = _sealed(Scope.NAMESPACE_WIDE, {"a": value}, "shop", name)
        assert unseal_secret(sealed, KEYRING).secret.data["a"].reveal() == b"hunter2"
    with pytest.raises(UnsealError) as caught:
        unseal_secret(_sealed(Scope.NAMESPACE_WIDE, {"a": value}, "other", "db"), KEYRING)
    assert MESSAGE in caught.value.message


@pytest.mark.parametrize(("namespace", "name"), [("", ""), ("shop", "db")])
def test_cluster_wide_value_opens_anywhere(namespace: str, name: str) -> None:
    """Also one that was sealed without any namespace and name."""
    value = _value(Identity(Scope.CLUSTER_WIDE, namespace, name))
    for place in (("shop", "db"), ("other", "thing")):
        sealed = _sealed(Scope.CLUSTER_WIDE, {"a": value}, *place)
        assert unseal_secret(sealed, KEYRING).secret.data["a"].reveal() == b"hunter2"
