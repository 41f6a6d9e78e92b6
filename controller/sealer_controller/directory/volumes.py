"""Secrets as folders of files: `TARGET/NAMESPACE/NAME/ITEM`, laid out as a mounted Secret volume.

    db/..data -> ..a1b2c3        the state that counts: one rename changes all items at once
    db/..a1b2c3/password         the items
    db/password -> ..data/password

Who opens `db/password` never sees a mix of two states. Source: the layout that the kubelet uses.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import replace

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.files import Access, Folder
from sealer_controller.directory.records import Record
from sealer_controller.objects import Key, StoredSecret

__all__ = ["VolumeTarget"]

_DATA = "..data"
_STATE = ".."


class VolumeTarget:
    """Reads and writes folders of items. Every method raises OSError.

    Args:
        root: The open target folder.
        access: Who may read what is written.
    """

    def __init__(self, root: Folder, access: Access) -> None:
        self._root = root
        self._access = access

    def read(self, key: Key, record: Record | None) -> StoredSecret | None:
        """Return the Secret of that name, or None.

        Of a folder that is not ours only its existence is told: a folder of files cannot say
        `managed`, so nothing in it matters.
        """
        try:
            with self._root.enter(key.namespace) as namespace:
                found = namespace.look(key.name)
                if record is None:
                    return StoredSecret(Secret(key.namespace, key.name, {}), str(found.st_ino))
                with namespace.enter(key.name) as volume:
                    state = _state(volume)
                    secret = replace(record.secret, data=_items(volume, state))
        except FileNotFoundError:
            return None
        return StoredSecret(secret, str(found.st_ino), resource_version=state)

    def create(self, key: Key, secret: Secret) -> None:
        """Write a Secret; FileExistsError where anything of that name is."""
        with self._root.enter(key.namespace, create=self._access) as namespace:
            namespace.make_folder(key.name, self._access)
            try:
                with namespace.enter(key.name) as volume:
                    self._fill(volume, secret)
            except OSError:
                _discard(namespace, key.name)
                raise

    def replace(self, key: Key, secret: Secret) -> None:
        """Write a Secret over the one that is there."""
        with (
            self._root.enter(key.namespace, create=self._access) as namespace,
            namespace.enter(key.name, create=self._access) as volume,
        ):
            self._fill(volume, secret)

    def remove(self, key: Key) -> None:
        """Remove the Secret, if it is there; what others put into its folder stays, with it."""
        with suppress(FileNotFoundError), self._root.enter(key.namespace) as namespace:
            _discard(namespace, key.name)

    def _fill(self, volume: Folder, secret: Secret) -> None:
        """Write a new state, make it count, and clear the old one away.

        The links come first, so that with the state that counts everything is there. Until then a
        new one leads nowhere, which is what an item that does not exist yet should do.
        """
        volume.discard_leftovers()
        state = f"{_STATE}{secrets.token_hex(8)}"
        new = [name for name in secret.data if not _is_link_of_ours(volume, name)]
        try:
            volume.make_folder(state, self._access)
            with volume.enter(state) as items:
                for name, value in secret.data.items():
                    items.create(name, value.reveal(), self._access)
            for name in new:
                volume.point(name, f"{_DATA}/{name}")
            volume.point(_DATA, state)
        except OSError:
            _take_back(volume, state, new)
            raise
        os.fsync(volume.descriptor)
        _clear(volume, keep={state, _DATA, *secret.data})


def _take_back(volume: Folder, state: str, links: list[str]) -> None:
    """Remove what a write that failed has left; what cannot be removed goes with the next one."""
    with suppress(OSError):
        volume.discard_folder(state)
        for name in links:
            if _is_link_of_ours(volume, name):
                volume.discard(name)


def _clear(volume: Folder, keep: set[str]) -> None:
    """Remove the links and states of ours that do not count any more."""
    for name in volume.names():
        if name in keep:
            continue
        if _is_link_of_ours(volume, name):
            volume.discard(name)
        elif name.startswith(_STATE):
            volume.discard_folder(name)


def _discard(namespace: Folder, name: str) -> None:
    with namespace.enter(name) as volume:
        volume.discard_leftovers()
        _clear(volume, keep=set())
        if volume.names():
            return
    os.rmdir(name, dir_fd=namespace.descriptor)


def _is_link_of_ours(volume: Folder, name: str) -> bool:
    try:
        return name == _DATA or volume.target_of(name) == f"{_DATA}/{name}"
    except OSError:  # no link
        return False


def _state(volume: Folder) -> str:
    """Return the name of the state that counts; empty where none does."""
    try:
        state = volume.target_of(_DATA)
    except OSError:
        return ""
    return state if state.startswith(_STATE) and "/" not in state else ""


def _items(volume: Folder, state: str) -> dict[str, SecretBytes]:
    if not state:
        return {}
    try:
        with volume.enter(state) as items:
            return {name: SecretBytes(items.read(name)[0]) for name in items.names()}
    except FileNotFoundError:
        return {}
