"""Open, read, write and remove files so that no link leads astray and no write is seen half done.

Below the folder that the user named, every step goes through the descriptor of an open folder and
follows no symbolic link. A file is written beside its place, synced, and moved there in one step.
"""

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sealer.errors import RetryableError
from sealer_controller.errors import RejectedError

__all__ = [
    "Access",
    "FileTooLargeError",
    "Folder",
    "NotAFileError",
    "explained",
    "open_folder",
    "printable",
]

MAXIMUM_BYTES = 32 << 20
_TEMPORARY = ".sealer-"
_LEFTOVER = re.compile(rf"{re.escape(_TEMPORARY)}[0-9a-f]{{16}}")
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: opening a pipe must not wait for a writer.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Where the system's own words do not tell what is wrong.
_WORDS = {
    errno.ELOOP: "a symbolic link is in the way, and links are not followed here",
    errno.ENOTDIR: "a file or a symbolic link is where a folder should be",
    errno.EISDIR: "a folder is where a file should be",
    errno.ENAMETOOLONG: "file systems take names of 255 bytes, the ending included",
}
_HINTS = {
    errno.ENOSPC: "free space on the disk",
    errno.EDQUOT: "the quota of the user is used up",
    errno.EROFS: "mount the file system for writing",
    errno.EACCES: "check owner and mode of the file and of the folders above it",
    errno.EPERM: "check owner and mode of the file and of the folders above it",
}


class NotAFileError(OSError):
    """There is something of that name, and it is no regular file."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "not a regular file")


class FileTooLargeError(OSError):
    """The file is larger than any manifest."""

    def __init__(self) -> None:
        super().__init__(errno.EFBIG, f"larger than {MAXIMUM_BYTES >> 20} MiB")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read what is written.

    Attributes:
        mode: Permission bits of files; folders get the matching bits to be entered.
        owner: Numbers of user and group; None for whoever we run as, -1 to keep one of them.
    """

    mode: int = 0o600
    owner: tuple[int, int] | None = None

    @property
    def folder_mode(self) -> int:
        """Permission bits of folders: who may read may enter, and we may write."""
        return 0o700 | self.mode | (self.mode & 0o444) >> 2

    def fits(self, found: os.stat_result) -> bool:
        """Tell whether a file or folder has its owner and mode."""
        wanted = self.folder_mode if stat.S_ISDIR(found.st_mode) else self.mode
        owners = zip(self.owner or (), (found.st_uid, found.st_gid), strict=False)
        return stat.S_IMODE(found.st_mode) == wanted and all(
            number in (-1, is_now) for number, is_now in owners
        )

    def apply(self, descriptor: int, mode: int) -> None:
        """Give an open file or folder its owner and mode, whatever the umask is."""
        if self.owner is not None:
            os.fchown(descriptor, *self.owner)
        os.fchmod(descriptor, mode)


PRIVATE = Access()


@contextmanager
def explained(what: object) -> Iterator[None]:
    """Turn what the operating system refuses into an error of ours that names the file.

    Raises:
        RetryableError: It may work later: the disk is full, the folder is not ours yet.
        RejectedError: It can never work, because the name is too long.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        why = _WORDS.get(number) or error.strerror or "cannot be used"
        message, hint = f"{printable(what)}: {why}", _HINTS.get(number, "")
        if error.errno == errno.ENAMETOOLONG:
            raise RejectedError(message, hint=hint) from error
        raise RetryableError(message, hint=hint) from error


def printable(name: object) -> str:
    """Return a path as text that can be written anywhere, also where its bytes are no UTF-8."""
    return os.fsencode(str(name)).decode("utf-8", "backslashreplace")


@contextmanager
def open_folder(path: Path) -> Iterator["Folder"]:
    """Open a folder that the user named; links on the way to it are the user's and are followed.

    Raises:
        OSError: It does not exist or may not be read.
    """
    folder = Folder(os.open(path, _DIRECTORY), path)
    try:
        yield folder
    finally:
        os.close(folder.descriptor)


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder. A name is a single path component, checked by the caller.

    Every method raises OSError.

    Attributes:
        descriptor: The open folder; what happens to its path does not matter any more.
        path: For messages.
    """

    descriptor: int
    path: Path

    @contextmanager
    def enter(self, name: str, *, create: Access | None = None) -> Iterator["Folder"]:
        """Open a folder in this one; with `create`, make it where there is none."""
        if create is not None:
            with suppress(FileExistsError):
                self.make_folder(name, create)
        flags = _DIRECTORY | os.O_NOFOLLOW
        folder = Folder(os.open(name, flags, dir_fd=self.descriptor), self.path / name)
        try:
            yield folder
        finally:
            os.close(folder.descriptor)

    def make_folder(self, name: str, access: Access) -> None:
        """Make a folder that must not exist."""
        os.mkdir(name, 0o700, dir_fd=self.descriptor)
        with self.enter(name) as made:
            access.apply(made.descriptor, access.folder_mode)

    def names(self) -> list[str]:
        """Return the names of everything in the folder, sorted."""
        return sorted(os.listdir(self.descriptor))  # noqa: PTH208 - a descriptor, not a path

    def look(self, name: str) -> os.stat_result:
        """Return what the name stands for; of a link, the link itself."""
        return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)

    def read(self, name: str) -> tuple[bytes, os.stat_result]:
        """Return a file's content and what it was when it was read."""
        descriptor = os.open(name, _READ, dir_fd=self.descriptor)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise NotAFileError
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(MAXIMUM_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(content) > MAXIMUM_BYTES:
            raise FileTooLargeError
        return content, found

    def replace(self, name: str, content: bytes, access: Access = PRIVATE) -> None:
        """Write a file in one step, instead of whatever file or link has that name."""
        with self._temporary(content, access) as temporary:
            os.rename(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        os.fsync(self.descriptor)

    def create(self, name: str, content: bytes, access: Access = PRIVATE) -> None:
        """Write a file in one step; FileExistsError where anything has that name."""
        with self._temporary(content, access) as temporary:
            os.link(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        os.fsync(self.descriptor)

    def point(self, name: str, target: str) -> None:
        """Make a symbolic link in one step, instead of whatever file or link has that name."""
        temporary = _temporary_name()
        os.symlink(target, temporary, dir_fd=self.descriptor)
        try:
            os.rename(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        finally:
            self.discard(temporary)

    def target_of(self, name: str) -> str:
        """Return what a symbolic link says."""
        return os.readlink(name, dir_fd=self.descriptor)

    def discard(self, name: str) -> None:
        """Remove a file or link, if it exists."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def discard_folder(self, name: str) -> None:
        """Remove a folder and the files and links in it, if it exists; a folder in it stays."""
        with suppress(FileNotFoundError):
            with self.enter(name) as inner:
                for each in inner.names():
                    with suppress(IsADirectoryError):
                        inner.discard(each)
            self.discard_empty(name)

    def discard_empty(self, name: str) -> None:
        """Remove a folder if it exists and holds nothing."""
        try:
            os.rmdir(name, dir_fd=self.descriptor)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise

    def has(self, name: str) -> bool:
        """Tell whether anything has that name."""
        try:
            self.look(name)
        except FileNotFoundError:
            return False
        return True

    def mend(self, name: str, access: Access) -> None:
        """Give a file or folder its owner and mode where it has others."""
        descriptor = os.open(name, _READ, dir_fd=self.descriptor)
        try:
            found = os.fstat(descriptor)
            if not access.fits(found):
                is_folder = stat.S_ISDIR(found.st_mode)
                access.apply(descriptor, access.folder_mode if is_folder else access.mode)
        finally:
            os.close(descriptor)

    def discard_leftovers(self, *, seconds: float = 0.0) -> None:
        """Remove the temporary files of processes that were killed while they wrote.

        Args:
            seconds: How old they are at least, where other processes may be writing just now.
        """
        for name in self.names():
            if _LEFTOVER.fullmatch(name):
                with suppress(FileNotFoundError):
                    if not seconds or time.time() - self.look(name).st_mtime >= seconds:
                        self.discard(name)

    @contextmanager
    def _temporary(self, content: bytes, access: Access) -> Iterator[str]:
        name = _temporary_name()
        try:
            with os.fdopen(os.open(name, _NEW, 0o600, dir_fd=self.descriptor), "wb") as file:
                access.apply(file.fileno(), access.mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield name
        finally:
            self.discard(name)


def _temporary_name() -> str:
    # No object's name begins with a dot, so this meets no file of ours.
    return f"{_TEMPORARY}{secrets.token_hex(8)}"
