"""What docs/threat-model.md calls not defended: each test is the attack, and it works.

When one of them fails a defence has come, and the page has to say so.
"""

import base64
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sealer.documents.emit import emit_yaml
from sealer.errors import UnsealError
from sealer.lint import Linter
from sealer.manifest import SealedSecret, Secret
from sealer.sealing import SealOptions, seal_secret, unseal_secret
from sealer.sealing.hints import SEALING_KEYS
from sealer.sensitive import SecretBytes
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.support import vectors

KEY = vectors.key_pair("rsa2048")


def sealed(*, hints: bool = True, **items: bytes) -> SealedSecret:
    """Return the Secret shop/db with these items, sealed with what everybody has."""
    assert KEY.certificate is not None
    values = {name: SecretBytes(value) for name, value in items.items()}
    options = SealOptions(hints=hints)
    return seal_secret(Secret("shop", "db", values), KEY.certificate, options).sealed_secret


def opened(found: SealedSecret, keys: Sequence[KeyPair] = (KEY,)) -> dict[str, bytes]:
    """Return the items of the Secret that comes of it."""
    secret = unseal_secret(found, Keyring(keys)).secret
    return {name: value.reveal() for name, value in secret.data.items()}


def exchanged(found: SealedSecret) -> SealedSecret:
    """Return the object with the ciphertexts of `user` and `password` in each other's place."""
    texts = found.encrypted_data
    swapped = {"user": texts["password"], "password": texts["user"]}
    return replace(found, encrypted_data=swapped)


def linted(found: SealedSecret) -> set[str]:
    """Return the names of the rules that are broken."""
    linter = Linter()
    linter.add("db.yaml", emit_yaml(found.to_object()).encode())
    return {finding.rule.name for finding in linter.findings()}


def test_exchanged_values_open_and_lint_tells_as_long_as_the_note_is_untouched() -> None:
    """T1: the item's key is not bound, so that a password stands where a user name is shown."""
    attacked = exchanged(sealed(user=b"app", password=b"s3cret"))
    assert opened(attacked) == {"user": b"s3cret", "password": b"app"}
    assert "moved-value" in linted(attacked)
    without = {k: v for k, v in attacked.annotations.items() if k != SEALING_KEYS}
    assert linted(replace(attacked, annotations=without)) == set()


def test_older_value_of_the_same_place_opens_again() -> None:
    """T4: nothing in a value says which of two is the newer one, and lint sees no history."""
    old, new = sealed(password=b"old", hints=False), sealed(password=b"new", hints=False)
    rolled_back = replace(new, encrypted_data=old.encrypted_data)
    assert opened(rolled_back) == {"password": b"old"}
    assert linted(rolled_back) == set()


def test_value_opens_in_every_cluster_that_has_the_key_and_in_no_other() -> None:
    """T5: a key of its own is what tells one cluster from another; nothing else does."""
    found = sealed(password=b"of one cluster")
    other = vectors.key_pair("peer-a")
    assert opened(found, (other, KEY)) == {"password": b"of one cluster"}
    with pytest.raises(UnsealError, match="no key could decrypt secret"):
        opened(found, (other,))


def test_length_of_a_value_is_that_of_its_ciphertext() -> None:
    """T10: a guess of `yes` or `no` needs no key."""
    values = (b"no", b"on", b"yes", b"not")
    texts = [sealed(answer=value).encrypted_data["answer"] for value in values]
    assert [len(base64.b64decode(text)) - 256 - 2 - 16 for text in texts] == [2, 2, 3, 3]


def test_anybody_with_the_certificate_can_replace_a_value() -> None:
    """T17: who may change the file chooses the value; the certificate is public."""
    found = sealed(password=b"chosen by its owner")
    forged = replace(found, encrypted_data=sealed(password=b"chosen by another").encrypted_data)
    assert opened(forged) == {"password": b"chosen by another"}
