"""What a figure was measured on: without it nobody can compare it with their own."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import cryptography
from cryptography.hazmat.backends.openssl import backend

import sealer

_ROOT = Path(__file__).parent.parent


def load() -> float:
    """Return how many programs have wanted to run in the last minute."""
    return round(os.getloadavg()[0], 2)


def facts(before: float) -> dict[str, object]:
    """Return machine, programs and revision; what cannot be told is empty.

    Args:
        before: The load before anything was measured. Afterwards it is the measurement's own.
    """
    return {
        "measured": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "revision": _revision(),
        "sealer": sealer.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cryptography": cryptography.__version__,
        "openssl": backend.openssl_version_text(),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _said("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _said("/proc/meminfo", "MemTotal"),
        # Far above 0 something else was running, or another benchmark had just ended.
        "load": before,
    }


def _revision() -> str:
    """Return the commit that is measured, with a `+` where files differ from it."""
    command = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _said(file: str, name: str) -> str:
    """Return what a file of the kernel says of something, the first time."""
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in found if key.strip() == name), "")
