"""A file system of its own for a program: what a container engine would do, where there is none.

    root = Root(folder)
    root.run("python", "-m", "compileall", "/opt")
    with root.started("sealer-controller", user="4711:0", is_writable=False) as program: ...

The program sees the folder as its root, with this machine's programs at `/usr` and this Python at
`/usr/local`, where the official images have theirs. What it changes there is kept apart. Done with
the kernel's own means (mounts, chroot, users), so it needs Linux and root.
"""

import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.controller.process import Running

__all__ = ["Root", "needed"]

_TOOLS = ("unshare", "mount", "env", "setpriv", "chroot")
_DEVICES = ("null", "zero", "urandom", "random")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What `chroot` needs to change root and user; the program itself then has none of it.
_RIGHTS = "-all,+sys_chroot,+setuid,+setgid"


def needed() -> None:
    """Skip the test that asks where no such root can be made; fail it where CI does the same."""
    lacking = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if platform.system() == "Linux" and os.geteuid() == 0 and not lacking:
        return
    reason = f"needs root on Linux, to stand in for a container engine {lacking or ''}"
    if os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Root:
    """A root directory with this machine's programs in it.

    Args:
        folder: Empty, and on a file system that an overlay may lie on.

    Attributes:
        path: What the programs see as `/`.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "root"
        self._changed, self._work = folder / "changed", folder / "work"
        for each in ("usr", "proc", "dev/shm", "etc", "tmp", "opt", "var", "run", "srv"):
            (self.path / each).mkdir(parents=True)
        for each in ("bin", "lib", "lib64", "sbin"):
            (self.path / each).symlink_to(f"usr/{each}")
        for each in _DEVICES:
            (self.path / "dev" / each).touch()
        (self.path / "tmp").chmod(0o1777)
        for place in (self._changed, self._work):
            place.mkdir()

    def run(
        self,
        *command: str,
        environ: Mapping[str, str] | None = None,
        user: str = "0:0",
        mounts: Mapping[str, Path] | None = None,
        volumes: Sequence[str] = (),
        is_writable: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, without a network.

        Args:
            command: The program and its arguments.
            environ: All variables that it has, besides PATH.
            user: Who it is, `USER:GROUP` by numbers, with no further group and no capability.
            mounts: What else it sees, read-only, by the place where it sees it.
            volumes: Folders of the root that can be written to all the same.
            is_writable: Whether it can write anywhere but to `/tmp`, which then is its own.
        """
        places = self._keep(volumes) + self._show(mounts or {})
        lines = [*self._base(), *places, *(self._scratch() if is_writable else self._lock())]
        script = "\n".join([*lines, self._become(command, environ or {}, user)])
        return subprocess.run(
            ["unshare", "--mount", "--net", "sh", "-euc", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def started(
        self,
        *command: str,
        environ: Mapping[str, str] | None = None,
        user: str = "0:0",
        mounts: Mapping[str, Path] | None = None,
        volumes: Sequence[str] = (),
        has_network: bool = True,
    ) -> Iterator[Running]:
        """Start a program that cannot write but to `/tmp`; it is killed when the block is left.

        Arguments are those of `run`, and whether it has this machine's network.
        """
        places = self._keep(volumes) + self._show(mounts or {})
        become = self._become(command, environ or {}, user)
        script = "\n".join([*self._base(), *places, *self._lock(), become])
        apart = ["--mount"] if has_network else ["--mount", "--net"]
        process = subprocess.Popen(
            ["unshare", *apart, "sh", "-euc", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout as output:
            running = Running(process, output)
            try:
                yield running
            finally:
                process.kill()
                process.wait()
                running.join()

    def _base(self) -> list[str]:
        return [
            _line("mount", "--bind", self.path, self.path),
            _line("mount", "--bind", "/usr", self.path / "usr"),
            _line("mount", "-o", "remount,ro,bind", self.path / "usr"),
            _line("mount", "--rbind", "/proc", self.path / "proc"),
            *(_line("mount", "--bind", f"/dev/{x}", self.path / "dev" / x) for x in _DEVICES),
        ]

    def _scratch(self) -> list[str]:
        """Let programs write: what they change below `/usr/local` is kept apart."""
        layers = f"lowerdir={sys.base_prefix},upperdir={self._changed},workdir={self._work}"
        return [self._local(layers), _tmpfs(self.path / "dev/shm")]

    def _lock(self) -> list[str]:
        """Let nobody write, whoever they are; several programs may run like this at a time."""
        return [
            self._local(f"lowerdir={self._changed}:{sys.base_prefix}"),
            _tmpfs(self.path / "tmp"),
            _line("mount", "-o", "remount,ro,bind", self.path),
        ]

    def _local(self, layers: str) -> str:
        return _line("mount", "-t", "overlay", "overlay", "-o", layers, self.path / "usr/local")

    def _keep(self, volumes: Sequence[str]) -> list[str]:
        places = [self.path / volume.lstrip("/") for volume in volumes]
        return [_line("mount", "--bind", place, place) for place in places]

    def _show(self, mounts: Mapping[str, Path]) -> list[str]:
        lines = []
        for place, source in mounts.items():
            target = self.path / place.lstrip("/")
            target.mkdir(parents=True, exist_ok=True)
            lines += [
                _line("mount", "--bind", source, target),
                _line("mount", "-o", "remount,ro,bind", target),
            ]
        return lines

    def _become(self, command: Sequence[str], environ: Mapping[str, str], user: str) -> str:
        """Return the lines that become the program in the root."""
        # The official images have told the linker where Python's library is.
        variables = {"PATH": _PATH, "LD_LIBRARY_PATH": "/usr/local/lib", **environ}
        env, setpriv, chroot = (shutil.which(tool) for tool in _TOOLS[2:])
        # From inside: the folders around it may be closed to all but their owner, as pytest's are.
        as_user = [chroot, f"--userspec={user}", "--groups=", "."]
        if user != "0:0":
            as_user = [setpriv, "--no-new-privs", f"--bounding-set={_RIGHTS}", *as_user]
        named = (f"{name}={value}" for name, value in variables.items())
        program = _line("exec", env, "-i", *named, *as_user, *command)
        return f"{_line('cd', self.path)}\n{program}"


def _tmpfs(place: Path) -> str:
    return _line("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", place)


def _line(*words: object) -> str:
    return shlex.join(map(str, words))
