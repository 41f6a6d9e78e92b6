"""Which files the drivers are for: some lines in `.git/info/attributes`.

That file is this clone's own and is never committed.
"""

from collections.abc import Sequence

from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import read_input
from sealer.cli.files.output import Outputs
from sealer.cli.gitsetup.repository import Repository
from sealer.errors import InputError, Where

DEFAULT_PATTERNS = ("*.yaml", "*.yml", "*.json")
_BEGIN = b"# Written by `sealer git install`, up to the line `end of sealer`.\n"
_END = b"# end of sealer\n"
_ATTRIBUTES = b" diff=sealer merge=sealer"
_OURS = ("sealer", "unspecified")
_SHOWN = 3


class Attributes:
    """The lines of this repository.

    They stand first in their file, so that whatever else stands there wins.
    """

    def __init__(self, repository: Repository, patterns: Sequence[str] = ()) -> None:
        """Take the patterns; nothing keeps what is installed, or takes the default.

        Raises:
            WrongUsageError: A pattern is none.
        """
        self._repository = repository
        self._before = self._read()
        installed = _patterns_in(self._before)
        self.patterns = tuple(map(_checked, patterns)) or installed or DEFAULT_PATTERNS

    def missing(self) -> list[str]:
        """Tell whether the lines are there."""
        if self._wanted() == self._before:
            return []
        return [f"{self._name} does not name the drivers for {', '.join(self.patterns)}"]

    def check(self) -> None:
        """Refuse to take files away from another driver.

        Raises:
            InputError: Tracked files have other attributes, which ours would go before.
        """
        paths = self._repository.tracked(self.patterns)
        others = [
            f"{path} ({name}: {value})"
            for path, name, value in self._repository.attributes_of(paths, "diff", "merge")
            if value not in _OURS
        ]
        if others:
            rest = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            raise InputError(
                f"files have attributes of their own: {', '.join(others[:_SHOWN])}{rest}",
                where=Where(path=self._name),
                hint="name the files that hold SealedSecrets: --path PATTERN",
            )

    def install(self) -> None:
        """Write the lines."""
        self._write(self._wanted())

    def uninstall(self) -> None:
        """Take the lines away, and the file where it holds nothing else."""
        self._write(_without_block(self._before))

    def _wanted(self) -> bytes:
        lines = (_quoted(pattern) + _ATTRIBUTES + b"\n" for pattern in self.patterns)
        return b"".join((_BEGIN, *lines, _END, _without_block(self._before)))

    def _write(self, data: bytes) -> None:
        file = self._repository.attributes
        if data == self._before:
            return
        if not data:
            file.unlink()
            return
        with Outputs(makes_folders=True) as outputs:
            outputs.write(file, data, expected=self._before if file.exists() else None)
            outputs.commit()

    def _read(self) -> bytes:
        file = self._repository.attributes
        return read_input(str(file)) if file.exists() else b""

    @property
    def _name(self) -> str:
        return self._repository.shown(self._repository.attributes)


def _without_block(data: bytes) -> bytes:
    start, end = data.find(_BEGIN), data.find(_END)
    return data if start < 0 or end < start else data[:start] + data[end + len(_END) :]


def _patterns_in(data: bytes) -> tuple[str, ...]:
    start, end = data.find(_BEGIN), data.find(_END)
    if start < 0 or end < start:
        return ()
    lines = data[start + len(_BEGIN) : end].splitlines()
    names = (line.removesuffix(_ATTRIBUTES).decode() for line in lines)
    return tuple(name[1:-1] if name.startswith('"') else name for name in names)


def _quoted(pattern: str) -> bytes:
    return (f'"{pattern}"' if " " in pattern else pattern).encode()


def _checked(pattern: str) -> str:
    """Refuse what git would not take for a pattern, or what would match no file."""
    hint = "patterns are those of .gitattributes, such as 'clusters/**/*.yaml'"
    if not pattern.isprintable() or not pattern or pattern[0] in "#!" or set(pattern) & set('"\\['):
        raise WrongUsageError(f"{pattern!r} is no pattern for files", hint=hint)
    if pattern.endswith("/"):
        message = f"{pattern} names a folder, and attributes are for files"
        raise WrongUsageError(message, hint=f"say what is in it: {pattern}**")
    return pattern
