"""Reading and writing files: whole or not at all, never through a link, faults told apart."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sealer.errors import RetryableError
from sealer_controller.directory import files as directoryfiles
from sealer_controller.directory.files import Access, Folder, explained, open_folder
from sealer_controller.errors import RejectedError


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """An open folder, which is as tidy afterwards as it was before."""
    with open_folder(tmp_path) as opened:
        yield opened
    assert not list(tmp_path.rglob(".sealer-*"))


def no_space(*_arguments: object, **_named: object) -> None:
    """Fail as on a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("write", [Folder.replace, Folder.create])
def test_write_gives_content_and_mode_whatever_the_umask(
    folder: Folder, write: Callable[..., None]
) -> None:
    """A file has exactly the mode that was asked for."""
    before = os.umask(0o777)
    try:
        write(folder, "a", b"text", Access(0o640))
    finally:
        os.umask(before)
    assert folder.read("a")[0] == b"text"
    assert stat.S_IMODE(folder.look("a").st_mode) == 0o640


@pytest.mark.parametrize("step", ["fsync", "rename", "fchmod"])
def test_replace_that_fails_leaves_the_old_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever step a full disk hits, the old content stays and nothing lies about."""
    folder.replace("a", b"old")
    monkeypatch.setattr(os, step, no_space)
    with pytest.raises(OSError, match="No space left"):
        folder.replace("a", b"new")
    monkeypatch.undo()
    assert folder.read("a")[0] == b"old"


def test_create_never_replaces_anything(folder: Folder, tmp_path: Path) -> None:
    """Not a file, not a link, not a folder."""
    folder.create("file", b"old")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    for name in ("file", "link", "folder"):
        with pytest.raises(FileExistsError):
            folder.create(name, b"new")
    assert folder.read("file")[0] == b"old"


def test_replace_replaces_a_link_and_not_what_it_leads_to(folder: Folder, tmp_path: Path) -> None:
    """Somebody who may make links cannot have us write elsewhere."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to("victim")
    folder.replace("link", b"new")
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "link").is_symlink()


def test_links_are_not_followed_when_reading(folder: Folder, tmp_path: Path) -> None:
    """Neither to a file nor to a folder."""
    (tmp_path / "file").write_text("text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "to-file").symlink_to("file")
    (tmp_path / "to-folder").symlink_to("folder")
    with pytest.raises(OSError, match="symbolic links"):
        folder.read("to-file")
    with pytest.raises(NotADirectoryError), folder.enter("to-folder"):
        pass
    with pytest.raises(NotADirectoryError), folder.enter("to-folder", create=Access()):
        pass


def test_pipe_is_no_file_and_nobody_waits_for_it(folder: Folder, tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to does not hang."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        folder.read("pipe")


def test_file_beyond_the_limit_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of any size takes bounded memory."""
    monkeypatch.setattr(directoryfiles, "MAXIMUM_BYTES", 10)
    folder.replace("fits", bytes(10))
    folder.replace("large", bytes(11))
    assert len(folder.read("fits")[0]) == 10
    with pytest.raises(OSError, match="larger than"):
        folder.read("large")


@pytest.mark.parametrize(
    ("mode", "wanted"), [(0o600, 0o700), (0o640, 0o750), (0o444, 0o755), (0o660, 0o770)]
)
def test_folders_may_be_entered_by_whoever_may_read(folder: Folder, mode: int, wanted: int) -> None:
    """A file that a group may read is in folders that it may enter."""
    with folder.enter("new", create=Access(mode)):
        pass
    assert stat.S_IMODE(folder.look("new").st_mode) == wanted


def test_enter_leaves_the_mode_of_an_existing_folder(folder: Folder, tmp_path: Path) -> None:
    """Only what we make gets our mode."""
    (tmp_path / "theirs").mkdir(mode=0o711)
    with folder.enter("theirs", create=Access(0o600)):
        pass
    assert stat.S_IMODE(folder.look("theirs").st_mode) == 0o711


def test_owner_is_given_to_files_and_folders(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--target-owner` is applied before the file can be seen under its name."""
    given: list[tuple[int, int]] = []
    names: list[list[str]] = []

    def note(_descriptor: int, user: int, group: int) -> None:
        given.append((user, group))
        names.append(folder.names())

    monkeypatch.setattr(os, "fchown", note)
    folder.replace("a", b"", Access(owner=(1001, -1)))
    folder.make_folder("b", Access(owner=(5, 6)))
    assert given == [(1001, -1), (5, 6)]
    assert "a" not in names[0]


def test_leftovers_of_a_killed_process_are_removed(folder: Folder, tmp_path: Path) -> None:
    """And only they."""
    for name in (".sealer-0123456789abcdef", ".sealer", ".other", "a"):
        (tmp_path / name).touch()
    folder.discard_leftovers()
    assert folder.names() == [".other", ".sealer", "a"]
    (tmp_path / ".sealer").unlink()


def test_folder_is_discarded_with_its_files_and_a_missing_one_is_no_fault(
    folder: Folder, tmp_path: Path
) -> None:
    """`discard` and `discard_folder` mean that it is gone afterwards."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    folder.discard_folder("full")
    folder.discard_folder("full")
    folder.discard("a")
    assert folder.names() == []


@pytest.mark.parametrize(
    ("code", "kind", "words", "hint"),
    [
        (errno.ENOSPC, RetryableError, "No space left", "free space"),
        (errno.EROFS, RetryableError, "Read-only", "for writing"),
        (errno.EACCES, RetryableError, "Permission denied", "owner and mode"),
        (errno.ELOOP, RetryableError, "links are not followed", ""),
        (errno.EIO, RetryableError, "Input/output error", ""),
        (errno.ENAMETOOLONG, RejectedError, "255 bytes", ""),
    ],
)
def test_faults_of_the_system_become_errors_that_say_what_to_do(
    code: int, kind: type[Exception], words: str, hint: str
) -> None:
    """Each names the file and says what to do; all but a name that is too long may pass."""
    with pytest.raises(kind) as raised, explained("shop/db"):
        raise OSError(code, os.strerror(code))
    assert isinstance(raised.value, RetryableError | RejectedError)
    assert raised.value.message.startswith("shop/db: ")
    assert words in raised.value.message
    assert hint in raised.value.hint


def test_name_that_is_too_long_is_refused_by_the_system(folder: Folder) -> None:
    """What `explained` says about long names is what happens."""
    with pytest.raises(RejectedError, match="255 bytes"), explained("x"):
        folder.create("n" * 256, b"")
