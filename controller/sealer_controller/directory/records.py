"""Remember which Secrets under the target are ours: `TARGET/.sealer/made/NAMESPACE/NAME.json`.

Files have no owner references, and item folders no labels or type, so both are kept here: all of a
Secret but its data. A record is written before what it is about, so that a crash in between leaves
a record without a Secret, which means nothing, and never a Secret of ours that looks foreign. The
same holds for the folders of namespaces, of which the file `.folder` says that we made them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from sealer.errors import SealerError
from sealer.manifest import Secret, read_secret
from sealer_controller import logs
from sealer_controller.directory.files import Access, Folder
from sealer_controller.objects import Key

__all__ = ["CLAIM", "Record", "Records", "TargetFormat"]

_log = logs.logger(__name__)
_FOLDER, _ENDING = "made", ".json"
# Says that a folder is ours: of a namespace, or the target itself.
CLAIM = ".folder"
_VERSION = 1


class TargetFormat(Enum):
    """How Secrets look under the target (controller.md 1)."""

    MANIFEST = "manifest"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a Secret that we wrote.

    Attributes:
        format: How it was written.
        secret: The Secret without its data.
        former: How it was written before, where that may still be there too.
    """

    format: TargetFormat
    secret: Secret
    former: TargetFormat | None = None

    @property
    def formats(self) -> tuple[TargetFormat, ...]:
        """Every way in which it may be there."""
        return (self.format, self.former) if self.former else (self.format,)

    @property
    def is_owned(self) -> bool:
        """Whether a SealedSecret owns it, and takes it along when it goes."""
        return any(owner.get("controller") is True for owner in self.secret.owner_references)


class Records:
    """The records below one folder. Every method raises OSError.

    Args:
        state: The open folder `TARGET/.sealer`.
    """

    def __init__(self, state: Folder) -> None:
        self._state = state

    def read(self, key: Key) -> Record | None:
        """Return the record of a Secret; None where there is none, or none that can be read."""
        try:
            with self._state.enter(_FOLDER) as made, made.enter(key.namespace) as folder:
                content, _ = folder.read(key.name + _ENDING)
        except FileNotFoundError:
            return None
        try:
            return _decode(key, json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError, SealerError):
            # What is not known to be ours counts as foreign: it is kept.
            _log.warning("record_unreadable", namespace=key.namespace, name=key.name)
            return None

    def write(self, key: Key, record: Record) -> None:
        """Keep a record."""
        content = json.dumps(_encode(record)).encode()
        with (
            self._state.enter(_FOLDER, create=Access()) as made,
            made.enter(key.namespace, create=Access()) as folder,
        ):
            folder.replace(key.name + _ENDING, content)

    def forget(self, key: Key) -> None:
        """Drop a record, if there is one."""
        try:
            with self._state.enter(_FOLDER) as made, made.enter(key.namespace) as folder:
                folder.discard(key.name + _ENDING)
        except FileNotFoundError:
            return

    def keys(self) -> Iterator[Key]:
        """Yield what there are records of, sorted."""
        for namespace in self.namespaces():
            yield from self.keys_in(namespace)

    def keys_in(self, namespace: str) -> Iterator[Key]:
        """Yield what there are records of in a namespace, sorted."""
        with self._state.enter(_FOLDER) as made, made.enter(namespace) as folder:
            for name in folder.names():
                if name.endswith(_ENDING) and not name.startswith("."):
                    yield Key(namespace, name.removesuffix(_ENDING))

    def namespaces(self) -> list[str]:
        """Return the namespaces that anything is remembered about."""
        try:
            with self._state.enter(_FOLDER) as made:
                return made.names()
        except FileNotFoundError:
            return []

    def claim(self, namespace: str) -> None:
        """Note that the folder of a namespace is ours."""
        with (
            self._state.enter(_FOLDER, create=Access()) as made,
            made.enter(namespace, create=Access()) as folder,
        ):
            folder.replace(CLAIM, b"")

    def claims(self, namespace: str) -> bool:
        """Tell whether the folder of a namespace is ours."""
        try:
            with self._state.enter(_FOLDER) as made, made.enter(namespace) as folder:
                return folder.has(CLAIM)
        except FileNotFoundError:
            return False

    def release(self, namespace: str) -> None:
        """Forget a namespace of which there are no records."""
        with suppress(FileNotFoundError), self._state.enter(_FOLDER) as made:
            made.discard_folder(namespace)

    def discard_leftovers(self, namespace: str) -> None:
        """Remove what a killed process had begun to write."""
        with self._state.enter(_FOLDER) as made, made.enter(namespace) as folder:
            folder.discard_leftovers()


def _encode(record: Record) -> Mapping[str, object]:
    secret = replace(record.secret, data={})
    formats = {"format": record.format.value}
    if record.former is not None:
        formats["former"] = record.former.value
    return {"version": _VERSION, **formats, "secret": secret.to_object()}


def _decode(key: Key, stored: Mapping[str, Any]) -> Record:
    if stored["version"] != _VERSION:
        raise ValueError("written by another version")
    metadata = stored["secret"]["metadata"]
    secret = replace(
        read_secret(stored["secret"]),
        namespace=key.namespace,
        name=key.name,
        owner_references=tuple(dict(owner) for owner in metadata.get("ownerReferences", ())),
        finalizers=tuple(map(str, metadata.get("finalizers", ()))),
    )
    former = stored.get("former")
    return Record(
        TargetFormat(stored["format"]), secret, None if former is None else TargetFormat(former)
    )
