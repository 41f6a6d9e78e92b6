"""The key Secrets by their metadata alone: names, times, labels and annotations."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sealer.doctor.facts import Object
from sealer.doctor.moments import moment
from sealer.keysecret import ACTIVE, COMPROMISED, DIGEST_KEY, KEY_LABEL, STATE_ANNOTATION
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer.manifest.cursor import Cursor

_NEVER = datetime.min.replace(tzinfo=UTC)


class KeyRecord(NamedTuple):
    """A key Secret.

    Attributes:
        name: Its name.
        created: When it was stored.
        is_loaded: The controller opens with it.
        is_compromised: It opens and never seals.
        backed_up: When it was last written into a backup; None where it never was.
    """

    name: str
    created: datetime
    is_loaded: bool
    is_compromised: bool
    backed_up: datetime | None

    @property
    def seals(self) -> bool:
        """Whether it may be the key that seals."""
        return self.is_loaded and not self.is_compromised


def records_of(secrets: Sequence[Object]) -> list[KeyRecord]:
    """Return the keys, the newest first. What keys the digests is none of them."""
    found = [_record(Cursor(each)) for each in secrets]
    kept = (each for each in found if each.name != DIGEST_KEY)
    return sorted(kept, key=lambda each: (each.created, each.name), reverse=True)


def newest_of(secrets: Sequence[Object]) -> KeyRecord | None:
    """Return the newest key that may seal; None when there is none."""
    return next((each for each in records_of(secrets) if each.seals), None)


def _record(secret: Cursor) -> KeyRecord:
    metadata = secret.at("metadata")
    annotations, labels = metadata.fields("annotations"), metadata.fields("labels")
    backed_up = annotations.get(BACKED_UP_ANNOTATION)
    return KeyRecord(
        name=metadata.text("name"),
        created=moment(metadata.text("creationTimestamp")) or _NEVER,
        is_loaded=labels.get(KEY_LABEL, ACTIVE) == ACTIVE,  # the oldest kind has no label
        is_compromised=annotations.get(STATE_ANNOTATION) == COMPROMISED,
        backed_up=moment(backed_up) if isinstance(backed_up, str) else None,
    )
