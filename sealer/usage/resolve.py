"""Which Secret a reference means, and what of it is missing.

A manifest may leave its namespace open, and a file may belong to no cluster of the policy. What is
open fits everything; where something fits exactly, only that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sealer.usage.inventory import Inventory, Source, Use

_KNOWN_KINDS = ("Secret", "SealedSecret")


@dataclass(frozen=True, slots=True)
class Missing:
    """A reference that leads nowhere.

    Attributes:
        use: The reference.
        key: The item that the Secret lacks; empty when there is no such Secret.
    """

    use: Use
    key: str = ""


class Resolver:
    """Finds the Secrets that references mean."""

    def __init__(self, inventory: Inventory) -> None:
        """Take in what manifests say."""
        self._by_name: dict[str, list[Source]] = {}
        for source in inventory.sources:
            self._by_name.setdefault(source.provided.name, []).append(source)
        self._known = {
            (source.cluster, source.provided.namespace)
            for source in inventory.sources
            if source.provided.kind in _KNOWN_KINDS
        }

    def sources_of(self, use: Use) -> list[Source]:
        """Return the objects that bring about the Secret that is used; none when it is missing."""
        fitting = [
            source
            for source in self._by_name.get(use.reference.name, ())
            if _fits(source.cluster, use.cluster)
            and _fits(source.provided.namespace, use.namespace)
        ]
        exact = [source for source in fitting if source.provided.namespace == use.namespace]
        return exact or fitting

    def missing(self, use: Use) -> list[Missing]:
        """Return what a reference names and nothing brings about; nothing when it is optional."""
        if use.reference.is_optional:
            return []
        sources = self.sources_of(use)
        if not sources:
            return [Missing(use)]
        keys = keys_of(sources)
        if keys is None:
            return []
        return [Missing(use, key) for key in use.reference.named_keys if key not in keys]

    def knows_namespace_of(self, use: Use) -> bool:
        """Tell whether any Secret of the namespace is known, so that a missing one means much."""
        return any(
            namespace == use.namespace and _fits(cluster, use.cluster)
            for cluster, namespace in self._known
        )


def keys_of(sources: Sequence[Source]) -> set[str] | None:
    """Return the items of a Secret; None when they are not known."""
    keys: set[str] = set()
    for source in sources:
        if source.provided.keys is None:
            return None
        keys.update(source.provided.keys)
    return keys


def _fits(one: str, other: str) -> bool:
    return not one or not other or one == other
