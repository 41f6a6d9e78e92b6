"""What people are warned of though the Secret was made as asked."""

from collections.abc import Iterator

from sealer.manifest.replication import replicating
from sealer_controller.objects import Event, StoredSealedSecret

__all__ = ["cautions"]


def cautions(stored: StoredSealedSecret) -> Iterator[Event]:
    """Yield a warning where the template lets the Secret be copied elsewhere (threats.md T3)."""
    names = sorted(replicating(stored.sealed.template.annotations))
    if names:
        message = (
            "the Secret may be copied elsewhere, past the scope that it was sealed for, "
            f"because of {', '.join(names)} in spec.template"
        )
        yield Event("Warning", "ReplicatedSecret", message)
