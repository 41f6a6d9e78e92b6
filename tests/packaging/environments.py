"""Clean virtual environments, made without a network.

The packages of a lock file are copied from the environment that the tests run in, where they were
installed by hash; the wheel is then installed by pip, which is given no index. If what it demands
is not in the lock, it fails.
"""

import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

__all__ = ["Environment"]

ROOT = Path(__file__).parent.parent.parent


class Environment:
    """A virtual environment with the packages of one lock file.

    Attributes:
        bin: Where its programs are.
        home: An empty folder, which is where they run.
    """

    def __init__(self, folder: Path, lock: str) -> None:
        self._folder = folder / "environment"
        self.home = folder / "home"
        self.home.mkdir()
        venv.create(self._folder, symlinks=True)
        self.bin = self._folder / "bin"
        (packages,) = self._folder.glob("lib/python*/site-packages")
        for requirement in _locked(ROOT / "requirements" / lock):
            _copy(distribution(requirement.name), packages)

    def pip(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pip on the environment, without an index."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), *arguments]
        environment = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "HOME": str(self.home)}
        return self._run(pip, environment)

    def run(
        self, program: str, *arguments: str | Path, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, with nothing around it that points elsewhere."""
        return self._run(
            [str(self.bin / program), *map(str, arguments)],
            {"HOME": str(self.home), "PATH": f"{self.bin}:/usr/bin:/bin"},
            text,
        )

    def _run(
        self, command: list[str], environment: dict[str, str], text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.home,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )


def _locked(lock: Path) -> list[Requirement]:
    """Return the requirements of a lock file that apply here."""
    lines = [line for line in lock.read_text().splitlines() if line[:1].isalnum()]
    requirements = [Requirement(line.removesuffix("\\").strip()) for line in lines]
    return [each for each in requirements if each.marker is None or each.marker.evaluate()]


def _copy(package: Distribution, target: Path) -> None:
    """Copy an installed package as it was unpacked; its programs are of no use here."""
    for file in package.files or ():
        source = Path(str(package.locate_file(file)))
        if file.parts[0] != ".." and source.is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / file)
