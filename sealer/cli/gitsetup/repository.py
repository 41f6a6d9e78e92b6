"""The git repository around a folder: its places and its settings, told and changed by git."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from sealer.cli.files.git import Answer, NoGitError, run_git
from sealer.errors import InputError, OutputError, Where

_NOT_SET = 1  # what `git config --get` exits with
_NOTHING_TO_UNSET = 5


class Repository:
    """A repository with a work tree.

    Attributes:
        root: The root of the work tree; a linked work tree has its own.
        common: The folder with what all work trees share: `.git`, or a submodule's place in it.
        hooks: Where git looks for hooks; `core.hooksPath` counts.
        attributes: The file with attributes that are this clone's own.
    """

    def __init__(self, folder: Path) -> None:
        """Find the repository, as git does for any command.

        Raises:
            InputError: Git cannot be run, or there is no repository with a work tree.
        """
        self._folder = folder
        if self._ask("rev-parse", "--is-bare-repository") == "true":
            raise _unusable(
                folder, "a bare repository has no files to commit", "run it in a clone with files"
            )
        if self._ask("rev-parse", "--is-inside-work-tree") != "true":
            raise _unusable(folder, "this is git's own folder", "run it in the work tree")
        self.root = Path(self._ask("rev-parse", "--show-toplevel"))
        self._folder = self.root  # what git answers is relative to it
        self.common = self._place("--git-common-dir")
        self.hooks = self._place("--git-path", "hooks")
        self.attributes = self._place("--git-path", "info/attributes")

    def setting(self, name: str) -> str | None:
        """Return what this repository's own configuration says; None when it says nothing."""
        answer = self._call("config", "--local", "--get", name)
        if answer.status not in (0, _NOT_SET):
            raise _failed(self.root, answer)
        return None if answer.status else os.fsdecode(answer.output).removesuffix("\n")

    def set(self, name: str, value: str) -> None:
        """Write a setting into this repository's own configuration.

        Raises:
            OutputError: It cannot be written.
        """
        self._change("config", "--local", "--replace-all", name, value)

    def unset(self, name: str) -> None:
        """Take a setting out of this repository's own configuration, if it is there.

        Raises:
            OutputError: It cannot be written.
        """
        self._change("config", "--local", "--unset-all", name, accepted=(0, _NOTHING_TO_UNSET))

    def tracked(self, patterns: Sequence[str]) -> list[str]:
        """Return the tracked files that patterns of `.gitattributes` match."""
        specs = [_pathspec(pattern) for pattern in patterns]
        output = self._checked("ls-files", "-z", "--", *specs)
        return [os.fsdecode(name) for name in output.split(b"\0") if name]

    def attributes_of(self, paths: Sequence[str], *names: str) -> list[tuple[str, str, str]]:
        """Return path, attribute and value of each attribute of each path."""
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            file.write(b"".join(os.fsencode(path) + b"\0" for path in paths))
            file.seek(0)
            output = self._checked("check-attr", "-z", "--stdin", *names, stdin=file)
        fields = map(os.fsdecode, output.split(b"\0")[:-1])
        return list(zip(fields, fields, fields, strict=True))

    def holds(self, path: Path) -> bool:
        """Tell whether a path lies in this repository: among its files or in git's folder."""
        real = path.resolve()
        return any(real.is_relative_to(place.resolve()) for place in (self.root, self.common))

    def shown(self, path: Path) -> str:
        """Return a path as people name it: relative to the root where it lies below it."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def _place(self, *arguments: str) -> Path:
        return self.root / self._ask("rev-parse", *arguments)

    def _ask(self, *arguments: str) -> str:
        return os.fsdecode(self._checked(*arguments)).removesuffix("\n")

    def _checked(self, *arguments: str, stdin: BinaryIO | None = None) -> bytes:
        answer = self._call(*arguments, stdin=stdin)
        if answer.status:
            raise _failed(self._folder, answer)
        return answer.output

    def _change(self, *arguments: str, accepted: Sequence[int] = (0,)) -> None:
        answer = self._call(*arguments)
        if answer.status not in accepted:
            raise OutputError(f"cannot change the settings of {self.root}: {answer.complaint}")

    def _call(self, *arguments: str, stdin: BinaryIO | None = None) -> Answer:
        try:
            return run_git(*arguments, folder=self._folder, stdin=stdin)
        except NoGitError as error:
            raise error.at(path=str(self._folder)) from None


def _pathspec(pattern: str) -> str:
    """Return the pathspec that matches what a pattern of `.gitattributes` matches."""
    place = pattern.removeprefix("/") if "/" in pattern else f"**/{pattern}"
    return f":(top,glob){place}"


def _failed(folder: Path, answer: Answer) -> InputError:
    hint = answer.advice or "run it in the work tree of a git repository"
    return _unusable(folder, answer.complaint, hint)


def _unusable(folder: Path, message: str, hint: str) -> InputError:
    return InputError(message, where=Where(path=str(folder)), hint=hint)
