"""Cases of the cluster, the controller, and the way to it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import reduce
from typing import Any

from sealer.doctor.facts import Fact, Heartbeat, Place, unknown
from tests.deploy.manifests import NAME, Object
from tests.doctor import samples
from tests.doctor.cases.making import (
    FAULT,
    NARROW,
    NO_METRICS,
    NOTE,
    OK,
    ORIGINAL,
    UNKNOWN,
    WARNING,
    Case,
    told,
)
from tests.doctor.samples import FORBIDDEN, METRICS, NOW, SYSTEM


def _crd(**changes: Any) -> Fact[Object]:  # noqa: ANN401 - JSON
    made = samples.crd()
    made["metadata"].update(changes.pop("metadata", {}))
    made["status"] = changes.pop("status", made["status"])
    made["spec"]["versions"][0].update(changes)
    return Fact(made)


def _schema(change: Callable[[Object], object]) -> Fact[Object]:
    made = samples.crd()
    change(made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"])
    return Fact(made)


def _with(path: Sequence[str], schema: Object | None = None) -> Fact[Object]:
    """Return the kind with another schema at a place, or with none."""

    def change(root: Object) -> None:
        *outer, last = path
        there = reduce(lambda outside, name: outside[name], outer, root)
        del there[last]
        if schema is not None:
            there[last] = schema

    return _schema(change)


def _narrowed() -> Iterator[tuple[str, Fact[Object]]]:
    """Yield kinds whose schema drops something, each with what."""
    template = ("spec", "properties", "template", "properties")
    places: dict[str, tuple[str, ...]] = {
        "spec.encryptedData": ("spec", "properties", "encryptedData"),
        "spec.template.type": ("spec", "properties", "template"),
        "spec.template.data": (*template, "data"),
        "spec.template.metadata.labels": (*template, "metadata"),
        "status.observedGeneration": ("status",),
    }
    for place, path in places.items():
        yield place, _with(path)
        yield place, _with(path, {"type": "object"})
    reasons = ("status", "properties", "conditions", "items", "properties")
    yield "status.conditions.[].reason", _with((*reasons, "reason"))
    yield "spec.template.immutable", _with((*template, "immutable"))


def _open() -> Iterator[Fact[Object]]:
    """Yield kinds whose schema says less, and drops nothing."""
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    yield _schema(lambda root: root.update({"spec": free, "status": free}))
    yield _schema(lambda root: root["spec"]["properties"].update(template=free))
    yield _schema(
        lambda root: root["spec"]["properties"].update(
            encryptedData={"type": "object", "additionalProperties": True}
        )
    )
    kept = _schema(lambda root: root.update({"spec": {"type": "object"}}))
    kept.get()["spec"]["preserveUnknownFields"] = True
    yield kept


def _ending(pod: Object) -> Object:
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return pod


def _lease(**times: float) -> Heartbeat:
    return samples.lease(since=timedelta(**times))


def _rival(name: str = "other", namespace: str = "team", *more: str) -> Object:
    made = samples.deployment(*more, name=name)
    made["metadata"]["namespace"] = namespace
    return made


CASES = (
    Case("kubernetes", NOTE, "kubectl supports one minor", {"kubectl": "v1.33.0"}),
    Case("kubernetes", FAULT, "the manifests need 1.21", {"server": "v1.20.2"}),
    Case("kubernetes", NOTE, "not versions to compare", {"server": "v0.0.0-master+$Format:%H$"}),
    Case("kubernetes", OK, "v1.35.9-eks-1234567", {"server": "v1.35.9-eks-1234567"}),
    Case("crd", FAULT, "knows no SealedSecrets", {"crd": Fact(None)}),
    Case("crd", FAULT, "defined and not served", {"crd": _crd(status={})}),
    Case("crd", FAULT, "not served as v1alpha1", {"crd": _crd(served=False)}),
    Case("crd", FAULT, "no status subresource", {"crd": _crd(subresources={})}),
    Case("crd", FAULT, "drops spec.encryptedData", {"crd": _crd(schema={})}),
    *(Case("crd", FAULT, f"drops {place}", {"crd": made}) for place, made in _narrowed()),
    *(Case("crd", OK, "are served", {"crd": made}) for made in _open()),
    Case("crd", NOTE, "its columns differ", {"crd": _crd(additionalPrinterColumns=[])}),
    Case(
        "crd",
        WARNING,
        "Helm deletes the kind",
        {
            "crd": _crd(
                metadata={"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {}}
            )
        },
    ),
    Case("installation", FAULT, f"no Deployment {SYSTEM}/{NAME}", {"deployment": Fact(None)}),
    Case(
        "installation", NOTE, "do not look there", {"place": Place("infra", "seal", is_found=True)}
    ),
    Case("installation", NOTE, "the original's controller", ORIGINAL),
    Case(
        "installation",
        NOTE,
        "the original's controller",
        {
            "readiness": FORBIDDEN,
            "deployment": told(image="docker.io/bitnami/sealed-secrets-controller:0.30.0"),
        },
    ),
    Case(
        "installation",
        NOTE,
        "whose is not known",
        {
            "readiness": FORBIDDEN,
            "deployment": told(image="example.com/mirror/ss@sha256:00"),
        },
    ),
    Case("versions", WARNING, "controller 0.1.0", {"client": "0.2.0"}),
    Case("versions", OK, "controller 0.1.0", {"metrics": NO_METRICS}),
    Case("versions", NOTE, "the original's controller runs, version 0.1.0", ORIGINAL),
    Case(
        "versions",
        UNKNOWN,
        "no Service for the controller's metrics",
        {"metrics": NO_METRICS, "deployment": told(image="sealer-controller:latest")},
    ),
    Case(
        "versions",
        NOTE,
        "calls its version main",
        {"metrics": Fact(METRICS.replace("0.1.0", "main"))},
    ),
    Case("replicas", FAULT, "scaled to 0", {"deployment": told(replicas=0)}),
    Case("replicas", FAULT, "none of 2", {"deployment": told(status={"readyReplicas": 0})}),
    Case(
        "replicas",
        WARNING,
        "1 of 2 replicas",
        {"deployment": told(status={"readyReplicas": 1})},
    ),
    Case("replicas", WARNING, "run what", {"deployment": told(status={"updatedReplicas": 1})}),
    Case("replicas", NOTE, "a single replica", {"deployment": told(replicas=1)}),
    Case("replicas", NOTE, "no PodDisruptionBudget", {"budgets": Fact([])}),
    Case("replicas", UNKNOWN, "you may not", {"budgets": FORBIDDEN}),
    Case(
        "restarts",
        FAULT,
        "does not come up: CrashLoopBackOff",
        {"pods": Fact([samples.pod(state={"waiting": {"reason": "CrashLoopBackOff"}})])},
    ),
    Case(
        "restarts",
        WARNING,
        "killed for its memory",
        {"pods": Fact([samples.pod(lastState={"terminated": {"reason": "OOMKilled"}})])},
    ),
    Case("restarts", WARNING, "restarted 7 times", {"pods": Fact([samples.pod(restartCount=7)])}),
    Case(
        "restarts",
        OK,
        "1 Pod, 0 restarts",
        {"pods": Fact([_ending(samples.pod(0, restartCount=9)), samples.pod(1)])},
    ),
    Case("restarts", OK, "1 Pod, 1 restart", {"pods": Fact([samples.pod(restartCount=1)])}),
    Case(
        "restarts",
        FAULT,
        "fits no node",
        {
            "pods": Fact(
                [
                    {
                        "metadata": {"name": "p"},
                        "status": {
                            "conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]
                        },
                    }
                ]
            )
        },
    ),
    Case("leader", FAULT, "no Lease", {"heartbeat": Fact(Heartbeat(None, NOW))}),
    Case("leader", FAULT, "nobody holds", {"heartbeat": Fact(samples.lease(""))}),
    Case(
        "leader",
        FAULT,
        "has not renewed it for 1 minute",
        {"heartbeat": Fact(_lease(minutes=1)._replace(is_renewed=False))},
    ),
    Case("leader", OK, "leads", {"heartbeat": Fact(_lease(minutes=1)._replace(is_renewed=True))}),
    Case("leader", OK, "leads", {"pods": Fact([_ending(samples.pod(0)), samples.pod(1)])}),
    Case("leader", FAULT, "none of the Pods", {"heartbeat": Fact(samples.lease("stranger_1"))}),
    Case(
        "leader",
        FAULT,
        "2 replicas write",
        {"deployment": Fact(samples.without_args(samples.deployment()))},
    ),
    Case("leader", OK, "one replica", {**ORIGINAL, "deployment": told(replicas=1)}),
    Case("leader", FAULT, "the original knows no", ORIGINAL),
    Case(
        "clock", WARNING, "this machine is 1 minute behind", {"clock": Fact(timedelta(minutes=1))}
    ),
    Case("clock", WARNING, "is 2 hours ahead of", {"clock": Fact(timedelta(hours=-2))}),
    Case(
        "clock",
        WARNING,
        "the leader is 1 hour ahead",
        {"heartbeat": Fact(_lease(hours=-1)._replace(is_renewed=True))},
    ),
    Case(
        "clock",
        WARNING,
        "the leader is 1 minute behind",
        {"heartbeat": Fact(_lease(minutes=1)._replace(is_renewed=True))},
    ),
    Case("clock", UNKNOWN, "you may not", {"heartbeat": FORBIDDEN}),
    Case("other-controllers", FAULT, "team/other works", {"rivals": Fact([_rival()])}),
    Case(
        "other-controllers",
        OK,
        "elsewhere: 1 controller",
        {
            "deployment": NARROW,
            "rivals": Fact([_rival("other", "team", "--all-namespaces=false")]),
        },
    ),
    Case(
        "other-controllers",
        FAULT,
        "team/other",
        {
            "deployment": NARROW,
            "rivals": Fact([_rival("other", "team", "--additional-namespaces", "shop")]),
        },
    ),
    Case(
        "other-controllers",
        OK,
        "",
        {
            "deployment": told("--label-selector=a=1"),
            "rivals": Fact([_rival("other", "team", "--label-selector=a=2")]),
        },
    ),
    Case(
        "other-controllers",
        NOTE,
        "team/other chooses namespaces by other labels",
        {
            "deployment": told("--namespace-selector=team=a"),
            "rivals": Fact([_rival("other", "team", "--namespace-selector=team=b")]),
        },
    ),
    Case(
        "other-controllers",
        FAULT,
        "team/other works",
        {
            "deployment": told("--namespace-selector=team=a"),
            "rivals": Fact([_rival("other", "team", "--namespace-selector=team=a")]),
        },
    ),
    Case(
        "other-controllers",
        OK,
        "elsewhere: 1 controller",
        {"deployment": told(replicas=0), "rivals": Fact([_rival()])},
    ),
    Case("service", FAULT, f"no Service {SYSTEM}/{NAME}", {"service": Fact(None)}),
    Case("service", FAULT, "leads to no ready Pod", {"slices": Fact([])}),
    Case(
        "service",
        FAULT,
        "chooses no Pod",
        {"slices": Fact([]), "service": Fact({"spec": {"selector": {"app": "other"}}})},
    ),
    Case("reachable", WARNING, "sealer reads the ConfigMap", {"served": unknown("HTTP 503")}),
    Case(
        "reachable",
        FAULT,
        "cannot be reached",
        {"served": unknown("HTTP 503"), "published": Fact(None)},
    ),
    Case("reachable", UNKNOWN, "you may not", {"served": FORBIDDEN}),
    Case(
        "reachable",
        UNKNOWN,
        "no Service",
        {"served": unknown("there is no Service to ask"), "service": Fact(None)},
    ),
)
