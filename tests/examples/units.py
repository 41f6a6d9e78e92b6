"""Units of systemd, as far as a test needs them: what they say, and their service as a process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.controller.process import Running
from tests.image.dockerfile import Image

__all__ = ["PRIVATE", "Service", "Unit"]

# What MemoryDenyWriteExecute= asks of the kernel, as prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN);
# before Linux 6.3 it does not know.
_NO_NEW_CODE = (
    "import ctypes, os, sys; "
    "ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
PRIVATE = 0o700


class Unit:
    """A unit file.

    Args:
        file: Where it is.
    """

    def __init__(self, file: Path) -> None:
        self._settings: dict[str, list[str]] = {}
        for line in file.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith(("#", "[")):
                self._settings.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        """Return the values of a setting."""
        return self._settings.get(name, [])

    def one(self, name: str) -> str:
        """Return the only value of a setting."""
        (value,) = self.all(name)
        return value


class Service:
    """A service on a host that a root directory stands for, as its unit asks for it.

    Args:
        image: The root, with our programs at `/opt/sealer`.
        unit: What the service is.
        user: The number of its user and group.
    """

    def __init__(self, image: Image, unit: Unit, user: str) -> None:
        self._image = image
        self._unit = unit
        self._user = user
        folders = {"/var/lib": unit.all("StateDirectory"), "/run": unit.all("RuntimeDirectory")}
        self._volumes = [f"{place}/{name}" for place, names in folders.items() for name in names]
        for volume in self._volumes:
            folder = image.root.path / volume.lstrip("/")
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            number, _, group = user.partition(":")
            os.chown(folder, int(number), int(group))

    @property
    def environ(self) -> dict[str, str]:
        """Its variables, and nothing of an image's or a shell's."""
        return dict(each.split("=", 1) for each in self._unit.all("Environment"))

    def before(self) -> list[int]:
        """Run what comes before it; return the exit codes of that which may fail."""
        codes = []
        for line in self._unit.all("ExecStartPre"):
            assert line.startswith("-")
            with self._started(line.removeprefix("-")) as running:
                codes.append(running.wait())
        return codes

    @contextmanager
    def started(self) -> Iterator[Running]:
        """Start it; it is killed when the block is left."""
        with self._started(self._unit.one("ExecStart")) as running:
            yield running

    @contextmanager
    def _started(self, line: str) -> Iterator[Running]:
        denied = ["/usr/local/bin/python3", "-c", _NO_NEW_CODE]
        assert self._unit.one("MemoryDenyWriteExecute") == "yes"
        with self._image.root.started(
            *denied,
            *line.split(),
            environ=self.environ,
            user=self._user,
            volumes=self._volumes,
            has_network=self._unit.one("PrivateNetwork") != "yes",
        ) as running:
            yield running
