"""docs/cli.md is what the program says of itself, and each of its examples runs."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from sealer.cli import main as program
from sealer.cli.reference import example_of, reference
from tests.cli.test_exit_codes import COMMANDS
from tests.support.scratch import make_scratch

PAGE = Path(__file__).parent.parent.parent / "docs" / "cli.md"
BACKUP = "sealer keys backup -w keys.backup --keys key.yaml --passphrase-fd 0 < password.txt"
# What stands before some examples in people's lives.
BEFORE = {
    "git install": "git init -q",
    "git uninstall": "git init -q && sealer git install",
    "keys retire": "git init -q && git add clusters && git commit -q -m x",
    "keys verify-backup": BACKUP,
    "keys restore": BACKUP,
}
ANSWERS_NO = {"diff", "git merge-driver", "keys compromise", "keys retire", "lint"}


def test_reference_is_what_the_commands_say() -> None:
    """Whoever changes a help text runs `make docs`."""
    assert PAGE.read_text() == reference(), "renew it: make docs"


def test_reference_has_every_command_and_exit_code() -> None:
    """Also the commands that git runs, and every code of the program."""
    page = PAGE.read_text()
    assert set(re.findall(r"^### `sealer (.*)`$", page, re.MULTILINE)) >= set(COMMANDS)
    names = ("ANSWER_IS_NO", "WRONG_USAGE", "INPUT", "KEY", "CLUSTER", "OUTPUT", "BUG")
    codes = {0, *(getattr(program, name) for name in (*names, "INTERRUPTED"))}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


@pytest.mark.parametrize("path", COMMANDS)
def test_reference_names_every_option_and_its_variable(path: str) -> None:
    """Hidden ones are for nobody; the common ones stand at the top."""
    section = PAGE.read_text().split(f"### `sealer {path}`\n")[1].split("\n### ")[0]
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option) and not option.hidden:
            for name in option.opts:
                assert f"`{name}" in section or option.name in ("verbose", "quiet", "help")


@pytest.mark.parametrize("path", COMMANDS)
def test_example_of_every_command_runs(path: str, tmp_path: Path) -> None:
    """In a folder with what the top of the page says."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    environment = make_scratch(folder)
    example = example_of(COMMANDS[path])
    assert example.startswith(f"sealer {path}")
    for command in (BEFORE.get(path, ":"), example):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        is_answer = command == example and path in ANSWERS_NO
        assert done.returncode in ((0, 1) if is_answer else (0,)), done.stderr
        assert "correct horse battery" not in done.stderr
