"""Which keys the clusters of a policy have, as the repository alone tells: pins and files."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sealer.certsource import FileSource, Rules, UnknownClusterError, Wish, choose
from sealer.cli.certificates.certificates import MAXIMUM_SIZE, read_certificate
from sealer.cli.certificates.policyfile import PolicyFiles
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import read_input
from sealer.errors import SealerError
from sealer.policy import Cluster, Destination, destination
from sealer_keys.fingerprint import Fingerprint, short


class Destinations:
    """Tells which cluster files are for; certificates without a pin are read once a run.

    Args:
        policies: Find the policy of a file.
        named: The cluster of what no pattern of the policy matches.
    """

    def __init__(self, policies: PolicyFiles, named: str = "") -> None:
        self._policies = policies
        self._named = named
        self._keys = cache(self._read_keys)

    def check(self, path: Path | None) -> None:
        """Refuse a cluster that the policy of a file does not have.

        Raises:
            WrongUsageError: It does not.
            PolicyError: The policy cannot be used.
        """
        if not self._named:
            return
        try:
            choose(Wish(cluster=self._named), Rules(self._policies.judging(path)[0]))
        except UnknownClusterError as error:
            raise WrongUsageError(error.message, hint=error.hint) from None

    def of(self, path: Path | None) -> Destination:
        """Return the cluster that a file is for; None is standard input.

        Raises:
            PolicyError: The policy cannot be used.
        """
        policy, relative = self._policies.judging(path)
        found = self._policies.around(path)
        if found is None:
            return Destination()
        return destination(policy, relative, self._keys(found[0]), named=self._named)

    def cluster_of(self, path: Path | None) -> str:
        """Return the name of the cluster that a file belongs to by pattern or by name, or none.

        Raises:
            PolicyError: The policy cannot be used.
        """
        return self._policies.cluster_of(path) or self._named

    def _read_keys(self, file: Path) -> Mapping[str, frozenset[str]]:
        found = self._policies.around(file)
        clusters = found[1].clusters if found and len(found[1].clusters) > 1 else {}
        return {name: _keys_of(cluster, file.parent) for name, cluster in clusters.items()}


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
