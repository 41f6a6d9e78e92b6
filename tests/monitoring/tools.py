"""promtool and prometheus, which judge the rules and answer the dashboard; both are Debian's.

Where they are missing the tests that need them are skipped; with `SEALER_REQUIRE_PROMTOOL=1`, which
CI sets, they fail. `.ci/run` says where it puts them, and there they are looked for too.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["find", "promtool"]

_CACHE = Path("sealer", "promtool", "usr", "bin")


def find(program: str) -> str:
    """Return the path of a program; skip the test that asks where there is none."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    places = os.pathsep.join((os.environ["PATH"], str(home / _CACHE)))
    found = shutil.which(program, path=places)
    if found is not None:
        return found
    missing = f"{program} is missing; it is in Debian's package prometheus"
    if os.environ.get("SEALER_REQUIRE_PROMTOOL") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run promtool in a folder; return what it has to say, and its exit code."""
    return subprocess.run(
        [find("promtool"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
