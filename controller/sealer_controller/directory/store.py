"""The directory store: SealedSecrets from one folder, Secrets into another, without a cluster.

Secrets are written several at a time, and whatever else is done about files is done alone. So no
Secret is written by a reconcile that began before its SealedSecret was removed: writing and
removing never overlap, and writing looks first.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from math import inf
from pathlib import Path

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer.manifest import Secret
from sealer.manifest.sealedsecret import PLURAL
from sealer_controller import logs
from sealer_controller.directory.files import printable
from sealer_controller.directory.ownfiles import OwnFiles
from sealer_controller.directory.sightings import DirectoryOptions, Sightings
from sealer_controller.directory.source import Snapshot, Source
from sealer_controller.directory.status import Problem
from sealer_controller.directory.survey import Survey, is_state
from sealer_controller.directory.target import Target, TargetOptions, open_target
from sealer_controller.directory.watch import Watch
from sealer_controller.directory.work import FileWork
from sealer_controller.objects import (
    Event,
    Key,
    Listed,
    SecretChange,
    SecretsListed,
    Status,
    StoreChange,
    StoredSealedSecret,
    StoredSecret,
)
from sealer_controller.observer import Observer
from sealer_controller.outcome import Result
from sealer_controller.validation import check_secret
from sealer_keys.errors import EmptyKeyringError
from sealer_keys.keyring import Keyring

__all__ = ["DirectoryStore", "directory_store"]

_log = logs.logger(__name__)
_SECRETS = "secrets"
# When a file could not be written or removed, it is tried again so much later.
_RETRY_SECONDS = 5.0


@asynccontextmanager
async def directory_store(
    source: Path,
    target: Path,
    options: DirectoryOptions | None = None,
    target_options: TargetOptions | None = None,
    observer: Observer | None = None,
) -> AsyncIterator["DirectoryStore"]:
    """Open the store; the status file is written once more when it is left.

    Raises:
        RetryableError: The target folder cannot be opened.
        TerminalError: Another controller works on it.
    """
    with open_target(target, target_options) as opened, FileWork() as files:
        store = DirectoryStore(Source(source), opened, files, options, observer=observer)
        try:
            yield store
        finally:
            await store.close()


class DirectoryStore(Observer):
    """The `Store` of `ports` over folders.

    It listens as an `Observer` too: which keys opened an object stands in the status file and in no
    `Status`, and when nothing is left to do is the time to write it.

    Args:
        source: The SealedSecrets.
        target: The Secrets.
        files: Does all work on files.
        options: How the source is followed.
        observer: Told when the source was read.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        source: Source,
        target: Target,
        files: FileWork,
        options: DirectoryOptions | None = None,
        *,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workloads = None  # a plain host has none that we know of
        self._source = source
        self._target = target
        self._files = files
        self._options = options or DirectoryOptions()
        self._observer = observer or Observer()
        self._clock = clock
        self._survey = Survey(target)
        self._surveyed = -inf
        self._status = target.load_status()
        self._sightings = Sightings(self._status, self._options, clock)
        self._last: Snapshot | None = None
        self._own = OwnFiles(target, files, self._status)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What somebody has to look at, besides the objects' own faults."""
        return self._status.problems

    async def changes(self) -> AsyncGenerator[StoreChange, None]:
        """Report every SealedSecret and everything that happens to it, for ever."""
        watch = Watch(self._source.path)
        is_listed, is_swept = False, True
        await self._files.alone(self._tidy)
        try:
            while True:
                await watch.begin()
                await self._reopen()
                snapshot = await self._look()
                if snapshot is not None:
                    self._last = snapshot
                    for change in self._sightings.take(snapshot):
                        yield change
                    is_swept = await self._sweep(snapshot)
                    if not is_listed:
                        is_listed = True
                        yield Listed(len(self._sightings))
                is_done = await self.save() and is_swept
                await watch.wait(self._pause(is_done=is_done))
        finally:
            await watch.close()

    async def read_sealed_secret(self, key: Key) -> StoredSealedSecret | None:
        """Return a SealedSecret as the source was last read, or None."""
        return self._sightings.find(key, self._last) if self._last is not None else None

    def _pause(self, *, is_done: bool) -> float:
        """Return in how many seconds the source is read again even if nothing happens to it."""
        pauses = [self._options.rescan_seconds]
        if self._sightings.is_settling:
            pauses.append(self._options.settle_seconds)
        if not is_done:
            pauses.append(_RETRY_SECONDS)
        return min(pauses)

    async def secret_changes(self) -> AsyncGenerator[SecretChange, None]:
        """Report every Secret that we made and everything that happens to it, for ever."""
        watch = Watch(self._target.path, ignores=is_state)
        is_listed, self._surveyed = False, -inf
        await self._files.alone(self._survey.begin)
        try:
            while True:
                paths = await watch.begin()
                await self._reopen()
                if self._clock() - self._surveyed >= self._options.rescan_seconds:
                    paths, self._surveyed = None, self._clock()
                for change in await self._files.alone(self._survey.look, paths):
                    yield change
                self._observer.watch_heard(_SECRETS)
                if not is_listed:
                    is_listed = True
                    yield SecretsListed(await self._files.alone(len, self._survey))
                await watch.wait(self._options.rescan_seconds)
        finally:
            await watch.close()

    async def read_secret(self, key: Key) -> StoredSecret | None:
        """Return the Secret of that name, or None."""
        return await self._files.beside(key, self._target.read, key)

    async def create_secret(self, secret: Secret) -> StoredSecret:
        """Create a Secret."""
        return await self._files.beside(_key(secret), self._create, secret)

    async def replace_secret(self, before: StoredSecret, after: Secret) -> StoredSecret:
        """Replace a Secret by another one of the same name."""
        return await self._files.beside(_key(after), self._replace, before, after)

    async def dry_run_create(self, secret: Secret) -> None:
        """Refuse what no API server would take."""
        check_secret(secret)

    async def delete_secret(self, before: StoredSecret) -> None:
        """Delete a Secret, in exactly the version that was read.

        What was told beforehand is on disk then: we can be killed before there is another one.
        """
        if not await self._own.save():
            raise RetryableError("no Secret is deleted while our own files cannot be written")
        await self._files.alone(self._target.delete, before)

    async def write_status(self, stored: StoredSealedSecret, status: Status) -> None:
        """Note the status of a SealedSecret.

        The file is written when the pass is over, or before a Secret is deleted.
        """
        self._status.tell(stored.key, stored.uid, status)

    async def record(self, stored: StoredSealedSecret, event: Event) -> None:
        """Tell the log what a cluster would record as an Event."""
        tell = _log.info if event.type == "Normal" else _log.warning
        tell(
            "event",
            namespace=stored.key.namespace,
            name=stored.key.name,
            reason=event.reason,
            message=event.message,
        )

    def reconciled(self, result: Result) -> None:
        """Note which keys opened an object."""
        if result.keys:
            self._status.opened_by(result.stored.key, result.keys)

    def keys_changed(self, keyring: Keyring, unusable: int) -> None:
        """Keep the newest certificate where people find it, as there is no API to ask."""
        del unusable
        certificate = b""
        with suppress(EmptyKeyringError):
            certificate = keyring.certificate.pem
        self._own.show(certificate)

    def queue_changed(self, waiting: int, working: int) -> None:
        """Write the status file when a pass is over."""
        if not waiting and not working:
            self._own.save_soon()

    async def check_source(self) -> None:
        """Refuse a source that cannot be read, for a run that cannot wait until it can.

        Raises:
            RetryableError: The source folder does not exist or cannot be read.
        """
        await self._files.alone(self._source.read)

    async def close(self) -> None:
        """Finish writing the status file."""
        await self._own.close()

    async def save(self) -> bool:
        """Write our own files where there is news; return whether they are as they should be."""
        return await self._own.save()

    async def _look(self) -> Snapshot | None:
        """Read the source; None where that is not possible, which changes nothing else."""
        known = {entry.source for entry in self._status.entries.values()}
        try:
            snapshot = await self._files.alone(self._source.read, known)
            self._observer.watch_heard(PLURAL)
        except RetryableError as error:
            self._tell_problems((Problem(printable(self._source.path), error.message),))
            return None
        self._tell_problems(snapshot.problems)
        return snapshot

    def _tell_problems(self, problems: tuple[Problem, ...]) -> None:
        for problem in problems:
            if problem not in self._status.problems:
                tell = _log.info if problem.is_harmless else _log.warning
                tell("source_problem", source=problem.source, message=problem.message)
        self._status.problems = problems

    def _tidy(self) -> None:
        """Clear away what a run that was killed has left behind."""
        for tidy in (self._target.tidy_namespaces, *map(self._tidying, self._target.made)):
            try:
                tidy()
            except SealerError as error:
                _log.warning("target_not_tidied", message=error.message, hint=error.hint)

    def _tidying(self, key: Key) -> Callable[[], None]:
        return partial(self._target.tidy, key)

    async def _reopen(self) -> None:
        """Begin anew where the target folder was removed or replaced."""
        try:
            if await self._files.alone(self._target.reopen):
                self._surveyed = -inf
                await self._own.save_anew()
        except SealerError as error:
            _log.error("target_lost", message=error.message, hint=error.hint)

    async def _sweep(self, snapshot: Snapshot) -> bool:
        """Remove the Secrets of ours whose SealedSecret is gone; return whether that went well."""
        is_swept = True
        for key in self._sightings.orphans(snapshot, self._target.made):
            try:
                is_removed = await self._files.alone(self._target.remove, key)
            except SealerError as error:
                problem = Problem(str(key), f"its Secret was not removed: {error.message}")
                self._tell_problems((*self._status.problems, problem))
                is_swept = False
                continue
            if is_removed:
                _log.info("secret_removed", namespace=key.namespace, name=key.name)
        return is_swept

    def _create(self, secret: Secret) -> StoredSecret:
        self._check_present(secret)
        written = self._target.create(secret)
        self._survey.wrote(written)
        return written

    def _replace(self, before: StoredSecret, after: Secret) -> StoredSecret:
        self._check_present(after)
        written = self._target.replace(before, after)
        self._survey.wrote(written)
        return written

    def _check_present(self, secret: Secret) -> None:
        key = _key(secret)
        if self._status.get(key) is None:
            raise TerminalError(f"the SealedSecret {key} is gone")


def _key(secret: Secret) -> Key:
    return Key(secret.namespace, secret.name)
