"""Where results go: standard output, one file, a folder that mirrors the input, or in place."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.output import Outputs, write_standard_output
from sealer.errors import InputError, Where

_BEGINS_WITH_MARKER = re.compile(rb"(?:[ \t]*(?:[#%][^\n]*)?\r?\n)*---(?=\s|\Z)")
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the user wants results; nothing means standard output.

    Attributes:
        file: One file for everything.
        folder: A folder that mirrors the input.
        in_place: The inputs themselves.
    """

    file: str = ""
    folder: str = ""
    in_place: bool = False

    def file_for(self, file: InputFile) -> Path | None:
        """Return the file that the result of an input goes to; None where that is not another."""
        if self.file:
            return Path(self.file)
        return Path(self.folder) / file.relative if self.folder else None


class Destination(Protocol):
    """Takes one result after the other; nothing is visible before `finish`."""

    def is_json(self, file: InputFile) -> bool:
        """Tell whether the name of a file's target asks for JSON."""

    def put(self, file: InputFile, before: bytes, after: bytes) -> None:
        """Take the result of a file: what it held and what comes of it."""

    def finish(self) -> None:
        """Make everything visible."""


def destination_for(target: Target, inputs: Sequence[InputFile], outputs: Outputs) -> Destination:
    """Return the destination that was asked for.

    Raises:
        WrongUsageError: It does not fit the inputs.
    """
    if sum(map(bool, (target.file, target.folder, target.in_place))) > 1:
        raise WrongUsageError("-w, -d and --in-place exclude each other")
    for file in inputs:
        if file.path is None and (target.folder or target.in_place):
            raise WrongUsageError(
                "standard input has no name to write to", hint="write one file: -w FILE"
            )
    if target.in_place:
        return _InPlace(outputs)
    if target.folder:
        return _Mirror(Path(target.folder), inputs, outputs)
    return _Joined(target.file, inputs, outputs)


def _refuse_same(file: InputFile, target: Path) -> None:
    if file.path is not None and os.path.realpath(file.path) == os.path.realpath(target):
        raise WrongUsageError(
            f"{file.name} would be read and written at once",
            hint="name another file; to replace the file itself: sealer seal --in-place",
        )


class _InPlace:
    """Rewrites the inputs, if nobody else did meanwhile."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs

    def is_json(self, file: InputFile) -> bool:
        return _is_json_name(file.name)

    def put(self, file: InputFile, before: bytes, after: bytes) -> None:
        if after != before:
            self._outputs.write(Path(file.name), after, expected=before)

    def finish(self) -> None:
        self._outputs.commit()


class _Mirror:
    """Writes each result under its own name into a folder."""

    def __init__(self, folder: Path, inputs: Sequence[InputFile], outputs: Outputs) -> None:
        self._outputs = outputs
        self._folder = folder
        sources: dict[Path, InputFile] = {}
        for file in inputs:
            target = folder / file.relative
            _refuse_same(file, target)
            other = sources.setdefault(target, file)
            if other is not file:
                raise WrongUsageError(f"{other.name} and {file.name} would both become {target}")

    def is_json(self, file: InputFile) -> bool:
        return _is_json_name(file.relative.name)

    def put(self, file: InputFile, before: bytes, after: bytes) -> None:
        self._outputs.write(self._folder / file.relative, after)

    def finish(self) -> None:
        self._outputs.commit()


class _Joined:
    """Writes all results one behind the other, to a file or to standard output."""

    def __init__(self, target: str, inputs: Sequence[InputFile], outputs: Outputs) -> None:
        self._target = target
        self._outputs = outputs
        self._parts: list[tuple[InputFile, bytes]] = []
        if target:
            for file in inputs:
                _refuse_same(file, Path(target))

    def is_json(self, file: InputFile) -> bool:
        return _is_json_name(self._target)

    def put(self, file: InputFile, before: bytes, after: bytes) -> None:
        self._parts.append((file, after))

    def finish(self) -> None:
        data = join_parts(self._parts)
        if not self._target:
            write_standard_output(data)
            return
        self._outputs.write(Path(self._target), data)
        self._outputs.commit()


def join_parts(parts: Sequence[tuple[InputFile, bytes]]) -> bytes:
    """Return several files as one stream of documents; a single one as it is.

    Raises:
        InputError: One of several is not UTF-8.
    """
    if len(parts) == 1:
        return parts[0][1]
    joined = b""
    for file, part in parts:
        if b"\0" in part[:4] or part[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError(
                "only UTF-8 files can be joined, and this is UTF-16 or UTF-32",
                where=Where(path=file.name),
                hint="write each file by itself: -d FOLDER or --in-place",
            )
        text = part.removeprefix(_UTF8_MARK)
        if joined and not joined.endswith(b"\n"):
            joined += b"\n"
        is_json = joined.rstrip().endswith(b"}") and text.lstrip().startswith(b"{")
        if joined and not is_json and not _BEGINS_WITH_MARKER.match(text):
            joined += b"---\n"
        joined += text
    return joined


def _is_json_name(name: str) -> bool:
    return name.lower().endswith(".json")
