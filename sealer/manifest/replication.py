"""Annotations that let a Secret be copied elsewhere, past the scope it was sealed for.

They belong to controllers that people run beside ours: emberstack/reflector,
mittwald/kubernetes-replicator and kubed (threats.md T3). Annotations that only say how to copy, or
that fetch something into the Secret, give nothing away and are not among them.
"""

from collections.abc import Iterator, Mapping

__all__ = ["replicating"]

# Permissions, which a value can also refuse.
_ALLOWING = frozenset(
    (
        "reflector.v1.k8s.emberstack.com/reflection-allowed",
        "reflector.v1.k8s.emberstack.com/reflection-auto-enabled",
        "replicator.v1.mittwald.de/replication-allowed",
    )
)
_REFUSALS = frozenset(("", "0", "f", "false"))
# Where to: whatever the value, as an empty selector selects everything.
_SENDING = frozenset(
    (
        "kubed.appscode.com/sync",
        "kubed.appscode.com/sync-contexts",
        "replicator.v1.mittwald.de/replicate-to",
        "replicator.v1.mittwald.de/replicate-to-matching",
    )
)


def replicating(annotations: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of those annotations by which a replicator may copy the Secret."""
    for name, value in annotations.items():
        is_allowed = name in _ALLOWING and value.strip().lower() not in _REFUSALS
        if is_allowed or name in _SENDING:
            yield name
