"""Which keys the clusters of a policy have, as the repository alone tells: pins and files."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from sealer.certsource import FileSource
from sealer.cli.certificates.certificates import MAXIMUM_SIZE, read_certificate
from sealer.cli.certificates.policyfile import PolicyFiles
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import read_input
from sealer.errors import SealerError
from sealer.policy import Cluster, Destination, Policy, destination
from sealer_keys.fingerprint import Fingerprint, short


class Destinations:
    """Tells which cluster files are for; certificates without a pin are read once a run.

    Args:
        policies: Find the policy of a file.
        named: The cluster of what no pattern of the policy matches, where the policy has it.
    """

    def __init__(self, policies: PolicyFiles, named: str = "") -> None:
        self._policies = policies
        self._named = named
        self._keys = cache(self._read_keys)

    def check(self, paths: Iterable[Path | None]) -> None:
        """Refuse a cluster that no policy of the files has.

        Raises:
            WrongUsageError: None does.
            PolicyError: A policy cannot be used.
        """
        if not self._named:
            return
        known: dict[str, None] = {}
        for path in paths:
            found = self._policies.around(path)
            if found and self._named in found[1].clusters:
                return
            known[_clusters_of(found)] = None
        if known:
            raise WrongUsageError(
                f"there is no cluster {self._named}", hint=f"known are {'; '.join(known)}"
            )

    def of(self, path: Path | None) -> Destination:
        """Return the cluster that a file is for; None is standard input.

        Raises:
            PolicyError: The policy cannot be used.
        """
        policy, relative = self._policies.judging(path)
        found = self._policies.around(path)
        if found is None:
            return Destination()
        return destination(policy, relative, self._keys(found[0]), named=self._named_in(policy))

    def cluster_of(self, path: Path | None) -> str:
        """Return the name of the cluster that a file belongs to by pattern or by name, or none.

        Raises:
            PolicyError: The policy cannot be used.
        """
        return self._policies.cluster_of(path) or self._named_in(self._policies.judging(path)[0])

    def _named_in(self, policy: Policy) -> str:
        return self._named if self._named in policy.clusters else ""

    def _read_keys(self, file: Path) -> Mapping[str, frozenset[str]]:
        found = self._policies.around(file)
        clusters = found[1].clusters if found and len(found[1].clusters) > 1 else {}
        return {name: _keys_of(cluster, file.parent) for name, cluster in clusters.items()}


def _clusters_of(found: tuple[Path, Policy] | None) -> str:
    if found is None or not found[1].clusters:
        return "none: there is no .sealer.yaml with clusters"
    return f"{', '.join(found[1].clusters)} ({os.path.relpath(found[0])})"


def _keys_of(cluster: Cluster, folder: Path) -> frozenset[str]:
    """Return what is pinned, else the key of the certificate in the repository.

    What is wrong with a certificate is for `sealer cert check` to say; here its key is not known.
    """
    pins = map(Fingerprint, cluster.fingerprints)
    if cluster.fingerprints or not cluster.certificate:
        return frozenset(map(short, pins))
    name = str(folder / cluster.certificate)
    try:
        certificate = read_certificate(FileSource(name), read_input(name, maximum=MAXIMUM_SIZE))
    except SealerError:
        return frozenset()
    return frozenset((short(certificate.fingerprint),))
