"""The editor of the user: found, started on a file in memory, and waited for."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import FrameType

from sealer.cli.errors import EditorError

_FALLBACKS = ("vi", "nano", "notepad")
_FIRST_SIGNAL_CODE = 128  # a shell tells so that what it ran was killed
# Vim keeps copies of what is edited in the home folder: swap, undo, backup, registers.
_VIM_WITHOUT_COPIES = ("-n", "-i", "NONE", "-c", "silent! set noundofile nobackup nowritebackup")


@dataclass(frozen=True, slots=True)
class Editor:
    """A program to edit with.

    Attributes:
        command: The program and its own arguments.
    """

    command: tuple[str, ...]

    def open(self, file: Path) -> bool:
        """Let the user edit a file, and wait.

        Returns:
            Whether the editor ended as it should; False where something killed it.

        Raises:
            EditorError: It cannot be started, or says that it failed or was aborted.
        """
        # Whatever else it writes belongs beside the file, in memory.
        environment = os.environ | {"TMPDIR": str(file.parent)}
        with _interrupts_ignored():
            try:
                done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
                    [*self.command, str(file)], env=environment, check=False
                )
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise EditorError(
                    f"the editor {self.command[0]} cannot be started: {reason}",
                    hint="name another one in EDITOR",
                ) from None
        if done.returncode < 0 or done.returncode > _FIRST_SIGNAL_CODE:
            return False
        if done.returncode:
            raise EditorError(
                f"the editor {self.command[0]} ended with {done.returncode}; nothing was changed"
            )
        return True


def find_editor(wish: str) -> Editor:
    """Return the editor to use: what was asked for, `VISUAL`, `EDITOR`, or one that is there.

    Raises:
        EditorError: There is none, or what is named is no command.
    """
    named = wish or os.environ.get("VISUAL", "") or os.environ.get("EDITOR", "")
    if not named.strip():
        named = next(filter(shutil.which, _FALLBACKS), "")
    try:
        words = shlex.split(named, posix=os.name != "nt")
    except ValueError:
        raise EditorError(f"the quotes in the editor's command do not match: {named}") from None
    if not words:
        raise EditorError("there is no editor", hint="name one in EDITOR, such as: EDITOR=nano")
    if os.name == "nt":
        words = [word.strip('"') for word in words]
    program = os.path.realpath(shutil.which(words[0]) or words[0])
    is_vim = PurePath(program).name.split(".")[0] in ("vim", "nvim", "gvim")
    return Editor((words[0], *(_VIM_WITHOUT_COPIES if is_vim else ()), *words[1:]))


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Leave Ctrl-C to the editor; not by ignoring it, which the editor would inherit."""

    def do_nothing(_number: int, _frame: FrameType | None) -> None:
        pass

    before = None
    with suppress(ValueError):  # not the main thread: then no signal comes here
        before = signal.signal(signal.SIGINT, do_nothing)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
