"""`sealer demo`: the main job with the real programs, from nothing to nothing."""

import importlib.util
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from sealer.cli import stage
from sealer.cli.errors import DemoError
from tests.support.program import run

SEALER = str(Path(sys.executable).parent / "sealer")
STORY = """\
     $ sealer keys generate -w ../cluster/keys/demo.key
     $ git init --quiet
     $ git commit --quiet -m 'Seal for the demo cluster'
     $ git commit -m 'Add the database password'
     db.yaml:7:13: SH001 shop/db password: anyone can read this value of a Secret (28 bytes)
   The hook refused, and said how to go on.
     $ sealer seal --in-place db.yaml
     kind: SealedSecret
   The hook let it pass.
     $ sealer-controller --source . --target ../cluster/secrets --keys ../cluster/keys --once
and the password in it is equal: 'correct horse battery staple'
     no key could decrypt secret (password)
   The controller refused the copy. The original goes on working.
That was the main job
"""


def test_demo_tells_the_whole_story_and_cleans_up(tmp_path: Path) -> None:
    """Every step happens, in order, whatever the user's own settings are."""
    (tmp_path / "gitconfig").write_text("[core]\n\thooksPath = /nowhere\n")
    environment = os.environ | {
        "TMPDIR": str(tmp_path),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_DIR": "/nowhere",
        "SEALER_CERT": "/nowhere",
    }
    command = [SEALER, "demo"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    at = 0
    for line in STORY.splitlines():
        at = done.stdout.find(line, at)
        assert at >= 0, line
    assert [file.name for file in tmp_path.iterdir()] == ["gitconfig"]
    assert "PRIVATE KEY" not in done.stdout + done.stderr


def test_demo_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever installed the command alone is told what to install."""
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "aiohttp" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    done = run("demo")
    assert done.code == 1
    assert "needs packages that are not installed: aiohttp" in done.err
    assert (
        "hint: install the extra `controller`; in the checkout: pip install '.[controller]'"
        in done.err
    )


def test_demo_without_git_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all that is needed, git is the one thing that pip does not bring."""
    monkeypatch.setenv("PATH", "")
    done = run("demo")
    assert done.code == 1
    assert "git is not installed" in done.err


def test_demo_without_a_program_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of this installation are used, and no others."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    done = run("demo")
    assert done.code == 1
    assert "sealer is not installed beside" in done.err


def test_demo_step_that_goes_wrong_shows_what_was_said(tmp_path: Path) -> None:
    """The output is kept back only while all goes well."""
    here = stage.Stage(tmp_path)
    with pytest.raises(DemoError, match="git ended with 129, and 0 was expected"):
        here.run("git", "init", "--no-such-option", quiet=True)


def test_demo_step_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that waits for ever shows nothing."""
    monkeypatch.setattr(stage, "_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(DemoError, match="did not end within"):
        stage.Stage(tmp_path).run("sleep", "60")
