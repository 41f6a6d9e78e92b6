"""Times of day as Kubernetes and Go write them."""

from datetime import UTC, datetime, timedelta


def moment(text: str) -> datetime | None:
    """Return a time of RFC 3339; None where it is none."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def for_people(span: timedelta) -> str:
    """Return how long something is, in the largest fitting unit."""
    seconds = abs(span.total_seconds())
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:.0f} seconds" if round(seconds) != 1 else "1 second"
