"""The check of encryption at rest, which shows itself outside of the API server only in part."""

import re
from collections.abc import Iterator

from sealer.doctor.facts import Facts
from sealer.doctor.finding import Finding, note, ok, warning
from sealer.manifest.cursor import Cursor

_OPTION = "--encryption-provider-config"
_WRITES = re.compile(
    r'^apiserver_storage_transformation_operations_total\{(?=[^}]*resource="secrets")'
    r'(?=[^}]*transformation_type="to_storage")[^}]*transformer_prefix="k8s:enc:(?P<by>[a-z0-9]+)'
)
# By what versions end with in managed clusters, and by what distributions do with Secrets.
_VENDORS = (
    (
        "-eks-",
        "EKS encrypts Secrets from 1.28 on; before that: aws eks describe-cluster",
    ),
    (
        "-gke.",
        "GKE encrypts its disks; Secrets themselves: gcloud container clusters describe",
    ),
    ("+k3s", "ask a server node: k3s secrets-encrypt status"),
    ("+rke2", "ask a server node: rke2 secrets-encrypt status"),
)
_HOW = (
    "see the API server's arguments for --encryption-provider-config, or ask who runs the cluster; "
    "key Secrets are stored in etcd, and whoever reads its disks or backups reads them"
)


def encryption(facts: Facts) -> Iterator[Finding]:
    """Look whether the API server encrypts Secrets before it stores them."""
    if not facts.apiservers.is_known:
        facts.server_metrics.get()  # at least one of the two has to be there
    lines = facts.server_metrics.get() if facts.server_metrics.is_known else ()
    provider = next((found["by"] for each in lines if (found := _WRITES.match(each))), "")
    servers = [Cursor(each) for each in facts.apiservers.get()] if facts.apiservers.is_known else []
    if provider:
        yield ok(f"the API server encrypts Secrets before it stores them ({provider})")
    elif servers and not all(map(_has_option, servers)):
        yield warning(
            "the API server stores Secrets in the clear, the private keys among them",
            "configure encryption at rest, then write the key Secrets anew",
        )
    elif servers:
        yield ok(f"the API server has {_OPTION}; whether it covers Secrets is in that file")
    else:
        yield note("whether Secrets are encrypted at rest cannot be seen from here", _advice(facts))


def _has_option(pod: Cursor) -> bool:
    words = [
        str(word.value)
        for container in pod.each("spec", "containers")
        for part in ("command", "args")
        for word in container.each(part)
    ]
    return any(word.partition("=")[0] == _OPTION for word in words)


def _advice(facts: Facts) -> str:
    return next((advice for mark, advice in _VENDORS if mark in facts.server), _HOW)
