"""The status of every SealedSecret of a directory store: `TARGET/.sealer/status.json`.

It is written for people and programs, and read again at the next start: uid and generation of an
object live on in it. `docs/controller.md` describes the fields.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

import msgspec
from msgspec import Struct

from sealer_controller.objects import Condition, Key, Status
from sealer_controller.status import SYNCED

__all__ = ["Entry", "Problem", "StatusFile"]

_VERSION = 1


class Problem(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Something about the folders, and not about one object, that somebody has to look at.

    Attributes:
        source: The file or folder, and where in it.
        message: What is wrong, without any value.
        is_harmless: Nothing that we should do is left undone for it.
    """

    source: str
    message: str
    is_harmless: bool = False


class Entry(Struct, frozen=True, rename="camel"):
    """One object of the file.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        source: The file that holds it, relative to the source folder.
        synced: Whether its Secret is as it wants it; None before the first try.
        reason: Why, in one word.
        message: Why, for people.
        items: The keys of its items, sorted.
        keys: Fingerprints of the keys that opened it.
        last_transition_time: When `synced` last changed.
        last_update_time: When it was last evaluated.
        uid: Its identity; another one after delete and create.
        generation: Grows when its spec changes.
        observed_generation: The generation that the status is about.
        spec_digest: SHA-256 of its spec, which is ciphertext.
    """

    namespace: str
    name: str
    source: str
    synced: bool | None = None
    reason: str = ""
    message: str = ""
    items: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None
    uid: str = ""
    generation: int = 1
    observed_generation: int = 0
    spec_digest: str = ""

    @property
    def status(self) -> Status:
        """The status as the controller knows it."""
        if self.synced is None:
            return Status()
        condition = Condition(
            SYNCED,
            "True" if self.synced else "False",
            self.reason,
            self.message,
            self.last_update_time,
            self.last_transition_time,
        )
        return Status(self.observed_generation, (condition,))

    def sighted(self, source: str, spec_digest: str, items: Iterable[str]) -> "Entry":
        """Return the entry after its object was read from a file."""
        is_same = self.spec_digest == spec_digest
        return msgspec.structs.replace(
            self,
            source=source,
            items=tuple(sorted(items)),
            spec_digest=spec_digest,
            generation=self.generation if is_same else self.generation + 1,
        )

    def told(self, status: Status) -> "Entry":
        """Return the entry with another status."""
        condition = status.condition(SYNCED)
        if condition is None:
            return self
        return msgspec.structs.replace(
            self,
            synced=condition.status == "True",
            reason=condition.reason,
            message=condition.message,
            last_transition_time=condition.last_transition_time,
            last_update_time=condition.last_update_time,
            observed_generation=status.observed_generation,
        )


class _File(Struct, frozen=True):
    version: int
    objects: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


class StatusFile:
    """The content of the file, kept in memory and changed there.

    Args:
        entries: What the file held at the start.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {Key(entry.namespace, entry.name): entry for entry in entries}
        self.problems: tuple[Problem, ...] = ()

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """Read the file.

        Raises:
            msgspec.DecodeError: It is damaged, or of another version.
        """
        file = msgspec.json.decode(content, type=_File)
        if file.version != _VERSION:
            raise msgspec.ValidationError("another version")
        return cls(file.objects)

    def encode(self) -> bytes:
        """Return the file's content: one object a line, sorted by namespace and name."""
        entries = tuple(entry for _, entry in sorted(self._entries.items()))
        file = _File(_VERSION, entries, self.problems)
        return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"

    def __getitem__(self, key: Key) -> Entry:
        """Return the entry of an object."""
        return self._entries[key]

    def get(self, key: Key) -> Entry | None:
        """Return the entry of an object, or None."""
        return self._entries.get(key)

    @property
    def entries(self) -> Mapping[Key, Entry]:
        """All entries."""
        return self._entries

    def sight(self, key: Key, source: str, spec_digest: str, items: Iterable[str]) -> Entry:
        """Note that an object was read from a file; return its entry."""
        entry = self._entries.get(key)
        if entry is None:
            entry = Entry(
                key.namespace, key.name, source, uid=str(uuid.uuid4()), spec_digest=spec_digest
            )
        self._entries[key] = entry.sighted(source, spec_digest, items)
        return self._entries[key]

    def tell(self, key: Key, uid: str, status: Status) -> None:
        """Note an object's status, unless the object is gone or was replaced."""
        entry = self._entries.get(key)
        if entry is not None and entry.uid == uid:
            self._entries[key] = entry.told(status)

    def opened_by(self, key: Key, keys: Iterable[str]) -> None:
        """Note which keys opened an object."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries[key] = msgspec.structs.replace(entry, keys=tuple(keys))

    def drop(self, key: Key) -> None:
        """Forget an object that is gone."""
        self._entries.pop(key, None)
