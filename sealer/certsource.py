"""Which certificate is used, and whether it may be: the first source that is named, the pins.

Pure decisions; files, URLs and clusters are read elsewhere. The order: the command line's
certificate, the command line's cluster, the same two from the environment, the policy's cluster
for the file, the policy's default, the cluster itself. A pin binds every source, that of the
default too: it is the cluster of all files that no pattern gives to another one.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from sealer.policy import Cluster, Policy
from sealer_keys.certificate import Certificate
from sealer_keys.errors import CertificateError, ExpiredCertificateError, SealerError

DEFAULT_CONTROLLER_NAME = "sealed-secrets-controller"
DEFAULT_CONTROLLER_NAMESPACE = "kube-system"
# Where a controller publishes its newest certificate, in its own namespace, and in which item.
CONFIG_MAP = "sealed-secrets-certificate"
CONFIG_MAP_ITEM = "tls.crt"
EXPIRY_WARNING = timedelta(days=30)
# A scheme has two letters at least: C:\cert.pem is a file.
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)


class UnknownClusterError(SealerError):
    """The cluster that was named stands in no policy. Name another one, or add it."""


class PinMismatchError(CertificateError):
    """The certificate is not the one that is pinned. Find out who changed it before going on."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file; `-` is standard input."""

    path: str

    def __str__(self) -> str:
        """Return what to call it."""
        return "standard input" if self.path == "-" else self.path


@dataclass(frozen=True, slots=True)
class UrlSource:
    """An address to fetch from."""

    url: str

    def __str__(self) -> str:
        """Return what to call it."""
        return self.url


@dataclass(frozen=True, slots=True)
class ClusterSource:
    """The controller of a running cluster."""

    controller_name: str = DEFAULT_CONTROLLER_NAME
    controller_namespace: str = DEFAULT_CONTROLLER_NAMESPACE
    context: str = ""

    def __str__(self) -> str:
        """Return what to call it."""
        where = f"cluster {self.context}" if self.context else "the current cluster"
        return f"{self.controller_namespace}/{self.controller_name} in {where}"


Source = FileSource | UrlSource | ClusterSource


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; every part may be empty.

    Attributes:
        certificate: A file, a URL or `-`, from the command line.
        cluster: A cluster of the policy, from the command line.
        fallback_certificate: The same, from the environment.
        fallback_cluster: The same, from the environment.
        controller_name: The controller's Service.
        controller_namespace: The Service's namespace.
    """

    certificate: str = ""
    cluster: str = ""
    fallback_certificate: str = ""
    fallback_cluster: str = ""
    controller_name: str = ""
    controller_namespace: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy that counts for a file.

    Attributes:
        policy: The policy.
        folder: Where the policy file is: its paths are relative to that.
        path: The file, relative to the folder; empty for standard input.
    """

    policy: Policy
    folder: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where the certificate comes from, and which ones are acceptable.

    Attributes:
        source: Where to get it.
        pinned_by: The clusters whose pins it has to match.
    """

    source: Source
    pinned_by: tuple[Cluster, ...] = ()


def choose(wish: Wish, rules: Rules | None = None) -> Choice:
    """Return the certificate to use for a file.

    Raises:
        UnknownClusterError: A cluster was named that the policy does not have.
    """
    rules = rules or Rules(Policy())
    named, cluster, pinned_by = _resolve(wish, rules)
    if named:
        return Choice(parse_source(named), pinned_by)
    if cluster is not None and cluster.certificate:
        return Choice(FileSource(posixpath.join(rules.folder, cluster.certificate)), pinned_by)
    return Choice(controller_of(cluster, wish), pinned_by)


def choose_controller(
    wish: Wish, rules: Rules | None = None
) -> tuple[ClusterSource, tuple[Cluster, ...]]:
    """Return the controller of a file's cluster, and the clusters whose pins its key has to match.

    That a certificate is named, or stands in the policy, makes no difference.

    Raises:
        UnknownClusterError: A cluster was named that the policy does not have.
    """
    wish = replace(wish, certificate="", fallback_certificate="")
    _, cluster, pinned_by = _resolve(wish, rules or Rules(Policy()))
    return controller_of(cluster, wish), pinned_by


def _resolve(wish: Wish, rules: Rules) -> tuple[str, Cluster | None, tuple[Cluster, ...]]:
    """Return the certificate that is named, the cluster that is meant, and the clusters with pins.

    The file's own cluster binds always, the default unless another cluster is named.
    """
    owner = rules.policy.owner_of(rules.path) if rules.path else None
    by_name = wish.cluster or ("" if wish.certificate else wish.fallback_cluster)
    by_name = by_name or ("" if owner else rules.policy.default)
    cluster = _cluster(by_name, rules.policy) if by_name else owner
    named = wish.certificate or ("" if wish.cluster else wish.fallback_certificate)
    bound = dict.fromkeys(each.name for each in (owner, cluster) if each and each.fingerprints)
    return named, cluster, tuple(rules.policy.clusters[name] for name in bound)


def parse_source(text: str) -> FileSource | UrlSource:
    """Return what `--cert` means: `-`, a URL, or the path of a file."""
    match = _URL.fullmatch(text)
    if match is None:
        return FileSource(text)
    if match["scheme"].lower() == "file":
        return FileSource(unquote(match["rest"].removeprefix("localhost")))
    return UrlSource(text)


def check_certificate(
    certificate: Certificate, choice: Choice, now: datetime, *, allow_expired: bool = False
) -> tuple[str, ...]:
    """Refuse a certificate that may not be used, and return warnings about one that may.

    Raises:
        PinMismatchError: A pin asks for another public key.
        ExpiredCertificateError: It is expired, and that is not allowed.
    """
    for cluster in choice.pinned_by:
        if certificate.fingerprint not in cluster.fingerprints:
            raise PinMismatchError(
                f"the certificate from {choice.source} is {certificate.fingerprint}; "
                f"pinned for cluster {cluster.name} is {' or '.join(cluster.fingerprints)}",
                hint="if the key was renewed on purpose, change the pin in .sealer.yaml",
            )
    return tuple(_warnings(certificate, choice, now, allow_expired=allow_expired))


def _warnings(
    certificate: Certificate, choice: Choice, now: datetime, *, allow_expired: bool
) -> Iterator[str]:
    try:
        certificate.check_validity(now)
    except ExpiredCertificateError:
        if not allow_expired:
            raise
        yield f"the certificate expired on {certificate.not_after:%Y-%m-%d}"
    else:
        left = certificate.not_after - now
        if left < EXPIRY_WARNING:
            yield f"the certificate expires in {left.days} days; fetch the newest one"
    is_plain = isinstance(choice.source, UrlSource) and choice.source.url.lower().startswith(
        "http:"
    )
    if is_plain and not choice.pinned_by:
        yield "the certificate came over plain http and no fingerprint is pinned"


def _cluster(name: str, policy: Policy) -> Cluster:
    cluster = policy.clusters.get(name)
    if cluster is None:
        known = ", ".join(policy.clusters) or "none: there is no .sealer.yaml with clusters"
        raise UnknownClusterError(f"there is no cluster {name}", hint=f"known are {known}")
    return cluster


def controller_of(cluster: Cluster | None, wish: Wish) -> ClusterSource:
    """Return the running controller of a cluster; of the current one where none is named."""
    settings = cluster or Cluster("")
    return ClusterSource(
        wish.controller_name or settings.controller_name or DEFAULT_CONTROLLER_NAME,
        wish.controller_namespace or settings.controller_namespace or DEFAULT_CONTROLLER_NAMESPACE,
        settings.context,
    )
