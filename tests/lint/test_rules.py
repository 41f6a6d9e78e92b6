"""Every rule finds what it is for, where it stands, and leaves its close relatives alone."""

import pytest

from sealer.lint import RULES, Finding, Linter
from tests.lint.table import CASES, DESTINATION, MARK, Case
from tests.support.sealed import manifest

_IDS = [f"{case.rule}-{number}" for number, case in enumerate(CASES)]
_HARMLESS = [case for case in CASES if any(case.harmless.values())]


def _findings(files: dict[str, str]) -> list[Finding]:
    linter = Linter()
    for path, text in files.items():
        linter.add(path, text.replace(MARK, "").encode(), destination=DESTINATION)
    return linter.findings()


def _marks(files: dict[str, str]) -> set[tuple[str, int, int]]:
    marks = set()
    for path, text in files.items():
        for line, content in enumerate(text.splitlines(), 1):
            if MARK in content:
                marks.add((path, line, content.index(MARK) + 1))
    return marks


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_rule_finds_its_case_at_its_place(case: Case) -> None:
    """Rule, file, line and column; where nothing is marked, the object's own."""
    places = {
        (each.where.path, each.where.line, each.where.column)
        for each in _findings(case.files)
        if each.rule.name == case.rule
    }
    assert places
    assert places == (_marks(case.files) or places)


@pytest.mark.parametrize("case", _HARMLESS, ids=[case.rule for case in _HARMLESS])
def test_rule_leaves_relatives_alone(case: Case) -> None:
    """What is right is not reported."""
    assert case.rule not in {each.rule.name for each in _findings(case.harmless)}


def test_value_that_was_never_sealed_is_reported_once() -> None:
    """The hook would report it too, in other words."""
    found = _findings({"a.yaml": manifest(password="correct-horse-battery")})
    assert [each.rule.name for each in found] == ["malformed-value"]


def test_every_rule_has_a_case() -> None:
    """No rule goes untested; what stays undecided is tested with the detector."""
    assert {rule.name for rule in RULES.values()} == {case.rule for case in CASES} | {"undecided"}


def test_rules_have_numbers_and_names_of_their_own() -> None:
    """Both name one rule only."""
    assert list(RULES) == sorted(RULES)
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
