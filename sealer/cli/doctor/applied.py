"""The SealedSecrets of a cluster, of which only what checks need is kept: no value, no message."""

import json
from collections.abc import Iterator
from datetime import datetime

from sealer.doctor.facts import Applied, Object
from sealer.doctor.moments import moment
from sealer.manifest.cursor import Cursor
from sealer.sealing.hints import SEALING_KEYS


def applied(sealed: Object, now: datetime) -> Applied:
    """Return what matters of a SealedSecret.

    Args:
        sealed: The object.
        now: The time of day.
    """
    there = Cursor(sealed)
    metadata, status = there.at("metadata"), there.at("status")
    condition = next(
        (each for each in status.each("conditions") if each.text("type") == "Synced"), Cursor(None)
    )
    observed, generation = status.at("observedGeneration").value, metadata.at("generation").value
    created = moment(metadata.text("creationTimestamp"))
    return Applied(
        namespace=metadata.text("namespace"),
        name=metadata.text("name"),
        synced=condition.text("status"),
        reason=condition.text("reason"),
        is_current=observed in (None, generation),
        age=(now - created).total_seconds() if created else 0.0,
        keys=frozenset(_keys(metadata.text("annotations", SEALING_KEYS))),
    )


def _keys(note: str) -> Iterator[str]:
    """Yield the short fingerprints of a note about sealing keys; none where it says nothing."""
    try:
        noted = json.loads(note or "{}")
    except (ValueError, RecursionError):
        return
    if isinstance(noted, dict):
        yield from noted
