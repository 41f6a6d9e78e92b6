"""A keyring holds every key of a cluster: the newest that may seal does, all of them open."""

from collections.abc import Iterable, Iterator
from copy import copy

from sealer_keys.certificate import Certificate
from sealer_keys.errors import EmptyKeyringError
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.private_key import KeyPair


class Keyring:
    """An immutable set of key pairs, newest first.

    Of keys with the same public half the first registered counts; of keys with the same order
    time the first registered is the newer one (compat.md 1.6).
    """

    __slots__ = ("_by_fingerprint", "_keys", "_order")

    def __init__(self, keys: Iterable[KeyPair] = ()) -> None:
        unique: dict[Fingerprint, KeyPair] = {}
        for key in keys:
            unique.setdefault(key.fingerprint, key)
        ordered = sorted(unique.items(), key=lambda entry: entry[1].order_time, reverse=True)
        self._by_fingerprint = dict(ordered)
        self._keys = tuple(self._by_fingerprint.values())
        self._order = self._keys

    def __iter__(self) -> Iterator[KeyPair]:
        """Iterate over the keys, newest first."""
        return iter(self._keys)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._keys)

    def get(self, fingerprint: Fingerprint) -> KeyPair | None:
        """Return the key of that name, or None."""
        return self._by_fingerprint.get(fingerprint)

    @property
    def active(self) -> KeyPair:
        """The newest key that may seal: the one that does.

        Raises:
            EmptyKeyringError: There is no such key.
        """
        for key in self._keys:
            if key.may_seal:
                return key
        raise EmptyKeyringError("key registry has no keys")

    @property
    def certificate(self) -> Certificate:
        """The newest certificate of a key that may seal: the one to publish.

        Raises:
            EmptyKeyringError: There is no key with a certificate that may seal.
        """
        for key in self._keys:
            if key.may_seal and key.certificate is not None:
                return key.certificate
        raise EmptyKeyringError("key registry has no keys")

    def candidates(self, length: int, first: Fingerprint | None = None) -> Iterator[KeyPair]:
        """Yield the keys worth trying on an RSA part of `length` bytes, in the order of the tries.

        Args:
            length: Only a key whose modulus has exactly so many bytes can fit (threats.md T9).
            first: A hint which key to try first. It orders the tries and decides nothing.
        """
        hinted = self._by_fingerprint.get(first) if first else None
        ordered = self._order if hinted is None else (hinted, *self._order)
        for at, key in enumerate(ordered):
            if at and key is hinted:
                continue
            if (key.private_key.key_size + 7) // 8 == length:
                yield key

    def preferring(self, fingerprints: Iterable[Fingerprint]) -> "Keyring":
        """Return the same keys, of which these are tried first; the rest follows, newest first."""
        known = self._by_fingerprint
        names = dict.fromkeys((*(name for name in fingerprints if name in known), *known))
        other = copy(self)
        other._order = tuple(known[name] for name in names)  # noqa: SLF001 - our own
        return other

    def with_key(self, key: KeyPair) -> "Keyring":
        """Return a keyring that holds `key` as well."""
        return Keyring((*self._keys, key))
