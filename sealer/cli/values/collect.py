"""Values are collected under their keys, and so is all that is wrong with them."""

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from sealer.cli.console import Console
from sealer.cli.files.inputs import STANDARD_INPUT, read_input, unreadable
from sealer.cli.files.paths import is_folder
from sealer.cli.report import about
from sealer.errors import InputError, Where
from sealer.faults import Faults
from sealer.scope import is_item_key
from sealer.sensitive import SecretBytes

if TYPE_CHECKING:
    from sealer.cli.values.generate import Generator

MAXIMUM_SIZE = 1024 * 1024  # what a Secret may hold
_NOWHERE = Where()


class Collected:
    """The values of a run so far.

    Attributes:
        values: The values by key.
        faults: What is wrong with them.
    """

    def __init__(self, console: Console) -> None:
        """Take where to say what people should know."""
        self.values: dict[str, SecretBytes] = {}
        self.faults = Faults()
        self._console = console
        self._keys: set[str] = set()

    def reserve(self, key: str, where: Where = _NOWHERE) -> bool:
        """Take a key, and tell whether it may be used.

        One that is not legal is not repeated: it may be a value, or the rest of one.
        """
        if not is_item_key(key):
            hint = "letters, digits, '-', '_' and '.', such as 'tls.key'"
            self.faults.add(InputError("the item key is not legal", where=where, hint=hint))
            return False
        if key in self._keys:
            message = f"cannot add key {key}, another key by that name already exists"
            self.faults.add(InputError(message, where=where))
            return False
        self._keys.add(key)
        return True

    def add_file(self, key: str, path: str) -> None:
        """Take a file's bytes, or those of all regular files in a folder, links not followed.

        Args:
            key: The key; empty for the file's own name.
            path: The file or folder; `-` for standard input, which needs a key.
        """
        with self.faults.collected():
            if path == STANDARD_INPUT or not is_folder(path):
                self._add(key or PurePath(path).name, read_input(path, maximum=MAXIMUM_SIZE), path)
                return
            if key:
                raise InputError(
                    "cannot give a key name for a directory path",
                    where=Where(path=path),
                    hint="each file of a folder goes under its own name",
                )
            for file in _files_in(path):
                with self.faults.collected():
                    self._add(file.name, read_input(str(file), maximum=MAXIMUM_SIZE), str(file))

    def add_env_file(self, path: str) -> None:
        """Take the variables of an env file; a bare name takes the environment's value.

        Kubectl makes an empty item of a bare name that the environment lacks. Most often it is
        no name at all but a secret in a file of its own, which would then stand in the clear as
        a key, so it is refused here.
        """
        from sealer.cli.values.envfile import read_env_file

        with self.faults.collected(), about(path):
            for variable in read_env_file(read_input(path)):
                where = Where(path=path, line=variable.line)
                value = variable.value
                if value is None:
                    value = _from_environment(variable.key)
                if value is None:  # the name is not said: it may be a value, or the rest of one
                    self.faults.add(_lone_line(where))
                    continue
                if self.reserve(variable.key, where):
                    self._put(variable.key, value, where)

    def add_variable(self, key: str, name: str) -> None:
        """Take the value of an environment variable."""
        value = _from_environment(name)
        if value is None:  # the name is not said: it may be a value that was typed there
            self.faults.add(
                InputError(
                    f"the variable for {key} is not set",
                    hint="give the name of a variable that the shell exports, not a value",
                )
            )
        elif self.reserve(key):
            if not len(value):
                self._console.warn(f"the variable for {key} is empty")
            self._put(key, value, _NOWHERE)

    def ask(self, key: str) -> None:
        """Ask for the value of a key that is reserved.

        Raises:
            WrongUsageError: There is no terminal.
        """
        from sealer.cli.values.prompt import ask_twice

        self._put(key, ask_twice(f"Value of {key}", self._console), _NOWHERE)

    def generate(self, generator: "Generator") -> None:
        """Make the values of keys that are reserved, and say what of them is public."""
        from datetime import UTC, datetime

        made = generator.make(os.urandom, datetime.now(UTC))
        for key, value in made.values.items():
            self._put(key, value, _NOWHERE)
        if made.public:
            self._console.note(made.public)

    def _add(self, key: str, value: bytes, path: str) -> None:
        where = Where(path=path)
        if self.reserve(key, where):
            self._put(key, SecretBytes(value), where)

    def _put(self, key: str, value: SecretBytes, where: Where) -> None:
        if len(value) > MAXIMUM_SIZE:
            message = f"the value of {key} is larger than a Secret may be: 1 MiB"
            self.faults.add(InputError(message, where=where))
        self.values[key] = value


def _lone_line(where: Where) -> InputError:
    return InputError(
        "the line has no '=', and the environment has no variable of that name",
        where=where,
        hint="lines are NAME=value; a file that holds just a value: --from-file KEY=PATH",
    )


def _files_in(folder: str) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError as error:
        raise unreadable(folder, error) from None
    return [Path(folder, name) for name in sorted(names)]


def _from_environment(name: str) -> SecretBytes | None:
    text = os.environ.get(name)
    return None if text is None else SecretBytes(os.fsencode(text))
