"""Renew the lock files: exact versions and hashes, no index addresses.

Every file is compiled for all platforms and Python versions that `pyproject.toml` allows, so that
`pip install --require-hashes -r requirements/dev.txt` gives the same packages everywhere.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCKS = {
    "core.txt": ["pyproject.toml"],
    "controller.txt": ["pyproject.toml", "--extra", "controller"],
    "build.txt": ["--group", "build"],
    "dev.txt": ["pyproject.toml", "--extra", "controller", "--group", "dev"],
}


def lock(name: str, sources: list[str]) -> None:
    """Write `requirements/NAME` from the given sources.

    Raises:
        subprocess.CalledProcessError: The resolver found no solution, or no package index.
    """
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", *sources),
        *("--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
        *("--no-header", "--upgrade", "--quiet", "--python-version", "3.11"),
        *("--output-file", str(HERE / name)),
    ]
    subprocess.run(command, cwd=HERE.parent, check=True)  # noqa: S603 - fixed arguments


if __name__ == "__main__":
    for file_name, inputs in LOCKS.items():
        lock(file_name, inputs)
