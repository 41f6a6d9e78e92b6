"""What a policy says: clusters, their certificates and pins, and which files are whose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sealer.policy.globs import path_matches


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that values are sealed for.

    Attributes:
        name: What people call it.
        certificate: Path of its certificate, relative to the policy file; empty when it is to be
            asked of the cluster.
        fingerprints: The public keys that may be sealed with; empty when none is pinned.
        context: The kubectl context; empty for the current one.
        controller_name: The controller's Service; empty for the default.
        controller_namespace: The Service's namespace; empty for the default.
        paths: Patterns of the files that are sealed for it.
    """

    name: str
    certificate: str = ""
    fingerprints: tuple[str, ...] = ()
    context: str = ""
    controller_name: str = ""
    controller_namespace: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy.

    Attributes:
        clusters: The clusters by name, in the order written.
        default: The name of the cluster for files that no pattern matches; empty when there is
            none.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    default: str = ""

    def owner_of(self, path: str) -> Cluster | None:
        """Return the first cluster with a pattern for a path, relative to the policy file."""
        for cluster in self.clusters.values():
            if any(path_matches(path, pattern) for pattern in cluster.paths):
                return cluster
        return None
