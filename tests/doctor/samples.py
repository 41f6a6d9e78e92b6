"""The facts of an installation in which all is well, from `deploy/`, for tests to spoil."""

import copy
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from sealer.certsource import CONFIG_MAP, CONFIG_MAP_ITEM
from sealer.doctor.checks.subjects import posting, reading
from sealer.doctor.facts import (
    CONTROLLER,
    Applied,
    Fact,
    Facts,
    Heartbeat,
    Pinned,
    Place,
    Right,
    unknown,
)
from sealer.doctor.rights import needed
from sealer.doctor.settings import settings_of
from sealer.everybody import default_groups
from sealer.keysecret import KEY_LABEL
from sealer.keystate import BACKED_UP_ANNOTATION
from sealer_keys.certificate import load_certificate
from tests.deploy.manifests import NAME, Object, installed
from tests.support import vectors

SYSTEM = "kube-system"
CERTIFICATE = (vectors.KEYS / "rsa2048.crt.pem").read_bytes()
OTHER_CERTIFICATE = (vectors.KEYS / "peer-a.crt.pem").read_bytes()
LOADED = load_certificate(CERTIFICATE)
# A day after the recorded key was made, so that it is young and valid.
NOW = LOADED.not_before + timedelta(days=1)
BACKED_UP = {BACKED_UP_ANNOTATION: f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
FORBIDDEN: Fact[Any] = unknown("you may not list secrets", Right("list", "secrets"))
METRICS = f"""\
sealed_secrets_controller_build_info{{revision="0.1.0"}} 0.0
sealed_secrets_controller_keys{{state="active"}} 1.0
sealed_secrets_controller_keys{{state="unusable"}} 0.0
sealed_secrets_controller_certificate_not_after_timestamp_seconds {LOADED.not_after.timestamp()!r}
"""
YES, NO = Fact(_value=True), Fact(_value=False)
_RBAC = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


@cache
def _installed() -> tuple[Object, ...]:
    return tuple(installed())


def one(kind: str, name: str) -> Object:
    """Return a copy of the object of this kind and name that `deploy/` installs."""
    (found,) = (
        each for each in _installed() if (each["kind"], each["metadata"]["name"]) == (kind, name)
    )
    return copy.deepcopy(found)


def key(name: str = "sealed-secrets-keyabcde", **metadata: Any) -> Object:  # noqa: ANN401 - JSON
    """Return the metadata of a key Secret, as old as the recorded certificate."""
    made = f"{LOADED.not_before:%Y-%m-%dT%H:%M:%SZ}"
    given = {"name": name, "namespace": SYSTEM, "creationTimestamp": made}
    labels = {KEY_LABEL: "active"}
    return {"metadata": {**given, "labels": labels, "annotations": BACKED_UP, **metadata}}


def pod(number: int = 0, **status: Any) -> Object:  # noqa: ANN401 - JSON
    """Return a Pod of the controller that is ready."""
    container = {"name": NAME, "restartCount": 0, "state": {"running": {}}, **status}
    ready = {"type": "Ready", "status": "True"}
    return {
        "metadata": {"name": f"{NAME}-{number}", "namespace": SYSTEM},
        "spec": {},
        "status": {"conditions": [ready], "containerStatuses": [container]},
    }


def lease(holder: str = f"{NAME}-0_1234", since: timedelta = timedelta(seconds=1)) -> Heartbeat:
    """Return a Lease that was renewed a while ago."""
    renewed = f"{NOW - since:%Y-%m-%dT%H:%M:%S.%fZ}"
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 10, "renewTime": renewed}
    return Heartbeat({"spec": spec}, NOW, pods=Fact([pod(0), pod(1)]))


def deployment(*more: str, replicas: int = 2, name: str = NAME, **container: Any) -> Object:  # noqa: ANN401 - JSON
    """Return the Deployment of `deploy/`, rolled out, with more arguments."""
    made: Object = one("Deployment", NAME)
    made["metadata"]["name"] = name
    made["spec"]["replicas"] = replicas
    made["status"] = {"readyReplicas": replicas, "updatedReplicas": replicas}
    first = made["spec"]["template"]["spec"]["containers"][0]
    first["args"] += more
    first.update({"image": "registry.example.com/sealer-controller:0.1.0", **container})
    return made


def without_args(made: Object) -> Object:
    """Return a Deployment whose container has no arguments."""
    made["spec"]["template"]["spec"]["containers"][0]["args"] = []
    return made


def crd() -> Object:
    """Return the kind as it is served."""
    made: Object = one("CustomResourceDefinition", "sealedsecrets.bitnami.com")
    made["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
    return made


def roles() -> list[Object]:
    """Return the roles of `deploy/`."""
    return [each for each in _rbac() if each["kind"].endswith("Role")]


def bindings(*more: Object) -> list[Object]:
    """Return the bindings of `deploy/`, and others."""
    return [*(each for each in _rbac() if each["kind"].endswith("Binding")), *more]


def binding(role: str, *subjects: Mapping[str, str], namespace: str = "", **labels: str) -> Object:
    """Return a binding of a ClusterRole."""
    metadata = {"name": f"to-{role}", "labels": labels}
    return {
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": metadata | ({"namespace": namespace} if namespace else {}),
        "roleRef": {"kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def role(name: str, *rules: Mapping[str, object]) -> Object:
    """Return a ClusterRole."""
    return {"kind": "ClusterRole", "metadata": {"name": name}, "rules": list(rules)}


def reviews(*changed: tuple[str, Right, bool], made: Object) -> dict[tuple[str, Right], Fact[bool]]:
    """Return what the API server says: the controller may what it needs, nobody else anything."""
    asked: dict[tuple[str, Right], Fact[bool]] = {
        (CONTROLLER, each): YES for each in needed(settings_of(made), SYSTEM)
    }
    for group in default_groups(SYSTEM):
        for right in (*reading(SYSTEM), *posting(SYSTEM, NAME)):
            asked[group, right] = NO
    return asked | {(who, right): YES if value else NO for who, right, value in changed}


def healthy(**changes: Any) -> Facts:  # noqa: ANN401 - whatever a fact may be
    """Return facts of an installation in which all is well, but for some."""
    made = deployment()
    facts: dict[str, Any] = {
        "now": NOW,
        "place": Place(),
        "client": "0.1.0",
        "kubectl": "v1.36.3",
        "server": "v1.36.3",
        "clock": Fact(timedelta(0)),
        "crd": Fact(crd()),
        "deployment": Fact(made),
        "pods": Fact([pod(0), pod(1)]),
        "budgets": Fact([one("PodDisruptionBudget", NAME)]),
        "heartbeat": Fact(lease()),
        "service": Fact(one("Service", NAME)),
        "slices": Fact([{"endpoints": [_endpoint(0), _endpoint(1)]}]),
        "readiness": Fact(200),
        "served": Fact(CERTIFICATE),
        "published": Fact(published(CERTIFICATE)),
        "metrics": Fact(METRICS),
        "keys": Fact([key()]),
        "roles": Fact(roles()),
        "bindings": Fact(bindings()),
        "reviews": reviews(made=made),
        "sealed": Fact([Applied("shop", "db"), Applied("shop", "api")]),
        "namespaces": Fact([]),
        "rivals": Fact([made]),
        "sets": Fact([]),
        "apiservers": Fact([apiserver("--encryption-provider-config=/etc/encryption.yaml")]),
        "server_metrics": Fact([stored("k8s:enc:secretbox:v1:"), stored("first:")]),
        "pins": (Pinned("prod", (LOADED.fingerprint,)),),
    }
    return Facts(**(facts | changes))


def nothing_known() -> Facts:
    """Return facts of which all that the cluster says is missing, for want of rights."""
    return Facts(now=NOW, client="0.1.0", kubectl="v1.36.3", server="v1.36.3")


def published(certificate: bytes) -> Object:
    """Return the ConfigMap with a certificate."""
    return {"metadata": {"name": CONFIG_MAP}, "data": {CONFIG_MAP_ITEM: certificate.decode()}}


def apiserver(*words: str) -> Object:
    """Return a Pod of the API server."""
    return {"spec": {"containers": [{"command": ["kube-apiserver", *words]}]}}


def stored(prefix: str, number: str = "4", **labels: str) -> str:
    """Return what the API server's metrics say of Secrets that it stored."""
    told = {
        "resource": "secrets",
        "status": "OK",
        "transformation_type": "to_storage",
        "transformer_prefix": prefix,
    }
    named = ",".join(f'{name}="{text}"' for name, text in (told | labels).items())
    return f"apiserver_storage_transformation_operations_total{{{named}}} {number}"


def _endpoint(number: int) -> Object:
    target = {"kind": "Pod", "name": f"{NAME}-{number}"}
    return {"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": target}


def _rbac() -> list[Object]:
    return [each for each in _installed() if each["kind"] in _RBAC]
