"""Every check says what there is: all well, something wrong, or not known."""

from pathlib import Path

import pytest

from sealer.doctor import CHECKS, Check, Result, Status, examine
from sealer.doctor.facts import Applied, Fact, Facts
from tests.doctor.cases import CASES, Case
from tests.doctor.samples import FORBIDDEN, healthy, nothing_known

ROOT = Path(__file__).resolve().parents[2]
BY_ID = {each.id: each for each in CHECKS}
# What kubectl itself says is known where anything is.
ALWAYS_KNOWN = {"kubernetes"}


def look(check: str, facts: Facts) -> Result:
    """Return what one check finds."""
    (result,) = examine([BY_ID[check]], facts)
    return result


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_check_of_a_healthy_installation_is_green(check: Check) -> None:
    """Nothing is to be done where all is as `deploy/` has it."""
    result = look(check.id, healthy())
    assert result.status is Status.OK, result.findings
    assert all(not each.hint for each in result.findings)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_check_without_rights_is_not_known(check: Check) -> None:
    """What nobody may see is never green, and never a fault."""
    expected = Status.OK if check.id in ALWAYS_KNOWN else Status.UNKNOWN
    assert look(check.id, nothing_known()).status is expected


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_check_has_a_case_that_is_not_green(check: Check) -> None:
    """A check that is green whatever happens checks nothing."""
    bad = {Status.FAULT, Status.WARNING, Status.NOTE}
    assert any(each.check == check.id and each.status in bad for each in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}-{case.message}")
def test_check_names_what_is_not_as_it_should_be(case: Case) -> None:
    """Its status is that, its words name it, and what can be mended comes with what to do."""
    result = look(case.check, healthy(**case.changes))
    assert result.status is case.status, result.findings
    assert any(case.message in each.message for each in result.findings), result.findings
    for each in result.findings:
        assert each.hint or each.status not in (Status.FAULT, Status.WARNING), each


def test_objects_are_not_all_synced_beside_one_that_is_not() -> None:
    """One that has just come says nothing about the others."""
    lost, young = Applied("shop", "db", "False", "NoMatchingKey"), Applied("shop", "api", "", age=3)
    messages = [
        each.message for each in look("objects", healthy(sealed=Fact([lost, young]))).findings
    ]
    assert messages[1:] == ["1 SealedSecret not looked at yet"]


@pytest.mark.parametrize(
    ("version", "is_told"), [("v1.31.9", False), ("v1.32.0", True), ("unknown", True)]
)
def test_metrics_that_cannot_tell_are_not_recommended(version: str, *, is_told: bool) -> None:
    """Before Kubernetes 1.32 they do not say of what kind a stored object was."""
    result = look("encryption", healthy(server=version, server_metrics=Fact([])))
    assert all(("metrics tell" in each.hint) is is_told for each in result.findings)


def test_identifiers_are_all_different() -> None:
    """`--only` takes them."""
    assert len(BY_ID) == len(CHECKS)


def test_right_that_is_missing_is_named() -> None:
    """Whoever may not look learns what to ask for."""
    result = look("key-readers", healthy(bindings=FORBIDDEN))
    assert any(each.message == "you may not list secrets" for each in result.findings)
    assert any("ask for that right" in each.hint for each in result.findings)
