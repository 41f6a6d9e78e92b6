"""Secrets as manifests: `TARGET/NAMESPACE/NAME.yaml`, what `kubectl get secret -o yaml` would show.

Owner references stand in the records and not in the file: they mean nothing outside a cluster.
"""

import errno
import os
from contextlib import suppress
from dataclasses import replace

from sealer.documents import read_stream
from sealer.documents.emit import emit_yaml
from sealer.documents.nodes import plain
from sealer.errors import SealerError
from sealer.manifest import Secret, find_objects, read_secret
from sealer_controller.directory.files import Access, Folder
from sealer_controller.directory.records import Record
from sealer_controller.errors import NotManagedError
from sealer_controller.objects import Key, StoredSecret

__all__ = ["ManifestTarget"]

_ENDING = ".yaml"
# A link, something else that is no file, or a file that is larger than any manifest.
_NO_MANIFEST = (errno.ELOOP, errno.EINVAL, errno.EFBIG)


class ManifestTarget:
    """Reads and writes manifests. Every method raises OSError.

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
        return f"{key}{_ENDING}"

    def read(self, key: Key, record: Record | None) -> StoredSecret | None:
        """Return the Secret of that name, or None.

        Raises:
            NotManagedError: Something of that name is there that is neither ours nor a Secret.
        """
        try:
            with self._root.enter(key.namespace) as folder:
                found = folder.look(key.name + _ENDING)
                secret = _read(folder, key, is_ours=record is not None)
        except FileNotFoundError:
            return None
        return StoredSecret(_known(key, secret, record), str(key), resource_version=_version(found))

    def version(self, key: Key) -> str | None:
        """Return the version of what is there, without reading it; None where nothing is."""
        try:
            with self._root.enter(key.namespace) as folder:
                return _version(folder.look(key.name + _ENDING))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def is_whole(self, key: Key) -> bool:
        """Tell whether a Secret was wholly written."""
        return self.version(key) is not None

    def create(self, key: Key, secret: Secret) -> None:
        """Write a Secret; FileExistsError where anything of that name is."""
        with self._root.enter(key.namespace, create=self._access) as folder:
            folder.create(key.name + _ENDING, _encode(secret), self._access)

    def replace(self, key: Key, secret: Secret, *, is_ours: bool) -> None:
        """Write a Secret over the one that is there; what is not ours keeps its owner."""
        with self._root.enter(key.namespace) as folder:
            name, access = key.name + _ENDING, self._access
            if not is_ours and access.owner is None:
                found = folder.look(name)
                access = replace(access, owner=(found.st_uid, found.st_gid))
            folder.replace(name, _encode(secret), access)

    def remove(self, key: Key) -> None:
        """Remove the Secret, if it is there."""
        with suppress(FileNotFoundError), self._root.enter(key.namespace) as folder:
            folder.discard(key.name + _ENDING)

    def tidy(self, key: Key) -> None:
        """Give the file of a Secret of ours its owner and mode."""
        with suppress(FileNotFoundError), self._root.enter(key.namespace) as folder:
            folder.mend(key.name + _ENDING, self._access)


def _read(folder: Folder, key: Key, *, is_ours: bool) -> Secret | None:
    """Return the Secret; None where something else has the name."""
    try:
        return _decode(folder.read(key.name + _ENDING)[0])
    except (SealerError, ValueError):
        return None
    except OSError as error:
        if error.errno in _NO_MANIFEST or (is_ours and error.errno != errno.ENOENT):
            return None
        raise


def _known(key: Key, found: Secret | None, record: Record | None) -> Secret:
    """Return a Secret together with what only its record can tell.

    Raises:
        NotManagedError: It is neither ours nor a Secret.
    """
    if record is None:
        if found is None:
            hint = f"{key}{_ENDING} is no Secret manifest: move it away, or rename the SealedSecret"
            raise NotManagedError(key.name, hint=hint)
        return replace(found, namespace=key.namespace, name=key.name)
    if found is None:
        # Damaged: nothing of it is there, and what we set differs from that in any case.
        return replace(record.secret, data={}, labels={})
    return replace(
        found,
        namespace=key.namespace,
        name=key.name,
        owner_references=record.secret.owner_references,
        finalizers=record.secret.finalizers,
    )


def _version(found: os.stat_result) -> str:
    # A file that was written back with its old time shows in the time of the change itself.
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_size}"


def _encode(secret: Secret) -> bytes:
    return emit_yaml(replace(secret, owner_references=(), finalizers=()).to_object()).encode()


def _decode(content: bytes) -> Secret:
    (document,) = read_stream(content).documents
    if document.error is not None:
        raise document.error
    (found,) = find_objects(document)
    return read_secret(plain(found.node))
