"""The check of encryption at rest, which shows itself outside of the API server only in part."""

import re
from collections.abc import Iterator, Sequence

from sealer.doctor.facts import Facts
from sealer.doctor.finding import Finding, note, ok, warning
from sealer.doctor.workload import numbers_of
from sealer.manifest.cursor import Cursor

_OPTION = "--encryption-provider-config"
_SERIES = re.compile(
    r"apiserver_storage_transformation_operations_total"
    r"\{(?P<labels>[^}]*)\} (?P<number>[0-9][0-9.]*(?:e[+-]?[0-9]+)?)"
)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
# Of a provider its name is counted, and each of its keys by itself; `identity` writes no prefix.
_IN_THE_CLEAR = ""
_ENCRYPTED = re.compile(r"k8s:enc:(?P<by>[a-z0-9]+)")
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
# Their label `resource`, without which a stored Secret is not told from anything else.
_TELLING = (1, 32)
_METRICS_TELL = "its metrics tell, to whoever may get /metrics, once it has stored a Secret"
_READ_IT = "read that file on the API server's machine, or ask who runs the cluster"


def encryption(facts: Facts) -> Iterator[Finding]:
    """Look whether the API server encrypts Secrets before it stores them."""
    if not facts.apiservers.is_known:
        facts.server_metrics.get()  # at least one of the two has to be there
    lines = facts.server_metrics.get() if facts.server_metrics.is_known else ()
    prefixes = set(_written(lines))
    providers = sorted(found["by"] for each in prefixes if (found := _ENCRYPTED.match(each)))
    servers = [Cursor(each) for each in facts.apiservers.get()] if facts.apiservers.is_known else []
    if _IN_THE_CLEAR in prefixes or not all(map(_has_option, servers)):
        yield warning(
            "the API server stores Secrets in the clear, or did since it started; the private keys "
            "among them",
            "configure encryption at rest, its provider before `identity`; then write the key "
            "Secrets anew",
        )
    elif providers:
        by = ", ".join(providers)
        yield ok(f"the API server encrypts Secrets before it stores them ({by})")
    elif servers:
        yield note(
            f"the API server has {_OPTION}; whether it covers Secrets is in that file",
            _METRICS_TELL if (numbers_of(facts.server) or _TELLING) >= _TELLING else _READ_IT,
        )
    else:
        yield note("whether Secrets are encrypted at rest cannot be seen from here", _advice(facts))


def _written(lines: Sequence[str]) -> Iterator[str]:
    """Yield what stands before the Secrets that were stored; nothing where it is in the clear."""
    for line in lines:
        found = _SERIES.match(line)
        labels = dict(_LABEL.findall(found["labels"])) if found else {}
        is_write = labels.get("transformation_type") == "to_storage"
        is_done = labels.get("status", "OK") == "OK"
        is_meant = is_write and is_done and labels.get("resource") == "secrets"
        if found and is_meant and float(found["number"]):
            yield labels.get("transformer_prefix", "not said")


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
