"""Annotations that have a Secret copied into other namespaces, past the scope it was sealed for.

They belong to controllers that people run beside ours: emberstack/reflector,
mittwald/kubernetes-replicator and kubed (threats.md T3).
"""

from collections.abc import Iterable, Iterator

__all__ = ["replicating"]

_REPLICATORS = (
    "kubed.appscode.com/sync",
    "reflector.v1.k8s.emberstack.com/",
    "replicator.v1.mittwald.de/",
)


def replicating(annotations: Iterable[str]) -> Iterator[str]:
    """Yield the names of those annotations that a replicator acts on."""
    return (name for name in annotations if name.startswith(_REPLICATORS))
