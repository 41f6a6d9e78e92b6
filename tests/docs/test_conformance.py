"""docs/conformance.md names, for each line of the checklist, tests that exist and are run."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "conformance.md"
LINES = list(range(1, 96))
_ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`:]+\.py::test_[a-z0-9_]+)`")


def _rows() -> dict[int, list[str]]:
    rows = [(int(row[1]), _TEST.findall(row[3])) for row in _ROW.finditer(PAGE.read_text())]
    assert len(rows) == len(dict(rows)), "a line stands there twice"
    return dict(rows)


def test_conformance_page_has_every_line_once_with_its_tests() -> None:
    """No line without a test, in the order of the list."""
    rows = _rows()
    assert list(rows) == LINES
    assert all(rows.values())


def test_conformance_page_names_tests_that_are_collected() -> None:
    """A test that was renamed or removed is noticed."""
    named = {test for tests in _rows().values() for test in tests}
    files = sorted({test.partition("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-n", "0", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert named <= {line.partition("[")[0] for line in done.stdout.splitlines()}
