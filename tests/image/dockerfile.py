"""Build an image's root file system from a Dockerfile, in a stand-in for a container engine.

Each instruction is carried out in order: `FROM` is a root with this machine's Python in it, `COPY`
copies, `RUN` runs, without a network. Packages come from a folder of wheels, by the hashes that the
lock files demand. An instruction that is not known here fails the build.
"""

import json
import re
import shlex
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from tests.support.sandbox import Root

__all__ = ["Image", "build", "instructions"]

_WHEELS = "/wheels"
_OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": _WHEELS}


@dataclass
class Image:
    """A stage of the build, and in the end what would run.

    Attributes:
        root: Its file system.
        base: The image that it is made from.
    """

    root: Root
    base: str
    environ: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    user: str = "0:0"
    folder: str = "/"


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction of a Dockerfile: its name, and the rest without line breaks."""
    lines = (line for line in text.splitlines(keepends=True) if not re.match(r"\s*#", line))
    for line in re.sub(r"\\\n\s*", "", "".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest


def build(text: str, context: Path, wheels: Path, folder: Path) -> Image:
    """Carry out a Dockerfile; return its last stage.

    Args:
        text: The Dockerfile.
        context: What `COPY` copies from.
        wheels: The packages that pip may install.
        folder: An empty folder for the stages.

    Raises:
        AssertionError: A command failed, or an instruction is not known; the message says why.
    """
    builder = _Builder(context, wheels, folder)
    for name, rest in instructions(text):
        builder.do(name, rest)
    return builder.stage


class _Builder:
    def __init__(self, context: Path, wheels: Path, folder: Path) -> None:
        self._context, self._wheels, self._folder = context, wheels, folder
        self._defaults: dict[str, str] = {}
        self._arguments: dict[str, str] = {}
        self._stages: list[Image] = []
        self._names: dict[str, Image] = {}

    @property
    def stage(self) -> Image:
        """The stage that is being built."""
        return self._stages[-1]

    def do(self, name: str, rest: str) -> None:
        """Carry out one instruction."""
        known = {
            "ARG": self._arg,
            "COPY": self._copy,
            "ENTRYPOINT": self._entrypoint,
            "ENV": self._env,
            "EXPOSE": lambda _: None,
            "FROM": self._from,
            "LABEL": self._label,
            "RUN": self._run,
            "USER": self._user,
            "WORKDIR": self._workdir,
        }
        assert name in known, f"{name} is not known here"
        known[name](rest)

    def _variables(self) -> dict[str, str]:
        """Return what a line of a stage may name: its own arguments, and what its image has set."""
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        return path | self._arguments | self.stage.environ

    def _arg(self, rest: str) -> None:
        """Declare an argument, before the first stage for `FROM` alone, or in a stage for it alone.

        In a stage a bare name takes over what was declared for `FROM`.
        """
        name, has_value, value = rest.partition("=")
        if not self._stages:
            self._defaults[name] = _expanded(value, self._defaults)
        elif has_value:
            self._arguments[name] = _expanded(value, self._variables())
        else:
            self._arguments[name] = self._defaults.get(name, "")

    def _from(self, rest: str) -> None:
        self._arguments = {}
        base, _, name = _expanded(rest, self._defaults).partition(" AS ")
        place = self._folder / str(len(self._stages))
        place.mkdir()
        self._stages.append(Image(Root(place), base))
        self._names[name] = self.stage

    def _pairs(self, rest: str) -> dict[str, str]:
        words = (word.partition("=") for word in shlex.split(_expanded(rest, self._variables())))
        return {name: value for name, _, value in words}

    def _env(self, rest: str) -> None:
        self.stage.environ |= self._pairs(rest)

    def _label(self, rest: str) -> None:
        self.stage.labels |= self._pairs(rest)

    def _entrypoint(self, rest: str) -> None:
        self.stage.entrypoint = json.loads(rest)

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _workdir(self, rest: str) -> None:
        self.stage.folder = rest
        self._place(rest).mkdir(parents=True, exist_ok=True)

    def _place(self, path: str, stage: Image | None = None) -> Path:
        inside = stage or self.stage
        return inside.root.path / str(Path(inside.folder, path)).lstrip("/")

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        stage = None
        if sources[0].startswith("--from="):
            stage = self._names[sources.pop(0).removeprefix("--from=")]
        for source in sources:
            origin = self._place(source, stage) if stage else self._context / source
            into = self._place(target)
            if origin.is_dir():
                ignored = shutil.ignore_patterns("__pycache__") if stage is None else None
                shutil.copytree(origin, into, symlinks=True, dirs_exist_ok=True, ignore=ignored)
            else:
                into.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, into)

    def _run(self, rest: str) -> None:
        done = self.stage.root.run(
            *("/bin/sh", "-ec", f"cd {self.stage.folder}\n{rest}"),
            environ=self._arguments | self.stage.environ | _OFFLINE,
            mounts={_WHEELS: self._wheels},
        )
        assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into a text; what is not known is empty, as engines have it."""
    return Template(text).substitute(defaultdict(str, variables))
