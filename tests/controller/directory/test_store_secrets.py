"""Secrets as the directory store reports them: ours, and whatever is done to them."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from sealer.errors import RetryableError, SealerError
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.sightings import DirectoryOptions
from sealer_controller.directory.status import StatusFile
from sealer_controller.directory.store import DirectoryStore, directory_store
from sealer_controller.directory.target import Target, TargetOptions
from sealer_controller.errors import ChangedMeanwhileError, RejectedError
from sealer_controller.objects import (
    Condition,
    Key,
    Listed,
    Removed,
    SecretChange,
    SecretGone,
    SecretSeen,
    SecretsListed,
    Status,
    StoreChange,
    StoredSecret,
    Upserted,
)
from sealer_controller.observer import Observer
from sealer_controller.status import recreating
from tests.controller.folders import Folders, make_folders, sealed
from tests.controller.memory import NOW

DB = Key("shop", "db")
# Nothing here waits for the slow reading again: changes come from the operating system.
OPTIONS = DirectoryOptions(rescan_seconds=3600.0, settle_seconds=0.0)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Three folders, with one SealedSecret."""
    folders = make_folders(tmp_path)
    folders.put("db.yaml", sealed())
    return folders


def secret(text: str = "one") -> Secret:
    """Return the Secret shop/db."""
    owner = {"kind": "SealedSecret", "name": "db", "uid": "u", "controller": True}
    data = {"password": SecretBytes(text.encode())}
    return Secret(*DB, data, type="Opaque", owner_references=(owner,))


async def listed(changes: AsyncGenerator[StoreChange, None]) -> None:
    """Wait until everything was reported."""
    async for change in changes:
        if isinstance(change, Listed):
            return
    raise AssertionError("the changes ended")


async def created(store: DirectoryStore) -> StoredSecret:
    """Let the store see the SealedSecret, and create its Secret."""
    async with aclosing(store.changes()) as changes:
        await listed(changes)
        return await store.create_secret(secret())


def seen(stored: StoredSecret) -> SecretSeen:
    """Return how a Secret is reported."""
    return SecretSeen(DB, stored.uid, stored.resource_version)


async def found(store: DirectoryStore) -> StoredSecret:
    """Return the Secret as it is now."""
    stored = await store.read_secret(DB)
    assert stored is not None
    return stored


async def until(changes: AsyncGenerator[SecretChange, None], wanted: SecretChange) -> None:
    """Read on until something is reported; what the system reports in between does not matter."""
    async for change in changes:
        if change == wanted:
            return
    raise AssertionError("the changes ended")


async def test_what_is_ours_is_reported_then_listed_then_followed(folders: Folders) -> None:
    """Our own writes are no news to whoever had them written; all else is, at once."""
    async with directory_store(folders.source, folders.target, OPTIONS) as store:
        before = await created(store)
        async with aclosing(store.secret_changes()) as changes:
            assert await anext(changes) == seen(before)
            assert await anext(changes) == SecretsListed(1)
            await store.replace_secret(before, secret("two"))
            file = folders.target / "shop" / "db.yaml"
            file.write_text("")
            assert await anext(changes) == seen(await found(store))
            await store.replace_secret(await found(store), secret("three"))
            file.unlink()
            assert await anext(changes) == SecretGone(DB, before.uid)
            await store.create_secret(secret("four"))
            file.unlink()
            assert await anext(changes) == SecretGone(DB, before.uid)


async def test_target_that_is_removed_takes_all_secrets_along(
    folders: Folders, caplog: pytest.LogCaptureFixture
) -> None:
    """They can be made again in a new one, whose status file tells as much as the old one did."""
    async with directory_store(folders.source, folders.target, OPTIONS) as store:
        before = await created(store)
        async with aclosing(store.secret_changes()) as changes:
            await until(changes, SecretsListed(1))
            shutil.rmtree(folders.target)
            await until(changes, SecretGone(DB, before.uid))
            assert folders.entry()["name"] == "db"
            await store.create_secret(secret())
            assert folders.secret() is not None
    assert [record.getMessage() for record in caplog.records] == ["target_replaced"]


async def test_target_that_is_removed_is_made_again_where_nobody_asks_for_secrets(
    folders: Folders,
) -> None:
    """With `--skip-recreate` a Secret can still be written when its SealedSecret changes."""
    async with (
        directory_store(folders.source, folders.target, OPTIONS) as store,
        aclosing(store.changes()) as changes,
    ):
        while not isinstance(await anext(changes), Listed):
            pass
        shutil.rmtree(folders.target)
        folders.put("other.yaml", sealed(name="other"))
        assert isinstance(await anext(changes), Upserted)
        await store.create_secret(secret())
    assert folders.secret() is not None


async def test_target_that_cannot_be_made_again_is_told_and_waited_for(folders: Folders) -> None:
    """A file is in its place: nothing is written until it is gone, and then all goes on."""
    lost, replaced = Told("target_lost"), Told("target_replaced")
    options = replace(OPTIONS, rescan_seconds=0.05)
    async with directory_store(folders.source, folders.target, options) as store:
        before = await created(store)
        async with aclosing(store.secret_changes()) as changes:
            await until(changes, SecretsListed(1))
            shutil.rmtree(folders.target)
            folders.target.touch()
            await until(changes, SecretGone(DB, before.uid))
            with pytest.raises(SealerError):
                await store.create_secret(secret())
            following = asyncio.ensure_future(anext(changes))
            await lost.event.wait()
            folders.target.unlink()
            await replaced.event.wait()
            await store.create_secret(secret())
            (folders.target / "shop" / "db.yaml").unlink()
            assert await following == SecretGone(DB, before.uid)


class Told(logging.Handler):
    """Waits for a line with this event's name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.event = asyncio.Event()
        self._name = name
        self._loop = asyncio.get_running_loop()
        logging.getLogger("sealer_controller.directory").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Note that it was logged; the thread that works on files may be the one that does."""
        if record.getMessage() == self._name:
            self._loop.call_soon_threadsafe(self.event.set)
            logging.getLogger("sealer_controller.directory").removeHandler(self)


async def test_delete_takes_the_version_that_was_read_and_no_other(folders: Folders) -> None:
    """Somebody may have changed it, and then the plan is out of date."""
    async with directory_store(folders.source, folders.target, OPTIONS) as store:
        before = await created(store)
        after = await store.replace_secret(before, secret("two"))
        with pytest.raises(ChangedMeanwhileError):
            await store.delete_secret(before)
        await store.delete_secret(after)
        assert await store.read_secret(DB) is None
        assert (await store.create_secret(secret("three"))).secret == secret("three")


async def test_dry_run_writes_nothing_and_refuses_what_writing_would(folders: Folders) -> None:
    """Although one of the same name exists."""
    async with directory_store(folders.source, folders.target, OPTIONS) as store:
        before = await created(store)
        await store.dry_run_create(secret("two"))
        with pytest.raises(RejectedError):
            await store.dry_run_create(replace(secret(), data={"a b": SecretBytes(b"")}))
        assert await found(store) == before


async def test_what_a_killed_run_left_goes_before_anything_is_reported(folders: Folders) -> None:
    """Also with `--once`, which never looks again."""
    async with directory_store(folders.source, folders.target, OPTIONS) as store:
        await created(store)
    left = folders.target / "shop" / ".sealer-0123456789abcdef"
    left.write_text("half")
    async with (
        directory_store(folders.source, folders.target, OPTIONS) as store,
        aclosing(store.changes()) as changes,
    ):
        await anext(changes)
        assert folders.leftovers() == []


async def test_observer_hears_when_the_secrets_were_looked_at(folders: Folders) -> None:
    """So that metrics show a store that has fallen silent."""
    kinds: list[str] = []

    class Heard(Observer):
        def watch_heard(self, kind: str) -> None:
            kinds.append(kind)

    async with (
        directory_store(folders.source, folders.target, OPTIONS, observer=Heard()) as store,
        aclosing(store.secret_changes()) as changes,
    ):
        assert await anext(changes) == SecretsListed(0)
    assert kinds == ["secrets"]


@pytest.mark.parametrize("form", list(TargetFormat))
async def test_many_secrets_are_written_at_once(folders: Folders, form: TargetFormat) -> None:
    """They share new folders of namespaces, which are ours and go with the last of them."""
    keys = [Key(f"ns{number % 3}", f"s{number}") for number in range(60)]
    (folders.source / "db.yaml").unlink()
    source = folders.put("many.yaml", *(sealed(namespace=key[0], name=key[1]) for key in keys))
    options = TargetOptions(form)
    async with (
        directory_store(folders.source, folders.target, OPTIONS, options) as store,
        aclosing(store.changes()) as changes,
    ):
        await listed(changes)
        wanted = [replace(secret(), namespace=key.namespace, name=key.name) for key in keys]
        written = await asyncio.gather(*map(store.create_secret, wanted))
        changed = [replace(each, data={"b": SecretBytes(b"2")}) for each in wanted]
        await asyncio.gather(*map(store.replace_secret, written, changed))
        read = await asyncio.gather(*map(store.read_secret, keys))
        assert [each and each.secret.data["b"].reveal() for each in read] == [b"2"] * len(keys)
        source.unlink()
        gone = 0
        async for change in changes:
            gone += isinstance(change, Removed)
            if gone == len(keys):
                break
    async with (
        directory_store(folders.source, folders.target, OPTIONS, options) as store,
        aclosing(store.changes()) as changes,
    ):
        await listed(changes)
    assert [path.name for path in folders.target.iterdir()] == [".sealer"]


async def test_status_is_on_disk_before_a_secret_is_deleted(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A controller that is killed in between knows at its start that nobody wanted it gone."""
    async with directory_store(folders.source, folders.target, OPTIONS) as store:
        found = await created(store)
        sealed_secret = await store.read_sealed_secret(DB)
        assert sealed_secret is not None
        right = Status(1, (Condition("Synced", "True", "Unsealed", "", NOW, NOW),))
        await store.write_status(sealed_secret, right)
        await store.save()
        await store.write_status(sealed_secret, recreating(right, NOW))

        def refuse(*_arguments: object) -> None:
            raise RetryableError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(Target, "save", refuse)
            with pytest.raises(RetryableError, match="no Secret is deleted"):
                await store.delete_secret(found)
        assert await store.read_secret(DB) == found
        await store.delete_secret(found)
        entry = StatusFile.decode((folders.target / ".sealer" / "status.json").read_bytes()).get(DB)
    assert entry is not None
    assert (entry.synced, entry.reason, entry.observed_generation) == (False, "Recreating", 1)
