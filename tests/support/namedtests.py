"""Tests that pages name as the proof of what they say: found on the page, and found by pytest."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_NAME = re.compile(r"`(tests/[^`:]+\.py::test_[a-z0-9_]+)`")


def named_tests(text: str) -> list[str]:
    """Return the tests that a text names, as `tests/FOLDER/test_FILE.py::test_NAME`."""
    return _NAME.findall(text)


def not_collected(tests: Iterable[str]) -> set[str]:
    """Return those of the tests that pytest does not find: renamed, removed, or never there."""
    wanted = set(tests)
    files = {test.partition("::")[0] for test in wanted}
    there = sorted(file for file in files if (ROOT / file).is_file())
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-n", "0", *there], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return wanted - {line.partition("[")[0] for line in done.stdout.splitlines()}
