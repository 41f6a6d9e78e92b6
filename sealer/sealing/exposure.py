"""What one key opens: proved by opening it, noted beside it, or possible by its size.

When a private key may be known to others, everything that it opens has to be changed; before a key
is put away, nothing may need it any more. Without the private key, the note beside a value (see
`hints`) tells which key sealed it, and its first part rules out keys of another size. Whoever can
write the file can write the note, so a note can add a value here and never takes one away.

A value opens only under the name and namespace that it was sealed for. Where an object names no
namespace, as a base of kustomize may, nothing that a private key does not open there is proved; nor
is it by a copy elsewhere that the key does not open. Only another key that opens the value does.
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

    def is_stronger_than(self, other: "Evidence | None") -> bool:
        """Tell whether this proves more; anything proves more than None."""
        order = list(Evidence)
        return other is None or order.index(self) < order.index(other)


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


class Inquiry:
    """What one key opens, of SealedSecrets that are shown one after the other.

    A value that stands in many places, such as the versions of a file, is tried once.

    Args:
        suspect: The key.
    """

    def __init__(self, suspect: Suspect) -> None:
        self._suspect = suspect
        self._tried: dict[tuple[Fingerprint, str, Identity], bool] = {}
        self._strongest: dict[str, Evidence] = {}
        self._places: dict[str, set[Identity]] = {}  # of what the key did not open there

    def exposed_items(self, sealed: SealedSecret) -> Iterator[Exposed]:
        """Yield the items of a SealedSecret that the key opens, or may open.

        With the private key every value that it can have sealed is tried, in all scopes of the
        object's own name; what it does not open there is left out, unless the note names this key
        or the object does not say where it belongs. Without it, all are possible, whatever their
        notes say. What stands elsewhere can tell more: see `verdict`.
        """
        hints = read_hints(sealed)
        values = dict(sealed.encrypted_data)
        if sealed.legacy_data is not None:
            values[""] = sealed.legacy_data
        for item, text in values.items():
            evidence = self._evidence(sealed, text, hints.get(item))
            if evidence is None:
                continue
            if evidence.is_stronger_than(self._strongest.get(text)):
                self._strongest[text] = evidence
            noted = hints.get(item, "")
            other = "" if noted == short(self._suspect.fingerprint) else noted
            yield Exposed(item, evidence, text, other)

    def verdict(self, text: str) -> Evidence | None:
        """Return the strongest evidence, of all that was shown, that the key opens a value.

        None where another key opens it in one of its places, which proves that this one did not
        seal it. That it does not open in some place proves nothing: it may have been sealed for
        another.
        """
        strongest = self._strongest.get(text)
        if strongest is Evidence.TRIED:
            return strongest
        places = self._places.get(text, ())
        others = self._suspect.others
        if any(self._opens(place, text, pair) for pair in others for place in places):
            return None
        return strongest

    def _evidence(self, sealed: SealedSecret, text: str, noted: str | None) -> Evidence | None:
        suspect = self._suspect
        if not _fits(text, suspect.public_key):
            return None
        if suspect.pair is not None and self._opens(sealed.identity, text, suspect.pair):
            return Evidence.TRIED
        self._places.setdefault(text, set()).add(sealed.identity)
        if noted == short(suspect.fingerprint):
            return Evidence.NOTED
        if suspect.pair is None or not _is_placed(sealed):
            return Evidence.POSSIBLE
        return None

    def _opens(self, own: Identity, text: str, pair: KeyPair) -> bool:
        others = (Identity(scope, own.namespace, own.name) for scope in Scope if scope != own.scope)
        return any(self._opens_as(identity, text, pair) for identity in (own, *others))

    def _opens_as(self, identity: Identity, text: str, pair: KeyPair) -> bool:
        trial = (pair.fingerprint, text, identity)
        if trial not in self._tried:
            self._tried[trial] = _opens(text, pair, identity)
        return self._tried[trial]


def _fits(text: str, public_key: RSAPublicKey) -> bool:
    """Tell whether a value can have been sealed with a key, by its size and as a number."""
    try:
        wrapped = split(text).wrapped_key
    except SealedValueError:
        return False  # no key opens it
    modulus = public_key.public_numbers().n
    return len(wrapped) == (public_key.key_size + 7) // 8 and int.from_bytes(wrapped) < modulus


def _is_placed(sealed: SealedSecret) -> bool:
    """Tell whether an object says all that its values are bound to."""
    try:
        _ = sealed.identity.label
    except IdentityError:
        return False
    return True


def _opens(text: str, pair: KeyPair, identity: Identity) -> bool:
    try:
        open_value(text, Keyring([pair]), identity)
    except CorruptCiphertextError:
        return True  # the key fits, and what it opens is damaged
    except (SealedValueError, IdentityError):
        return False
    return True
