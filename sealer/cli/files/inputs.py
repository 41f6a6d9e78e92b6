"""Files, folders and standard input: what a command reads, in bounded size."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from sealer.cli.console import Console, counted
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.git import NoGitError
from sealer.cli.files.ignored import ignored_files
from sealer.cli.files.paths import is_file, is_folder
from sealer.errors import InputError, Where
from sealer.faults import Faults

STANDARD_INPUT = "-"
MAXIMUM_SIZE = 64 * 1024 * 1024
MANIFEST_SUFFIXES = frozenset((".yaml", ".yml", ".json"))


@dataclass(frozen=True, slots=True)
class InputFile:
    """Something to read.

    Attributes:
        name: What the user calls it; `-` for standard input.
        relative: Where it stands below the folder that was named; the bare name of a named file.
        is_named: The user named it, and no folder that it is in.
    """

    name: str
    relative: PurePath
    is_named: bool = True

    @property
    def path(self) -> Path | None:
        """The file; None for standard input."""
        return None if self.name == STANDARD_INPUT else Path(self.name)

    def read(self) -> bytes:
        """Return the content.

        Raises:
            InputError: It is missing, unreadable or too large.
        """
        return read_input(self.name)


def read_input(name: str, *, maximum: int = MAXIMUM_SIZE) -> bytes:
    """Return the content of a file, or of standard input for `-`.

    Raises:
        InputError: It is missing, unreadable or larger than `maximum` bytes.
    """
    try:
        if name == STANDARD_INPUT:
            data = _read(sys.stdin.buffer, maximum)
        else:
            with Path(name).open("rb") as file:
                data = _read(file, maximum)
    except OSError as error:
        raise unreadable(name, error) from None
    if len(data) > maximum:
        message = f"the input is larger than {maximum // 1024 // 1024} MiB"
        raise InputError(message, where=Where(path=name), hint="split it")
    return data


def _read(file: BinaryIO, maximum: int) -> bytes:
    return file.read(maximum + 1)


def find_inputs(
    names: Sequence[str], console: Console, *, example: str, without: Path | None = None
) -> list[InputFile]:
    """Return what the paths of a command line stand for, each file once.

    In a folder, a link that leads out of it is left alone: whoever names a folder means what is in
    it. A link within it stands for the file that it leads to.

    Args:
        names: Files, folders and `-`; nothing means standard input.
        console: Where to say what was skipped.
        example: What to type instead of waiting at a terminal.
        without: A folder to leave out, because results go there.

    Raises:
        InputError: A path is missing or unreadable, or a folder holds no manifest.
        ManyErrors: There are several faults.
        WrongUsageError: Nothing is named and standard input is a terminal.
    """
    if not names:
        check_not_terminal(example)
        names = (STANDARD_INPUT,)
    found: dict[str, InputFile] = {}
    faults = Faults()
    for name in names:
        with faults.collected():
            for file in _expand(name, console, without):
                key = name if file.path is None else os.path.realpath(file.path)
                found.setdefault(key, file)
    faults.check()
    return list(found.values())


def check_not_terminal(example: str) -> None:
    """Refuse to wait for input that nobody knows they should type.

    Raises:
        WrongUsageError: Standard input is a terminal.
    """
    if sys.stdin.isatty():
        raise WrongUsageError("there is nothing to read", hint=f"name a file, such as: {example}")


def _expand(name: str, console: Console, without: Path | None) -> list[InputFile]:
    if name == STANDARD_INPUT:
        return [InputFile(name, PurePath("standard-input.yaml"))]
    folder = Path(name)
    if not is_folder(folder):
        return [InputFile(name, PurePath(folder.name))]
    found = _manifests_in(folder, without)
    files = _without_links_out(folder, found)
    if len(files) < len(found):
        links = counted(len(found) - len(files), "link")
        console.note(f"{name}: left alone, because they lead out of the folder: {links}")
    ignored = _ignored(folder, files, console)
    if ignored:
        console.note(f"{name}: skipped {counted(len(ignored), 'file')} that git ignores")
    kept = [file for file in files if file not in ignored]
    if not kept:
        suffixes = ", ".join(sorted(MANIFEST_SUFFIXES))
        kind = "ignored" if ignored else "linked" if found else ""
        raise InputError(
            f"the folder holds no file to look at ({suffixes})",
            where=Where(path=name),
            hint=f"name the {kind} files themselves to use them" if kind else "",
        )
    return [InputFile(str(file), file.relative_to(folder), is_named=False) for file in kept]


def _without_links_out(folder: Path, files: Sequence[Path]) -> list[Path]:
    root = folder.resolve()
    return [file for file in files if not file.is_symlink() or root in file.resolve().parents]


def _ignored(folder: Path, files: Sequence[Path], console: Console) -> set[Path]:
    try:
        return ignored_files(folder, files)
    except NoGitError as error:
        message = f"{error.message}: files that it ignores are taken along with the others"
        console.warn_once(message, hint=error.hint)
        return set()


def _manifests_in(folder: Path, without: Path | None) -> list[Path]:
    left_out = without.resolve() if without else None
    found: list[Path] = []
    faults = Faults()

    def refuse(error: OSError) -> None:
        faults.add(unreadable(str(error.filename), error))

    for parent, folders, files in os.walk(folder, onerror=refuse):
        inside = Path(parent)
        folders[:] = sorted(
            name for name in folders if name != ".git" and (inside / name).resolve() != left_out
        )
        found += (
            inside / name
            for name in sorted(files)
            # Editors leave links to nowhere beside a file that is open.
            if PurePath(name).suffix.lower() in MANIFEST_SUFFIXES and is_file(inside / name)
        )
    faults.check()
    return found


def unreadable(name: str, error: OSError) -> InputError:
    """Return the error that says why something cannot be read."""
    reason = error.strerror or type(error).__name__
    return InputError(f"cannot be read: {reason}", where=Where(path=name))
