"""What the key Secrets of a vault amount to: keys that open, keys that seal, and faults.

Reading them is pure. Whether a new key is due is asked of the result, by `renewal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from sealer.errors import SealerError
from sealer.keysecret import key_pair_of
from sealer.keystate import backed_up_at
from sealer_controller.ports import KeySecret
from sealer_keys.errors import EmptyKeyringError
from sealer_keys.fingerprint import Fingerprint
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

__all__ = ["KeyOrder", "KeySet", "read_keys"]


class KeyOrder(Enum):
    """What tells which key is the newest (the original's `--key-order-priority`)."""

    CERT_NOT_BEFORE = "CertNotBefore"
    SECRET_CREATION_TIMESTAMP = "SecretCreationTimestamp"  # noqa: S105 - a setting, no secret


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one moment.

    Attributes:
        keyring: The keys; those that are compromised may not seal.
        names: The names of all key Secrets, those that cannot be used too.
        created: When the Secret of a key was created, where that is known.
        faults: Why a key Secret cannot be used, by its name.
        backups: When a key was last put into a backup, where its Secret tells of one.
    """

    keyring: Keyring = field(default_factory=Keyring)
    names: tuple[str, ...] = ()
    created: Mapping[Fingerprint, datetime] = field(default_factory=dict)
    faults: Mapping[str, SealerError] = field(default_factory=dict)
    backups: Mapping[Fingerprint, datetime] = field(default_factory=dict)

    @property
    def summary(self) -> object:
        """Something that is equal for two sets that do not differ in what they are used for."""
        keys = tuple((key.fingerprint, key.order_time, key.may_seal) for key in self.keyring)
        return keys, self.names, {name: fault.message for name, fault in self.faults.items()}

    @property
    def newest_backup(self) -> datetime | None:
        """When the key that seals was last put into a backup; None for never, or without a key."""
        try:
            return self.backups.get(self.keyring.active.fingerprint)
        except EmptyKeyringError:
            return None

    @property
    def not_backed_up(self) -> int:
        """How many keys no backup is known to hold, of those that open."""
        return sum(key.fingerprint not in self.backups for key in self.keyring)

    def newest(self, now: datetime, *, sealing: bool) -> datetime | None:
        """Return the age of the newest key that may seal, or of the newest that may not.

        A key that says it is of the future, as an imported one can, is as old as its Secret:
        otherwise nothing would ever be newer, and it would never be renewed.

        Args:
            now: The time of day, UTC; the answer is never later.
            sealing: Which of the two.
        """
        times = [self._time(key, now) for key in self.keyring if key.may_seal is sealing]
        return max(times, default=None)

    def _time(self, key: KeyPair, now: datetime) -> datetime:
        if key.order_time <= now:
            return key.order_time
        return min(now, self.created.get(key.fingerprint, now))


def read_keys(found: Sequence[KeySecret], order: KeyOrder) -> KeySet:
    """Return what key Secrets amount to. It takes milliseconds a key: not for the event loop.

    Of two Secrets with the same public key the first counts; if either is marked as compromised,
    the key is.

    Args:
        found: The Secrets, oldest first.
        order: What tells which key is the newest.
    """
    pairs: dict[Fingerprint, KeyPair] = {}
    created: dict[Fingerprint, datetime] = {}
    faults: dict[str, SealerError] = {}
    backups: dict[Fingerprint, datetime] = {}
    for stored in found:
        try:
            pair = _pair(stored, order)
        except SealerError as error:
            faults[stored.secret.name] = error
            continue
        known = pairs.setdefault(pair.fingerprint, pair)
        if not pair.may_seal and known.may_seal:
            pairs[pair.fingerprint] = replace(known, may_seal=False)
        if stored.created is not None:
            created.setdefault(pair.fingerprint, stored.created)
        backup = backed_up_at(stored.secret)
        if backup is not None:
            backups[pair.fingerprint] = max(backup, backups.get(pair.fingerprint, backup))
    names = tuple(sorted(stored.secret.name for stored in found))
    return KeySet(Keyring(pairs.values()), names, created, faults, backups)


def _pair(stored: KeySecret, order: KeyOrder) -> KeyPair:
    """Return the key of a Secret.

    Raises:
        SealerError: It cannot be used.
    """
    if stored.fault is not None:
        raise stored.fault
    by_creation = order is KeyOrder.SECRET_CREATION_TIMESTAMP
    return key_pair_of(stored.secret, created=stored.created if by_creation else None)
