"""Times of day as Kubernetes and Go write them."""

from datetime import UTC, datetime


def moment(text: str) -> datetime | None:
    """Return a time of RFC 3339; None where it is none."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
