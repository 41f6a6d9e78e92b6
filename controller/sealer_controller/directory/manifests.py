"""Secrets as manifests: `TARGET/NAMESPACE/NAME.yaml`, what `kubectl get secret -o yaml` would show.

Owner references stand in the records and not in the file: they mean nothing outside a cluster.
"""

from contextlib import suppress
from dataclasses import replace

from sealer.documents import read_stream
from sealer.documents.emit import emit_yaml
from sealer.documents.nodes import plain
from sealer.errors import SealerError, TerminalError
from sealer.manifest import Secret, find_objects, read_secret
from sealer_controller.directory.files import Access, Folder
from sealer_controller.directory.records import Record
from sealer_controller.objects import Key, StoredSecret

__all__ = ["ManifestTarget"]

_ENDING = ".yaml"


class ManifestTarget:
    """Reads and writes manifests. Every method raises OSError.

    Args:
        root: The open target folder.
        access: Who may read what is written.
    """

    def __init__(self, root: Folder, access: Access) -> None:
        self._root = root
        self._access = access

    def read(self, key: Key, record: Record | None) -> StoredSecret | None:
        """Return the Secret of that name, or None.

        Raises:
            TerminalError: Something of that name is there that is neither ours nor a Secret.
        """
        try:
            with self._root.enter(key.namespace) as folder:
                content, found = folder.read(key.name + _ENDING)
        except FileNotFoundError:
            return None
        try:
            secret = _decode(content)
        except (SealerError, ValueError) as error:
            if record is None:
                raise TerminalError(
                    f"{self._root.path / key.namespace / key.name}{_ENDING} exists and is no "
                    "Secret manifest",
                    hint="move it away, or rename the SealedSecret",
                ) from error
            secret = Secret(key.namespace, key.name, {})  # damaged: written anew
        secret = replace(secret, namespace=key.namespace, name=key.name)
        if record is not None:
            secret = replace(
                secret,
                owner_references=record.secret.owner_references,
                finalizers=record.secret.finalizers,
            )
        version = f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"
        return StoredSecret(secret, uid=str(found.st_ino), resource_version=version)

    def create(self, key: Key, secret: Secret) -> None:
        """Write a Secret; FileExistsError where anything of that name is."""
        with self._root.enter(key.namespace, create=self._access) as folder:
            folder.create(key.name + _ENDING, _encode(secret), self._access)

    def replace(self, key: Key, secret: Secret) -> None:
        """Write a Secret over the one that is there."""
        with self._root.enter(key.namespace, create=self._access) as folder:
            folder.replace(key.name + _ENDING, _encode(secret), self._access)

    def remove(self, key: Key) -> None:
        """Remove the Secret, if it is there."""
        with suppress(FileNotFoundError), self._root.enter(key.namespace) as folder:
            folder.discard(key.name + _ENDING)


def _encode(secret: Secret) -> bytes:
    return emit_yaml(replace(secret, owner_references=(), finalizers=()).to_object()).encode()


def _decode(content: bytes) -> Secret:
    (document,) = read_stream(content).documents
    if document.error is not None:
        raise document.error
    (found,) = find_objects(document)
    return read_secret(plain(found.node))
