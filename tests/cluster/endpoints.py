"""Where a Service leads: to the ports of this machine that its Pods listen on.

The API server's service proxy goes by Endpoints whose addresses are those of Pods; what looks at
an installation goes by EndpointSlices. In a cluster all Pods of a Service listen on the same port,
each at an address of its own. Here it is the other way round, so each Pod has a slice of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.cluster.pod import Pod

__all__ = ["endpoints", "selected", "slices"]

Object = dict[str, Any]


def selected(service: Object, pods: Iterable[Pod]) -> list[Pod]:
    """Return the Pods that a Service selects."""
    wanted = service["spec"].get("selector") or {}
    found = []
    for pod in pods:
        labels = pod.manifest["metadata"].get("labels", {})
        if wanted and wanted.items() <= labels.items():
            found.append(pod)
    return found


def endpoints(service: Object, pods: Sequence[Pod]) -> Object:
    """Return the Endpoints of a Service that selects these Pods."""
    subsets = []
    for pod in pods:
        ports = _ports(service, pod)
        if ports and not pod.is_ending:
            addresses = "addresses" if pod.is_ready else "notReadyAddresses"
            address = {"ip": pod.host, "targetRef": _target(pod)}
            subsets.append({addresses: [address], "ports": ports})
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": _metadata(service),
        "subsets": subsets,
    }


def slices(service: Object, pods: Sequence[Pod]) -> dict[str, Object]:
    """Return the EndpointSlices of a Service that selects these Pods, by name."""
    found = {}
    for pod in pods:
        metadata = _metadata(service)
        name = f"{metadata['name']}-{pod.name}"
        label = {"kubernetes.io/service-name": metadata["name"]}
        conditions = {
            "ready": pod.is_ready and not pod.is_ending,
            "serving": pod.is_ready,
            "terminating": pod.is_ending,
        }
        endpoint = {"addresses": [pod.host], "conditions": conditions, "targetRef": _target(pod)}
        found[name] = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata | {"name": name, "labels": label},
            "addressType": "IPv4",
            "endpoints": [endpoint],
            "ports": _ports(service, pod),
        }
    return found


def _metadata(service: Object) -> Object:
    """Return name, namespace, and the owner with which it goes."""
    metadata = service["metadata"]
    owner = {
        "apiVersion": "v1",
        "kind": "Service",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    return {
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "ownerReferences": [owner],
    }


def _target(pod: Pod) -> Object:
    metadata = pod.manifest["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace", "uid")}
    return {"kind": "Pod", **kept}


def _ports(service: Object, pod: Pod) -> list[Object]:
    """Return the Service's ports as this Pod has them."""
    found = []
    for each in service["spec"]["ports"]:
        port = pod.port(each.get("targetPort", each["port"]))
        if port is not None:
            found.append({"name": each.get("name", ""), "port": port, "protocol": "TCP"})
    return found
