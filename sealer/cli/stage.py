"""Where the demo happens: a folder, programs that are run in it, and what they print."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from sealer.cli.errors import DemoError
from sealer.cli.files.output import write_standard_output

PROGRAMS = ("sealer", "sealer-hook", "sealer-controller")
EXTRA = ("aiohttp", "msgspec", "prometheus_client", "watchfiles")
_TIMEOUT_SECONDS = 60
_PERSONAL = ("GIT_", "SEALER_", "SEALED_SECRETS_")


class Stage:
    """A folder with a repository in it, and programs that know nothing of the user's settings.

    Attributes:
        folder: The folder.
        repository: Where the programs run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.repository.mkdir()
        # The programs of this installation, whatever else is on the path.
        self._programs = Path(sys.executable).parent
        kept = {name: text for name, text in os.environ.items() if not name.startswith(_PERSONAL)}
        self._environment = kept | {
            "PATH": f"{self._programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Demo",
            "GIT_AUTHOR_EMAIL": "demo@example.com",
            "GIT_COMMITTER_NAME": "Demo",
            "GIT_COMMITTER_EMAIL": "demo@example.com",
            "NO_COLOR": "1",
            "XDG_STATE_HOME": str(folder / "state"),
        }

    def program(self, name: str) -> Path:
        """Return the path of a program of this installation."""
        found = shutil.which(name, path=str(self._programs))
        if found is None:
            raise DemoError(
                f"{name} is not installed beside {sys.executable}",
                hint="install the whole package; in its checkout: pip install '.[controller]'",
            )
        return Path(found)

    def check_programs(self) -> None:
        """Refuse to begin what cannot be finished.

        Raises:
            DemoError: A program or a package is missing.
        """
        missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
        if missing:
            raise DemoError(
                f"the controller needs packages that are not installed: {', '.join(missing)}",
                hint="install the extra `controller`; in the checkout: pip install '.[controller]'",
            )
        for name in PROGRAMS:
            self.program(name)
        if shutil.which("git") is None:
            raise DemoError("git is not installed", hint="install it; the demo makes commits")

    def run(self, *command: str, expected: int = 0, quiet: bool = False) -> None:
        """Run a program, show what was typed and what it said.

        Args:
            command: The program and its arguments.
            expected: The exit code that belongs to the story.
            quiet: Show what it said only if it fails.

        Raises:
            DemoError: It ended otherwise.
        """
        self.print([f"$ {shlex.join(command)}"])
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and no input of anyone else
                command,
                cwd=self.repository,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            message = f"{command[0]} did not end within {_TIMEOUT_SECONDS} seconds"
            raise DemoError(message) from None
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        is_fine = done.returncode == expected
        if not quiet or not is_fine:
            self.print(lines)
        if not is_fine:
            raise DemoError(
                f"{command[0]} ended with {done.returncode}, and {expected} was expected",
                hint="what it said stands above",
            )

    def write(self, name: str, text: str) -> None:
        """Write a file of the repository."""
        (self.repository / name).write_text(text)

    def show(self, name: str, text: str) -> None:
        """Write a file of the repository, and show it."""
        self.write(name, text)
        self.print([f"$ cat {name}", *text.splitlines()])

    def print(self, lines: Iterable[str]) -> None:
        """Print lines, set off from the words around them."""
        write_standard_output("".join(f"     {line}".rstrip() + "\n" for line in lines).encode())
