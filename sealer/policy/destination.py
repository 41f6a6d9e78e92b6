"""Which cluster a file is for, and which keys are another one's.

What the policy pins is known; which older keys a cluster has is not. So a key counts as another
cluster's only where both clusters' keys are known and this one is not among the file's own.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sealer.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Destination:
    """The cluster that a file is for.

    Attributes:
        cluster: Its name; empty when nothing says so, or when none of its keys is known.
        foreign: The names of the other clusters that have a key, by its short fingerprint.
        is_default: Nobody says so: it is what is sealed for where nothing else is said.
    """

    cluster: str = ""
    foreign: Mapping[str, str] = field(default_factory=dict)
    is_default: bool = False

    def told(self, key: str) -> str:
        """Return a sentence that names both clusters, where a key is another one's; else nothing.

        It says what is known and no more: this cluster may have had the key as well.

        Args:
            key: Its short fingerprint; empty when it is not known.
        """
        if key not in self.foreign:
            return ""
        others = self.foreign[key]
        return (
            f"it is sealed with key {key}, which .sealer.yaml has for cluster {others} "
            f"and not for {self.cluster}"
        )


def destination(
    policy: Policy, path: str, keys: Mapping[str, AbstractSet[str]], *, named: str = ""
) -> Destination:
    """Return the cluster that a file is for, as far as it can be told.

    The pattern that matches the file says so, or whoever names a cluster. Else it is the default's,
    unless the key belongs to a cluster without patterns: files for that one look like any other.

    Args:
        policy: The policy that counts for the file.
        path: The file, relative to the policy; empty for standard input.
        keys: The short fingerprints of the keys that each cluster is known to have, by its name.
        named: The cluster of what no pattern matches.
    """
    owner = policy.owner_of(path) if path else None
    cluster = owner.name if owner else named or (policy.default if path else "")
    own = keys.get(cluster)
    if not own:
        return Destination()
    is_told = owner is not None or bool(named)
    holders: dict[str, list[str]] = {}
    for other in policy.clusters.values():
        if is_told or other.paths:
            for key in keys.get(other.name, frozenset()) - own:
                holders.setdefault(key, []).append(other.name)
    foreign = {key: " and ".join(names) for key, names in holders.items()}
    return Destination(cluster, foreign, is_default=not is_told)
