"""What a key Secret is to a cluster: sealing, only opening, or not loaded.

Label and annotation decide (compat.md 3.3; the annotation is ours and the original ignores it):
any label value other than `active` keeps the key from being loaded; an active key that carries
`sealer.dev/state: compromised` still opens, and never seals.
"""

from datetime import UTC, datetime
from enum import Enum

from sealer.keysecret import ACTIVE, COMPROMISED, DEFAULT_PREFIX, KEY_LABEL, STATE_ANNOTATION
from sealer.manifest import Secret

RETIRED = "retired"
BACKED_UP_ANNOTATION = "sealer.dev/backed-up"


class KeyState(Enum):
    """What a key is used for."""

    ACTIVE = "active"
    COMPROMISED = "compromised"
    NOT_LOADED = "not loaded"


def backed_up_at(secret: Secret) -> datetime | None:
    """Return when a key was last put into a backup, as its Secret tells; None where it does not.

    `sealer keys backup` writes the time. What somebody else has written there and is no time counts
    as none: a key that seems to be safe and is not would be lost.
    """
    try:
        when = datetime.fromisoformat(secret.annotations.get(BACKED_UP_ANNOTATION, ""))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def backed_up_note(when: datetime) -> str:
    """Return what the annotation says of a backup: UTC, RFC 3339."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def is_legacy(secret: Secret, prefix: str = DEFAULT_PREFIX) -> bool:
    """Tell whether a key Secret is of the oldest kind: known by its name, without a label."""
    return secret.name == prefix and KEY_LABEL not in secret.labels


def state_of(secret: Secret, prefix: str = DEFAULT_PREFIX) -> KeyState:
    """Return what a key is used for."""
    if secret.labels.get(KEY_LABEL) != ACTIVE and not is_legacy(secret, prefix):
        return KeyState.NOT_LOADED
    if secret.annotations.get(STATE_ANNOTATION) == COMPROMISED:
        return KeyState.COMPROMISED
    return KeyState.ACTIVE
