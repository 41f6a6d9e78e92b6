"""What the controller works with, whichever store it comes from: plain values, no I/O.

A request is only a `Key`. A `StoredSealedSecret` and a `StoredSecret` are what the store holds
under it; `Status` and `Event` are what is told to people.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sealer.errors import SealerError
from sealer.manifest import SealedSecret, Secret

__all__ = [
    "Condition",
    "Event",
    "Key",
    "Listed",
    "Removed",
    "SecretChange",
    "SecretGone",
    "SecretSeen",
    "SecretsListed",
    "Status",
    "StoreChange",
    "StoredSealedSecret",
    "StoredSecret",
    "Upserted",
]


class Key(NamedTuple):
    """What names an object of one kind: namespace (empty when it has none) and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `NAMESPACE/NAME`, or the name alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a status (compat.md 2.5).

    Attributes:
        type: `Synced` is the only one the original knows.
        status: `True`, `False` or `Unknown`.
        reason: Machine-readable, such as `Unsealed` or `NoMatchingKey`; ours.
        message: For people; empty on success. The first line is the original's.
        last_update_time: When it was last evaluated and written.
        last_transition_time: When `status` last changed.
    """

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_update_time: datetime | None = None
    last_transition_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a SealedSecret.

    Attributes:
        observed_generation: The generation that was last worked on; 0 for none.
        conditions: The conditions; those that we do not know are carried along.
    """

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()

    def condition(self, name: str) -> Condition | None:
        """Return the condition of that type, or None."""
        return next((found for found in self.conditions if found.type == name), None)


@dataclass(frozen=True, slots=True)
class StoredSealedSecret:
    """A SealedSecret as the store holds it.

    Attributes:
        sealed: The object itself.
        uid: The store's name for this very object; another one after delete and create.
        resource_version: The store's name for this version of it.
        generation: Grows when the spec changes.
        created: When it was created, where the store knows.
        status: What was last written about it.
        fault: Why it cannot be used at all, where it cannot even be read.
        is_going: Whether its deletion has begun: it is there until others have done their part.
    """

    sealed: SealedSecret
    uid: str
    resource_version: str = ""
    generation: int = 1
    created: datetime | None = None
    status: Status = Status()
    fault: SealerError | None = None
    is_going: bool = False

    @property
    def key(self) -> Key:
        """Its namespace and name, and those of its Secret."""
        return Key(self.sealed.namespace, self.sealed.name)


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A Secret as the store holds it.

    Attributes:
        secret: The object itself.
        uid: The store's name for this very object.
        resource_version: The version that was read; a write from an older one is a conflict.
    """

    secret: Secret
    uid: str
    resource_version: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that people are told about a SealedSecret (compat.md 2.6).

    Attributes:
        type: `Normal` or `Warning`.
        reason: Such as `Unsealed`.
        message: One sentence, the original's; never a value.
    """

    type: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Upserted:
    """A SealedSecret is new, or has a new version."""

    stored: StoredSealedSecret


@dataclass(frozen=True, slots=True)
class Removed:
    """A SealedSecret is gone."""

    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class Listed:
    """All SealedSecrets that there are have been reported at least once."""

    count: int


StoreChange = Upserted | Removed | Listed


@dataclass(frozen=True, slots=True)
class SecretSeen:
    """A Secret that we produced is there, in this version; what is in it is not told."""

    key: Key
    uid: str
    resource_version: str


@dataclass(frozen=True, slots=True)
class SecretGone:
    """A Secret that we produced is gone, or no longer marked as ours."""

    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class SecretsListed:
    """All Secrets marked as ours have been reported at least once."""

    count: int


SecretChange = SecretSeen | SecretGone | SecretsListed
