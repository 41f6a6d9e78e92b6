"""Installed for some namespaces: with rights in these alone, on a real API server."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from tests.cluster.server import Cluster
from tests.controller import process
from tests.controller.process import Running
from tests.deploy.installation import key_secret
from tests.support import vectors

pytestmark = pytest.mark.cluster
ROLES = ("secrets-unsealer", "sealed-secrets-watcher")


@dataclass(frozen=True)
class Home:
    """A namespace with a controller in it, which has no rights but those it is given.

    Attributes:
        cluster: Where it is.
        namespace: Its name, and the label of the namespaces that are selected.
        folder: What its Pod is given.
    """

    cluster: Cluster
    namespace: str
    folder: Path

    def open(self, namespace: str) -> None:
        """Give the controller the rights of `docs/controller.md` in a namespace."""
        for role in ROLES:
            self.bind(role, namespace)

    def bind(self, role: str, namespace: str) -> None:
        """Give the controller the rights of a role in a namespace."""
        account = f"--serviceaccount={self.namespace}:robot"
        bound = (f"--clusterrole={role}", account, "--namespace", namespace)
        self.cluster.kubectl("create", "rolebinding", role, *bound)

    def neighbour(self, *, is_open: bool = True, is_labelled: bool = False) -> str:
        """Make a namespace with a SealedSecret in it; return its name."""
        name = self.cluster.new_namespace("near")
        if is_open:
            self.open(name)
        self.cluster.apply(sealed(name))
        if is_labelled:
            self.cluster.kubectl("label", "namespace", name, f"team={self.namespace}")
        return name

    def see_namespaces(self) -> None:
        """Give the controller the rights of the component `namespaces`."""
        rights = ("--verb=list,watch", "--resource=namespaces")
        self.cluster.kubectl("create", "clusterrole", self.namespace, *rights)
        bound = (f"--clusterrole={self.namespace}", f"--serviceaccount={self.namespace}:robot")
        self.cluster.kubectl("create", "clusterrolebinding", self.namespace, *bound)

    @contextmanager
    def controlling(self, *arguments: str) -> Iterator[Running]:
        """Run the controller there."""
        with process.started(
            *arguments,
            *("--server", self.cluster.url, "--token-file", self.folder / "token"),
            *("--ca-file", self.folder / "ca.crt", "--require-existing-key"),
            *("--listen-addr", "", "--listen-metrics-addr", "", "--key-renew-period", "0"),
            environ={"POD_NAMESPACE": self.namespace},
        ) as running:
            yield running


@pytest.fixture
def home(deployed: Cluster, tmp_path: Path) -> Home:
    """A controller's namespace, with a key in it and rights in it."""
    namespace = deployed.new_namespace("home")
    deployed.kubectl("create", "serviceaccount", "robot", "--namespace", namespace)
    folder = deployed.service_account_folder("robot", namespace, tmp_path / "account")
    found = Home(deployed, namespace, folder)
    found.open(namespace)
    key: dict[str, Any] = key_secret()
    deployed.apply(key | {"metadata": key["metadata"] | {"namespace": namespace}})
    return found


def sealed(namespace: str) -> dict[str, object]:
    """Return the SealedSecret `db`."""
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    plain = Secret(namespace, "db", {"k": SecretBytes(secrets.token_bytes(8))})
    return seal_secret(plain, certificate).sealed_secret.to_object()


def made(running: Running, namespace: str) -> None:
    """Wait until the Secret of a namespace is made."""
    running.until("reconciled", namespace=namespace, outcome="created")


def test_own_namespace_needs_no_rights_elsewhere(home: Home) -> None:
    """Nothing is asked of any other namespace: nothing is refused."""
    far = home.neighbour()
    home.cluster.apply(sealed(home.namespace))
    with home.controlling("--all-namespaces=false") as running:
        made(running, home.namespace)
        assert running.stop() == 0
    assert home.cluster.get("secret", "db", far) is None
    assert not [line for line in running.lines if line["msg"] == "watch_interrupted"]


def test_additional_namespaces_are_looked_at_besides(home: Home) -> None:
    """One that may not be read is told of, and delays no other."""
    near, shut, far = home.neighbour(), home.neighbour(is_open=False), home.neighbour()
    with home.controlling("--additional-namespaces", f"{near},{shut}") as running:
        made(running, near)
        refused = running.until("watch_interrupted", namespace=shut, kind="sealedsecrets")
        assert "cannot list resource" in refused["message"]
        home.open(shut)
        made(running, shut)
        assert running.stop() == 0
    assert home.cluster.get("secret", "db", far) is None


def test_selected_namespaces_are_followed(home: Home) -> None:
    """By their labels, live, with the component that lets the controller see them."""
    cluster = home.cluster
    near, late = home.neighbour(is_labelled=True), home.neighbour()
    with home.controlling("--namespace-selector", f"team={home.namespace}") as running:
        running.until("watch_interrupted", kind="namespaces")
        home.see_namespaces()
        made(running, near)
        cluster.kubectl("label", "namespace", late, f"team={home.namespace}")
        made(running, late)
        cluster.kubectl("label", "namespace", near, "team-")
        cluster.kubectl("delete", "secret", "db", "--namespace", near)
        new = home.neighbour(is_labelled=True)
        made(running, new)
        assert running.stop() == 0
    assert cluster.get("secret", "db", near) is None


def test_own_namespace_needs_rights_for_the_keys_though_it_is_not_selected(home: Home) -> None:
    """Its SealedSecrets are left alone; the keys are there, wherever the controller looks."""
    cluster, selected = home.cluster, f"team={home.namespace}"
    cluster.apply(sealed(home.namespace))
    home.see_namespaces()
    cluster.kubectl("delete", "rolebinding", "secrets-unsealer", "--namespace", home.namespace)
    with home.controlling("--namespace-selector", selected) as running:
        refused = running.until("digest_key_not_kept")
        assert 'cannot get resource "secrets"' in refused["message"]
        assert running.stop() == 0
    home.bind("secrets-unsealer", home.namespace)
    near = home.neighbour(is_labelled=True)
    with home.controlling("--namespace-selector", selected) as running:
        made(running, near)
        assert running.stop() == 0
    assert not [line for line in running.lines if line["msg"] == "digest_key_not_kept"]
    assert cluster.get("secret", "sealed-secrets-digest-key", home.namespace)
    assert cluster.get("secret", "db", home.namespace) is None
