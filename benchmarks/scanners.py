"""The scanners to measure: ours, and others where `GITLEAKS` and `DETECT_SECRETS` name them.

They look for other things: gitleaks and detect-secrets for passwords and tokens of any kind in any
text, by patterns and randomness. All of them read the same bytes for the same purpose, in a hook.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import BIN, ENVIRONMENT

HOOK = str(BIN / "sealer-hook")
_GITLEAKS = os.environ.get("GITLEAKS", "")
_DETECT_SECRETS = os.environ.get("DETECT_SECRETS", "")
_ENVIRONMENT = ENVIRONMENT | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_QUIET = ("--no-banner", "--log-level=error", "--exit-code=0")


@dataclass(frozen=True)
class Ended:
    """A process that has ended.

    Attributes:
        status: Its exit status.
        mebibytes: The most memory that it held.
    """

    status: int
    mebibytes: float


def run(command: Sequence[str], folder: Path, stdin: bytes | None = None) -> Ended:
    """Run a program where 0 and 1 are answers, and its report goes nowhere."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    with process.stdin as pipe:
        pipe.write(stdin or b"")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]}: exit {process.returncode}")
    return Ended(process.returncode, usage.ru_maxrss / 1024)


def others_on_files(files: Sequence[str]) -> Mapping[str, list[str]]:
    """Return how the others are asked about files in the current folder, by their names."""
    commands = {}
    if _GITLEAKS:
        commands["gitleaks"] = [_GITLEAKS, "dir", ".", *_QUIET]
    if _DETECT_SECRETS:
        commands["detect-secrets"] = [_DETECT_SECRETS, "scan", "--no-verify", *files]
    return commands


def others_on_history() -> Mapping[str, list[str]]:
    """Return how the others are asked about the history of the repository, by their names."""
    return {"gitleaks": [_GITLEAKS, "git", ".", *_QUIET]} if _GITLEAKS else {}
