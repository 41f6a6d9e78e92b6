"""The program on a plain host: hands in its target, kills, disks that fail, lost keys."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.controller.folders import CANARY, Folders, make_folders, sealed
from tests.controller.process import Running, finished, started
from tests.support.program import Done, run

_FORMATS = ("manifest", "files")
_PASSWORD = "password"
# With file systems of its own, that nobody else sees.
_APART = ("unshare", "--user", "--map-root-user", "--mount")
_MOUNT = 'mount -t tmpfs -o size=256k none "$0" && exec "$@"'


def may_mount() -> bool:
    """Tell whether this machine lets us have file systems of our own."""
    if shutil.which(_APART[0]) is None:
        return False
    mount = ("mount", "-t", "tmpfs", "none", "/mnt")
    return subprocess.run([*_APART, *mount], capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not may_mount(), reason="nobody may mount here")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Folders with a key and two SealedSecrets."""
    folders = make_folders(tmp_path)
    folders.put("db.yaml", sealed("one"))
    folders.put("web.yaml", sealed("two", name="web"))
    return folders


@pytest.fixture(params=_FORMATS)
def form(request: pytest.FixtureRequest) -> str:
    """Both formats."""
    return str(request.param)


def value(folders: Folders, name: str, form: str) -> str | None:
    """Return the password of a Secret as a reader finds it."""
    if form == "manifest":
        return (folders.secret(name) or {}).get(_PASSWORD)
    file = folders.target / "shop" / name / _PASSWORD
    return file.read_text() if file.exists() else None


def until_reconciled(running: Running, **outcomes: str) -> None:
    """Wait until these objects, in any order, were reconciled with these outcomes."""
    waiting = dict(outcomes)
    while waiting:
        line = running.until("reconciled")
        if waiting.get(line["name"]) == line["outcome"]:
            del waiting[line["name"]]


def until_removed(running: Running, name: str) -> None:
    """Wait until a Secret was removed, if it was not yet."""
    removed = [line["name"] for line in running.lines if line["msg"] == "secret_removed"]
    if name not in removed:
        running.until("secret_removed", name=name)


def test_hands_in_the_target_are_undone(folders: Folders, form: str) -> None:
    """What is changed or removed is as it was a moment later, the target itself included."""
    place = folders.target / "shop"
    with started(*folders.arguments, "--target-format", form) as running:
        until_reconciled(running, db="created", web="created")
        if form == "manifest":
            (place / "db.yaml").write_text("gone mad")
            (place / "web.yaml").unlink()
        else:
            (place / "db" / _PASSWORD).write_text("gone mad")
            shutil.rmtree(place / "web")
        until_reconciled(running, db="replaced", web="created")
        assert value(folders, "db", form) == f"{CANARY} one"
        assert value(folders, "web", form) == f"{CANARY} two"
        shutil.rmtree(folders.target)
        until_reconciled(running, db="created", web="created")
        assert running.stop() == 0
    assert value(folders, "db", form) == f"{CANARY} one"
    assert folders.entry("web")["synced"] is True
    assert folders.leftovers() == []


def test_kill_under_load_loses_nothing(folders: Folders, form: str) -> None:
    """Everything that is there is whole, the next run does the rest, and nothing is left over."""
    names = [f"s{number}" for number in range(40)]
    folders.put("many.yaml", *(sealed(name, name=name) for name in names))
    arguments = (*folders.arguments, "--target-format", form)
    with started(*arguments) as running:
        for _ in range(10):
            running.until("reconciled")
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    assert {value(folders, name, form) for name in names} <= {
        *(f"{CANARY} {name}" for name in names),
        None,
    }
    assert finished(*arguments, "--once").returncode == 0
    assert [value(folders, name, form) for name in names] == [f"{CANARY} {name}" for name in names]
    assert folders.leftovers() == []
    assert all(each["synced"] for each in folders.status()["objects"])


class Disk:
    """A small disk of its own, under the target of a running controller.

    Args:
        path: Where it is mounted, for the controller alone.
        running: The controller.
        folder: The open folder, which we can look into, also when the controller has ended.
    """

    def __init__(self, path: Path, running: Running, folder: int) -> None:
        self._path = path
        self._running = running
        self.root = Path(f"/proc/self/fd/{folder}")

    def fill(self) -> None:
        """Leave no space."""
        with pytest.raises(OSError, match="No space left"), (self.root / "fill").open("wb") as file:
            file.write(bytes(1 << 20))

    def free(self) -> None:
        """Leave space again."""
        (self.root / "fill").unlink()

    def remount(self, options: str) -> None:
        """Let it be mounted otherwise; as long as a file is being written, that is refused."""
        inside = ("nsenter", "--target", self._running.pid, "--user", "--mount")
        mount = ("--preserve-credentials", "mount", "-o", f"remount,{options}", self._path)
        command = [str(word) for word in (*inside, *mount)]
        while b"busy" in (done := subprocess.run(command, capture_output=True, check=False)).stderr:
            continue
        assert done.returncode == 0, done.stderr


@contextmanager
def started_on_disk(folders: Folders, form: str) -> Iterator[tuple[Running, Disk]]:
    """Start the controller with its target on a disk of its own; leave it when all is done."""
    place = folders.source.with_name("disk")
    place.mkdir()
    moved = replace(folders, target=place / "target")
    within = (*_APART, "sh", "-c", _MOUNT, place)
    with started(*moved.arguments, "--target-format", form, within=within) as running:
        until_reconciled(running, db="created", web="created")
        folder = os.open(f"/proc/{running.pid}/root{place}", os.O_RDONLY)
        try:
            yield running, Disk(place, running, folder)
        finally:
            os.close(folder)


def check(folders: Folders, disk: Disk, form: str) -> None:
    """See that all that `change` asked for is as it should be."""
    seen = replace(folders, target=disk.root / "target")
    assert value(seen, "db", form) == f"{CANARY} new"
    assert value(seen, "late", form) == f"{CANARY} late"
    assert value(seen, "web", form) is None
    assert {each["name"]: each["synced"] for each in seen.status()["objects"]} == {
        "db": True,
        "late": True,
    }
    assert seen.leftovers() == []


def change(folders: Folders) -> None:
    """Change one SealedSecret, remove another and add a third."""
    folders.put("db.yaml", sealed("new"))
    (folders.source / "web.yaml").unlink()
    folders.put("late.yaml", sealed("late", name="late"))


@needs_mounts
def test_full_disk_is_waited_out(folders: Folders, form: str) -> None:
    """What is there stays whole; with space everything is made up for, the status too."""
    with started_on_disk(folders, form) as (running, disk):
        disk.fill()
        change(folders)
        line = running.until("reconciled", name="db", outcome="failed")
        assert "No space left on device" in line["message"]
        assert value(replace(folders, target=disk.root / "target"), "db", form) == f"{CANARY} one"
        disk.free()
        until_reconciled(running, db="replaced", late="created")
        until_removed(running, "web")
        assert running.stop() == 0
        check(folders, disk, form)


@needs_mounts
def test_read_only_file_system_is_waited_out(folders: Folders, form: str) -> None:
    """It can be made read-only under us, says so for each object, and goes on when it is not."""
    with started_on_disk(folders, form) as (running, disk):
        disk.remount("ro")
        change(folders)
        line = running.until("reconciled", name="db", outcome="failed")
        assert "Read-only file system" in line["message"]
        disk.remount("rw")
        until_reconciled(running, db="replaced", late="created")
        until_removed(running, "web")
        assert running.stop() == 0
        check(folders, disk, form)


def passphrase() -> str:
    """Return the number of a descriptor that gives a passphrase; the program closes it."""
    reading, writing = os.pipe()
    os.write(writing, b"correct horse battery staple\n")
    os.close(writing)
    return str(reading)


def told(done: Done) -> None:
    """See that a command did what it was asked for."""
    assert done.code == 0, done.err


def test_backup_of_the_keys_folder_brings_everything_back(folders: Folders, tmp_path: Path) -> None:
    """A renewed key, the old pair and the key of the digests: nothing even has to be opened."""
    with started(*folders.arguments, "--key-size", "2048") as running:
        until_reconciled(running, db="created", web="created")
        running.signal(signal.SIGUSR1)
        running.until("key_created")
        assert running.stop() == 0
    backup, keys = str(tmp_path / "keys.backup"), str(folders.keys)
    told(run("keys", "backup", "-w", backup, "--keys", keys, "--passphrase-fd", passphrase()))
    shutil.rmtree(folders.keys)
    told(run("keys", "restore", backup, "-d", keys, "--passphrase-fd", passphrase()))
    done = finished(*folders.arguments, "--once", "--require-existing-key")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.count('"outcome":"unchanged"') + done.stdout.count('"outcome": "unchanged"')
        == 2
    )
