"""A real API server to measure against, and many SealedSecrets in it."""

import asyncio
import http.client
import json
import os
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sealer.keysecret import key_secret
from sealer.manifest import Secret
from sealer.sealing import SealOptions, seal_secret
from sealer.sensitive import SecretBytes
from sealer_keys.private_key import KeyPair
from tests.cluster import binaries
from tests.cluster.server import Cluster, running

Object = dict[str, Any]
CRD = Path(__file__).parent.parent / "deploy" / "crd.yaml"
_CONNECTIONS = 16
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_PATIENCE_SECONDS = 120.0


@contextmanager
def api_server() -> Iterator[Cluster]:
    """Start etcd and kube-apiserver, which the measured programs share the machine with."""
    programs = binaries.folder(os.environ)
    if absent := binaries.missing(programs):
        sys.exit(f"needs {', '.join(absent)} in {programs}: run `make cluster` once")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(programs, Path(folder)) as cluster,
    ):
        cluster.install_crd(CRD)
        yield cluster


@dataclass(frozen=True)
class Load:
    """Some SealedSecrets.

    Attributes:
        objects: How many.
        items: How many each of them has.
        keys: Sealed with each of these in turn.
        hints: Whether they note which key sealed them, as `sealer` does and `kubeseal` does not.
    """

    objects: int
    items: int
    keys: Sequence[KeyPair]
    hints: bool = False

    def manifests(self, namespace: str, prefix: str = "bench") -> list[Object]:
        """Return them."""
        options = SealOptions(hints=self.hints)
        return [
            _sealed(
                namespace, f"{prefix}-{at}", self.items, self.keys[at % len(self.keys)], options
            )
            for at in range(self.objects)
        ]


def _sealed(namespace: str, name: str, items: int, key: KeyPair, options: SealOptions) -> Object:
    value = SecretBytes(b"a value of ordinary length, as passwords are")
    plain = Secret(namespace, name, {f"item-{at}": value for at in range(items)})
    assert key.certificate is not None
    return seal_secret(plain, key.certificate, options).sealed_secret.to_object()


def namespace_with_keys(cluster: Cluster, name: str, keys: Sequence[KeyPair]) -> None:
    """Make a namespace for a controller that looks at no other, with its keys in it."""
    cluster.kubectl("create", "namespace", name)
    secrets = [
        key_secret(key, namespace=name, name=f"sealed-secrets-key-{at}").to_object()
        for at, key in enumerate(keys)
    ]
    send(cluster, secrets)


def send(cluster: Cluster, manifests: Sequence[Object]) -> None:
    """Create objects, as fast as the API server takes them."""
    asyncio.run(_send(cluster, manifests))


async def _send(cluster: Cluster, manifests: Sequence[Object]) -> None:
    context = ssl.create_default_context(cafile=cluster.ca_file)
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=context)
    headers = {"Authorization": f"Bearer {cluster.admin_token}"}
    async with aiohttp.ClientSession(cluster.url, connector=connector, headers=headers) as session:

        async def create(manifest: Object) -> None:
            async with session.post(_path(manifest), json=manifest) as answer:
                assert answer.ok, await answer.text()

        await asyncio.gather(*map(create, manifests))


def _path(manifest: Object) -> str:
    namespace, kind = manifest["metadata"]["namespace"], manifest["kind"].lower()
    group = "/api/v1" if kind == "secret" else "/apis/bitnami.com/v1alpha1"
    return f"{group}/namespaces/{namespace}/{kind}s"


class Sender:
    """Creates one object after the other, over a connection that is open already."""

    def __init__(self, cluster: Cluster) -> None:
        self._connection = _connection(cluster)
        self._connection.connect()
        self._headers = {
            "Authorization": f"Bearer {cluster.admin_token}",
            "Content-Type": "application/json",
        }

    def create(self, manifest: Object) -> None:
        """Create an object."""
        body = json.dumps(manifest)
        self._connection.request("POST", _path(manifest), body, self._headers)
        with self._connection.getresponse() as answer:
            assert answer.status == http.client.CREATED, answer.read()
            answer.read()


class SecretWatch:
    """Sees Secrets come into a namespace; it looks at their metadata alone, to cost little.

    It begins with those that are there.
    """

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        connection = _connection(cluster)
        headers = {"Authorization": f"Bearer {cluster.admin_token}", "Accept": _METADATA}
        path = f"/api/v1/namespaces/{namespace}/secrets?watch=1&resourceVersion=0"
        connection.request("GET", path, headers=headers)
        self._stream = connection.getresponse()

    def created(self, count: int, prefix: str = "bench-") -> float:
        """Wait until so many more Secrets have come; return when, by `time.perf_counter`."""
        begins = f'"name":"{prefix}'.encode()
        while count:
            line = self._stream.readline()
            if not line:
                raise RuntimeError("the watch has ended")
            count -= line.startswith(b'{"type":"ADDED"') and begins in line
        return time.perf_counter()


def _connection(cluster: Cluster) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=cluster.ca_file)
    host = cluster.url.removeprefix("https://")
    return http.client.HTTPSConnection(host, timeout=_PATIENCE_SECONDS, context=context)
