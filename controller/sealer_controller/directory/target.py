"""The target folder: reads, writes and removes Secrets there, and keeps its own state in `.sealer`.

One controller at a time: the folder is locked while it is open.
"""

import errno
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
from sealer_controller.directory.files import Access, Folder, explained, open_folder
from sealer_controller.directory.manifests import ManifestTarget
from sealer_controller.directory.records import CLAIM, Record, Records, TargetFormat
from sealer_controller.directory.status import StatusFile
from sealer_controller.directory.volumes import VolumeTarget
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.objects import Key, StoredSecret
from sealer_controller.validation import check_change, check_secret

__all__ = ["CERTIFICATE", "STATE", "STATUS", "Target", "TargetOptions", "open_target"]

_log = logs.logger(__name__)
STATUS, CERTIFICATE = "status.json", "certificate.pem"
STATE = ".sealer"
_LOCK = "lock"


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
    target = Target(path, options or TargetOptions())
    try:
        yield target
    finally:
        target.close()


class Target:
    """An open target folder. Made by `open_target`.

    Every method raises RetryableError or TerminalError when the operating system refuses.
    """

    def __init__(self, path: Path, options: TargetOptions) -> None:
        self.path = path
        self._format = options.format
        self._access = options.access
        self._open()

    def _open(self) -> None:
        """Open the folder. Where that fails, all stays open that was open before."""
        with ExitStack() as stack, explained(self.path):
            is_new = not self.path.is_dir()
            if is_new:
                self.path.mkdir(mode=0o700)
            root = stack.enter_context(open_folder(self.path))
            state = stack.enter_context(root.enter(STATE, create=Access()))
            stack.callback(os.close, _lock(state, self.path))
            if is_new:
                state.replace(CLAIM, b"")
            state.discard_leftovers()
            records = Records(state)
            made = set(records.keys())
            if state.has(CLAIM):
                root.mend(".", self._access)
            opened = stack.pop_all()
        self._root, self._state, self._records, self._made = root, state, records, made
        self._opened = opened
        self._formats: Mapping[TargetFormat, ManifestTarget | VolumeTarget] = {
            TargetFormat.MANIFEST: ManifestTarget(root, self._access),
            TargetFormat.FILES: VolumeTarget(root, self._access),
        }

    def close(self) -> None:
        """Let another controller have it."""
        self._opened.close()

    def reopen(self) -> bool:
        """Begin anew where the folder was removed or replaced; return whether it was.

        Raises:
            RetryableError: Another file system has taken its place: what was mounted is gone, and
                nothing must be written to what is below.
        """
        with explained(self.path):
            place = self.path.stat() if self.path.exists() else None
            opened = os.fstat(self._root.descriptor)
            if place is not None and os.path.samestat(place, opened) and self._has_state():
                return False
            if place is not None and place.st_dev != opened.st_dev:
                raise RetryableError(
                    f"{self.path}: another file system is there than at the start",
                    hint="mount it again, or restart the controller to use what is there now",
                )
        before = self._opened
        self._open()
        before.close()
        _log.warning("target_replaced", path=str(self.path))
        return True

    def _has_state(self) -> bool:
        try:
            found = self._root.look(STATE)
        except FileNotFoundError:
            return False
        return os.path.samestat(found, os.fstat(self._state.descriptor))

    @property
    def made(self) -> frozenset[Key]:
        """The Secrets that we wrote and that are not known to be gone."""
        return frozenset(self._made)

    def version(self, key: Key) -> str | None:
        """Return the version of a Secret, without reading it; None where there is none."""
        with self._explained(key):
            return self._formats[self._format].version(key)

    def tidy(self, key: Key) -> None:
        """Finish what was begun about a Secret of ours, and mend who may read it."""
        self.note_gone(key)
        with self._explained(key):
            record = self._records.read(key)
            if record is None:
                return
            for each in record.formats:
                self._formats[each].tidy(key)
            if record.former:
                # The new copy is written before the old one is removed: if it is whole, it counts.
                is_new_whole = self._formats[record.format].is_whole(key)
                self._settle(key, record, record.format if is_new_whole else record.former)

    def tidy_namespaces(self) -> None:
        """Remove what a killed process has left, and mend who may enter the folders of ours."""
        for namespace in self._records.namespaces():
            with self._explained(namespace):
                self._records.discard_leftovers(namespace)
                with suppress(FileNotFoundError), self._root.enter(namespace) as folder:
                    folder.discard_leftovers()
                if self._records.claims(namespace):
                    with suppress(FileNotFoundError):
                        self._root.mend(namespace, self._access)
                self._leave(namespace)

    def read(self, key: Key) -> StoredSecret | None:
        """Return the Secret of that name, ours or not, or None.

        Raises:
            NotManagedError: What is there is not ours and no Secret.
        """
        with self._explained(key):
            return self._formats[self._format].read(key, self._record(key))

    def create(self, secret: Secret) -> StoredSecret:
        """Write a Secret.

        Raises:
            ChangedMeanwhileError: There is one of that name already.
            RejectedError: No API server would take it.
        """
        check_secret(secret)
        key = Key(secret.namespace, secret.name)
        with self._explained(key):
            if not self._root.has(key.namespace):
                self._records.claim(key.namespace)
            before = self._records.read(key)
            others = before.formats if before else ()
            former = next((each for each in others if each is not self._format), None)
            record = Record(self._format, secret, former)
            self._remember(key, record)
            try:
                self._formats[self._format].create(key, secret)
            except OSError as error:
                if before is None:
                    self._forget(key)
                if isinstance(error, FileExistsError):
                    raise ChangedMeanwhileError(f"{key} was created meanwhile") from error
                raise
            if former:
                self._settle(key, record, self._format)
        return self._written(key)

    def replace(self, before: StoredSecret, after: Secret) -> StoredSecret:
        """Write a Secret over another one.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
            ImmutableSecretError: The existing one is immutable.
            RejectedError: No API server would take it.
        """
        key = Key(after.namespace, after.name)
        found = self._unchanged(key, before)
        check_secret(after)
        check_change(found.secret, after)
        with self._explained(key):
            # What is only patched stays somebody else's.
            record = self._record(key)
            is_ours = bool(after.owner_references or record)
            if is_ours:
                self._remember(key, Record(self._format, after, record.former if record else None))
            self._formats[self._format].replace(key, after, is_ours=is_ours)
        return self._written(key)

    def delete(self, before: StoredSecret) -> None:
        """Remove a Secret, so that another one can be created in its place.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
        """
        key = Key(before.secret.namespace, before.secret.name)
        self._unchanged(key, before)
        with self._explained(key):
            self._formats[self._format].remove(key)

    def remove(self, key: Key) -> bool:
        """Remove a Secret of ours that its SealedSecret owned; return whether there was one."""
        with self._explained(key):
            record = self._records.read(key)
            is_owned = record is not None and record.is_owned
            if record is not None and is_owned:
                for each in record.formats:
                    self._formats[each].remove(key)
            if record is None or is_owned or self._formats[record.format].version(key) is None:
                self._forget(key)
            # Otherwise it outlives its SealedSecret, and is ours still should that come back.
            self._leave(key.namespace)
        return is_owned

    def note_gone(self, key: Key) -> None:
        """Forget a Secret of ours that somebody has removed: what comes next is not ours."""
        with self._explained(key):
            record = self._records.read(key)
            formats = record.formats if record else ()
            if all(self._formats[each].version(key) is None for each in formats):
                self._forget(key)
                self._leave(key.namespace)

    def load_status(self) -> StatusFile:
        """Return what the status file says; a damaged one says nothing."""
        with self._explained(f"{STATE}/{STATUS}"):
            try:
                return StatusFile.decode(self._state.read(STATUS)[0])
            except FileNotFoundError:
                return StatusFile()
            except msgspec.DecodeError:
                _log.warning("status_unreadable", path=str(self._state.path / STATUS))
                return StatusFile()

    def save(self, name: str, content: bytes) -> None:
        """Write a file of our own state; remove it where nothing is to be in it."""
        with self._explained(f"{STATE}/{name}"):
            if content:
                self._state.replace(name, content)
            else:
                self._state.discard(name)

    def _unchanged(self, key: Key, before: StoredSecret) -> StoredSecret:
        found = self.read(key)
        if found is None or found.resource_version != before.resource_version:
            raise ChangedMeanwhileError(f"{key} was changed meanwhile")
        return found

    def _record(self, key: Key) -> Record | None:
        """Return the record of a Secret, if that is there in the format that is in use."""
        record = self._records.read(key)
        return record if record is not None and record.format is self._format else None

    def _settle(self, key: Key, record: Record, form: TargetFormat) -> None:
        """Remove a Secret as it looks in the other format: in this one it is there."""
        for each in record.formats:
            if each is not form:
                self._formats[each].remove(key)
        self._remember(key, replace(record, format=form, former=None))

    def _remember(self, key: Key, record: Record) -> None:
        self._records.write(key, record)
        self._made.add(key)

    def _forget(self, key: Key) -> None:
        with suppress(FileNotFoundError):
            self._records.forget(key)
        self._made.discard(key)

    def _leave(self, namespace: str) -> None:
        """Remove the folder of a namespace if we made it and nothing is in it any more."""
        with suppress(FileNotFoundError):
            if any(self._records.keys_in(namespace)):
                return
            if self._records.claims(namespace):
                self._root.discard_empty(namespace)
            self._records.release(namespace)

    def _written(self, key: Key) -> StoredSecret:
        stored = self.read(key)
        if stored is None:
            raise ChangedMeanwhileError(f"{key} was removed meanwhile")
        return stored

    @contextmanager
    def _explained(self, what: object) -> Iterator[None]:
        below = self._formats[self._format].path(what) if isinstance(what, Key) else what
        with explained(self._root.path / str(below)):
            yield


def _lock(state: Folder, path: Path) -> int:
    """Take the lock; it lasts as long as the descriptor that is returned."""
    lock = _open_lock(state, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            # NFS locks only what is open for writing. Elsewhere such a file would keep people from
            # making the file system read-only.
            os.close(lock)
            lock = _open_lock(state, os.O_RDWR)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise TerminalError(
            f"{path}: another controller works on this folder",
            hint="stop it, or give each its own --target",
        ) from None
    return lock


def _open_lock(state: Folder, access: int) -> int:
    flags = access | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(_LOCK, flags, 0o600, dir_fd=state.descriptor)
