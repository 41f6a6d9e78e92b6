"""Secrets as folders of files: `TARGET/NAMESPACE/NAME/ITEM`, laid out as a mounted Secret volume.

    db/..data -> ..0123456789abcdef    the state that counts: one rename changes all items at once
    db/..0123456789abcdef/password     the items
    db/password -> ..data/password

Who opens `db/password` never sees a mix of two states. Source: the layout that the kubelet uses.
"""

import os
import re
import secrets
import stat
from contextlib import suppress
from dataclasses import replace

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.files import Access, Folder
from sealer_controller.directory.records import Record
from sealer_controller.errors import NotManagedError
from sealer_controller.objects import Key, StoredSecret

__all__ = ["VolumeTarget"]

_DATA = "..data"
# Whatever else begins with two points is somebody else's.
_STATE = re.compile(r"\.\.[0-9a-f]{16}")


class VolumeTarget:
    """Reads and writes folders of items. Every method raises OSError.

    Args:
        root: The open target folder.
        access: Who may read what is written.
    """

    def __init__(self, root: Folder, access: Access) -> None:
        self._root = root
        self._access = access

    @staticmethod
    def path(key: Key) -> str:
        """Return where a Secret is, below the target."""
        return str(key)

    def read(self, key: Key, record: Record | None) -> StoredSecret | None:
        """Return the Secret of that name, or None.

        Raises:
            NotManagedError: What is there is not ours. A folder of files cannot say `managed`.
        """
        try:
            with self._root.enter(key.namespace) as namespace:
                found = namespace.look(key.name)
                if record is None:
                    hint = f"move {key} away, or rename the SealedSecret"
                    raise NotManagedError(key.name, hint=hint)
                data, version = {}, _version_of_no_folder(found)
                if stat.S_ISDIR(found.st_mode):
                    with namespace.enter(key.name) as volume:
                        version = _version(volume)
                        data = _items(volume)
        except FileNotFoundError:
            return None
        return StoredSecret(replace(record.secret, data=data), str(key), resource_version=version)

    def version(self, key: Key) -> str | None:
        """Return the version of what is there, without reading it; None where nothing is."""
        try:
            with self._root.enter(key.namespace) as namespace:
                found = namespace.look(key.name)
                if not stat.S_ISDIR(found.st_mode):
                    return _version_of_no_folder(found)
                with namespace.enter(key.name) as volume:
                    return _version(volume)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def is_whole(self, key: Key) -> bool:
        """Tell whether a Secret was wholly written, at least once."""
        try:
            with self._root.enter(key.namespace) as folder, folder.enter(key.name) as volume:
                return bool(_state(volume))
        except (FileNotFoundError, NotADirectoryError):
            return False

    def create(self, key: Key, secret: Secret) -> None:
        """Write a Secret; FileExistsError where anything of that name is."""
        with self._root.enter(key.namespace, create=self._access) as namespace:
            namespace.make_folder(key.name, self._access)
            try:
                with namespace.enter(key.name) as volume:
                    self._fill(volume, secret)
            except OSError:
                with suppress(OSError):
                    _discard(namespace, key.name)
                raise

    def replace(self, key: Key, secret: Secret, *, is_ours: bool) -> None:
        """Write a Secret over the one that is there, or over what has taken its place."""
        del is_ours  # nothing else is ever replaced
        with self._root.enter(key.namespace) as namespace:
            if not stat.S_ISDIR(namespace.look(key.name).st_mode):
                namespace.discard(key.name)
            with namespace.enter(key.name, create=self._access) as volume:
                self._fill(volume, secret)

    def remove(self, key: Key) -> None:
        """Remove the Secret, if it is there; what others put into its folder stays, with it."""
        with suppress(FileNotFoundError), self._root.enter(key.namespace) as namespace:
            _discard(namespace, key.name)

    def tidy(self, key: Key) -> None:
        """Remove what a killed process left in a Secret of ours; mend owners and modes in it."""
        with suppress(FileNotFoundError), self._root.enter(key.namespace) as namespace:
            if not stat.S_ISDIR(namespace.look(key.name).st_mode):
                return
            namespace.mend(key.name, self._access)
            with namespace.enter(key.name) as volume:
                volume.discard_leftovers()
                state = _state(volume)
                for name in volume.names():
                    if _STATE.fullmatch(name) and name != state:
                        volume.discard_folder(name)
                if state:
                    _mend_items(volume, state, self._access)

    def _fill(self, volume: Folder, secret: Secret) -> None:
        """Write a new state, make it count, and clear the old one away.

        The links come first, so that with the state that counts everything is there. Until then a
        new one leads nowhere, which is what an item that does not exist yet should do.
        """
        volume.discard_leftovers()
        state = f"..{secrets.token_hex(8)}"
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
        elif _STATE.fullmatch(name):
            volume.discard_folder(name)


def _discard(namespace: Folder, name: str) -> None:
    if stat.S_ISDIR(namespace.look(name).st_mode):
        with namespace.enter(name) as volume:
            volume.discard_leftovers()
            if _is_link_of_ours(volume, _DATA):
                volume.discard(_DATA)  # so that all items go at once
            _clear(volume, keep=set())
        namespace.discard_empty(name)


def _mend_items(volume: Folder, state: str, access: Access) -> None:
    with suppress(OSError):  # what is broken there shows when it is read
        volume.mend(state, access)
        with volume.enter(state) as items:
            for name in items.names():
                items.mend(name, access)


def _is_link_of_ours(volume: Folder, name: str) -> bool:
    try:
        target = volume.target_of(name)
    except OSError:  # no link
        return False
    return name == _DATA or target == f"{_DATA}/{name}"


def _state(volume: Folder) -> str:
    """Return the name of the state that counts; empty where none does."""
    try:
        state = volume.target_of(_DATA)
    except OSError:
        return ""
    return state if _STATE.fullmatch(state) else ""


def _items(volume: Folder) -> dict[str, SecretBytes]:
    """Return the items that whoever looks into the folder finds; the others are lost, so to say."""
    state, items = _state(volume), {}
    if state:
        with suppress(FileNotFoundError, NotADirectoryError), volume.enter(state) as folder:
            for name in folder.names():
                with suppress(OSError):
                    content = folder.read(name)[0]
                    if _is_link_of_ours(volume, name):
                        items[name] = SecretBytes(content)
    return items


def _version(volume: Folder) -> str:
    """Return something that is another as soon as anything in the folder is another."""
    state = _state(volume)
    times = [str(os.fstat(volume.descriptor).st_ctime_ns)]
    if state:
        with suppress(FileNotFoundError, NotADirectoryError), volume.enter(state) as folder:
            times.append(str(os.fstat(folder.descriptor).st_ctime_ns))
            for name in folder.names():
                found = folder.look(name)
                times.append(f"{found.st_ino}-{found.st_size}-{found.st_ctime_ns}")
    return f"{state} {' '.join(times)}"


def _version_of_no_folder(found: os.stat_result) -> str:
    return f"no folder, {found.st_ino}-{found.st_ctime_ns}"
