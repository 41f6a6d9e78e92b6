"""Cases of the cluster, the controller, and the way to it."""

from datetime import timedelta
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


def _stuck() -> Object:
    """Return a Pod whose first container, before the controller's, ends again and again."""
    made = samples.pod()
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    made["status"]["initContainerStatuses"] = [{"name": "first", "state": waiting}]
    return made


def _changed(**status: int) -> Fact[Object]:
    """Return a Deployment that was changed four times."""
    made = samples.deployment()
    made["metadata"]["generation"] = 5
    made["status"].update(status)
    return Fact(made)


def _endpoints(*names: str) -> Fact[list[Object]]:
    return Fact([{"endpoints": [{"targetRef": {"kind": "Pod", "name": name}} for name in names]}])


def _service(**changes: Any) -> Fact[Object]:  # noqa: ANN401 - JSON
    made = samples.one("Service", NAME)
    made["spec"].update(changes)
    return Fact(made)


def _broad() -> dict[str, Any]:
    """Return facts of a Service that chooses more than the Deployment does."""
    made = samples.deployment()
    for labels in (
        made["spec"]["selector"]["matchLabels"],
        made["spec"]["template"]["metadata"]["labels"],
    ):
        labels["app"] = "sealing"
    return {"deployment": Fact(made)}


def _called(name: str, labels: dict[str, str]) -> Object:
    """Return a Deployment whose name or labels alone tell what it may be."""
    made = samples.without_args(samples.deployment(name=name, image="mirror/sealedsecrets:1"))
    made["metadata"].update(namespace="team", labels=labels)
    made["spec"]["template"]["spec"]["containers"][0]["name"] = "main"
    return made


def _ending(pod: Object) -> Object:
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return pod


def _lease(**times: float) -> Heartbeat:
    return samples.lease(since=timedelta(**times))


def _rival(name: str = "other", namespace: str = "team", *more: str) -> Object:
    made = samples.deployment(*more, name=name)
    made["metadata"]["namespace"] = namespace
    return made


_SILENT: dict[str, Any] = {"served": unknown("HTTP 503"), "readiness": unknown("HTTP 503")}

_ONE_ORIGINAL = {
    **ORIGINAL,
    "deployment": told(replicas=1, image="example.com/sealed-secrets-controller@sha256:00"),
}
_MIRRORED = {
    "readiness": Fact(404),
    "metrics": NO_METRICS,
    "deployment": Fact(samples.without_args(samples.deployment(image="mirror/ss:1"))),
}

CASES = (
    Case("kubernetes", NOTE, "kubectl supports one minor", {"kubectl": "v1.33.0"}),
    Case("kubernetes", FAULT, "the manifests need 1.21", {"server": "v1.20.2"}),
    Case("kubernetes", NOTE, "not versions to compare", {"server": "v0.0.0-master+$Format:%H$"}),
    Case("kubernetes", OK, "v1.35.9-eks-1234567", {"server": "v1.35.9-eks-1234567"}),
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
            "metrics": NO_METRICS,
            "deployment": told(image="docker.io/bitnami/sealed-secrets-controller:0.30.0"),
        },
    ),
    Case(
        "installation",
        NOTE,
        "whose is not known",
        {**_MIRRORED, "readiness": FORBIDDEN},
    ),
    *(
        Case("installation", OK, "sealer-controller at", {"readiness": Fact(404), **each})
        for each in (
            {},
            {"metrics": NO_METRICS},
            {"metrics": NO_METRICS, "deployment": told(image="mirror/ss:1")},
            {"deployment": Fact(samples.without_args(samples.deployment(image="mirror/ss:1")))},
        )
    ),
    *(
        Case("installation", NOTE, said, {**_MIRRORED, "served": served})
        for said, served in (
            ("the original's controller", Fact(samples.CERTIFICATE)),
            ("whose is not known", unknown("not found")),
        )
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
    *(
        Case("replicas", WARNING, "of the time before", {"deployment": each})
        for each in (_changed(observedGeneration=4), _changed())
    ),
    Case("replicas", OK, "2 of 2", {"deployment": _changed(observedGeneration=5)}),
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
    *(
        Case(
            "restarts",
            FAULT,
            f"does not come up: {reason}",
            {"pods": Fact([samples.pod(state={"waiting": {"reason": reason}})])},
        )
        for reason in (
            *("CreateContainerConfigError", "ErrImagePull", "ImagePullBackOff", "StartError"),
            *("CreateContainerError", "InvalidImageName", "RunContainerError"),
            *("ErrImageNeverPull", "ImageInspectError", "WhateverComesNext"),
        )
    ),
    *(
        Case(
            "restarts",
            OK,
            "1 Pod",
            {"pods": Fact([samples.pod(state={"waiting": {"reason": reason}})])},
        )
        for reason in ("ContainerCreating", "PodInitializing")
    ),
    Case("restarts", FAULT, "does not come up: CrashLoopBackOff", {"pods": Fact([_stuck()])}),
    Case("restarts", UNKNOWN, "no Pod to look at", {"pods": Fact([])}),
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
    Case("leader", OK, "one replica", _ONE_ORIGINAL),
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
    *(
        Case("other-controllers", FAULT, f"{kind} team/other works", {"sets": Fact([each])})
        for kind in ("StatefulSet", "DaemonSet")
        for each in ({**_rival(), "kind": kind},)
    ),
    *(
        Case("other-controllers", WARNING, "is called like a controller", {"rivals": Fact([each])})
        for each in (
            _called("other", {"app.kubernetes.io/name": "sealed-secrets"}),
            _called("other", {"name": NAME}),
            _called(NAME, {}),
        )
    ),
    Case("other-controllers", UNKNOWN, "you may not", {"sets": FORBIDDEN}),
    Case(
        "other-controllers",
        FAULT,
        "team/other works",
        {"sets": FORBIDDEN, "rivals": Fact([_rival()])},
    ),
    Case("service", FAULT, f"no Service {SYSTEM}/{NAME}", {"service": Fact(None)}),
    Case("service", FAULT, "leads to no ready Pod", {"slices": Fact([])}),
    Case(
        "service",
        FAULT,
        "chooses no Pod",
        {"slices": Fact([]), "service": Fact({"spec": {"selector": {"app": "other"}}})},
    ),
    Case("service", FAULT, "chooses no Pod", {"service": _service(selector={"app": "evil"})}),
    Case("service", FAULT, "chooses no Pod", {"service": _service(selector=None)}),
    Case("service", UNKNOWN, "you may not", {"deployment": FORBIDDEN}),
    Case("service", UNKNOWN, "you may not", {"pods": FORBIDDEN}),
    Case("service", OK, "leads to 1 ready Pod", {"slices": _endpoints(f"{NAME}-0")}),
    Case("service", UNKNOWN, "evil-0 behind", {"slices": _endpoints(f"{NAME}-0", "evil-0")}),
    Case(
        "service",
        FAULT,
        "no Pod of the controller: evil-0",
        {**_broad(), "slices": _endpoints(f"{NAME}-0", "evil-0")},
    ),
    Case("service", OK, "leads to 2 ready Pods", _broad()),
    *(
        Case(
            "service",
            FAULT,
            f"leads to port {target} of the Pods",
            {"service": _service(ports=[{"port": 8080, "targetPort": target}])},
        )
        for target in ("metrics", 8081, "web")
    ),
    *(
        Case("service", OK, "", {"service": _service(ports=[port])})
        for port in (
            {"port": 8080},
            {"port": 80, "targetPort": 8080},
            {"port": 8080, "targetPort": 9000},
        )
    ),
    Case(
        "reachable",
        WARNING,
        "something answers with HTTP 404 and has no certificate",
        {"served": unknown("not found"), "readiness": Fact(404)},
    ),
    Case("reachable", WARNING, "sealer reads the ConfigMap", _SILENT),
    Case(
        "reachable",
        FAULT,
        "cannot be reached",
        {**_SILENT, "published": Fact(None)},
    ),
    Case("reachable", UNKNOWN, "you may not", {"served": FORBIDDEN}),
    Case(
        "reachable",
        UNKNOWN,
        "no Service",
        {"served": unknown("there is no Service to ask"), "service": Fact(None)},
    ),
)
