"""Each thing that the doctor checks, broken on a real installation, and put right again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from sealer.envelope import seal_value
from sealer.keysecret import COMPROMISED, KEY_LABEL, STATE_ANNOTATION, key_secret
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer.manifest import SealedSecret, Secret
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sensitive import SecretBytes
from sealer_keys.generate import KeyOptions, generate_key_pair
from tests.deploy.manifests import NAME, Object
from tests.doctor.installation import SYSTEM, Installation, shifted
from tests.doctor.samples import OTHER_CERTIFICATE
from tests.support import vectors

__all__ = ["BREAKAGES", "Breakage"]

_CRD = ("crd", "sealedsecrets.bitnami.com")
_HERE = ("-n", SYSTEM)
_LOST = vectors.key_pair("stranger")
_EVERYBODY = "--group=system:authenticated"


class Breakage(NamedTuple):
    """Something that is broken.

    Attributes:
        named: Which checks tell of it, each with its status and a part of its words.
        breaking: Breaks it, and puts it right behind the block.
        arguments: What the doctor is told.
    """

    named: dict[str, tuple[str, str]]
    breaking: Callable[[Installation], Iterator[None]]
    arguments: tuple[str, ...] = ()

    @contextmanager
    def broken(self, here: Installation) -> Iterator[None]:
        """Have it broken while the block lasts."""
        yield from self.breaking(here)


def _old_kubectl(here: Installation) -> Iterator[None]:
    """A kubectl that is many versions behind."""
    folder = here.folder / "old"
    folder.mkdir()
    program = folder / "kubectl"
    real = here.cluster.programs / "kubectl"
    version = json.dumps({"clientVersion": {"gitVersion": "v1.20.0"},
                          "serverVersion": {"gitVersion": "v1.36.3"}})  # fmt: skip
    program.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo \'{version}\' && exit\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        yield


def _kind_of_helm(here: Installation) -> Iterator[None]:
    """Helm owns the kind, and nothing tells it to keep it."""
    before = here.get(*_CRD)["metadata"].get("annotations", {}).get("helm.sh/resource-policy")
    here.kubectl("label", *_CRD, "app.kubernetes.io/managed-by=Helm", "--overwrite")
    here.kubectl("annotate", *_CRD, "helm.sh/resource-policy-")
    yield
    here.kubectl("label", *_CRD, "app.kubernetes.io/managed-by-")
    if before:
        here.kubectl("annotate", *_CRD, f"helm.sh/resource-policy={before}")


def _nothing(_: Installation) -> Iterator[None]:
    """Nothing is broken but where it is looked for."""
    yield


def _newer_client(_: Installation) -> Iterator[None]:
    """The command is of a later version than the controller."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sealer.__version__", "0.2.0")
        yield


def _no_budget(here: Installation) -> Iterator[None]:
    """Nothing keeps a replica while nodes are drained."""
    budget = here.get("pdb", NAME, *_HERE)
    here.kubectl("delete", "pdb", NAME, *_HERE)
    yield
    for field in ("resourceVersion", "uid", "creationTimestamp"):
        del budget["metadata"][field]
    here.create(budget)


def _restarts(here: Installation) -> Iterator[None]:
    """A container was started again and again."""
    pod = here.kubelet.pods()[0].name
    before = here.get("pod", pod, *_HERE)["status"]["containerStatuses"]
    _patch_status(here, pod, [{**before[0], "restartCount": 9}])
    yield
    _patch_status(here, pod, before)


def _patch_status(here: Installation, pod: str, statuses: list[Object]) -> None:
    body = json.dumps({"status": {"containerStatuses": statuses}})
    here.kubectl("patch", "pod", pod, *_HERE, "--subresource=status", "--type=merge", "-p", body)


def _wrong_clock(_: Installation) -> Iterator[None]:
    """This machine is an hour ahead."""
    with pytest.MonkeyPatch.context() as patch:
        shifted(patch, "sealer.cli.doctor.collect", hours=1, minutes=5)
        yield


def _rival(here: Installation) -> Iterator[None]:
    """Another controller looks at all namespaces too."""
    namespace = here.cluster.new_namespace("rival")
    deployment = here.get("deployment", NAME, *_HERE)
    here.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "sealing",
                "namespace": namespace,
                "labels": {"app.kubernetes.io/name": "sealed-secrets"},
            },
            "spec": deployment["spec"] | {"replicas": 1},
        }
    )
    yield
    here.kubectl("delete", "deployment", "sealing", "-n", namespace)
    here.kubectl("delete", "namespace", namespace, "--wait=false")


def _other_certificate(here: Installation) -> Iterator[None]:
    """Somebody has put a certificate of their own into the ConfigMap."""
    place = ("configmap", "sealed-secrets-certificate", *_HERE)
    before = here.get(*place)["data"]
    _patch(here, place, {"data": {"tls.crt": OTHER_CERTIFICATE.decode()}})
    yield
    _patch(here, place, {"data": before})


def _patch(here: Installation, place: tuple[str, ...], body: Object) -> None:
    here.kubectl("patch", *place, "--type=merge", "-p", json.dumps(body))


def _years(_: Installation) -> Iterator[None]:
    """Nobody has done anything for eleven years, and no key was renewed."""
    with pytest.MonkeyPatch.context() as patch:
        shifted(patch, "sealer.cli.commands.doctor", days=11 * 366)
        yield


def _other_pin(here: Installation) -> Iterator[None]:
    """The policy pins another key."""
    policy = here.folder / ".sealer.yaml"
    before = policy.read_text()
    lines = before.splitlines(keepends=True)
    policy.write_text(
        "".join(
            f"    fingerprint: {_LOST.fingerprint}\n" if "fingerprint:" in line else line
            for line in lines
        )
    )
    yield
    policy.write_text(before)


def _unreadable_key(here: Installation) -> Iterator[None]:
    """A key Secret holds no key."""
    data = {"tls.crt": SecretBytes(b"bad"), "tls.key": SecretBytes(b"bad")}
    labels = {KEY_LABEL: "active"}
    made = Secret(SYSTEM, "damaged", data, type="kubernetes.io/tls", labels=labels)
    yield from _with_key(here, made, unusable=1)


def _compromised_key(here: Installation) -> Iterator[None]:
    """An old key is known to others."""
    before = datetime.now(UTC) - timedelta(days=90)
    pair = generate_key_pair(before, KeyOptions(bits=2048))
    note = {STATE_ANNOTATION: COMPROMISED, BACKED_UP_ANNOTATION: "2026-01-01T00:00:00Z"}
    made = key_secret(pair, namespace=SYSTEM, name="leaked", annotations=note)
    yield from _with_key(here, made, keys=2)


def _with_key(here: Installation, made: Secret, **told: int) -> Iterator[None]:
    """Store a key Secret, and wait until every replica has seen it; and the same behind."""
    here.create(made.to_object())
    for pod in here.kubelet.pods():
        pod.running.until("keys_loaded", **told)
    yield
    here.kubectl("delete", "secret", made.name, *_HERE)
    for pod in here.kubelet.pods():
        pod.running.until("keys_loaded", keys=1, unusable=0)


def _no_backup(here: Installation) -> Iterator[None]:
    """The key was never backed up."""
    (name,) = here.keys()
    before = here.get("secret", name, *_HERE)["metadata"]["annotations"][BACKED_UP_ANNOTATION]
    here.kubectl("annotate", "secret", name, f"{BACKED_UP_ANNOTATION}-", *_HERE)
    yield
    here.kubectl("annotate", "secret", name, f"{BACKED_UP_ANNOTATION}={before}", *_HERE)


def _no_events(here: Installation) -> Iterator[None]:
    """The controller may not record Events any more."""
    role = here.get("clusterrole", "secrets-unsealer")
    kept = [rule for rule in role["rules"] if "events" not in rule["resources"]]
    _patch(here, ("clusterrole", "secrets-unsealer"), {"rules": kept})
    yield
    _patch(here, ("clusterrole", "secrets-unsealer"), {"rules": role["rules"]})


def _bound(kind: str, *options: str) -> Callable[[Installation], Iterator[None]]:
    """Return what gives somebody a role."""

    def bind(here: Installation) -> Iterator[None]:
        place = _HERE if kind == "rolebinding" else ()
        here.kubectl("create", kind, "too-much", *options, *place)
        yield
        here.kubectl("delete", kind, "too-much", *place)

    return bind


def _by_name(here: Installation) -> Iterator[None]:
    """Somebody may list one Secret, which is the key."""
    (name,) = here.keys()
    rights = ("--verb=list", "--resource=secrets", f"--resource-name={name}", *_HERE)
    here.kubectl("create", "role", "too-much", *rights)
    yield from _bound("rolebinding", "--role=too-much", "--user=eve")(here)
    here.kubectl("delete", "role", "too-much", *_HERE)


def _in_the_clear(here: Installation) -> Iterator[None]:
    """The API server stores what it is given."""
    here.remove_apiserver()
    here.run_apiserver()
    yield
    here.remove_apiserver()
    here.run_apiserver("--encryption-provider-config=/etc/kubernetes/encryption.yaml")


def _lost_key(here: Installation) -> Iterator[None]:
    """An object was sealed with a key that is gone."""
    namespace = here.cluster.new_namespace("lost")
    here.create(_sealed(namespace))
    place = ("sealedsecret/db", "-n", namespace)
    here.kubectl("wait", *place, "--for=condition=Synced=false", "--timeout=30s")
    yield
    here.kubectl("delete", *place)
    here.kubectl("delete", "namespace", namespace, "--wait=false")


def _sealed(namespace: str) -> Object:
    certificate = _LOST.certificate
    assert certificate is not None
    bare = SealedSecret(namespace, "db", {})
    text = seal_value(SecretBytes(b"x"), certificate.public_key, bare.identity)
    notes = {SEALING_KEYS: write_hints({"password": (text, certificate.fingerprint)})}
    made: Object = SealedSecret(namespace, "db", {"password": text}, annotations=notes).to_object()
    return made


def _outage(here: Installation) -> Iterator[None]:
    """Nothing runs, and what is to run looks at two namespaces only."""
    place = ("deployment", NAME, *_HERE)
    args = here.get(*place)["spec"]["template"]["spec"]["containers"][0].get("args", [])
    namespace = here.cluster.new_namespace("elsewhere")
    _roll(here, 0, [*args, "--additional-namespaces=default"])
    here.create(_sealed(namespace))
    yield
    here.kubectl("delete", "sealedsecret", "db", "-n", namespace)
    here.kubectl("delete", "namespace", namespace, "--wait=false")
    for pod in _roll(here, 2, args):
        pod.running.until("keys_loaded", keys=1)


def _roll(here: Installation, replicas: int, args: list[str]) -> list[Any]:
    operations = [
        {"op": "replace", "path": "/spec/replicas", "value": replicas},
        {"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": args},
    ]
    here.kubectl("patch", "deployment", NAME, *_HERE, "--type=json", "-p", json.dumps(operations))
    return here.kubelet.until_rolled_out()


BREAKAGES = {
    "kubernetes": Breakage({"kubernetes": ("note", "kubectl v1.20.0")}, _old_kubectl),
    "crd": Breakage({"crd": ("warning", "Helm deletes the kind")}, _kind_of_helm),
    "installation": Breakage(
        {"installation": ("fault", "no Deployment kube-system/sealing")},
        _nothing,
        ("--controller-name", "sealing"),
    ),
    "versions": Breakage({"versions": ("warning", "sealer 0.2.0, controller")}, _newer_client),
    "budget": Breakage({"replicas": ("note", "no PodDisruptionBudget")}, _no_budget),
    "restarts": Breakage({"restarts": ("warning", "restarted 9 times")}, _restarts),
    "clock": Breakage({"clock": ("warning", "is 1 hour ahead of the API server")}, _wrong_clock),
    "rival": Breakage({"other-controllers": ("fault", "/sealing works on the same")}, _rival),
    "certificate": Breakage({"certificate": ("fault", "ConfigMap")}, _other_certificate),
    "years": Breakage(
        {
            "expiry": ("fault", "expired on"),
            "renewal": ("fault", "a new one was due"),
        },
        _years,
    ),
    "pin": Breakage({"pin": ("fault", _LOST.fingerprint)}, _other_pin),
    "keys": Breakage({"keys": ("fault", "1 key Secret cannot be read")}, _unreadable_key),
    "compromised": Breakage({"compromised": ("warning", "leaked")}, _compromised_key),
    "backup": Breakage({"backup": ("warning", "1 of 1 keys are in no backup")}, _no_backup),
    "rights": Breakage({"rights": ("fault", "may not create events")}, _no_events),
    "excess": Breakage(
        {"excess-rights": ("warning", "* *.* in all namespaces")},
        _bound(
            "clusterrolebinding", "--clusterrole=cluster-admin", f"--serviceaccount={SYSTEM}:{NAME}"
        ),
    ),
    "reader": Breakage(
        {"key-readers": ("warning", "User:eve (RoleBinding too-much)")},
        _bound("rolebinding", "--clusterrole=cluster-admin", "--user=eve"),
    ),
    "everybody": Breakage(
        {
            "key-readers": ("fault", "everybody in system:authenticated"),
            "service-proxy": ("fault", "everybody in system:authenticated"),
        },
        _bound("rolebinding", "--clusterrole=cluster-admin", _EVERYBODY),
    ),
    "name": Breakage({"key-readers": ("warning", "User:eve (RoleBinding too-much)")}, _by_name),
    "tenants": Breakage(
        {
            "key-readers": ("fault", "everybody in system:serviceaccounts:default"),
            "service-proxy": ("fault", "everybody in system:serviceaccounts:default"),
        },
        _bound(
            "clusterrolebinding",
            "--clusterrole=cluster-admin",
            "--group=system:serviceaccounts:default",
        ),
    ),
    "anonymous": Breakage(
        {"service-proxy": ("fault", "everybody in system:unauthenticated")},
        _bound("rolebinding", "--role=sealed-secrets-operator", "--user=system:anonymous"),
    ),
    "operators": Breakage(
        {"service-proxy": ("fault", "everybody in system:authenticated")},
        _bound("rolebinding", "--role=sealed-secrets-operator", _EVERYBODY),
    ),
    "encryption": Breakage({"encryption": ("warning", "in the clear")}, _in_the_clear),
    "objects": Breakage(
        {
            "objects": ("fault", "NoMatchingKey"),
            "missing-keys": ("fault", "which is not here"),
        },
        _lost_key,
    ),
    "outage": Breakage(
        {
            "replicas": ("fault", "scaled to 0"),
            "leader": ("fault", "nobody holds the Lease"),
            "service": ("fault", "leads to no ready Pod"),
            "reachable": ("warning", "sealer reads the ConfigMap"),
            "unwatched": ("warning", "in namespaces that nobody looks at"),
        },
        _outage,
    ),
}
