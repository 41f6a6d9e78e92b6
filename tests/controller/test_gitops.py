"""Argo CD and Flux read our statuses correctly, from the first failure to the last success."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sealer.errors import (
    NoMatchingKeyError,
    RetryableError,
    SealerError,
    TemplateError,
    TerminalError,
    UnsealError,
)
from sealer_controller.errors import ImmutableSecretError, NotManagedError, RejectedError
from sealer_controller.kube.types import status_body
from sealer_controller.objects import Condition, Status
from sealer_controller.outcome import Reason
from sealer_controller.status import next_status, recreating
from sealer_controller.verdict import judge
from tests.controller.memory import NOW, SHOP_DB, stored
from tests.support.gitops import argo_cd, flux_expressions, kstatus

ROOT = Path(__file__).resolve().parents[2]
LASTING = [
    UnsealError("none", faults={"k": NoMatchingKeyError("none", tried=["x"])}),
    UnsealError("no", faults={"k": TemplateError("no", entry="k")}),
    UnsealError("no"),
    NotManagedError("db"),
    RejectedError("no"),
    ImmutableSecretError("no"),
]
PASSING = [RetryableError("busy"), TerminalError("no right")]
NOTHING = Status()
THEIRS = Condition("Synced", "False", "", "no", NOW, NOW)


def _told(failure: SealerError | None, before: Status = NOTHING, generation: int = 1) -> Status:
    later = NOW + timedelta(minutes=generation)
    return next_status(before, generation, judge(SHOP_DB, failure), later) or before


def _read(status: Status, *, generation: int = 1) -> tuple[str, str, str]:
    """Return what Argo CD, kstatus and Flux's expressions make of an object with this status."""
    body = status_body(stored(), "1", status)
    obj: dict[str, Any] = json.loads(msgspec.json.encode(body))
    obj["metadata"]["generation"] = generation
    if status == NOTHING:
        del obj["status"]
    return argo_cd(obj), kstatus(obj), flux_expressions(obj)


def test_every_reason_of_a_failure_is_documented() -> None:
    """`docs/controller.md` says of each what ends it."""
    page = (ROOT / "docs" / "controller.md").read_text()
    _, _, section = page.partition("## What fails")
    named = re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    assert set(named) == {reason.value for reason in Reason if reason is not Reason.UNSEALED}


def test_object_that_is_right_is_healthy() -> None:
    """All three agree."""
    assert _read(_told(None)) == ("Healthy", "Current", "Current")


def test_object_that_was_not_looked_at_yet_is_not_healthy() -> None:
    """But for kstatus, which takes any object without a status for done, whoever made it."""
    assert _read(NOTHING) == ("Progressing", "Current", "InProgress")


@pytest.mark.parametrize("failure", LASTING, ids=lambda failure: type(failure).__name__)
def test_object_that_fails_for_good_is_failed(failure: SealerError) -> None:
    """Without `Stalled` kstatus would take it for done."""
    assert _read(_told(failure)) == ("Degraded", "Failed", "Failed")


@pytest.mark.parametrize("failure", PASSING, ids=lambda failure: type(failure).__name__)
def test_object_that_fails_for_now_is_in_progress(failure: SealerError) -> None:
    """Where a tool can tell: we go on trying, so Flux goes on waiting."""
    assert _read(_told(failure)) == ("Degraded", "InProgress", "Failed")


def test_object_whose_secret_is_made_anew_is_in_progress() -> None:
    """It is not right, and has not failed; nothing of that is left in the end."""
    before = recreating(_told(None), NOW)
    assert _read(before) == ("Progressing", "InProgress", "InProgress")
    after = _told(None, before)
    assert _read(after) == ("Healthy", "Current", "Current")
    assert [condition.type for condition in after.conditions] == ["Synced"]


@pytest.mark.parametrize("failure", [*LASTING, *PASSING], ids=str)
def test_object_that_heals_leaves_nothing_behind(failure: SealerError) -> None:
    """Not a condition stays that the original would not write, and so never remove."""
    healed = _told(None, _told(failure))
    assert _read(healed) == ("Healthy", "Current", "Current")
    assert [condition.type for condition in healed.conditions] == ["Synced"]


@pytest.mark.parametrize("first", [None, *LASTING, *PASSING], ids=str)
@pytest.mark.parametrize("second", [None, *LASTING, *PASSING], ids=str)
def test_every_step_reads_as_if_there_had_been_none_before(
    first: SealerError | None, second: SealerError | None
) -> None:
    """Whatever came before, the last word counts."""
    assert _read(_told(second, _told(first), 2), generation=2) == _read(_told(second))


def test_object_that_has_changed_is_in_progress_until_it_was_looked_at() -> None:
    """For kstatus; the other two do not look at generations."""
    assert _read(_told(None), generation=2)[1] == "InProgress"
    assert _read(_told(None, generation=2), generation=2)[1] == "Current"


def test_failure_that_the_original_told_is_failed_once_we_have_looked() -> None:
    """It writes no `Stalled`, so that kstatus takes its failures for done."""
    theirs = Status(1, (THEIRS,))
    assert _read(theirs) == ("Degraded", "Current", "Failed")
    assert _read(_told(RejectedError("no"), theirs)) == ("Degraded", "Failed", "Failed")


def test_condition_of_somebody_else_does_not_hide_ours() -> None:
    """Ours comes first, and what others say of the object stays."""
    ready = replace(THEIRS, type="Ready", status="True")
    assert _read(_told(LASTING[0], Status(0, (ready,)))) == ("Degraded", "Failed", "Failed")
    assert _read(_told(None, Status(0, (ready,)))) == ("Healthy", "Current", "Current")
