"""The directory store as the controller sees it: what it reports, writes, refuses and forgets."""

import asyncio
import errno
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.sightings import DirectoryOptions
from sealer_controller.directory.store import DirectoryStore, directory_store
from sealer_controller.objects import (
    Condition,
    Event,
    Key,
    Listed,
    Removed,
    Status,
    StoreChange,
    StoredSealedSecret,
    Upserted,
)
from sealer_controller.observer import Observer
from sealer_keys.certificate import load_certificate
from sealer_keys.keyring import Keyring
from tests.controller.folders import Folders, make_folders, sealed
from tests.support import vectors

DB = Key("shop", "db")
SYNCED = Status(1, (Condition("Synced", "True", "Unsealed"),))
# Nothing here waits for the slow reading again: changes come from the operating system.
OPTIONS = DirectoryOptions(rescan_seconds=3600.0, settle_seconds=0.0)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Three folders."""
    return make_folders(tmp_path)


@asynccontextmanager
async def opened(
    folders: Folders, options: DirectoryOptions = OPTIONS, observer: Observer | None = None
) -> AsyncIterator[DirectoryStore]:
    """Open the store."""
    async with directory_store(folders.source, folders.target, options, observer=observer) as store:
        yield store


async def listed(changes: AsyncGenerator[StoreChange, None]) -> list[StoreChange]:
    """Return what is reported up to the first `Listed`, which is left out."""
    found: list[StoreChange] = []
    async for change in changes:
        if isinstance(change, Listed):
            assert change.count == len(found)
            return found
        found.append(change)
    raise AssertionError("the changes ended")


async def first(store: DirectoryStore) -> StoredSealedSecret:
    """Return the only object there is."""
    async with aclosing(store.changes()) as changes:
        (change,) = await listed(changes)
    assert isinstance(change, Upserted)
    return change.stored


def secret_for(stored: StoredSealedSecret, text: str = "one") -> Secret:
    """Return a Secret that the object owns."""
    owner = {"kind": "SealedSecret", "name": stored.key.name, "uid": stored.uid}
    return Secret(
        stored.key.namespace,
        stored.key.name,
        {"password": SecretBytes(text.encode())},
        type="Opaque",
        owner_references=({**owner, "controller": True},),
    )


def exists(path: Path) -> bool:
    """Tell whether a file is there."""
    return path.exists()


class Told(logging.Handler):
    """Waits for the first line that the store logs."""

    def __init__(self) -> None:
        super().__init__()
        self.event = asyncio.Event()
        logging.getLogger("sealer_controller.directory.store").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Note that something was logged."""
        del record
        self.event.set()
        logging.getLogger("sealer_controller.directory.store").removeHandler(self)


async def test_objects_are_reported_then_listed_then_followed(folders: Folders) -> None:
    """All there is, `Listed`, and each change as it happens."""
    folders.put("a.yaml", sealed(name="a"))
    source = folders.put("b.yaml", sealed(name="b"))
    async with opened(folders) as store, aclosing(store.changes()) as changes:
        found = await listed(changes)
        assert [each.stored.key.name for each in found if isinstance(each, Upserted)] == ["a", "b"]
        folders.put("c.yaml", sealed(name="c"))
        new = await anext(changes)
        assert isinstance(new, Upserted)
        assert new.stored.key == Key("shop", "c")
        source.unlink()
        gone = await anext(changes)
        assert isinstance(gone, Removed)
        assert gone.key == Key("shop", "b")


async def test_missing_source_reports_nothing_and_removes_nothing(folders: Folders) -> None:
    """Nothing is listed until it can be read, and then all at once."""
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        await store.create_secret(secret_for(await first(store)))
    hidden = folders.source.with_name("hidden")
    folders.source.rename(hidden)
    options = replace(OPTIONS, rescan_seconds=0.01)
    async with opened(folders, options) as store, aclosing(store.changes()) as changes:
        with pytest.raises(RetryableError):
            await store.check_source()
        told = Told()
        waiting = asyncio.ensure_future(listed(changes))
        await told.event.wait()
        (problem,) = store.problems
        assert problem.source == str(folders.source)
        assert folders.secret() is not None
        hidden.rename(folders.source)
        assert len(await waiting) == 1
        assert store.problems == ()


async def test_secret_goes_with_its_source(folders: Folders) -> None:
    """The Secret is removed before the next change is reported, and the status with it."""
    source = folders.put("db.yaml", sealed())
    async with opened(folders) as store, aclosing(store.changes()) as changes:
        (change,) = await listed(changes)
        assert isinstance(change, Upserted)
        await store.create_secret(secret_for(change.stored))
        source.unlink()
        assert await anext(changes) == Removed(DB, change.stored.uid)
        folders.put("next.yaml", sealed(name="next"))
        await anext(changes)
        assert folders.secret() is None
    assert [each["name"] for each in folders.status()["objects"]] == ["next"]


async def test_reconcile_that_is_late_writes_nothing(folders: Folders) -> None:
    """What began before the removal must not bring the Secret back."""
    source = folders.put("db.yaml", sealed())
    async with opened(folders) as store, aclosing(store.changes()) as changes:
        (change,) = await listed(changes)
        assert isinstance(change, Upserted)
        before = await store.create_secret(secret_for(change.stored))
        source.unlink()
        await anext(changes)
        with pytest.raises(TerminalError, match="the SealedSecret shop/db is gone"):
            await store.replace_secret(before, secret_for(change.stored, "late"))
        folders.put("next.yaml", sealed(name="next"))
        await anext(changes)
        with pytest.raises(TerminalError, match="the SealedSecret shop/db is gone"):
            await store.create_secret(secret_for(change.stored, "late"))
        await store.write_status(change.stored, SYNCED)
        assert folders.secret() is None
    assert [each["name"] for each in folders.status()["objects"]] == ["next"]


async def test_secret_that_cannot_be_removed_is_a_problem_until_it_can(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, tried again at the next reading, and forgotten only when it is gone."""
    source = folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        await store.create_secret(secret_for(await first(store)))
        source.unlink()

        def refuse(*_arguments: object, **_named: object) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", refuse)
            async with aclosing(store.changes()) as changes:
                await anext(changes)
                await listed(changes)
            (problem,) = store.problems
        assert problem.source == "shop/db"
        assert problem.message.endswith("db.yaml: Read-only file system")
        assert folders.secret() is not None
        async with aclosing(store.changes()) as changes:
            await listed(changes)
        assert store.problems == ()
        assert folders.secret() is None


async def test_uid_generation_and_status_survive_a_restart(folders: Folders) -> None:
    """Kept in the status file."""
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        before = await first(store)
        await store.write_status(before, SYNCED)
    async with opened(folders) as store:
        after = await first(store)
    assert after == replace(before, status=SYNCED)


@pytest.mark.parametrize("damage", ["", "{", '{"version": 9, "objects": []}'])
async def test_damaged_status_file_costs_the_memory_and_no_secret(
    folders: Folders, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and begun anew; what we made is still known to be ours."""
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        before = await first(store)
        await store.create_secret(secret_for(before))
    (folders.target / ".sealer" / "status.json").write_text(damage)
    async with opened(folders) as store:
        after = await first(store)
        found = await store.read_secret(DB)
    assert after.uid != before.uid
    assert found is not None
    assert found.secret.owner_references[0]["name"] == "db"
    assert "status_unreadable" in [record.getMessage() for record in caplog.records]


async def test_status_is_written_when_a_pass_is_over(folders: Folders) -> None:
    """Not for each object: when nothing waits and nobody works."""
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        stored = await first(store)
        assert await store.save()
        await store.write_status(stored, SYNCED)
        store.queue_changed(1, 0)
        store.queue_changed(0, 1)
        assert await store.read_secret(DB) is None  # everything asked of the thread is done
        assert folders.entry()["synced"] is None
        store.queue_changed(0, 0)
        await store.close()
        assert folders.entry()["synced"] is True


async def test_status_that_cannot_be_written_is_told_and_tried_again(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk stops no Secret and is told once; with space the file is as it should be."""
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        stored = await first(store)
        assert await store.save()
        await store.write_status(stored, SYNCED)

        def full(*_arguments: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            for _ in range(2):
                assert not await store.save()
        assert folders.entry()["synced"] is None
        assert await store.save()
        assert folders.entry()["synced"] is True
    assert [record.getMessage() for record in caplog.records] == ["state_not_written"]


async def test_unchanged_status_is_not_written_again(folders: Folders) -> None:
    """Reading again without news touches no file."""
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        await first(store)
        assert await store.save()
        before = os.stat(folders.target / ".sealer" / "status.json")  # noqa: PTH116 - in a coroutine
        assert await store.save()
        after = os.stat(folders.target / ".sealer" / "status.json")  # noqa: PTH116 - in a coroutine
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


async def test_newest_certificate_is_kept_for_people(folders: Folders) -> None:
    """Where there is no API to ask for it; none while no key may seal."""
    file = folders.target / ".sealer" / "certificate.pem"
    async with opened(folders) as store:
        store.keys_changed(Keyring(), 0)
        assert await store.save()
        assert not exists(file)
        for name in ("rsa2048", "rsa3072"):
            store.keys_changed(Keyring([vectors.key_pair(name)]), 0)
            await store.close()
            assert load_certificate(file.read_bytes()).fingerprint == (
                vectors.key_pair(name).fingerprint
            )
        store.keys_changed(Keyring(), 0)
        await store.close()
        assert not exists(file)


@pytest.mark.parametrize(("type_", "level"), [("Normal", "INFO"), ("Warning", "WARNING")])
async def test_event_is_a_log_line(
    folders: Folders, caplog: pytest.LogCaptureFixture, type_: str, level: str
) -> None:
    """Where there is no API server to keep it."""
    caplog.set_level("INFO")
    folders.put("db.yaml", sealed())
    async with opened(folders) as store:
        await store.record(await first(store), Event(type_, "Unsealed", "words"))
    (record,) = (each for each in caplog.records if each.getMessage() == "event")
    assert record.levelname == level
    assert record.__dict__["sealer_fields"] == {
        "namespace": "shop",
        "name": "db",
        "reason": "Unsealed",
        "message": "words",
    }


async def test_problem_is_logged_once_as_long_as_it_lasts(
    folders: Folders, caplog: pytest.LogCaptureFixture
) -> None:
    """Reading again does not repeat it; when it comes back, it is told again."""
    broken = folders.put("broken.yaml", "SealedSecret: [")
    async with opened(folders) as store:
        for _ in range(2):
            async with aclosing(store.changes()) as changes:
                await listed(changes)
        broken.unlink()
        async with aclosing(store.changes()) as changes:
            await listed(changes)
        folders.put("broken.yaml", "SealedSecret: [")
        async with aclosing(store.changes()) as changes:
            await listed(changes)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["source_problem", "source_problem"]


async def test_observer_hears_when_the_source_was_read(folders: Folders) -> None:
    """So that metrics show a store that has fallen silent."""

    class Heard(Observer):
        kinds: list[str] = []  # noqa: RUF012 - one test, one list

        def watch_heard(self, kind: str) -> None:
            self.kinds.append(kind)

    async with opened(folders, observer=Heard()) as store, aclosing(store.changes()) as changes:
        await listed(changes)
    assert Heard.kinds == ["sealedsecrets"]


async def test_faulty_object_is_reported_with_its_fault(folders: Folders) -> None:
    """Its own status tells what is wrong; what it made before is its Secret still."""
    folders.put(
        "db.yaml",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
        "metadata: {name: db, namespace: shop}\nspec: {encryptedDate: {a: AgA=}}\n",
    )
    async with opened(folders) as store:
        stored = await first(store)
    assert stored.fault is not None
    assert stored.fault.message == "spec.encryptedData is missing"
