"""What one key opens: proved by opening it, noted beside it, or possible by its size.

When a private key may be known to others, everything that it opens has to be changed; before a key
is put away, nothing may need it any more. Without the private key, the note beside a value (see
`hints`) tells which key sealed it, and its first part rules out keys of another size. Whoever can
write the file can write the note, so a note can add a value here and never takes one away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sealer.envelope import open_value
from sealer.errors import CorruptCiphertextError, IdentityError, SealedValueError
from sealer.manifest import SealedSecret
from sealer.scope import Identity, Scope
from sealer.sealing.hints import read_hints
from sealer.wire import split
from sealer_keys.fingerprint import Fingerprint, short
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair


class Evidence(Enum):
    """How it is known that a key opens a value."""

    TRIED = "tried"  # it was opened
    NOTED = "noted"  # the annotation says so, and the value is the one that it speaks of
    POSSIBLE = "possible"  # nothing that proves anything speaks against it


@dataclass(frozen=True, slots=True)
class Suspect:
    """The key in question.

    Attributes:
        fingerprint: Its name.
        public_key: Its public half.
        pair: Its private half, where that is at hand.
        others: Other private keys at hand: what one of them opens, this key did not seal.
    """

    fingerprint: Fingerprint
    public_key: RSAPublicKey
    pair: KeyPair | None = None
    others: tuple[KeyPair, ...] = ()


@dataclass(frozen=True, slots=True)
class Exposed:
    """An item that a key opens, or may open.

    Attributes:
        item: Its key; empty for a value of the format of before 2019.
        evidence: How that is known.
        text: The sealed value.
        noted: Short fingerprint of another key that the note names; empty when it names none.
    """

    item: str
    evidence: Evidence
    text: str
    noted: str = ""


def exposed_items(sealed: SealedSecret, suspect: Suspect) -> Iterator[Exposed]:
    """Yield the items of a SealedSecret that a key opens, or may open.

    With the private key every value that it can have sealed is tried, in all scopes of the
    object's own name; what it does not open there is left out, unless the note names this key.
    Without it, all are possible that no other private key opens, whatever their notes say.
    """
    hints = read_hints(sealed)
    values = dict(sealed.encrypted_data)
    if sealed.legacy_data is not None:
        values[""] = sealed.legacy_data
    for item, text in values.items():
        evidence = _evidence(sealed, text, hints.get(item), suspect)
        if evidence is not None:
            noted = hints.get(item, "")
            other = "" if noted == short(suspect.fingerprint) else noted
            yield Exposed(item, evidence, text, other)


def _evidence(
    sealed: SealedSecret, text: str, noted: str | None, suspect: Suspect
) -> Evidence | None:
    if not _fits(text, suspect.public_key):
        return None
    if suspect.pair is not None and _opens(sealed, text, suspect.pair):
        return Evidence.TRIED
    if any(_opens(sealed, text, other) for other in suspect.others):
        return None
    if noted == short(suspect.fingerprint):
        return Evidence.NOTED
    return Evidence.POSSIBLE if suspect.pair is None else None


def _fits(text: str, public_key: RSAPublicKey) -> bool:
    """Tell whether a value can have been sealed with a key, by its size and as a number."""
    try:
        wrapped = split(text).wrapped_key
    except SealedValueError:
        return False  # no key opens it
    modulus = public_key.public_numbers().n
    return len(wrapped) == (public_key.key_size + 7) // 8 and int.from_bytes(wrapped) < modulus


def _opens(sealed: SealedSecret, text: str, pair: KeyPair) -> bool:
    keyring = Keyring([pair])
    own = sealed.identity
    others = (Identity(scope, own.namespace, own.name) for scope in Scope if scope != own.scope)
    for identity in (own, *others):
        try:
            open_value(text, keyring, identity)
        except CorruptCiphertextError:
            return True  # the key fits, and what it opens is damaged
        except (SealedValueError, IdentityError):
            continue
        return True
    return False
