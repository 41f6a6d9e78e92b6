"""Each judge sees the fault that it is there for."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.chart.helm import Object, objects
from tests.chart.installation import Installation
from tests.chart.judge import JUDGES, complaints

VALUES = {
    "metrics": {"serviceMonitor": {"enabled": True}},
    "networkPolicy": {"enabled": True},
    "commonLabels": {"team": "shop"},
}
Fault = Callable[[list[Object]], object]


def one(found: list[Object], kind: str, name: str = "") -> Object:
    """Return the first object of a kind whose name has this in it."""
    return next(each for each in found if each["kind"] == kind and name in each["metadata"]["name"])


def container(found: list[Object]) -> Object:
    """Return the container of the Deployment."""
    (only,) = one(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def rules(found: list[Object], name: str) -> list[Object]:
    """Return the rules of a role of the namespace."""
    listed = one(found, "Role", name)["rules"]
    assert isinstance(listed, list)
    return listed


FAULTS: dict[str, tuple[str, Fault]] = {
    "name in capitals": ("names", lambda o: one(o, "Role")["metadata"].update(name="Key_Admin")),
    "an object twice": ("names", lambda o: o.append(o[0])),
    "no namespace": ("namespaces", lambda o: one(o, "Service")["metadata"].pop("namespace")),
    "label of the release missing": (
        "labels",
        lambda o: one(o, "Service")["metadata"]["labels"].pop("app.kubernetes.io/instance"),
    ),
    "label of somebody missing": (
        "labels",
        lambda o: one(o, "Service")["metadata"]["labels"].pop("team"),
    ),
    "label is a number": (
        "labels",
        lambda o: one(o, "Service")["metadata"]["labels"].update(team=1),
    ),
    "annotation is true": (
        "labels",
        lambda o: one(o, "Service")["metadata"].update(annotations={"a": True}),
    ),
    "no value": ("residue", lambda o: one(o, "Service")["spec"].update(type="<no value>")),
    "a field is null": ("residue", lambda o: one(o, "Service")["spec"].update(type=None)),
    "service selects others": (
        "selectors",
        lambda o: one(o, "Service")["spec"].update(selector={"app": "other"}),
    ),
    "service selects nothing": (
        "selectors",
        lambda o: one(o, "Service")["spec"].update(selector={}),
    ),
    "policy of others": (
        "selectors",
        lambda o: one(o, "NetworkPolicy")["spec"]["podSelector"].update(matchLabels={"a": "b"}),
    ),
    "spread of others": (
        "selectors",
        lambda o: one(o, "Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"][
            0
        ].update(labelSelector={"matchLabels": {"a": "b"}}),
    ),
    "service leads nowhere": (
        "ports",
        lambda o: one(o, "Service")["spec"]["ports"][0].update(targetPort="api"),
    ),
    "policy opens the Service's port": (
        "ports",
        lambda o: one(o, "NetworkPolicy")["spec"]["ingress"][0]["ports"][0].update(port=80),
    ),
    "listens elsewhere": ("ports", lambda o: container(o)["args"].append("--listen-addr=:9")),
    "monitor looks elsewhere": (
        "monitors",
        lambda o: one(o, "ServiceMonitor")["metadata"].update(namespace="other"),
    ),
    "label that others go by is changed": (
        "selectors",
        lambda o: one(o, "Service")["metadata"]["labels"].update({"app.kubernetes.io/name": "a"}),
    ),
    "monitor finds two": (
        "monitors",
        lambda o: one(o, "ServiceMonitor")["spec"]["selector"]["matchLabels"].pop(
            "app.kubernetes.io/component"
        ),
    ),
    "role is missing": ("bindings", lambda o: o.remove(one(o, "Role", "key-admin"))),
    "binding is missing": ("bindings", lambda o: o.remove(one(o, "ClusterRoleBinding"))),
    "account is missing": ("bindings", lambda o: o.remove(one(o, "ServiceAccount"))),
    "other account": (
        "account",
        lambda o: one(o, "Deployment")["spec"]["template"]["spec"].update(serviceAccountName="x"),
    ),
    "volume is missing": (
        "pod",
        lambda o: one(o, "Deployment")["spec"]["template"]["spec"].update(volumes=[]),
    ),
    "request above the limit": (
        "pod",
        lambda o: container(o)["resources"]["requests"].update(memory="1Gi"),
    ),
    "two writers": ("pod", lambda o: container(o)["args"].clear()),
    "killed too early": ("pod", lambda o: container(o)["args"].append("--shutdown-deadline=1m")),
    "root": ("security", lambda o: container(o)["securityContext"].update(runAsNonRoot=False)),
    "token for everybody": (
        "security",
        lambda o: one(o, "ServiceAccount").update(automountServiceAccountToken=True),
    ),
    "token for nobody": (
        "security",
        lambda o: one(o, "Deployment")["spec"]["template"]["spec"].update(
            automountServiceAccountToken=False
        ),
    ),
    "right is missing": ("rights", lambda o: one(o, "ClusterRole", "unsealer")["rules"].pop(1)),
    "right of its own namespace is missing": (
        "rights",
        lambda o: rules(o, "key-admin")[1]["verbs"].clear(),
    ),
    "right too many": ("rights", lambda o: rules(o, "key-admin")[0]["verbs"].append("delete")),
    "right on everything": (
        "rights",
        lambda o: one(o, "ClusterRole", "unsealer")["rules"][0].update(verbs=["*"]),
    ),
    "right without its setting": (
        "rights",
        lambda o: container(o)["args"].append("--skip-recreate"),
    ),
    "everybody may send": (
        "everybody",
        lambda o: rules(o, "proxier")[1]["verbs"].append("create"),
    ),
    "everybody reads everything": (
        "everybody",
        lambda o: rules(o, "proxier")[0].update(resources=["secrets"]),
    ),
    "other Lease": (
        "resource_names",
        lambda o: rules(o, "leader")[0].update(resourceNames=["other"]),
    ),
    "any ConfigMap": ("resource_names", lambda o: rules(o, "reader")[0].pop("resourceNames")),
}


@pytest.fixture(scope="module")
def rendered() -> list[Object]:
    """What the chart renders to, with nothing wrong."""
    found = objects(VALUES)
    assert complaints(Installation(found, VALUES)) == []
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_seen_by_its_judge(rendered: list[Object], name: str) -> None:
    """The judge that is there for it names it."""
    judge, break_it = FAULTS[name]
    broken = deepcopy(rendered)
    break_it(broken)
    found = complaints(Installation(broken, VALUES))
    assert any(words.startswith(f"{judge}: ") for words in found), found


def test_every_judge_has_a_fault_to_see() -> None:
    """No judge is there that was never seen to complain."""
    assert {judge for judge, _ in FAULTS.values()} == {
        each.__name__.removeprefix("judge_") for each in JUDGES
    }
