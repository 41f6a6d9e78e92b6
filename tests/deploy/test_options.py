"""What the chart grants for the asking is needed, and enough, on a real API server."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sealer.manifest import Secret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_controller.marks import RECREATE_ANNOTATION, RESTART_ANNOTATION
from sealer_controller.workloads import stamp_name
from tests.chart.helm import objects
from tests.cluster.server import Cluster
from tests.controller.process import Running
from tests.deploy.chart import Values
from tests.deploy.installation import key_secret, started
from tests.support import vectors

pytestmark = pytest.mark.cluster
RECREATE: Values = {"recreate": {"enabled": True}}
RESTART: Values = {"restart": {"enabled": True}}
OLD_TYPE, NEW_TYPE = "example.com/old", "example.com/new"


@pytest.fixture
def running(deployed: Cluster, service_account: Path) -> Iterator[Running]:
    """The controller as its ServiceAccount, with a key that is known."""
    deployed.apply(key_secret())
    with started(deployed, service_account) as running:
        running.until("keys_loaded")
        yield running


@contextmanager
def granted(cluster: Cluster, values: Values) -> Iterator[None]:
    """Add for a while what some values of the chart add to its rights."""
    added = objects_of(values)
    cluster.apply(*added)
    try:
        yield
    finally:
        given = json.dumps({"apiVersion": "v1", "kind": "List", "items": added})
        cluster.kubectl("delete", "-f", "-", given=given)


def objects_of(values: Values) -> list[dict[str, Any]]:
    """Return the objects that some values of the chart add."""
    usual = {(each["kind"], each["metadata"]["name"]) for each in objects()}
    return [
        each for each in objects(values) if (each["kind"], each["metadata"]["name"]) not in usual
    ]


def sealed(
    namespace: str,
    data: dict[str, bytes],
    *annotations: str,
    kind: str = OLD_TYPE,
    immutable: bool | None = None,
) -> dict[str, Any]:
    """Return the SealedSecret `db`; the annotations say `true`, unless they say something else."""
    items = {key: SecretBytes(value) for key, value in data.items()}
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    plain = Secret(namespace, "db", items, type=kind, immutable=immutable)
    manifest: dict[str, Any] = seal_secret(plain, certificate).sealed_secret.to_object()
    noted = manifest["metadata"].setdefault("annotations", {})
    noted |= {name: value or "true" for name, _, value in (a.partition("=") for a in annotations)}
    return manifest


def secret(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """Return the Secret `db`."""
    found = cluster.get("secret", "db", namespace)
    assert found is not None
    return found


def events(cluster: Cluster, namespace: str) -> dict[str, str]:
    """Return what the Events of a namespace say, the last of each reason."""
    items = json.loads(cluster.kubectl("get", "events", "-n", namespace, "-o", "json"))["items"]
    items.sort(key=lambda item: int(item["metadata"]["resourceVersion"]))
    return {item["reason"]: item["message"] for item in items}


def condition(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """Return the condition `Synced` of the SealedSecret `db`."""
    found = cluster.get("sealedsecret", "db", namespace)
    assert found is not None
    conditions: list[dict[str, Any]] = found["status"]["conditions"]
    return next(each for each in conditions if each["type"] == "Synced")


def test_secret_of_another_type_is_made_anew_once_that_is_granted(
    deployed: Cluster, running: Running
) -> None:
    """Before, the condition says which right is missing, and the Secret stays."""
    namespace = deployed.new_namespace("anew")
    deployed.apply(sealed(namespace, {"k": b"old"}))
    running.until("reconciled", namespace=namespace, outcome="created")
    before = secret(deployed, namespace)
    changed = sealed(namespace, {"k": b"new"}, RECREATE_ANNOTATION, kind=NEW_TYPE)
    deployed.apply(changed)
    running.until("reconciled", namespace=namespace, reason="Immutable")
    first, why, hint = condition(deployed, namespace)["message"].split("\n")
    assert first.endswith(f'type: Invalid value: "{NEW_TYPE}": field is immutable')
    assert 'cannot delete resource "secrets"' in why
    assert "deploy/components/recreate" in hint
    assert secret(deployed, namespace) == before
    with granted(deployed, RECREATE):
        running.until("reconciled", namespace=namespace, outcome="recreated")
    after = secret(deployed, namespace)
    assert (after["type"], base64.b64decode(after["data"]["k"])) == (NEW_TYPE, b"new")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["metadata"]["ownerReferences"] == before["metadata"]["ownerReferences"]
    assert events(deployed, namespace).keys() >= {"Deleted", "Recreated", "Unsealed"}


def test_immutable_secret_is_made_anew_and_immutable_again(
    deployed: Cluster, running: Running
) -> None:
    """As its template says."""
    namespace = deployed.new_namespace("stone")
    with granted(deployed, RECREATE):
        for value in (b"old", b"new"):
            deployed.apply(sealed(namespace, {"k": value}, RECREATE_ANNOTATION, immutable=True))
            outcome = "created" if value == b"old" else "recreated"
            running.until("reconciled", namespace=namespace, outcome=outcome)
            found = secret(deployed, namespace)
            assert (base64.b64decode(found["data"]["k"]), found["immutable"]) == (value, True)


def test_immutable_secret_is_made_as_soon_as_somebody_has_deleted_it(
    deployed: Cluster, running: Running
) -> None:
    """The way out that needs no right of ours; the watch shows it."""
    namespace = deployed.new_namespace("freed")
    for value, fields in ((b"old", {"outcome": "created"}), (b"new", {"reason": "Immutable"})):
        deployed.apply(sealed(namespace, {"k": value}, immutable=True))
        running.until("reconciled", namespace=namespace, **fields)
    deployed.kubectl("delete", "secret", "db", "-n", namespace)
    running.until("reconciled", namespace=namespace, outcome="created")
    assert base64.b64decode(secret(deployed, namespace)["data"]["k"]) == b"new"


@contextmanager
def refusing(cluster: Cluster, namespace: str, rule: str) -> Iterator[None]:
    """Let a policy of the cluster refuse new Secrets of a namespace that break a rule in CEL."""
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": namespace},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["secrets"],
                    }
                ]
            },
            "validations": [{"expression": rule, "message": "not this one"}],
        },
    }
    label = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": namespace},
        "spec": {
            "policyName": namespace,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": label},
        },
    }
    cluster.apply(policy, binding)
    try:
        _wait_until_refused(cluster, namespace)
        yield
    finally:
        cluster.kubectl("delete", "validatingadmissionpolicy", namespace)
        cluster.kubectl("delete", "validatingadmissionpolicybinding", namespace)


def _wait_until_refused(cluster: Cluster, namespace: str) -> None:
    """Try until the policy is in force: the API server takes a moment to learn of it."""
    probe = Secret(namespace, "probe", {}, type="example.com/refused").to_object()
    for _ in range(200):
        try:
            cluster.apply(probe)
        except AssertionError as error:
            assert "not this one" in str(error)  # noqa: PT017 - any other refusal is a failure
            return
        cluster.kubectl("delete", "secret", "probe", "-n", namespace)
    raise AssertionError("the policy never came into force")


@pytest.mark.parametrize(
    ("rule", "reasons"),
    [
        (f"!(object.type in ['{NEW_TYPE}', 'example.com/refused'])", set()),
        (
            f"object.type == '{OLD_TYPE}' || (request.dryRun && object.type == '{NEW_TYPE}')",
            {"Deleted", "PutBack"},
        ),
    ],
    ids=["refused on trial", "refused in earnest"],
)
def test_secret_survives_the_refusal_of_its_successor(
    deployed: Cluster, running: Running, rule: str, reasons: set[str]
) -> None:
    """Not deleted where the trial tells, put back where it did not; and not tried for ever."""
    namespace = deployed.new_namespace("refused")
    deployed.apply(sealed(namespace, {"k": b"old"}))
    running.until("reconciled", namespace=namespace, outcome="created")
    before = secret(deployed, namespace)
    with granted(deployed, RECREATE), refusing(deployed, namespace, rule):
        deployed.apply(sealed(namespace, {"k": b"new"}, RECREATE_ANNOTATION, kind=NEW_TYPE))
        running.until("reconciled", namespace=namespace, outcome="failed")
        assert "not this one" in condition(deployed, namespace)["message"]
        after = secret(deployed, namespace)
        for field in ("data", "type"):
            assert after[field] == before[field]
        for field in ("labels", "annotations", "ownerReferences"):
            assert after["metadata"][field] == before["metadata"][field]
        told = events(deployed, namespace).keys() & {"Deleted", "PutBack", "Recreated"}
        assert told == reasons
        assert (after["metadata"]["uid"] == before["metadata"]["uid"]) is not bool(reasons)


def deployment(namespace: str, name: str, item: str) -> dict[str, Any]:
    """Return a Deployment that reads one item of the Secret `db`."""
    labels = {"app": name}
    source = {"secretKeyRef": {"name": "db", "key": item}}
    container = {"name": "main", "image": "x", "env": [{"name": "X", "valueFrom": source}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def stamp(cluster: Cluster, namespace: str, name: str) -> tuple[str, int]:
    """Return the stamp of a Deployment, and its generation."""
    found = cluster.get("deployment", name, namespace)
    assert found is not None
    annotations = found["spec"]["template"]["metadata"].get("annotations", {})
    return annotations.get(stamp_name("db"), ""), found["metadata"]["generation"]


def test_readers_of_a_secret_are_rolled_once_that_is_granted(
    deployed: Cluster, running: Running
) -> None:
    """Before, an Event says which right is missing; the Secret is right all the same."""
    namespace = deployed.new_namespace("roll")
    deployed.apply(*(deployment(namespace, f"reads-{item}", item) for item in "ab"))
    deployed.apply(sealed(namespace, {"a": b"1", "b": b"1"}, RESTART_ANNOTATION + "=auto"))
    running.until("reconciled", namespace=namespace, outcome="created")
    assert 'cannot list resource "deployments"' in events(deployed, namespace)["ErrRestartFailed"]
    assert condition(deployed, namespace)["status"] == "True"
    with granted(deployed, RESTART):
        for _ in "ab":
            running.until("restarted", namespace=namespace)
        first = {item: stamp(deployed, namespace, f"reads-{item}") for item in "ab"}
        assert all(text for text, _ in first.values())
        deployed.apply(sealed(namespace, {"a": b"2", "b": b"1"}, RESTART_ANNOTATION + "=auto"))
        line = running.until("restarted", namespace=namespace)
        assert line["workload"] == "Deployment/reads-a"
        running.until("reconciled", namespace=namespace, outcome="replaced")
    text, generation = stamp(deployed, namespace, "reads-a")
    assert text != first["a"][0]
    assert generation == first["a"][1] + 1
    assert stamp(deployed, namespace, "reads-b") == first["b"]


@pytest.mark.parametrize(
    ("verb", "asked"), [("list", "auto"), ("get", "Deployment/reads-a"), ("patch", "auto")]
)
def test_each_right_to_roll_is_needed(
    deployed: Cluster, running: Running, verb: str, asked: str
) -> None:
    """Without one of them the Event names it."""
    namespace = deployed.new_namespace("needed")
    deployed.apply(deployment(namespace, "reads-a", "a"))
    with granted(deployed, RESTART):
        role, _ = objects_of(RESTART)
        role["rules"][0]["verbs"].remove(verb)
        deployed.kubectl("replace", "-f", "-", given=json.dumps(role))
        deployed.apply(sealed(namespace, {"a": b"1"}, f"{RESTART_ANNOTATION}={asked}"))
        running.until("reconciled", namespace=namespace, outcome="created")
        told = events(deployed, namespace)["ErrRestartFailed"]
        assert f'cannot {verb} resource "deployments"' in told


def test_secret_of_a_deleted_object_is_deleted_once_that_is_granted(
    deployed: Cluster, service_account: Path
) -> None:
    """With `--old-gc-behavior`, on a cluster that collects no garbage, as this one; only ours."""
    namespace = deployed.new_namespace("gone")
    deployed.apply(key_secret(), sealed(namespace, {"k": b"value"}))
    with started(deployed, service_account, "--old-gc-behavior") as running:
        running.until("reconciled", namespace=namespace, outcome="created")
        deployed.kubectl("delete", "sealedsecret", "db", "-n", namespace)
        line = running.until("secret_not_removed", namespace=namespace, name="db")
        assert 'cannot delete resource "secrets"' in line["message"]
        assert secret(deployed, namespace)
        with granted(deployed, RECREATE):
            running.until("secret_removed", namespace=namespace, name="db")
        assert deployed.get("secret", "db", namespace) is None
        assert running.stop() == 0


def test_secret_of_an_object_that_is_no_longer_selected_stays(
    deployed: Cluster, service_account: Path
) -> None:
    """To the watch it looks deleted; one that is deleted after it shows when that was seen."""
    here, gone = (deployed.new_namespace(name) for name in ("here", "gone"))
    deployed.apply(key_secret())
    selecting = ("--old-gc-behavior", "--label-selector", f"team={here}")
    with (
        granted(deployed, RECREATE),
        started(deployed, service_account, *selecting) as running,
    ):
        for namespace in (here, gone):
            manifest = sealed(namespace, {"k": b"value"})
            manifest["metadata"]["labels"] = {"team": here}
            deployed.apply(manifest)
            running.until("reconciled", namespace=namespace, outcome="created")
        deployed.kubectl("label", "sealedsecret", "db", "team-", "-n", here)
        deployed.kubectl("delete", "sealedsecret", "db", "-n", gone)
        running.until("secret_removed", namespace=gone, name="db")
        assert running.stop() == 0
    assert secret(deployed, here)
