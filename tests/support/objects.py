"""Kubernetes objects as JSON values, from the YAML that people would write."""

from typing import Any

from sealer.documents import read_stream
from sealer.documents.nodes import plain


def load(text: str) -> Any:  # noqa: ANN401 - JSON values
    """Return the one document of a text as JSON values."""
    (document,) = read_stream(text.encode()).documents
    assert document.error is None
    assert document.root is not None
    return plain(document.root)


def workload(kind: str, pod: str, *, name: str = "api", namespace: str = "shop") -> str:
    """Return a workload with a pod whose fields are given as YAML."""
    api_version, depth = _SHAPES[kind]
    lines = [f"apiVersion: {api_version}", f"kind: {kind}", "metadata:"]
    lines += [f"  name: {name}", *([f"  namespace: {namespace}"] if namespace else [])]
    lines += ["  " * at + f"{key}:" for at, key in enumerate(depth)]
    blanks = "  " * len(depth)
    lines += [blanks + line for line in pod.strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


_TEMPLATE = ("spec", "template", "spec")
_SHAPES = {
    "Pod": ("v1", ("spec",)),
    "PodTemplate": ("v1", ("template", "spec")),
    "Deployment": ("apps/v1", _TEMPLATE),
    "StatefulSet": ("apps/v1", _TEMPLATE),
    "DaemonSet": ("apps/v1", _TEMPLATE),
    "ReplicaSet": ("apps/v1", _TEMPLATE),
    "ReplicationController": ("v1", _TEMPLATE),
    "Job": ("batch/v1", _TEMPLATE),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", *_TEMPLATE)),
    "Rollout": ("argoproj.io/v1alpha1", _TEMPLATE),
    "Service": ("serving.knative.dev/v1", _TEMPLATE),
}
WORKLOADS = tuple(_SHAPES)
