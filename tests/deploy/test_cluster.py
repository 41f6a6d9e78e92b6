"""What the chart installs works on a real API server, and needs every right that it grants."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sealer.certsource import CONFIG_MAP
from sealer.documents.emit import emit_json
from sealer.keysecret import COMPROMISED, STATE_ANNOTATION
from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate, load_certificate
from tests.cluster.server import Cluster
from tests.deploy import chart
from tests.deploy.installation import KEY_LABEL, SYSTEM, key_secret, started
from tests.deploy.manifests import NAME
from tests.support import vectors

pytestmark = pytest.mark.cluster
ACCOUNT = f"system:serviceaccount:{SYSTEM}:{NAME}"
MANAGED = "sealedsecrets.bitnami.com/managed"
PROXIES = ("http:sealed-secrets-controller:", "http:sealed-secrets-controller:http", NAME)


@pytest.mark.parametrize("proxy", PROXIES)
def test_authenticated_users_may_get_and_not_post(deployed: Cluster, proxy: str) -> None:
    """Everybody who can log in reaches the certificate, and nobody the rest, unless bound."""
    assert may(deployed, "somebody", "get", "services/proxy", proxy)
    assert not may(deployed, "somebody", "create", "services/proxy", proxy)
    assert not may(deployed, "somebody", "get", "services/proxy", "kube-dns")


def test_certificate_may_be_read_by_everybody_and_written_by_the_controller(
    deployed: Cluster,
) -> None:
    """By name, in the controller's namespace."""
    assert may(deployed, "somebody", "get", "configmaps", CONFIG_MAP)
    assert not may(deployed, "somebody", "update", "configmaps", CONFIG_MAP)
    assert may(deployed, ACCOUNT, "update", "configmaps", CONFIG_MAP)


def test_secrets_are_watched_in_one_namespace_where_the_watcher_is_left_out(
    deployed: Cluster,
) -> None:
    """With `--skip-recreate` only the key Secrets are listed and watched."""
    assert may(deployed, ACCOUNT, "watch", "secrets", namespace="default")
    with without(deployed, "sealed-secrets-watcher", "watch", "secrets"):
        for namespace, is_allowed in ((SYSTEM, True), ("default", False)):
            assert may(deployed, ACCOUNT, "watch", "secrets", namespace=namespace) is is_allowed


@pytest.mark.parametrize(
    ("role", "verb", "resource"),
    [
        ("secrets-unsealer", "list", "sealedsecrets"),
        ("secrets-unsealer", "watch", "sealedsecrets"),
        # `get` is needed only where an object that was dealt with is looked at once more.
        ("secrets-unsealer", "update", "sealedsecrets/status"),
        ("secrets-unsealer", "get", "secrets"),
        ("secrets-unsealer", "create", "secrets"),
        ("secrets-unsealer", "update", "secrets"),
        ("secrets-unsealer", "create", "events"),
        ("sealed-secrets-watcher", "list", "secrets"),
        ("sealed-secrets-watcher", "watch", "secrets"),
        ("sealed-secrets-key-admin", "create", "localsubjectaccessreviews"),
        # `get` is needed only where not everybody who can log in has it.
        ("sealed-secrets-certificate-publisher", "update", "configmaps"),
    ],
)
def test_controller_needs_every_right(
    deployed: Cluster, service_account: Path, role: str, verb: str, resource: str
) -> None:
    """Without one of its rights the controller is refused something, and says what."""
    namespace = deployed.new_namespace("right")
    apply(deployed, managed(namespace, "old"), key_secret())
    empty = ("--type=merge", "-p", '{"data": null}')
    deployed.kubectl("patch", "configmap", CONFIG_MAP, "-n", SYSTEM, *empty)
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    for name in ("old", "new"):
        apply(deployed, sealed(namespace, name, certificate))
    with without(deployed, role, verb, resource), started(deployed, service_account) as running:
        running.until_text(f'cannot {verb} resource "{resource}"')


@pytest.mark.parametrize("verb", ["list", "watch"])
def test_controller_that_watches_no_secrets_needs_the_right_to_its_keys(
    deployed: Cluster, service_account: Path, verb: str
) -> None:
    """With `--skip-recreate` it is content without the watcher's role, and with nothing less."""
    bare = without(deployed, "sealed-secrets-watcher", verb, "secrets")
    refusal = f'cannot {verb} resource "secrets"'
    with bare, started(deployed, service_account, "--skip-recreate") as running:
        running.until_each({"msg": "listed"}, {"msg": "keys_loaded", "keys": 1})
        assert running.stop() == 0
        assert not any(refusal in str(line) for line in running.lines)
    with (
        without(deployed, "sealed-secrets-watcher", verb, "secrets"),
        without(deployed, "sealed-secrets-key-admin", verb, "secrets"),
        started(deployed, service_account, "--skip-recreate") as running,
    ):
        running.until_text(refusal)


@pytest.fixture
def no_lease(deployed: Cluster) -> Iterator[None]:
    """Nobody holds the Lease before the test, and nobody has to wait for it afterwards."""
    remove = ("delete", "lease", NAME, "-n", SYSTEM, "--ignore-not-found")
    deployed.kubectl(*remove)
    yield
    deployed.kubectl(*remove)


@pytest.mark.usefixtures("no_lease")
@pytest.mark.parametrize("verb", ["get", "list", "watch", "create", "update"])
def test_replica_needs_every_right_on_leases(
    deployed: Cluster, service_account: Path, verb: str
) -> None:
    """Without one of them it is refused something, and says what."""
    role = "sealed-secrets-leader-election"
    with (
        without(deployed, role, verb, "leases"),
        started(deployed, service_account, "--leader-elect") as running,
    ):
        running.until_text(f'cannot {verb} resource "leases"')


@pytest.mark.usefixtures("no_lease")
def test_controller_without_the_right_on_leases_works_alone(
    deployed: Cluster, service_account: Path
) -> None:
    """As with the original's roles; it says that there must be no other."""
    role, short = "sealed-secrets-leader-election", "--leader-elect-lease-duration=3s"
    with (
        without(deployed, role, "get", "leases"),
        started(deployed, service_account, "--leader-elect", short) as running,
    ):
        assert 'cannot get resource "leases"' in running.until("single_replica")["message"]
        running.until("key_created")
        assert running.stop() == 0


def test_program_unseals_as_its_service_account(deployed: Cluster, service_account: Path) -> None:
    """Key, certificate, Secret, status, Event, health and metrics, with the rights it has."""
    namespace = deployed.new_namespace("deploy")
    with started(deployed, service_account) as running:
        port, metrics_port = (port_of(running.until("listening")) for _ in range(2))
        running.until("key_created")
        pem = fetch(port, "/v1/cert.pem")
        certificate = load_certificate(pem)
        apply(deployed, sealed(namespace, "db", certificate))
        running.until("reconciled", namespace=namespace, name="db", outcome="created")
        assert fetch(port, "/healthz") == fetch(port, "/readyz") == b"ok\n"
        assert b'condition_info{condition="Synced",name="db"' in fetch(metrics_port, "/metrics")
        assert running.stop() == 0
    item = "jsonpath={.data.tls\\.crt}"
    published = deployed.kubectl("get", "configmap", CONFIG_MAP, "-n", SYSTEM, "-o", item)
    assert published == pem.decode()
    secret = get(deployed, "secret", namespace)
    assert base64.b64decode(secret["data"]["password"]) == b"correct horse"
    assert secret["metadata"]["ownerReferences"][0]["kind"] == "SealedSecret"
    (condition,) = get(deployed, "sealedsecret", namespace)["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("Synced", "True")
    reasons = "jsonpath={.items[*].reason}"
    assert deployed.kubectl("get", "events", "-n", namespace, "-o", reasons) == "Unsealed"
    assert not [line for line in running.lines if line.get("level") == "ERROR"]


def test_program_follows_the_key_secrets(deployed: Cluster, service_account: Path) -> None:
    """A key opens what waited for it; a compromised one is replaced; a relabelled one is out."""
    namespace, secrets = deployed.new_namespace("keys"), ("secret", "-n", SYSTEM)
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    apply(deployed, sealed(namespace, "db", certificate))
    with started(deployed, service_account) as running:
        port = port_of(running.until("listening"))
        first = running.until("key_created", cause="first")
        running.until("reconciled", namespace=namespace, name="db", reason="NoMatchingKey")
        apply(deployed, key_secret())
        running.until("reconciled", namespace=namespace, name="db", outcome="created")
        deployed.kubectl("annotate", *secrets, first["name"], f"{STATE_ANNOTATION}={COMPROMISED}")
        second = running.until("key_created", cause="compromised")
        assert fetch(port, "/v1/cert.pem").decode() == second["certificate"]
        deployed.kubectl("label", *secrets, "test-key", f"{KEY_LABEL}=retired", "--overwrite")
        running.until("keys_loaded", keys=2)
        apply(deployed, sealed(namespace, "late", certificate))
        running.until("reconciled", namespace=namespace, name="late", reason="NoMatchingKey")
        assert running.stop() == 0
    deployed.kubectl("delete", *secrets, "test-key")


@contextmanager
def without(cluster: Cluster, role: str, verb: str, resource: str) -> Iterator[None]:
    """Take one right away for a while."""
    (granted,) = (
        each
        for each in chart.installed(cluster)
        if each["metadata"]["name"] == role and each["kind"].endswith("Role")
    )
    fewer = deepcopy(granted)
    for rule in fewer["rules"]:
        if resource in rule["resources"]:
            rule["verbs"] = [each for each in rule["verbs"] if each != verb]
    fewer["rules"] = [rule for rule in fewer["rules"] if rule["verbs"]]
    replace = ("replace", "-f", "-")
    cluster.kubectl(*replace, given=json.dumps(fewer))
    try:
        yield
    finally:
        cluster.kubectl(*replace, given=json.dumps(granted))


def may(
    cluster: Cluster,
    user: str,
    verb: str,
    resource: str,
    name: str = "",
    *,
    namespace: str = SYSTEM,
) -> bool:
    """Tell whether the API server allows something."""
    kind, _, subresource = resource.partition("/")
    attributes = {
        "namespace": namespace,
        "group": "bitnami.com" if kind == "sealedsecrets" else "",
        "resource": kind,
        "subresource": subresource,
        "verb": verb,
        "name": name,
    }
    spec = {
        "user": user,
        "groups": ["system:authenticated"],
        "resourceAttributes": attributes,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": spec,
    }
    answer = cluster.kubectl("create", "-f", "-", "-o", "json", given=json.dumps(review))
    allowed: bool = json.loads(answer)["status"]["allowed"]
    return allowed


def sealed(namespace: str, name: str, certificate: Certificate) -> dict[str, object]:
    """Return a SealedSecret with one item."""
    plain = Secret(namespace, name, {"password": SecretBytes(b"correct horse")})
    return seal_secret(plain, certificate).sealed_secret.to_object()


def managed(namespace: str, name: str) -> dict[str, object]:
    """Return a Secret that the controller may take over."""
    return Secret(namespace, name, {}, annotations={MANAGED: "true"}).to_object()


def apply(cluster: Cluster, *objects: dict[str, Any]) -> None:
    """Apply objects as an administrator."""
    for each in objects:
        cluster.kubectl("apply", "--server-side", "-f", "-", given=emit_json(each))


def get(cluster: Cluster, kind: str, namespace: str) -> dict[str, Any]:
    """Return the object `db` of a kind."""
    text = cluster.kubectl("get", kind, "db", "-n", namespace, "-o", "json")
    found: dict[str, Any] = json.loads(text)
    return found


def fetch(port: str, path: str) -> bytes:
    """Return what the program answers to a GET."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        body: bytes = answer.read()
    return body


def port_of(line: dict[str, Any]) -> str:
    """Return the port of a line about listening."""
    address: str = line["address"]
    return address.rpartition(":")[2]


def test_keys_that_every_program_may_read_are_told_in_the_cluster(
    deployed: Cluster, service_account: Path
) -> None:
    """A line in the log and an Event about the key that seals; nothing where nobody may (T13)."""
    deployed.apply(key_secret())
    with started(deployed, service_account) as running:
        running.until("no_key_readers")
        assert running.stop() == 0
    bound = ("too-wide", "-n", SYSTEM)
    deployed.kubectl("create", "role", *bound, "--verb=get", "--resource=secrets")
    everybody = "--group=system:serviceaccounts"
    deployed.kubectl("create", "rolebinding", *bound, "--role=too-wide", everybody)
    try:
        with started(deployed, service_account) as running:
            told = running.until("keys_readable")
            assert told["readers"] == "system:serviceaccounts"
            assert running.stop() == 0
    finally:
        deployed.kubectl("delete", "role,rolebinding", *bound)
    events = deployed.kubectl("get", "events", "-n", SYSTEM, "-o", "json")
    assert "KeysReadable" in {each["reason"] for each in json.loads(events)["items"]}
