"""`sealer completion`: scripts that the shells accept, and completions that come out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import run

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_of_every_shell_names_the_program(shell: str) -> None:
    """It goes to standard output, ready for `eval`."""
    done = run("completion", shell)
    assert done.code == 0
    assert b"_SEALER_COMPLETE" in done.out
    program = shutil.which(shell)
    if program:
        check = [program, "-n"] if shell != "fish" else [program, "--no-execute"]
        subprocess.run(check, input=done.out, check=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sealer se", "seal"),
        ("sealer keys ", "generate"),
        ("sealer seal --scope name", "namespace-wide"),
        ("sealer seal --allow-e", "--allow-empty-data"),
    ],
)
def test_completion_completes_commands_options_and_values(line: str, expected: str) -> None:
    """What bash asks the program while someone types."""
    words = line.split(" ")
    environment = {
        "PATH": os.environ["PATH"],
        "_SEALER_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [BIN / "sealer"], env=environment, capture_output=True, text=True, check=True
    )
    assert expected in {entry.partition(",")[2] for entry in done.stdout.splitlines()}
