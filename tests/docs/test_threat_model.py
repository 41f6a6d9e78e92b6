"""docs/threat-model.md has every threat once, and names tests that exist for what it claims."""

import re
from typing import NamedTuple

import pytest

from tests.support.namedtests import ROOT, named_tests, not_collected

PAGE = ROOT / "docs" / "threat-model.md"
THREATS = [f"T{number}" for number in range(1, 25)]
_ROW = re.compile(r"^\| (T\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
_STATE = re.compile(r"\*\*(Defended|In part|Not defended, because|Does not arise)\b")


class Row(NamedTuple):
    """A threat: the attack, what is done about it, and what shows that."""

    threat: str
    answer: str
    proof: str


def rows() -> dict[str, Row]:
    """Return the table of threats."""
    found = _ROW.findall(PAGE.read_text())
    assert [row[0] for row in found] == THREATS, "each threat once, in order"
    return {number: Row(*cells) for number, *cells in found}


def test_every_threat_stands_there_once() -> None:
    """Twenty-four of them, in order."""
    assert list(rows()) == THREATS


@pytest.mark.parametrize("threat", THREATS)
def test_threat_has_one_state_and_its_proof(threat: str) -> None:
    """What is defended names a test; what is not says why, and shows it where it can be shown."""
    row = rows()[threat]
    (state,) = _STATE.findall(row.answer)
    if state in ("Defended", "In part"):
        assert named_tests(row.proof)
    else:
        assert named_tests(row.proof) or row.proof == "no test"


def test_page_names_tests_that_are_collected() -> None:
    """In the table and everywhere else: a test that was renamed or removed is noticed."""
    assert not_collected(named_tests(PAGE.read_text())) == set()


def test_every_attack_that_is_shown_to_work_is_on_the_page() -> None:
    """Whoever shows a weakness tells the reader, too."""
    file = "tests/threats/test_not_defended.py"
    tests = re.findall(r"^def (test_\w+)", (ROOT / file).read_text(), re.MULTILINE)
    assert {f"{file}::{test}" for test in tests} <= set(named_tests(PAGE.read_text()))
