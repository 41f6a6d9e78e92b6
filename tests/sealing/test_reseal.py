"""Items are sealed anew when an older key sealed them; the right key is mostly tried first."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sealer.envelope import open_value, seal_value
from sealer.errors import IdentityError, NoMatchingKeyError, SealerError, UnsealError
from sealer.manifest import SealedSecret, Template
from sealer.scope import CLUSTER_WIDE_ANNOTATION, Identity, Scope
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sealing.reseal import Renewal, renew_with_keys, reseal_stream
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.support import vectors
from tests.support.counting import CountingKeyring
from tests.support.sealed import manifest

OLD = vectors.key_pair("rsa2048")
IDENTITY = Identity(Scope.STRICT, "shop", "db")


@pytest.fixture(scope="module")
def new() -> KeyPair:
    """Return a key newer than OLD."""
    return generate_key_pair(datetime(2026, 12, 24, tzinfo=UTC), KeyOptions(bits=2048))


def certificate_of(key: KeyPair) -> Certificate:
    """Return a key's certificate."""
    assert key.certificate is not None
    return key.certificate


def sealed_with(hints: KeyPair | None = None, **keys: KeyPair) -> SealedSecret:
    """Return an object whose items are sealed with keys; hints may name one for all of them."""
    items = {
        item: seal_value(SecretBytes(item.encode()), key.private_key.public_key(), IDENTITY)
        for item, key in keys.items()
    }
    named = {item: (text, hints.fingerprint) for item, text in items.items()} if hints else {}
    annotations = {SEALING_KEYS: write_hints(named)} if hints else {}
    return SealedSecret("shop", "db", items, annotations=annotations)


def test_renewal_keeps_the_values(new: KeyPair) -> None:
    """Each outdated item opens with the new key to what it was; the others are left out."""
    keyring = Keyring((OLD, new))
    renewal = renew_with_keys(sealed_with(a=OLD, b=new, c=OLD), keyring, certificate_of(new))
    assert (sorted(renewal.values), renewal.kept) == (["a", "c"], ("b",))
    for item, text in renewal.values.items():
        opened = open_value(text, Keyring((new,)), IDENTITY)
        assert opened.plaintext == SecretBytes(item.encode())
    assert (renewal.key, renewal.unknown) == (new.fingerprint, ())


def test_renewal_keeps_the_scope_when_the_template_claims_a_wider_one(new: KeyPair) -> None:
    """Place and scope are the object's own: what is sealed anew opens there and nowhere else."""
    wide = Template(name="x", namespace="y", annotations={CLUSTER_WIDE_ANNOTATION: "true"})
    sealed = replace(sealed_with(a=OLD), template=wide)
    renewal = renew_with_keys(sealed, Keyring((OLD, new)), certificate_of(new))
    text = renewal.values["a"]
    assert open_value(text, Keyring((new,)), IDENTITY).plaintext == SecretBytes(b"a")
    for elsewhere in (Identity(Scope.CLUSTER_WIDE, "", ""), Identity(Scope.STRICT, "y", "x")):
        with pytest.raises(NoMatchingKeyError):
            open_value(text, Keyring((new,)), elsewhere)


@pytest.mark.parametrize(
    ("has_hint", "is_likely", "tries"),
    [(True, False, 3), (False, True, 3), (False, False, 4), (True, True, 3)],
)
def test_renewal_tries_the_hinted_key_or_the_likely_one_first(
    new: KeyPair, tries: int, *, has_hint: bool, is_likely: bool
) -> None:
    """One private-key operation an item where either is right, or the one before tells."""
    keyring = CountingKeyring(OLD, new)
    sealed = sealed_with(OLD if has_hint else None, a=OLD, b=OLD, c=OLD)
    likely = OLD.fingerprint if is_likely else None
    renewal = renew_with_keys(sealed, keyring, certificate_of(new), likely=likely)
    assert len(renewal.values) == 3
    assert keyring.tries == tries
    assert renewal.opened_by == OLD.fingerprint


def test_renewal_proves_what_a_hint_says(new: KeyPair) -> None:
    """A wrong hint leaves no item behind, in either direction."""
    keyring = Keyring((OLD, new))
    renewal = renew_with_keys(sealed_with(new, a=OLD), keyring, certificate_of(new))
    assert list(renewal.values) == ["a"]
    renewal = renew_with_keys(sealed_with(OLD, a=new), keyring, certificate_of(new))
    assert renewal.kept == ("a",)


def test_renewal_for_a_key_that_is_not_at_hand_believes_the_hint_only_then(new: KeyPair) -> None:
    """For another cluster: done before is done; without a hint it is a fault."""
    keyring = Keyring((OLD,))
    target = certificate_of(new)
    assert renew_with_keys(sealed_with(new, a=new), keyring, target).kept == ("a",)
    assert list(renew_with_keys(sealed_with(new, a=OLD), keyring, target).values) == ["a"]
    with pytest.raises(UnsealError) as caught:
        renew_with_keys(sealed_with(a=new, b=OLD), keyring, target)
    assert list(caught.value.faults) == ["a"]
    stranger = vectors.key_pair("stranger")
    with pytest.raises(UnsealError):
        renew_with_keys(sealed_with(stranger, a=new), Keyring((OLD, stranger)), target)
    with pytest.raises(UnsealError):
        renew_with_keys(sealed_with(new, a=stranger), Keyring((OLD, new)), target)


def test_renewal_refuses_illegal_names_once(new: KeyPair) -> None:
    """Before any key is tried, and not for every item."""
    keyring = CountingKeyring(OLD)
    sealed = SealedSecret("shop", "Not_Legal", sealed_with(a=OLD, b=OLD).encrypted_data)
    with pytest.raises(IdentityError):
        renew_with_keys(sealed, keyring, certificate_of(new))
    assert keyring.tries == 0


def test_stream_renews_what_it_can_and_places_the_faults() -> None:
    """An object whose renewal fails is left as it is; its place is told."""
    names = ("a", "b", "c")
    data = "---\n".join(manifest(name, password="AAAA", user="AAAA") for name in names).encode()

    def renew(sealed: SealedSecret) -> Renewal:
        if sealed.name == "b":
            raise SealerError("not this one")
        return Renewal({"user": f"new-{sealed.name}"})

    stream = reseal_stream(data, renew)
    assert stream.data == data.replace(b"user: AAAA", b"user: new-a", 1).replace(
        b"user: AAAA\n", b"user: BBBB\n", 1
    ).replace(b"user: AAAA", b"user: new-c").replace(b"BBBB", b"AAAA")
    faults = [fault for each in stream.objects for fault in each.faults]
    assert [fault.message for fault in faults] == ["not this one"]
    assert [each.where.document for each in stream.objects] == [1, 2, 3]
    assert [each.renewal is None for each in stream.objects] == [False, True, False]


def test_stream_without_anything_to_do_is_the_same_bytes() -> None:
    """Nothing is read again or written anew."""
    data = b"\xef\xbb\xbf" + manifest(password="AAAA").replace("\n", "\r\n").encode()
    assert reseal_stream(data, lambda _: Renewal(kept=("password",))).data is data
