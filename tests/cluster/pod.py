"""One Pod of the controller: its container's process, and what a kubelet says about it.

The process has the container's arguments and environment, the Pod's host name, and a fresh token of
the Pod's ServiceAccount. Only what an image and a network of its own would give it is made up: it
listens on free ports of this machine, and is told where the API server and the token are.
"""

import http.client
import os
import re
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sealer.errors import SealerError
from sealer_controller.settings.load import load
from tests.cluster.server import Cluster, free_ports
from tests.controller import process
from tests.controller.process import Running

__all__ = ["Object", "Pod", "is_ours"]

Object = dict[str, Any]
_HOST_NAMES = Path(__file__).resolve().parent / "container"
_PROBE_SECONDS = 5
_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
# minReadySeconds is counted from when a Pod is ready, and no test waits for half a minute.
_LONG_READY = timedelta(hours=1)


def is_ours(pod: Object) -> bool:
    """Whether the Pod is of the controller's image, the only one that can be run without images."""
    containers = pod["spec"]["containers"]
    return len(containers) == 1 and "sealer" in containers[0]["image"]


class Pod:
    """A Pod and its process, which is started again when it ends.

    Args:
        cluster: The API server.
        manifest: The Pod, as the API server has it.
        host: The address of this machine.
        folder: For the token and temporary files.
    """

    def __init__(self, cluster: Cluster, manifest: Object, host: str, folder: Path) -> None:
        self.manifest = manifest
        self.host = host
        self.ports: dict[int, int] = {}
        self._cluster = cluster
        self._folder = folder
        self._stack = ExitStack()
        self._running: Running | None = None
        self._restarts = 0
        self._failure = ""
        self._last: Object = {}
        self._not_before = 0.0
        self._deadline: float | None = None
        self._began = _now()
        self._is_ready = False

    @property
    def name(self) -> str:
        """The Pod's name."""
        found: str = self.manifest["metadata"]["name"]
        return found

    @property
    def namespace(self) -> str:
        """The namespace that it is in."""
        found: str = self.manifest["metadata"]["namespace"]
        return found

    @property
    def running(self) -> Running:
        """The process: what it has logged, its number, signals."""
        assert self._running is not None, f"{self.name} has not been started: {self._failure}"
        return self._running

    @property
    def is_ready(self) -> bool:
        """Whether its readiness probe succeeded when it was last asked."""
        return self._is_ready

    @property
    def is_ending(self) -> bool:
        """Whether it has been deleted."""
        return "deletionTimestamp" in self.manifest["metadata"]

    @property
    def _container(self) -> Object:
        found: Object = self.manifest["spec"]["containers"][0]
        return found

    def port(self, target: int | str) -> int | None:
        """Return where this machine has a port of the container; None for one nobody listens on."""
        named = {each.get("name"): each["containerPort"] for each in self._container["ports"]}
        return self.ports.get(named.get(target, target))

    def look(self) -> None:
        """Start what does not run, and ask whether it is ready."""
        if self._running is not None and self._running.exit_code is not None:
            self._ended(self._running.exit_code)
        if self._running is None and time.monotonic() >= self._not_before:
            self._start()
        self._is_ready = self._running is not None and self._probe()

    def end(self) -> bool:
        """Ask the process to end, once; return whether it has, or had all the time it is given."""
        if self._running is None or self._running.exit_code is not None:
            return True
        if self._deadline is None:
            grace = self.manifest["metadata"].get("deletionGracePeriodSeconds", 30)
            self._deadline = time.monotonic() + grace
            self._running.signal(signal.SIGTERM)
        return time.monotonic() >= self._deadline

    def close(self) -> None:
        """Kill the process, if it has not ended."""
        self._stack.close()

    def status(self) -> Object:
        """Return the status that a kubelet would write."""
        since = (self._began - _LONG_READY if self._is_ready else self._began).isoformat()
        ready = {"status": str(self._is_ready), "lastTransitionTime": since}
        done = {"status": "True", "lastTransitionTime": self._began.isoformat()}
        container = {
            "name": self._container["name"],
            "image": self._container["image"],
            "imageID": "",
            "ready": self._is_ready,
            "started": self._running is not None,
            "restartCount": self._restarts,
            "state": self._state(),
            "lastState": self._last,
        }
        return {
            "phase": "Running" if self._running or self._restarts else "Pending",
            "hostIP": self.host,
            "podIP": self.host,
            "podIPs": [{"ip": self.host}],
            "startTime": self._began.isoformat(),
            "conditions": [
                {"type": "PodScheduled", **done},
                {"type": "Initialized", **done},
                {"type": "ContainersReady", **ready},
                {"type": "Ready", **ready},
            ],
            "containerStatuses": [container],
        }

    def _state(self) -> Object:
        if self._running is not None:
            return {"running": {"startedAt": self._began.isoformat()}}
        reason = "CrashLoopBackOff" if self._restarts else "CreateContainerConfigError"
        return {"waiting": {"reason": reason, "message": self._failure}}

    def _ended(self, code: int) -> None:
        """Take notice of a process that ended; the second one in a row waits a while."""
        self._stack.close()
        self._running = None
        self._restarts += 1
        self._failure = f"back-off restarting failed container={self._container['name']}"
        if self._last:
            self._not_before = time.monotonic() + min(2.0**self._restarts, 60)
        reason = "Completed" if code == 0 else "Error"
        times = {"startedAt": self._began.isoformat(), "finishedAt": _now().isoformat()}
        # As a shell has it: 137 for what was killed.
        told = {"exitCode": code if code >= 0 else 128 - code, "reason": reason, **times}
        self._last = {"terminated": told}

    def _start(self) -> None:
        try:
            environment = self._environment()
            arguments = self._arguments(environment)
        except AssertionError as error:  # the words of kubectl
            self._failure = str(error)
            self._not_before = time.monotonic() + 1
            return
        self._began = _now()
        started = process.started(*arguments, environ=environment)
        self._running = self._stack.enter_context(started)

    def _arguments(self, environment: Mapping[str, str]) -> list[str]:
        """Return the container's arguments, and what a container of its own would make needless."""
        written = [
            *self._container.get("command", [])[1:],
            *self._container.get("args", []),
        ]
        arguments = [_expanded(each, environment) for each in written]
        account = self._folder / self.name
        if self.manifest["spec"].get("automountServiceAccountToken", True):
            name = self.manifest["spec"].get("serviceAccountName", "default")
            namespace = self.manifest["metadata"]["namespace"]
            self._cluster.service_account_folder(name, namespace, account)
        return [
            *arguments,
            *self._listening(arguments, environment),
            *("--server", self._cluster.url),
            *("--token-file", str(account / "token"), "--ca-file", str(account / "ca.crt")),
        ]

    def _listening(self, arguments: list[str], environment: Mapping[str, str]) -> list[str]:
        """Return arguments to listen on free ports, instead of on those that it was told."""
        try:
            settings = load(arguments, environment).settings
        except SealerError:
            return []  # it will say so itself
        flags: list[str] = []
        wanted = {
            "--listen-addr": settings.listen_addr,
            "--listen-metrics-addr": settings.listen_metrics_addr,
        }
        self.ports = {}
        for flag, address in wanted.items():
            if address is not None:
                (self.ports[address.port],) = free_ports(1)
                flags += [flag, f"{self.host}:{self.ports[address.port]}"]
        return flags

    def _environment(self) -> dict[str, str]:
        found = {
            "HOSTNAME": self.name,
            "PYTHONPATH": os.pathsep.join([str(_HOST_NAMES), os.environ.get("PYTHONPATH", "")]),
        }
        for variable in self._container.get("env", []):
            if "value" in variable:
                found[variable["name"]] = _expanded(variable["value"], found)
            elif "fieldRef" in variable.get("valueFrom", {}):
                found[variable["name"]] = self._field(
                    variable["valueFrom"]["fieldRef"]["fieldPath"]
                )
        return found

    def _field(self, path: str) -> str:
        fields: dict[str, str] = {
            "metadata.name": self.name,
            "metadata.namespace": self.manifest["metadata"]["namespace"],
            "metadata.uid": self.manifest["metadata"]["uid"],
            "spec.nodeName": self.manifest["spec"].get("nodeName", ""),
            "spec.serviceAccountName": self.manifest["spec"].get("serviceAccountName", ""),
            "status.podIP": self.host,
            "status.hostIP": self.host,
        }
        assert path in fields, f"the stand-in for the kubelet does not know the field {path}"
        return fields[path]

    def _probe(self) -> bool:
        """Ask the container whether it has started and is ready, as its probes say."""
        probes = (self._container.get(f"{kind}Probe") for kind in ("startup", "readiness"))
        return all(
            self._answers(probe["httpGet"]) for probe in probes if probe and "httpGet" in probe
        )

    def _answers(self, asked: Object) -> bool:
        port = self.port(asked["port"])
        if port is None:
            return False
        connection = http.client.HTTPConnection(self.host, port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", asked.get("path", "/"))
            return connection.getresponse().status < HTTPStatus.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """Put variables in, as Kubernetes does; what is not known stays."""

    def value(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else environment.get(str(found[1]), str(found[0]))

    return _REFERENCE.sub(value, text)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
