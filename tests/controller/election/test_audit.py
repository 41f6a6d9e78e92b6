"""What the tests of replicas conclude from the server's audit: they are only as good as this."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.controller.election.audit import Write, double_writers, writes

START = datetime(2027, 1, 1, tzinfo=UTC)
TEN_SECONDS = timedelta(seconds=10)


def at(seconds: float, user: str, what: str, holder: str = "", *, is_done: bool = True) -> Write:
    """Return a write that took a tenth of a second."""
    received = START + timedelta(seconds=seconds)
    done = received + timedelta(seconds=0.1)
    return Write(user, what, "db", received, done, is_done, holder)


LED = [
    at(0, "first", "leases", "first_1"),
    at(1, "first", "secrets"),
    at(4, "first", "leases", "first_1"),
    at(15, "second", "leases", "second_1"),
    at(16, "second", "secrets"),
    at(20, "second", "leases"),
]


def test_writes_of_the_leaders_are_right() -> None:
    """Each while it led, and so is one that was on its way as the Lease changed hands."""
    assert double_writers(LED, TEN_SECONDS) == []
    crossing = [*LED, at(13.95, "first", "secrets")]
    assert double_writers(sorted(crossing, key=lambda each: each.received), TEN_SECONDS) == []


@pytest.mark.parametrize(
    "wrong",
    [
        at(-1, "first", "secrets"),
        at(2, "second", "secrets"),
        at(14.5, "first", "secrets"),
        at(16, "first", "sealedsecrets/status"),
        at(17, "first", "secrets", is_done=False),
        at(21, "second", "events"),
    ],
    ids=["before", "standby", "late", "followed", "refused", "given back"],
)
def test_write_of_anybody_else_is_found(wrong: Write) -> None:
    """Whatever it wrote, and whether or not the server let it."""
    found = sorted([*LED, wrong], key=lambda each: each.received)
    assert double_writers(found, TEN_SECONDS) == [wrong]


def test_lease_that_was_not_written_makes_nobody_lead() -> None:
    """A conflict is no right to write."""
    lost = at(5, "second", "leases", "second_1", is_done=False)
    found = [*LED[:3], lost, at(6, "second", "secrets")]
    assert double_writers(found, TEN_SECONDS) == found[-1:]


def test_audit_is_read_by_account(tmp_path: Path) -> None:
    """Only those of the namespace; a line that is still being written is left out."""
    entry = {
        "user": {"username": "system:serviceaccount:shop:first"},
        "objectRef": {"resource": "leases", "name": "db"},
        "requestObject": {"spec": {"holderIdentity": "first_1"}},
        "requestReceivedTimestamp": "2027-01-01T00:00:00.000000Z",
        "stageTimestamp": "2027-01-01T00:00:00.100000Z",
        "responseStatus": {"code": 200},
    }
    status = {"resource": "sealedsecrets", "subresource": "status", "name": "db"}
    other = entry | {"user": {"username": "system:serviceaccount:rival:first"}}
    lines = [entry, other, entry | {"objectRef": status, "responseStatus": {"code": 409}}]
    log = tmp_path / "audit.jsonl"
    log.write_text("".join(json.dumps(each) + "\n" for each in lines) + '{"user"')
    first, second = writes(log, "shop")
    assert first == at(0, "first", "leases", "first_1")
    assert (second.what, second.is_done) == ("sealedsecrets/status", False)
