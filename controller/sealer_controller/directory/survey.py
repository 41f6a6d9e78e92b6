"""Tell what happens to the Secrets that we made: which are there, in which version, and which go.

What the operating system reports names the Secrets to look at; all of them are only looked at when
it cannot tell. No content is read.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePath

from sealer.errors import SealerError
from sealer_controller.directory.target import STATE, Target
from sealer_controller.objects import Key, SecretChange, SecretGone, SecretSeen, StoredSecret

__all__ = ["Survey", "is_state"]

_PARTS = 2


class Survey:
    """What was last known of the Secrets under a target.

    Args:
        target: Where they are.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        # The version that was reported last; None where it was that the Secret is gone.
        self._told: dict[Key, str | None] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(version is not None for version in self._told.values())

    def wrote(self, stored: StoredSecret) -> None:
        """Note that whoever is told of changes knows of this one: it is theirs."""
        self._told[Key(stored.secret.namespace, stored.secret.name)] = stored.resource_version

    def begin(self) -> None:
        """Tell everything from the beginning."""
        self._told.clear()

    def look(self, paths: Iterable[PurePath] | None) -> list[SecretChange]:
        """Return what has happened, to all of them or to those that the paths belong to.

        What has changed is tidied at once: who may read it is put right without writing it.
        """
        ours = self._target.made | self._told.keys()
        keys = ours if paths is None else ours & _named(paths, ours)
        return [change for key in sorted(keys) for change in self._look_at(key)]

    def _look_at(self, key: Key) -> list[SecretChange]:
        """Return what is news; one that went before it was ever seen is gone all the same."""
        is_known, before = key in self._told, self._told.get(key)
        try:
            version = self._version(key)
            if before is not None and version not in (None, before):
                with suppress(SealerError):  # a link cannot be tidied: it is drift
                    self._target.tidy(key)
                version = self._version(key)
            if version is None:
                self._target.note_gone(key)
        except SealerError:  # what cannot be looked at now is as it was
            return []
        if key in self._target.made:
            self._told[key] = version
        else:
            self._told.pop(key, None)
        if is_known and version == before:
            return []
        if version is None:
            return [SecretGone(key, str(key))]
        return [SecretSeen(key, str(key), version)]

    def _version(self, key: Key) -> str | None:
        return self._target.version(key) if key in self._target.made else None


def is_state(path: PurePath) -> bool:
    """Tell whether a path below the target is in the folder where the controller keeps its own."""
    return path.parts[:1] == (STATE,) and path.parts != (STATE,)


def _named(paths: Iterable[PurePath], ours: Iterable[Key]) -> set[Key]:
    """Return the Secrets that paths belong to, in either format, and those of whole namespaces."""
    keys: set[Key] = set()
    namespaces: set[str] = set()
    for path in paths:
        if len(path.parts) < _PARTS:
            namespaces.update(path.parts[:1])
        else:
            namespace, name = path.parts[:_PARTS]
            keys |= {Key(namespace, name), Key(namespace, name.removesuffix(".yaml"))}
    return keys | {key for key in ours if key.namespace in namespaces}
