"""The keys folder: sealing keys as key Secret manifests, the same objects as in a cluster.

Pairs of PEM files, `NAME.key` and `NAME.crt`, are read too, so that a key can be brought along.
Anything else is reported and left alone.
"""

import asyncio
import errno
import stat
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sealer.documents import Document, read_stream
from sealer.documents.emit import emit_yaml
from sealer.documents.nodes import plain
from sealer.errors import (
    ManifestError,
    ManyErrors,
    RetryableError,
    SealerError,
    TerminalError,
)
from sealer.keysecret import (
    ACTIVE,
    CERTIFICATE_ITEM,
    DEFAULT_PREFIX,
    DIGEST_KEY,
    KEY_LABEL,
    PRIVATE_KEY_ITEM,
    TLS_TYPE,
)
from sealer.manifest import Found, Secret, find_objects, read_secret
from sealer.sensitive import SecretBytes
from sealer_controller import logs
from sealer_controller.directory.files import Access, Folder, explained, open_folder, printable
from sealer_controller.directory.watch import Watch
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.objects import Event
from sealer_controller.ports import KeySecret

__all__ = ["DirectoryKeys"]

_log = logs.logger(__name__)
_MANIFESTS = (".yaml", ".yml", ".json")
_KEY, _CERTIFICATE = ".key", ".crt"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# In any case the folder is read again so often.
_RESCAN_SECONDS = 30.0
# To write a key takes milliseconds; what is older than this was left by somebody who was killed.
_ABANDONED_SECONDS = 60.0
# What the operating system answers to whoever may not write there.
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


class DirectoryKeys:
    """The `KeyVault` of `ports` over a folder.

    Args:
        path: The folder; it is made with the first key.
        namespace: What the keys of bare PEM files are said to be in.
        prefix: The whole name of a key Secret of old, which has no label.
        now: Returns the time of day, UTC.
    """

    def __init__(
        self,
        path: Path,
        *,
        namespace: str = "",
        prefix: str = DEFAULT_PREFIX,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = path
        self._namespace = namespace
        self._prefix = prefix
        self._now = now
        self._told: set[tuple[str, str]] = set()
        self._was_there = False

    async def key_secrets(self) -> Sequence[KeySecret]:
        """Return every active key Secret, oldest first, the legacy unlabelled one included."""
        found = await asyncio.to_thread(self._read)
        return sorted((each for each in found if not _is_digest_key(each)), key=_age)

    async def create_key_secret(self, secret: Secret, prefix: str) -> KeySecret:
        """Store a new key Secret under the name it has, which begins with `prefix`."""
        del prefix  # it matters to the objects of a cluster only
        return await asyncio.to_thread(self._create, secret)

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yield each time that the key Secrets may be others than before, for ever."""
        watch = Watch(self._path)
        try:
            while True:
                await watch.begin()
                yield
                await watch.wait(_RESCAN_SECONDS)
        finally:
            await watch.close()

    async def publish(self, certificate: bytes) -> None:
        """Do nothing: the store keeps the certificate beside the Secrets."""

    async def readers(self) -> Sequence[str]:
        """Return nobody: the mode of each file is told when it is read."""
        return ()

    async def record(self, name: str, event: Event) -> None:
        """Tell the log what a cluster would record as an Event."""
        tell = _log.info if event.type == "Normal" else _log.warning
        tell("event", key=name, reason=event.reason, message=event.message)

    async def digest_key(self) -> Secret | None:
        """Return the Secret `sealer.keysecret.DIGEST_KEY`, whichever file it is in, or None."""
        found = await asyncio.to_thread(self._read)
        return next((each.secret for each in found if _is_digest_key(each)), None)

    async def create_digest_key(self, secret: Secret) -> Secret:
        """Store a Secret of that name."""
        return await asyncio.to_thread(self._create_digest_key, secret)

    def _read(self) -> Sequence[KeySecret]:
        with explained(self._path):
            if not self._path.exists():
                if self._was_there:
                    # A folder that goes with everything in it was unmounted, or is being moved.
                    raise RetryableError(f"{self._path}: the folder of the keys is gone")
                return ()
            with open_folder(self._path) as folder:
                self._was_there = True
                _discard_leftovers(folder)
                names = [name for name in folder.names() if not name.startswith(".")]
                return [stored for name in names for stored in self._keys_of(folder, name)]

    def _create(self, secret: Secret) -> KeySecret:
        created = self._now().replace(microsecond=0)
        with explained(self._path), self._made_folder() as folder:
            try:
                folder.create(f"{secret.name}.yaml", _encode(secret, created))
            except FileExistsError as error:
                message = f"{self._path}: there is a file {secret.name}.yaml"
                raise ChangedMeanwhileError(message) from error
        return KeySecret(secret, created)

    def _create_digest_key(self, secret: Secret) -> Secret:
        path = self._path / f"{DIGEST_KEY}.yaml"
        content = _encode(secret, self._now().replace(microsecond=0))
        with explained(path):
            try:
                with self._made_folder() as folder:
                    folder.create(path.name, content)
            except FileExistsError as error:
                raise ChangedMeanwhileError(f"{path}: somebody else made it") from error
            except OSError as error:
                if error.errno not in _NOT_ALLOWED:
                    raise
                raise TerminalError(f"{path}: {error.strerror}") from error
        return secret

    @contextmanager
    def _made_folder(self) -> Iterator[Folder]:
        if not self._path.exists():
            # Somebody else may make it at the same moment.
            self._path.mkdir(mode=Access().folder_mode, exist_ok=True)
        with open_folder(self._path) as folder:
            yield folder

    def _keys_of(self, folder: Folder, name: str) -> Iterator[KeySecret]:
        """Yield the keys of one file; of a pair when it is the turn of its private half."""
        path = Path(name)
        try:
            with explained(name):
                if path.suffix in _MANIFESTS:
                    yield from self._in_manifests(folder, name)
                elif path.suffix == _KEY:
                    yield self._pair(folder, path.stem)
                elif path.suffix != _CERTIFICATE or f"{path.stem}{_KEY}" not in folder.names():
                    self._tell(name, "no key: neither a manifest nor a pair NAME.key and NAME.crt")
        except (RetryableError, TerminalError) as error:
            yield _faulty(name, error)

    def _in_manifests(self, folder: Folder, name: str) -> Iterator[KeySecret]:
        content, state = folder.read(name)
        self._check_mode(name, state.st_mode)
        modified = datetime.fromtimestamp(state.st_mtime, UTC)
        try:
            documents = read_stream(content).documents
        except SealerError as error:
            yield _faulty(name, error)
            return
        for document in documents:
            if document.error is not None:
                yield _faulty(name, document.error.at(path=name))
            else:
                yield from self._in_document(name, document, modified)

    def _in_document(
        self, name: str, document: Document, modified: datetime
    ) -> Iterator[KeySecret]:
        for found in find_objects(document):
            if found.kind != "Secret":
                self._tell(name, f"document {document.number} is no key Secret")
                continue
            try:
                secret, created = _decode(found)
            except SealerError as error:
                yield _faulty(name, error)
                continue
            if secret.name == DIGEST_KEY or self._is_active(name, secret):
                yield KeySecret(secret, created or modified)

    def _is_active(self, name: str, secret: Secret) -> bool:
        label = secret.labels.get(KEY_LABEL)
        if label is None and secret.name == self._prefix:
            return True
        if label is None:
            self._tell(name, f"Secret {secret.name} has no label {KEY_LABEL}")
        elif label != ACTIVE:
            self._tell(name, f"key Secret {secret.name} is labelled {label!r}, not {ACTIVE!r}")
        return label == ACTIVE

    def _pair(self, folder: Folder, stem: str) -> KeySecret:
        private, state = folder.read(stem + _KEY)
        self._check_mode(stem + _KEY, state.st_mode)
        try:
            certificate, _ = folder.read(stem + _CERTIFICATE)
        except FileNotFoundError:
            return _faulty(
                stem + _KEY,
                ManifestError(f"{stem}{_KEY} has no certificate {stem}{_CERTIFICATE} beside it"),
            )
        data = {
            CERTIFICATE_ITEM: SecretBytes(certificate),
            PRIVATE_KEY_ITEM: SecretBytes(private),
        }
        secret = Secret(self._namespace, stem, data, type=TLS_TYPE, labels={KEY_LABEL: ACTIVE})
        return KeySecret(secret, datetime.fromtimestamp(state.st_mtime, UTC))

    def _check_mode(self, name: str, mode: int) -> None:
        if mode & _OTHERS:
            self._tell(name, f"others may read it (mode {stat.S_IMODE(mode):04o}): chmod 600")

    def _tell(self, name: str, message: str) -> None:
        if (name, message) not in self._told:
            self._told.add((name, message))
            _log.warning("keys_folder", path=printable(self._path / name), message=message)


def _decode(found: Found) -> tuple[Secret, datetime | None]:
    """Return a key Secret of a file, and when it was created if it says so.

    Raises:
        SealerError: It is no Secret that can be read.
    """
    # The items of a `List` may leave out what the list says.
    manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret"}
    manifest |= {key: plain(node) for key, node in found.node.fields().items()}
    secret = read_secret(manifest)
    metadata: Mapping[str, object] = manifest.get("metadata") or {}
    try:
        created = datetime.fromisoformat(str(metadata.get("creationTimestamp")))
    except ValueError:
        return secret, None
    return secret, created if created.tzinfo else created.replace(tzinfo=UTC)


def _encode(secret: Secret, created: datetime) -> bytes:
    manifest: dict[str, Any] = secret.to_object()
    manifest["metadata"]["creationTimestamp"] = created.isoformat().replace("+00:00", "Z")
    return emit_yaml(manifest).encode()


def _discard_leftovers(folder: Folder) -> None:
    """Remove the private keys that killed processes had begun to write, where we may."""
    with suppress(OSError):
        folder.discard_leftovers(seconds=_ABANDONED_SECONDS)


def _faulty(name: str, error: SealerError) -> KeySecret:
    if isinstance(error, ManyErrors):
        error = ManifestError("; ".join(each.message for each in error.errors))
    return KeySecret(Secret("", printable(name), {}), fault=error)


def _is_digest_key(stored: KeySecret) -> bool:
    return stored.secret.name == DIGEST_KEY and stored.fault is None


def _age(stored: KeySecret) -> tuple[datetime, str]:
    return stored.created or datetime.max.replace(tzinfo=UTC), stored.secret.name
