"""Let a Service of the test cluster lead to a program on this machine.

The API server's service proxy then reaches the program as it reaches a Pod: it authorises, it
rewrites paths and headers. It forwards to no loopback address, and to nothing but Pods, so a Pod is
made up that has this machine's address.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sealer_controller.objects import Key
from tests.cluster.server import Cluster

__all__ = ["address_of_this_machine", "kubeconfig", "routed"]


def address_of_this_machine() -> str:
    """Return an address that is not a loopback one; the API server forwards to no other."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no address besides loopback")
        address: str = asked.getsockname()[0]
    return address


@contextmanager
def routed(cluster: Cluster, service: Key, host: str, port: int) -> Iterator[None]:
    """Let a Service lead to an address of this machine while the block lasts."""
    cluster.apply(_pod(service))
    status = json.dumps({"status": {"podIP": host, "podIPs": [{"ip": host}]}})
    place = (service.name, "-n", service.namespace)
    cluster.kubectl("patch", "pod", *place, "--subresource=status", "-p", status)
    cluster.apply(*_endpoints(service, host, port))
    yield
    for kind in ("pod", "endpoints", "endpointslice"):
        cluster.kubectl("delete", kind, *place)


def _pod(service: Key) -> dict[str, Any]:
    """Return what the controller would run in; the API server forwards to nothing but Pods."""
    container = {"name": service.name, "image": "sealer-controller"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": service.name, "namespace": service.namespace},
        "spec": {"containers": [container]},
    }


def _endpoints(service: Key, host: str, port: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what says where a Service leads, in the old form and the new one."""
    metadata = {"name": service.name, "namespace": service.namespace}
    target = {"kind": "Pod", **metadata}
    label = {"kubernetes.io/service-name": service.name}
    return (
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": metadata,
            "subsets": [
                {"addresses": [{"ip": host, "targetRef": target}], "ports": [{"port": port}]}
            ],
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata | {"labels": label},
            "addressType": "IPv4",
            "endpoints": [
                {"addresses": [host], "conditions": {"ready": True}, "targetRef": target}
            ],
            "ports": [{"name": "", "port": port, "protocol": "TCP"}],
        },
    )


def kubeconfig(cluster: Cluster, path: Path, token: str) -> Path:
    """Write a kubeconfig for a token; return it."""
    server = {"server": cluster.url, "certificate-authority": str(cluster.ca_file)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": server}],
        "users": [{"name": "me", "user": {"token": token}}],
    }
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path
