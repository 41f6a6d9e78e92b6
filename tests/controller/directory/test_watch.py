"""Changes of a folder are noticed; and where they cannot be, waiting ends all the same."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path, PurePath

import pytest

from sealer_controller.directory import watch as directorywatch
from sealer_controller.directory.watch import Watch

# Only a watch that does not work waits for so long; the test's own time limit ends before that.
FOR_EVER = 3600.0
QUIET = 0.3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that is watched."""
    (tmp_path / "source" / ".git").mkdir(parents=True)
    (tmp_path / "source" / "sub").mkdir()
    return tmp_path / "source"


@pytest.fixture
async def watch(folder: Path) -> AsyncIterator[Watch]:
    """A watch that has begun."""
    watch = Watch(folder)
    await watch.begin()
    yield watch
    await watch.close()


def remove(folder: Path) -> None:
    """Remove the folder; one that is made afterwards may well get its number."""
    shutil.rmtree(folder)


def make(folder: Path) -> None:
    """Make the folder."""
    folder.mkdir()


async def test_change_ends_the_wait(watch: Watch, folder: Path) -> None:
    """At any depth, and again and again."""
    for name in ("a.yaml", "sub/b.yaml"):
        (folder / name).write_text("x")
        await watch.wait(FOR_EVER)
        await watch.begin()


async def test_wait_goes_on_until_something_changes(watch: Watch, folder: Path) -> None:
    """Without a change nothing ends the wait; a wait that ends by itself would spin for ever."""
    waiting = asyncio.create_task(watch.wait(FOR_EVER))
    done, _ = await asyncio.wait({waiting}, timeout=QUIET)
    assert not done
    (folder / "a.yaml").write_text("x")
    await waiting


async def test_change_before_the_wait_is_not_missed(watch: Watch, folder: Path) -> None:
    """What happens while the folder is being read is seen afterwards."""
    (folder / "a.yaml").write_text("x")
    await watch.wait(FOR_EVER)


async def test_time_ends_the_wait_too(watch: Watch) -> None:
    """The slow reading again does not depend on any watch."""
    await watch.wait(0.01)


async def test_folder_that_is_replaced_is_watched_again(watch: Watch, folder: Path) -> None:
    """Removed and made again, at the same path: changes in the new one are seen."""
    remove(folder)
    await watch.wait(FOR_EVER)
    make(folder)
    await watch.begin()
    (folder / "a.yaml").write_text("x")
    await watch.wait(FOR_EVER)


async def test_link_that_moves_is_followed(tmp_path: Path) -> None:
    """A new revision in a new folder, and a link that leads to it."""
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    link = tmp_path / "current"
    link.symlink_to("1")
    watch = Watch(link)
    await watch.begin()
    link.unlink()
    link.symlink_to("2")
    await watch.begin()
    (tmp_path / "2" / "a.yaml").write_text("x")
    await watch.wait(FOR_EVER)
    await watch.close()


async def test_missing_folder_only_waits(tmp_path: Path) -> None:
    """It may come; until then time passes, and closing is fine."""
    watch = Watch(tmp_path / "missing")
    await watch.begin()
    await watch.wait(0.01)
    (tmp_path / "missing").mkdir()
    await watch.begin()
    (tmp_path / "missing" / "a.yaml").write_text("x")
    await watch.wait(FOR_EVER)
    await watch.close()


async def test_path_that_leads_elsewhere_ends_the_wait(tmp_path: Path) -> None:
    """No watch tells of a link that moves, nor of a folder that comes into being: we look."""
    link = tmp_path / "current"
    watch = Watch(link)
    assert await watch.begin() is None
    for name in ("1", "2"):
        make(tmp_path / name)
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        await watch.wait(FOR_EVER)
        assert await watch.begin() is None
    await watch.close()


async def test_changed_paths_are_named_once(watch: Watch, folder: Path) -> None:
    """Relative to the folder; where nobody can know what has changed, all may have."""
    (folder / "a.yaml").write_text("x")
    await watch.wait(FOR_EVER)
    assert PurePath("a.yaml") in (await watch.begin() or ())
    assert await watch.begin() == frozenset()


async def test_ignored_paths_end_no_wait(folder: Path) -> None:
    """What the caller writes itself must not wake it."""
    watch = Watch(folder, ignores=lambda path: path.parts[0] == "own")
    await watch.begin()
    (folder / "own").write_text("x")
    (folder / "theirs").write_text("x")
    await watch.wait(FOR_EVER)
    assert await watch.begin() == frozenset([PurePath("theirs")])
    await watch.close()


async def test_name_that_is_no_utf_8_ends_the_wait_and_not_the_watching(
    watch: Watch, folder: Path
) -> None:
    """The library gives up on such a name; what comes later is seen all the same."""
    file = os.path.join(os.fsencode(folder), b"\xff.yaml")  # noqa: PTH118 - a Path is text
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
    await watch.wait(FOR_EVER)
    assert await watch.begin() is None
    (folder / "a.yaml").write_text("x")
    await watch.wait(FOR_EVER)


@pytest.mark.parametrize("error", [OSError(28, "too many watches"), RuntimeError("rust")])
async def test_system_without_watches_left_is_told_once(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    """Then the folder is only read again from time to time, and one line says so."""

    def refuse(*_arguments: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(directorywatch, "awatch", refuse)
    watch = Watch(folder)
    for _ in range(3):
        await watch.begin()
        await watch.wait(0.01)
    await watch.close()
    assert [record.getMessage() for record in caplog.records] == ["folder_not_watched"]
