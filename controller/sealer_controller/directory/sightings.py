"""Tell from one reading of the source folder to the next what is new, changed or gone.

Pure: readings come in, changes come out. What is remembered of each object is its entry in the
status file.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sealer.manifest import SealedSecret
from sealer_controller.directory.parse import SourceObject
from sealer_controller.directory.source import Snapshot
from sealer_controller.directory.status import StatusFile
from sealer_controller.objects import Key, Removed, StoredSealedSecret, Upserted

__all__ = ["DirectoryOptions", "Sightings"]


def _all(_sealed: SealedSecret) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """How the source folder is followed.

    Attributes:
        wanted: Which SealedSecrets are ours to reconcile; the others are left as they are.
        rescan_seconds: The folder is read again so often even if nobody reports a change.
        settle_seconds: An object counts as removed when it has been missing for so long: a
            checkout under way removes files and writes them again.
    """

    wanted: Callable[[SealedSecret], bool] = _all
    rescan_seconds: float = 30.0
    settle_seconds: float = 1.0


class Sightings:
    """What is known of the objects in the source folder.

    Args:
        status: Holds an entry for every object that is there, as far as it is known.
        options: Which objects count, and when one is gone.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self, status: StatusFile, options: DirectoryOptions, clock: Callable[[], float]
    ) -> None:
        self._status = status
        self._options = options
        self._clock = clock
        self._reported: dict[Key, tuple[str, str]] = {}
        self._missing: dict[Key, float] = {}
        self._doomed: set[Key] = set()

    def __len__(self) -> int:
        """Return how many objects there are."""
        return len(self._reported)

    @property
    def is_settling(self) -> bool:
        """Whether an object is missing that may yet come back."""
        return bool(self._missing)

    def take(self, snapshot: Snapshot) -> Iterator[Upserted | Removed]:
        """Yield what a reading tells that the one before did not."""
        for key in self._gone(snapshot):
            self._doomed.add(key)
            yield from self._drop(key)
        for key, found in snapshot.objects.items():
            self._doomed.discard(key)
            if not self._options.wanted(found.sealed):
                yield from self._drop(key)
                continue
            stored = self._sight(found)
            version = (stored.uid, stored.resource_version)
            if self._reported.get(key) != version:
                self._reported[key] = version
                yield Upserted(stored)

    def find(self, key: Key, snapshot: Snapshot) -> StoredSealedSecret | None:
        """Return an object of a reading, or None where there is none of that name that counts."""
        found = snapshot.objects.get(key)
        return None if found is None or key not in self._reported else self._sight(found)

    def orphans(self, snapshot: Snapshot, made: Iterable[Key]) -> list[Key]:
        """Return which of the Secrets that we made have no SealedSecret any more.

        Where the status file was lost, nobody knows which file a Secret came from: then it is no
        orphan as long as any file cannot be read.
        """
        return [
            key
            for key in sorted(made)
            if key not in snapshot.objects
            and self._status.get(key) is None
            and (key in self._doomed or not snapshot.unread)
        ]

    def _gone(self, snapshot: Snapshot) -> list[Key]:
        """Return the objects that have been missing for long enough."""
        now = self._clock()
        missing = {
            key: self._missing.get(key, now)
            for key, entry in self._status.entries.items()
            if key not in snapshot.objects and not snapshot.may_hold(entry.source)
        }
        settle = self._options.settle_seconds
        gone = [key for key, since in missing.items() if now - since >= settle]
        self._missing = {key: since for key, since in missing.items() if key not in gone}
        return gone

    def _drop(self, key: Key) -> Iterator[Removed]:
        self._status.drop(key)
        if key in self._reported:
            uid, _ = self._reported.pop(key)
            yield Removed(key, uid)

    def _sight(self, found: SourceObject) -> StoredSealedSecret:
        items = found.sealed.encrypted_data.keys() | found.sealed.template.data.keys()
        entry = self._status.sight(found.key, found.source, found.spec_digest, items)
        return StoredSealedSecret(
            sealed=found.sealed,
            uid=entry.uid,
            resource_version=found.digest,
            generation=entry.generation,
            status=entry.status,
            fault=found.fault,
        )
