"""A Prometheus that scrapes a cluster of the tests, and what it answers.

with scraping(folder, configuration, rules, cluster) as prometheus:
    prometheus.until("count(up) == 2")
    prometheus.ask("sealed_secrets_controller_leader")
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.cluster.daemon import Daemon
from tests.cluster.server import Cluster, free_ports
from tests.monitoring.tools import find

__all__ = ["Prometheus", "scraping"]

Object = dict[str, Any]
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 0.2
_EVERY = "1s"


@dataclass(frozen=True)
class Prometheus:
    """Answers queries.

    Attributes:
        port: Where it listens, on this machine.
    """

    port: int

    def ask(self, query: str) -> list[Object]:
        """Return the series that a query answers with."""
        found: list[Object] = self._data(f"/api/v1/query?{urlencode({'query': query})}")["result"]
        return found

    def until(self, *queries: str) -> None:
        """Wait until each query answers with something."""
        over = time.monotonic() + _PATIENCE_SECONDS
        missing = list(queries)
        while missing := [query for query in missing if not self.ask(query)]:
            assert time.monotonic() < over, missing
            Event().wait(_PAUSE_SECONDS)

    def rules(self) -> list[Object]:
        """Return every rule, with how its evaluation went."""
        return [rule for group in self._data("/api/v1/rules")["groups"] for rule in group["rules"]]

    def is_ready(self) -> bool:
        """Tell whether it listens and has read its configuration."""
        try:
            return self._get("/-/ready")[0] == HTTPStatus.OK
        except OSError:
            return False

    def _data(self, path: str) -> Object:
        status, body = self._get(path)
        assert status == HTTPStatus.OK, f"{path}: {body.decode()}"
        found: Object = json.loads(body)["data"]
        return found

    def _get(self, path: str) -> tuple[int, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextmanager
def scraping(
    folder: Path, configuration: Object, rules: Object, cluster: Cluster
) -> Iterator[Prometheus]:
    """Start a Prometheus that asks every second; kill it in the end.

    Args:
        folder: For its configuration and what it keeps.
        configuration: What it scrapes, as people write it.
        rules: Its rules.
        cluster: Where what it scrapes is found. Debian's Prometheus cannot ask an API server, so
            that is done for it, once.
    """
    for job in configuration["scrape_configs"]:
        discoveries = job.pop("kubernetes_sd_configs")
        namespaces = [name for each in discoveries for name in each["namespaces"]["names"]]
        assert {each["role"] for each in discoveries} == {"endpointslice"}
        job["static_configs"] = [
            target for namespace in namespaces for target in _discovered(cluster, namespace)
        ]
    every = {"scrape_interval": _EVERY, "scrape_timeout": _EVERY, "evaluation_interval": _EVERY}
    folder.mkdir()
    (folder / "prometheus.yaml").write_text(yaml.safe_dump({"global": every, **configuration}))
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    (port,) = free_ports(1)
    log = folder / "log"
    command = (
        find("prometheus"),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    daemon = Daemon(log, command)
    prometheus = Prometheus(port)
    over = time.monotonic() + _PATIENCE_SECONDS
    daemon.start()
    try:
        while not prometheus.is_ready():
            assert daemon.is_running, log.read_text()
            assert time.monotonic() < over, log.read_text()
            Event().wait(_PAUSE_SECONDS)
        yield prometheus
    finally:
        daemon.kill()


def _discovered(cluster: Cluster, namespace: str) -> Iterator[Object]:
    """Yield what discovery by EndpointSlices finds in a namespace, as far as pages use it."""
    found = cluster.kubectl("get", "endpointslices", "-n", namespace, "-o", "json")
    for each in json.loads(found)["items"]:
        for endpoint in each["endpoints"]:
            for port in each["ports"]:
                labels = {
                    "namespace": namespace,
                    "service_name": each["metadata"]["labels"]["kubernetes.io/service-name"],
                    "pod_name": endpoint["targetRef"]["name"],
                    "endpointslice_port_name": port["name"],
                }
                yield {
                    "targets": [f"{address}:{port['port']}" for address in endpoint["addresses"]],
                    "labels": {f"__meta_kubernetes_{key}": labels[key] for key in labels},
                }
