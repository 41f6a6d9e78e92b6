"""docs/conformance.md names, for each line of the checklist, tests that exist and are run."""

import re

from tests.support.namedtests import ROOT, named_tests, not_collected

PAGE = ROOT / "docs" / "conformance.md"
LINES = list(range(1, 96))
_ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)


def _rows() -> dict[int, list[str]]:
    rows = [(int(row[1]), named_tests(row[3])) for row in _ROW.finditer(PAGE.read_text())]
    assert len(rows) == len(dict(rows)), "a line stands there twice"
    return dict(rows)


def test_conformance_page_has_every_line_once_with_its_tests() -> None:
    """No line without a test, in the order of the list."""
    rows = _rows()
    assert list(rows) == LINES
    assert all(rows.values())


def test_conformance_page_names_tests_that_are_collected() -> None:
    """A test that was renamed or removed is noticed."""
    assert not_collected(test for tests in _rows().values() for test in tests) == set()
