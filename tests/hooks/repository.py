"""A git repository on disk, driven by the real git."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sealer_hooks.git import Repository as GitRepository
from sealer_hooks.policy import load
from sealer_hooks.sources import Source
from sealer_hooks.sources.index import IndexSource
from sealer_hooks.sources.objects import open_repository
from sealer_hooks.verdict import Verdict, judge

ROOT = Path(__file__).parent.parent.parent
SHIM = ROOT / "hooks" / "pre-commit"
PROGRAMS = Path(sys.executable).parent
HOOK = PROGRAMS / "sealer-hook"

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n"
HARMLESS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\ndata: {secret: none}\n"


@dataclass(frozen=True)
class Repository:
    """A repository.

    Attributes:
        folder: Its work tree.
        environment: What git runs with.
    """

    folder: Path
    environment: dict[str, str]

    @classmethod
    def create(cls, folder: Path, environment: dict[str, str], *options: str) -> "Repository":
        """Make an empty repository."""
        folder.mkdir()
        made = cls(folder, environment)
        made.git("init", "--quiet", "--initial-branch=main", *options)
        return made

    def git(self, *arguments: str | bytes, check: bool = True) -> str:
        """Run git in the work tree and return what it prints."""
        result = self.run("git", *arguments)
        assert result.returncode == 0 or not check, result.stderr
        return result.stdout

    def run(self, *command: str | bytes) -> "subprocess.CompletedProcess[str]":
        """Run a program in the work tree, with the hook on the PATH."""
        path = f"{PROGRAMS}{os.pathsep}{self.environment['PATH']}"
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, path: str | bytes, text: str | bytes = SECRET, *, add: bool = True) -> None:
        """Write a file, and stage it."""
        target = os.path.join(os.fsencode(self.folder), os.fsencode(path))  # noqa: PTH118 - bytes
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - bytes
        with open(target, "wb") as file:  # noqa: PTH123 - bytes
            file.write(text if isinstance(text, bytes) else text.encode())
        if add:
            self.git("--literal-pathspecs", "add", "--force", "--", path)

    def commit(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Commit, and return what happened."""
        return self.run("git", "commit", "--quiet", "--message=x", *options)

    def install_shim(self, *names: str) -> None:
        """Copy the shim to where git looks for hooks."""
        folder = self.folder / ".git" / "hooks"
        folder.mkdir(exist_ok=True)
        for name in names or ("pre-commit",):
            shim = SHIM.with_name("pre-commit" if name == "pre-merge-commit" else name)
            (folder / name).write_bytes(shim.read_bytes())
            (folder / name).chmod(0o755)

    def staged(self) -> Verdict:
        """Return the verdict on what is staged; the current folder must be the work tree."""
        return examine(IndexSource(self.opened()))

    def opened(self) -> GitRepository:
        """Return it as the hook sees it; the current folder must be the work tree."""
        return open_repository(os.getcwd())  # noqa: PTH109 - as the hook asks

    def id(self, name: str) -> str:
        """Return the id of what a name leads to."""
        return self.git("rev-parse", "--verify", name).strip()

    def lose(self, name: str) -> str:
        """Delete the object to which a name leads, and return its id."""
        lost = self.id(name)
        folder = self.git("rev-parse", "--git-path", "objects").strip()
        (self.folder / folder / lost[:2] / lost[2:]).unlink()
        return lost


def examine(*sources: Source, is_strict: bool = False) -> Verdict:
    """Return the verdict on sources, under the policy of each."""
    verdict = Verdict(is_strict=is_strict)
    for source in sources:
        judge(verdict, source, load(source))
    return verdict


def found(*sources: Source) -> list[str]:
    """Return the paths of all findings in sources in which nothing is left open."""
    verdict = examine(*sources)
    assert verdict.undecided == []
    return sorted(finding.path for finding in verdict.findings)
