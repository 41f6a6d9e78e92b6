"""What private keys have shown of each object: which opened an item, and which are of no use.

Whether a key opens a ciphertext under a label never changes, so nothing that is remembered here can
become wrong. It spares time and decides nothing: a private-key operation takes as long in vain as
with success (threats.md T9).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from sealer.envelope import unwrap_key
from sealer.scope import OaepLabel
from sealer.sealing.unseal import first_tries
from sealer_controller.objects import Key, StoredSealedSecret
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

__all__ = ["KeyMemory", "Order", "Tries"]

_DIGEST_SIZE = 16
_NONE: frozenset[Fingerprint] = frozenset()
_NO_KEYS: Mapping[str, Fingerprint] = MappingProxyType({})
_NOTHING: Mapping[bytes, frozenset[Fingerprint]] = MappingProxyType({})


class Tries:
    """The uses of private keys for one object. May be used by many threads at a time.

    Args:
        known: Which keys are known not to open what.
        most: How many keys may be used on a value; the others count as if they did not open it.
    """

    def __init__(
        self,
        known: Mapping[bytes, frozenset[Fingerprint]] = _NOTHING,
        *,
        most: float = math.inf,
    ) -> None:
        self._known = known
        self._most = most
        self.wrong: dict[bytes, frozenset[Fingerprint]] = {}
        self._outcomes: list[bool] = []  # appending to a list is safe in threads, counting is not
        self._counted = 0

    def take_counts(self) -> tuple[int, int]:
        """Return how often a private key was used with and without success since the last time."""
        news = self._outcomes[self._counted :]
        self._counted += len(news)
        return sum(news), len(news) - sum(news)

    def unwrap(self, wrapped_key: bytes, key: KeyPair, label: OaepLabel) -> bytes | None:
        """Return the content key, or None; what is known to be in vain is not done again."""
        what = sha256(label + b"\0" + wrapped_key).digest()[:_DIGEST_SIZE]
        known = self._known.get(what, _NONE)
        wrong = self.wrong.get(what, known)
        if key.fingerprint not in wrong and len(wrong) - len(known) < self._most:
            content_key = unwrap_key(wrapped_key, key, label)
            self._outcomes.append(content_key is not None)
            if content_key is not None:
                return content_key
            wrong |= {key.fingerprint}
        self.wrong[what] = wrong
        return None


@dataclass(frozen=True, slots=True)
class Order:
    """Which key is tried when.

    Attributes:
        keyring: The keys, in the order of the tries.
        first: Which one is tried before all others, by item key.
    """

    keyring: Keyring
    first: Mapping[str, Fingerprint]


@dataclass(frozen=True, slots=True)
class _Known:
    version: tuple[str, int]
    opened: Mapping[str, Fingerprint]
    wrong: Mapping[bytes, frozenset[Fingerprint]]


class KeyMemory:
    """Remembers for each object what its tries have shown, until the object is forgotten."""

    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}
        # Most objects that do not open share their set of keys: all that there are.
        self._sets: dict[frozenset[Fingerprint], frozenset[Fingerprint]] = {}

    def tries(self, stored: StoredSealedSecret, *, most: float = math.inf) -> Tries:
        """Return new tries of an object that know what former ones have shown."""
        known = self._known.get(stored.key)
        return Tries(known.wrong if known else _NOTHING, most=most)

    def order(self, stored: StoredSealedSecret, keyring: Keyring) -> Order:
        """Return the order of the tries (controller.md 2, rule 3).

        First comes what the object itself notes, then the key that opened it before, then the
        newest key that is not newer than the object, then all the others, newest first.
        """
        known = self._known.get(stored.key)
        opened = known.opened if known else _NO_KEYS
        preferred = [*opened.values(), *_made_before(keyring, stored.created)]
        return Order(
            keyring.preferring(preferred), {**opened, **first_tries(stored.sealed, keyring)}
        )

    def note(
        self,
        stored: StoredSealedSecret,
        tries: Tries,
        opened: Mapping[str, Fingerprint] | None = None,
    ) -> None:
        """Remember what tries have shown.

        Args:
            stored: The object.
            tries: The tries; of another version of the object only they are remembered.
            opened: Which key opened each item; None when the object did not open.
        """
        known = self._known.get(stored.key)
        version = (stored.uid, stored.generation)
        wrong = {what: self._shared(keys) for what, keys in tries.wrong.items()}
        if known and known.version == version:
            wrong = {**known.wrong, **wrong}
        if opened is None:
            opened = known.opened if known else _NO_KEYS
        self._known[stored.key] = _Known(version, opened, wrong)

    def forget(self, key: Key) -> None:
        """Forget an object that is gone."""
        self._known.pop(key, None)
        if not self._known:
            self._sets.clear()

    def _shared(self, keys: frozenset[Fingerprint]) -> frozenset[Fingerprint]:
        return self._sets.setdefault(keys, keys)


def _made_before(keyring: Keyring, created: datetime | None) -> tuple[Fingerprint, ...]:
    """Return the newest key that the object can have been sealed with when it was created."""
    if created is None:
        return ()
    fitting = (key.fingerprint for key in keyring if _beginning(key) <= created)
    return tuple(fitting)[:1]


def _beginning(key: KeyPair) -> datetime:
    return key.certificate.not_before if key.certificate else key.order_time
