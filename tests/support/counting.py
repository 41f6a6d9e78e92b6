"""A keyring that counts: private-key operations are what costs time."""

from collections.abc import Iterator

from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair


class CountingKeyring(Keyring):
    """A keyring that counts the keys that were tried.

    Attributes:
        tries: How many private-key operations there were.
    """

    __slots__ = ("tries",)

    def __init__(self, *keys: KeyPair) -> None:
        super().__init__(keys)
        self.tries = 0

    def candidates(self, length: int, first: Fingerprint | None = None) -> Iterator[KeyPair]:
        """Yield the keys worth trying, as any keyring does."""
        for key in super().candidates(length, first):
            self.tries += 1
            yield key
