"""An installation as a new operator makes it, on a cluster of its own.

The API server encrypts Secrets at rest; its nodes run the controller's Pods; the chart is installed
with its defaults.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.cluster.encryption import encrypting
from tests.cluster.kubelet import Kubelet, serving
from tests.cluster.server import Cluster, running
from tests.deploy.chart import CHART, RELEASE
from tests.deploy.installation import SYSTEM
from tests.deploy.manifests import NAME
from tests.support.program import run

__all__ = ["Said", "Trial", "tried"]

Object = dict[str, Any]


class Said(NamedTuple):
    """What the doctor says of one check.

    Attributes:
        status: The worst of what was found.
        message: All that was found.
    """

    status: str
    message: str


@dataclass(frozen=True)
class Trial:
    """An installation, and somebody's folder.

    Attributes:
        cluster: The API server.
        kubelet: The nodes.
        folder: Where the operator works.
    """

    cluster: Cluster
    kubelet: Kubelet
    folder: Path

    def doctor(self) -> dict[str, Said]:
        """Return what `sealer doctor` says, by check."""
        done = run("doctor", "--json")
        found = {
            each["check"]: Said(
                each["status"], "\n".join(finding["message"] for finding in each["findings"])
            )
            for each in json.loads(done.out)["checks"]
        }
        assert done.code == int(any(said.status == "fault" for said in found.values())), done.err
        return found

    def get(self, kind: str, name: str, namespace: str = SYSTEM) -> Object:
        """Return an object, which is there."""
        found = self.cluster.get(kind, name, namespace)
        assert found is not None
        return found

    def leader(self) -> str:
        """Return the host name of who holds the Lease; empty when nobody does."""
        holder = self.get("lease", NAME)["spec"].get("holderIdentity", "")
        return str(holder).partition("_")[0]

    def until_led(self) -> None:
        """Wait until one of the Pods leads."""
        names = {pod.name for pod in self.kubelet.pods()}
        self.kubelet.until(lambda: self.leader() in names)

    @contextmanager
    def changed(self, kind: str, name: str, namespace: str = SYSTEM) -> Iterator[None]:
        """Put an object back as it was when the block is left."""
        before = self.get(kind, name, namespace)
        del before["metadata"]["resourceVersion"]
        try:
            yield
        finally:
            self.cluster.kubectl("replace", "-f", "-", given=json.dumps(before))

    @contextmanager
    def added(self, *objects: Object) -> Iterator[None]:
        """Add objects for a while."""
        self.cluster.apply(*objects)
        try:
            yield
        finally:
            given = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
            self.cluster.kubectl("delete", "--wait=false", "-f", "-", given=given)

    def patch(self, kind: str, name: str, patch: object, namespace: str = SYSTEM) -> None:
        """Change an object: a list is a JSON patch, anything else is merged."""
        form = "json" if isinstance(patch, list) else "merge"
        place = (kind, name, "-n", namespace)
        self.cluster.kubectl("patch", *place, f"--type={form}", "-p", json.dumps(patch))


@contextmanager
def tried(programs: Path, folder: Path) -> Iterator[Trial]:
    """Install the chart with its defaults on a cluster of its own; stop everything in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        running(programs, folder / "cluster", encrypting(folder)) as cluster,
        serving(cluster, folder / "nodes") as kubelet,
    ):
        place = (RELEASE, CHART, "--namespace", SYSTEM)
        cluster.helm("install", *place, "--wait", "--timeout", "90s")
        yield Trial(cluster, kubelet, folder)
