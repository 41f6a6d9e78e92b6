"""A real installation for the doctor: an API server, two replicas, a backup, a pin."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealer.documents.emit import emit_json
from tests.cluster.kubelet import Kubelet, serving
from tests.cluster.server import Cluster
from tests.deploy.manifests import DEPLOY, NAME, Object
from tests.doctor.samples import apiserver
from tests.support.program import Done, run

__all__ = ["NAME", "SYSTEM", "Installation", "installed", "shifted"]

SYSTEM = "kube-system"
_ENCRYPTED = "--encryption-provider-config=/etc/kubernetes/encryption.yaml"


@dataclass(frozen=True)
class Installation:
    """What the doctor looks at.

    Attributes:
        cluster: The API server.
        kubelet: Runs the replicas.
        folder: The current folder, with `.sealer.yaml`.
    """

    cluster: Cluster
    kubelet: Kubelet
    folder: Path

    def doctor(self, *arguments: str) -> Done:
        """Run `sealer doctor`."""
        return run("doctor", *arguments)

    def look(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Return what it finds, by check."""
        done = self.doctor("--json", *arguments)
        return {each["check"]: each for each in json.loads(done.out)["checks"]}

    def kubectl(self, *arguments: str, given: str = "") -> str:
        """Run kubectl as an administrator."""
        return self.cluster.kubectl(*arguments, given=given)

    def get(self, *what: str) -> Object:
        """Return an object as it is stored."""
        found: Object = json.loads(self.kubectl("get", *what, "-o", "json"))
        return found

    def keys(self) -> list[str]:
        """Return the names of the key Secrets."""
        label = "sealedsecrets.bitnami.com/sealed-secrets-key"
        text = self.kubectl("get", "secrets", "-n", SYSTEM, "-l", label, "-o", "name")
        return [line.removeprefix("secret/") for line in text.split()]

    def create(self, manifest: Object) -> None:
        """Store an object."""
        self.kubectl("create", "-f", "-", given=emit_json(manifest))

    def run_apiserver(self, *words: str) -> None:
        """Store what a Pod of the API server looks like; nobody runs it."""
        manifest = apiserver(*words)
        manifest["spec"]["containers"][0] |= {"name": "kube-apiserver", "image": "kube-apiserver"}
        metadata: Object = {"name": "kube-apiserver-node-1", "namespace": SYSTEM}
        metadata |= {"labels": {"component": "kube-apiserver"}}
        self.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **manifest})

    def remove_apiserver(self) -> None:
        """Remove that Pod."""
        self.kubectl("delete", "pod", "kube-apiserver-node-1", "-n", SYSTEM, "--grace-period=0",
                     "--force")  # fmt: skip


@contextmanager
def installed(cluster: Cluster, folder: Path) -> Iterator[Installation]:
    """Install `deploy/`, with all that a careful operator does, while the block lasts."""
    cluster.install_crd(DEPLOY / "crd.yaml")
    cluster.kubectl("apply", "--server-side", "-k", DEPLOY)
    home, desk = folder / "home", folder / "desk"
    home.mkdir()
    desk.mkdir()
    with serving(cluster, home) as kubelet, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{cluster.programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        patch.setenv("XDG_CACHE_HOME", str(home))
        patch.chdir(desk)
        for pod in kubelet.until_rolled_out():
            pod.running.until("keys_loaded", keys=1)
        made = Installation(cluster, kubelet, desk)
        made.run_apiserver(_ENCRYPTED)
        _prepare(desk)
        yield made
        made.remove_apiserver()


def _prepare(desk: Path) -> None:
    """Back the keys up, and pin the certificate."""
    for arguments in (
        ("keys", "generate", "--bits", "2048", "-w", "offline.key"),
        ("keys", "backup", "-w", "keys.backup", "--recipient", "offline.crt"),
        ("cert", "fetch", "--pin", "-w", "prod.pem", "--cluster", "prod"),
    ):
        done = run(*arguments)
        assert done.code == 0, done.err
    assert (desk / ".sealer.yaml").exists()


def shifted(patch: pytest.MonkeyPatch, module: str, **span: float) -> None:
    """Let a module believe that it is later."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":  # noqa: ANN401 - as the base class
            return super().now(tz) + timedelta(**span)

    patch.setattr(f"{module}.datetime", Later)
