"""Replicas as processes on a real API server, each under an account of its own."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sealer.documents.emit import emit_json
from sealer.keysecret import key_secret
from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from tests.cluster.server import Cluster
from tests.controller import process
from tests.controller.election.audit import Write, double_writers, writes
from tests.controller.process import Running
from tests.support import vectors

__all__ = ["Stage", "pair", "port_of", "seen", "until"]

KEY = "rsa2048"
_PATIENCE_SECONDS = 30
# A replica that starts as fast as any and then has work for a minute, so that it is in the middle
# of it whenever something happens to it.
_SLOW = ("--workers=4", "--kubeclient-qps=2", "--kubeclient-burst=20")
_MANY = tuple(f"db-{number}" for number in range(50))


@dataclass(frozen=True)
class Stage:
    """A namespace in which replicas compete.

    Attributes:
        cluster: The API server.
        namespace: Everything is in it, Lease and keys too.
        folder: Where the accounts' tokens go.
    """

    cluster: Cluster
    namespace: str
    folder: Path

    @contextmanager
    def replica(self, name: str, *arguments: object, url: str = "") -> Iterator[Running]:
        """Start a replica under an account of this name.

        Args:
            name: The account.
            arguments: More of the command line.
            url: How it reaches the API server, if not as everybody.
        """
        within = ("--namespace", self.namespace)
        subject = f"{self.namespace}:{name}"
        self.cluster.kubectl("create", "serviceaccount", name, *within)
        grant = (f"--serviceaccount={subject}", "--clusterrole=cluster-admin")
        self.cluster.kubectl("create", "rolebinding", name, *grant, *within)
        account = self.cluster.service_account_folder(name, self.namespace, self.folder / name)
        with process.started(
            *("--server", url or self.cluster.url, "--token-file", account / "token"),
            *("--ca-file", account / "ca.crt", "--all-namespaces=false", "--key-size=2048"),
            *("--listen-addr", "127.0.0.1:0", "--listen-metrics-addr", "127.0.0.1:0"),
            *("--leader-elect", *arguments),
            environ={"POD_NAMESPACE": self.namespace},
        ) as running:
            yield running

    def put_key(self) -> None:
        """Put the key there that `seal` seals for."""
        secret = key_secret(vectors.key_pair(KEY), namespace=self.namespace, name="test-key")
        self._create([secret.to_object()])

    def seal(self, *names: str) -> None:
        """Create SealedSecrets."""
        certificate = vectors.key_pair(KEY).certificate
        assert certificate is not None
        items = {"password": SecretBytes(b"correct horse")}
        plain = (Secret(self.namespace, name, items) for name in names)
        self._create([seal_secret(each, certificate).sealed_secret.to_object() for each in plain])

    def until_made(self, name: str) -> None:
        """Wait until there is a Secret of this name."""
        patience = f"--timeout={_PATIENCE_SECONDS}s"
        within = ("--namespace", self.namespace)
        self.cluster.kubectl("wait", f"secret/{name}", "--for=create", patience, *within)

    def until_synced(self) -> None:
        """Wait until every SealedSecret is Synced."""
        self.cluster.kubectl(
            *("wait", "sealedsecrets", "--all", "--for=condition=Synced", "--timeout=50s"),
            *("--namespace", self.namespace),
        )

    def names(self, kind: str, *arguments: str) -> list[str]:
        """Return the names of all objects of a kind."""
        listed = ("-o", "jsonpath={.items[*].metadata.name}", "--namespace", self.namespace)
        return self.cluster.kubectl("get", kind, *arguments, *listed).split()

    def holder(self) -> str:
        """Return who has the Lease."""
        path = ("-o", "jsonpath={.spec.holderIdentity}", "--namespace", self.namespace)
        return self.cluster.kubectl("get", "lease", "sealed-secrets-controller", *path)

    def written(self) -> list[Write]:
        """Return every write of the replicas so far, from the server's own audit."""
        return writes(self.cluster.audit_log, self.namespace)

    def check_writers(self, seconds: float, *names: str) -> None:
        """Make sure that nobody wrote but who led; these are all who did.

        Args:
            seconds: How long a Lease lasts.
            names: The accounts.
        """
        found = self.written()
        writers = {each.user for each in found if each.what == "secrets"}
        assert writers == set(names), writers
        wrong = double_writers(found, timedelta(seconds=seconds))
        assert not wrong, wrong

    def _create(self, objects: list[dict[str, object]]) -> None:
        body = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.cluster.kubectl("create", "-f", "-", given=emit_json(json.loads(json.dumps(body))))


@asynccontextmanager
async def pair(
    stage: Stage, *arguments: object, url: str = ""
) -> AsyncIterator[tuple[Running, Running]]:
    """Start a replica that leads and has work for a while, and another one that stands by.

    Args:
        stage: Where.
        arguments: More of both command lines.
        url: How the first one reaches the API server, if not as the other.
    """
    stage.put_key()
    stage.seal(*_MANY)
    with stage.replica("first", *_SLOW, *arguments, url=url) as first:
        await until(first, "leading")
        with stage.replica("second", *arguments) as second:
            await seen(second, "not_leading")
            await seen(second, "listed")
            await asyncio.to_thread(stage.until_made, _MANY[0])
            yield first, second


async def until(running: Running, event: str, **fields: object) -> dict[str, Any]:
    """Wait for a log line."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asyncio.to_thread(running.until, event, **fields)
    except BaseException:
        # The thread reads on until its process ends, and nothing else would end it.
        running.signal(signal.SIGKILL)
        raise


async def seen(running: Running, event: str, **fields: object) -> None:
    """Wait for a log line, unless it has come already."""
    wanted = {"msg": event, **fields}
    if not any(wanted.items() <= line.items() for line in running.lines):
        await until(running, event, **fields)


def port_of(line: dict[str, Any]) -> str:
    """Return the port of a line about listening."""
    address: str = line["address"]
    return address.rpartition(":")[2]
