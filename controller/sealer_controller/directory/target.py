"""The target folder: reads, writes and removes Secrets there, and keeps its own state in `.sealer`.

One controller at a time: the folder is locked while it is open.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.directory.checks import check_change, check_secret
from sealer_controller.directory.files import Access, Folder, explained, open_folder
from sealer_controller.directory.manifests import ManifestTarget
from sealer_controller.directory.records import Record, Records, TargetFormat
from sealer_controller.directory.status import StatusFile
from sealer_controller.directory.volumes import VolumeTarget
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.objects import Key, SecretChange, SecretGone, SecretSeen, StoredSecret

__all__ = ["CERTIFICATE", "STATUS", "Target", "TargetOptions", "open_target"]

_log = logs.logger(__name__)
STATUS, CERTIFICATE = "status.json", "certificate.pem"
_STATE, _LOCK = ".sealer", "lock"


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """How Secrets are written.

    Attributes:
        format: As manifests or as folders of files.
        access: Who may read them.
    """

    format: TargetFormat = TargetFormat.MANIFEST
    access: Access = field(default_factory=Access)


@contextmanager
def open_target(path: Path, options: TargetOptions | None = None) -> Iterator["Target"]:
    """Open and lock the target folder; make it where there is none.

    Raises:
        RetryableError: It cannot be made or opened.
        TerminalError: Another controller works on it.
    """
    options = options or TargetOptions()
    with ExitStack() as stack:
        with explained(path):
            if not path.is_dir():
                path.mkdir(mode=0o700)
                with open_folder(path) as made:
                    options.access.apply(made.descriptor, options.access.folder_mode)
            root = stack.enter_context(open_folder(path))
            state = stack.enter_context(root.enter(_STATE, create=Access()))
            stack.callback(os.close, _lock(state, path))
            state.discard_leftovers()
            target = Target(root, state, options)
        yield target


def _lock(state: Folder, path: Path) -> int:
    """Take the lock; it lasts as long as the descriptor that is returned."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    lock = os.open(_LOCK, flags, 0o600, dir_fd=state.descriptor)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise TerminalError(
            f"{path}: another controller works on this folder",
            hint="stop it, or give each its own --target",
        ) from None
    return lock


class Target:
    """An open target folder. Made by `open_target`.

    Every method raises RetryableError or TerminalError when the operating system refuses.
    """

    def __init__(self, root: Folder, state: Folder, options: TargetOptions) -> None:
        self._root = root
        self._state = state
        self._format = options.format
        self._records = Records(state)
        self._formats: Mapping[TargetFormat, ManifestTarget | VolumeTarget] = {
            TargetFormat.MANIFEST: ManifestTarget(root, options.access),
            TargetFormat.FILES: VolumeTarget(root, options.access),
        }
        self._made = set(self._records.keys())

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return self._root.path

    @property
    def made(self) -> frozenset[Key]:
        """The Secrets that we wrote and that are not known to be gone."""
        return frozenset(self._made)

    def read(self, key: Key) -> StoredSecret | None:
        """Return the Secret of that name, ours or not, or None."""
        with self._explained(key):
            return self._formats[self._format].read(key, self._record(key))

    def changes(self, seen: dict[Key, tuple[str, str]]) -> list[SecretChange]:
        """Return what happened to the Secrets that we made, and note UID and version in `seen`.

        What cannot be read now is as it was.
        """
        changes: list[SecretChange] = []
        for key in sorted(self._made | seen.keys()):
            before = seen.get(key)
            try:
                found = self.read(key) if key in self._made else None
            except (RetryableError, TerminalError):
                continue
            if found is None and before is not None:
                changes.append(SecretGone(key, seen.pop(key)[0]))
            if found is not None and (found.uid, found.resource_version) != before:
                seen[key] = found.uid, found.resource_version
                changes.append(SecretSeen(key, *seen[key]))
        return changes

    def delete(self, before: StoredSecret) -> None:
        """Remove a Secret.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
        """
        key = Key(before.secret.namespace, before.secret.name)
        found = self.read(key)
        if found is None or found.resource_version != before.resource_version:
            raise ChangedMeanwhileError(f"{key} was changed meanwhile")
        with self._explained(key):
            self._formats[self._format].remove(key)
            self._forget(key)

    def create(self, secret: Secret) -> StoredSecret:
        """Write a Secret.

        Raises:
            ChangedMeanwhileError: There is one of that name already.
            RejectedError: No API server would take it.
        """
        check_secret(secret)
        key = Key(secret.namespace, secret.name)
        with self._explained(key):
            record = self._records.read(key)
            if record is not None and record.format is not self._format:
                self._formats[record.format].remove(key)
            self._remember(key, secret)
            try:
                self._formats[self._format].create(key, secret)
            except OSError as error:
                self._forget(key)
                if isinstance(error, FileExistsError):
                    raise ChangedMeanwhileError(f"{key} was created meanwhile") from error
                raise
        return self._written(key)

    def replace(self, before: StoredSecret, after: Secret) -> StoredSecret:
        """Write a Secret over another one.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
            ImmutableSecretError: The existing one is immutable.
            RejectedError: No API server would take it.
        """
        key = Key(after.namespace, after.name)
        found = self.read(key)
        if found is None or found.resource_version != before.resource_version:
            raise ChangedMeanwhileError(f"{key} was changed meanwhile")
        check_secret(after)
        check_change(found.secret, after)
        with self._explained(key):
            # What is only patched stays somebody else's.
            if after.owner_references or self._record(key):
                self._remember(key, after)
            self._formats[self._format].replace(key, after)
        return self._written(key)

    def remove(self, key: Key) -> bool:
        """Remove a Secret of ours that its SealedSecret owned; return whether there was one."""
        with self._explained(key):
            record = self._records.read(key)
            if record is not None and record.is_owned:
                self._formats[record.format].remove(key)
            self._forget(key)
        return record is not None and record.is_owned

    def load_status(self) -> StatusFile:
        """Return what the status file says; a damaged one says nothing."""
        with self._explained(f"{_STATE}/{STATUS}"):
            try:
                return StatusFile.decode(self._state.read(STATUS)[0])
            except FileNotFoundError:
                return StatusFile()
            except msgspec.DecodeError:
                _log.warning("status_unreadable", path=str(self._state.path / STATUS))
                return StatusFile()

    def save(self, name: str, content: bytes) -> None:
        """Write a file of our own state."""
        with self._explained(f"{_STATE}/{name}"):
            self._state.replace(name, content)

    def _record(self, key: Key) -> Record | None:
        """Return the record of a Secret in the format that is in use."""
        record = self._records.read(key)
        return record if record is not None and record.format is self._format else None

    def _remember(self, key: Key, secret: Secret) -> None:
        self._records.write(key, Record(self._format, replace(secret, data={})))
        self._made.add(key)

    def _forget(self, key: Key) -> None:
        with suppress(FileNotFoundError):
            self._records.forget(key)
        self._made.discard(key)

    def _written(self, key: Key) -> StoredSecret:
        stored = self.read(key)
        if stored is None:
            raise ChangedMeanwhileError(f"{key} was removed meanwhile")
        return stored

    @contextmanager
    def _explained(self, what: object) -> Iterator[None]:
        with explained(self._root.path / str(what)):
            yield
