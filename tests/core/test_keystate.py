"""What a key Secret tells of the backups that it is in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sealer.keystate import BACKED_UP_ANNOTATION, backed_up_at
from sealer.manifest import Secret

ONE = datetime(2026, 3, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01T01:00:00Z", ONE),
        ("2026-03-01T03:00:00+02:00", ONE.astimezone(timezone(timedelta(hours=2)))),
        ("2026-03-01T01:00:00", ONE),
        ("yesterday", None),
        ("", None),
    ],
)
def test_backed_up_at_reads_a_time_and_nothing_else(text: str, when: datetime | None) -> None:
    """A time without a zone is UTC; what is no time is no backup."""
    assert backed_up_at(Secret("keys", "key", {}, annotations={BACKED_UP_ANNOTATION: text})) == when


def test_backed_up_at_of_a_secret_without_a_mark_is_none() -> None:
    """A new key is in no backup."""
    assert backed_up_at(Secret("keys", "key", {})) is None
