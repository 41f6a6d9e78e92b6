"""Rules that hold of whatever the chart renders to. Each yields what is wrong, in words.

`JUDGES` is the list of them. A test shows of each that it sees the fault it is there for.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.chart.helm import Object
from tests.chart.installation import CLUSTER_KINDS, Installation
from tests.chart.rights import RIGHT_JUDGES

__all__ = ["JUDGES", "complaints"]

_SEGMENT = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
_RESIDUE = ("{{", "<no value>", "<nil>", "map[", "%!")
_COMMON = (
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "helm.sh/chart",
)
_UNITS = {"m": 0.001, "": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def complaints(installation: Installation) -> list[str]:
    """Return what the judges say about an installation."""
    return [
        f"{judge.__name__.removeprefix('judge_')}: {words}"
        for judge in JUDGES
        for words in judge(installation)
    ]


def judge_names(installation: Installation) -> Iterator[str]:
    """Names are what the API server takes, and no object is there twice."""
    for each in installation.objects:
        form = _SERVICE if each["kind"] == "Service" else _SEGMENT
        if form.fullmatch(each["metadata"]["name"]) is None:
            yield f"{_title(each)} has a name that is refused"
    for title, count in Counter(map(_title, installation.objects)).items():
        if count > 1:
            yield f"{title} is there {count} times"


def judge_namespaces(installation: Installation) -> Iterator[str]:
    """What has a namespace says which, and nothing else does."""
    for each in installation.own:
        if ("namespace" in each["metadata"]) is (each["kind"] in CLUSTER_KINDS):
            yield f"{_title(each)}: a namespace is missing, or means nothing"


def judge_labels(installation: Installation) -> Iterator[str]:
    """Labels and annotations are texts; those that all objects share are there."""
    values = installation.values
    for each in installation.own:
        metadata = each["metadata"]
        for name in (*_COMMON, *(values.get("commonLabels") or ())):
            if name not in metadata["labels"]:
                yield f"{_title(each)} has no label {name}"
        for name in values.get("commonAnnotations") or ():
            if name not in metadata.get("annotations", {}):
                yield f"{_title(each)} has no annotation {name}"
        for text in metadata["labels"].values():
            if not isinstance(text, str) or _LABEL_VALUE.fullmatch(text) is None:
                yield f"{_title(each)} has a label {text!r}"
        for text in metadata.get("annotations", {}).values():
            if not isinstance(text, str):
                yield f"{_title(each)} has an annotation {text!r}"


def judge_residue(installation: Installation) -> Iterator[str]:
    """No template expression is left over, nothing is null, nothing was printed as Go prints it."""
    for each in installation.objects:
        if each["kind"] in ("ConfigMap", "PrometheusRule"):
            continue  # dashboards and alerts have template expressions of their own
        for path, leaf in _leaves(each):
            is_given = "podAnnotations" in installation.values and "annotations" in path
            if leaf is None:
                yield f"{_title(each)}{path} is null"
            elif isinstance(leaf, str) and any(part in leaf for part in _RESIDUE) and not is_given:
                yield f"{_title(each)}{path} is {leaf!r}"


def judge_selectors(installation: Installation) -> Iterator[str]:
    """Whatever selects Pods selects the controller's, and all objects carry the same labels."""
    if installation.deployment is None:
        return
    labels = installation.pod["metadata"]["labels"]
    match = installation.deployment["spec"]["selector"]["matchLabels"]
    for each in installation.own:
        if not match.items() <= each["metadata"]["labels"].items():
            yield f"{_title(each)} is not found with the Pods"
        selector = _selector(each)
        if selector is not None and not selector.items() <= labels.items():
            yield f"{_title(each)} does not select the Pods"
    for spread in installation.pod["spec"].get("topologySpreadConstraints", ()):
        if not spread["labelSelector"]["matchLabels"].items() <= labels.items():
            yield "the Pods are not spread by their own labels"


def judge_ports(installation: Installation) -> Iterator[str]:
    """Services, probes, monitors and policies name ports that the container has and listens on."""
    if installation.deployment is None:
        return
    ports = {each["name"]: int(each["containerPort"]) for each in installation.container["ports"]}
    settings = installation.settings
    for name, address in (
        ("http", settings.listen_addr),
        ("metrics", settings.listen_metrics_addr),
    ):
        if address is None or ports.get(name) != address.port:
            yield f"the controller does not listen on the port {name}"
    for name in _named_ports(installation):
        if name not in ports:
            yield f"there is no port {name}"
    for policy in installation.of("NetworkPolicy"):
        opened = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
        if opened != set(ports.values()):
            yield f"{_title(policy)} opens {opened}"


def judge_monitors(installation: Installation) -> Iterator[str]:
    """Monitors look where the controller is; a ServiceMonitor finds the metrics' Service alone."""
    for monitor in installation.of("ServiceMonitor", "PodMonitor"):
        if _scraped(monitor) != [installation.namespace]:
            yield f"{_title(monitor)} looks in {_scraped(monitor)}"
    for monitor in installation.of("ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        found = [
            each["spec"]["ports"][0].get("name")
            for each in installation.of("Service")
            if wanted.items() <= each["metadata"]["labels"].items()
            and each["metadata"]["namespace"] in _scraped(monitor)
        ]
        if found != [monitor["spec"]["endpoints"][0]["port"]]:
            yield f"{_title(monitor)} finds the ports {found}"


def judge_bindings(installation: Installation) -> Iterator[str]:
    """Every binding has its role, every role but the operator's is bound, accounts exist."""
    bindings = installation.of("RoleBinding", "ClusterRoleBinding")
    accounts = {each["metadata"]["name"] for each in installation.of("ServiceAccount")}
    given = (installation.values.get("serviceAccount") or {}).get("name")
    bound = []
    for binding in bindings:
        role = installation.role(binding)
        bound.append(role)
        if role is None:
            yield f"{_title(binding)} has no role"
        for subject in binding["subjects"]:
            is_ours = subject.get("namespace") == installation.namespace
            if is_ours and subject["name"] not in {*accounts, given}:
                yield f"{_title(binding)} is for an account that does not exist"
    for role in installation.of("Role", "ClusterRole"):
        is_given_away = role["metadata"]["name"].endswith(
            ("-operator", "-service-proxier", "-certificate-reader")
        )
        if role not in bound and not is_given_away:
            yield f"{_title(role)} is bound to nobody"


def judge_account(installation: Installation) -> Iterator[str]:
    """The Pods run as the account that has the rights."""
    if installation.deployment is None:
        return
    name = installation.pod["spec"]["serviceAccountName"]
    subjects = {
        subject["name"]
        for binding in installation.of("RoleBinding", "ClusterRoleBinding")
        for subject in binding["subjects"]
        if subject["kind"] == "ServiceAccount"
        and subject["namespace"] == binding["metadata"].get("namespace", installation.namespace)
    }
    if subjects - {name}:
        yield f"the Pods run as {name}, and rights are given to {subjects}"


def judge_pod(installation: Installation) -> Iterator[str]:
    """Volumes exist, requests are not above limits, and one of several replicas writes."""
    if installation.deployment is None:
        return
    spec, container = installation.pod["spec"], installation.container
    volumes = {each["name"] for each in spec["volumes"]}
    if {each["name"] for each in container["volumeMounts"]} != volumes:
        yield "volumes are missing, or not mounted"
    limits = container["resources"].get("limits", {})
    for name, request in container["resources"]["requests"].items():
        if name in limits and _quantity(request) > _quantity(limits[name]):
            yield f"{name}: the request is above the limit"
    if installation.deployment["spec"]["replicas"] > 1 and not installation.settings.leader_elect:
        yield "several replicas write"
    if spec["terminationGracePeriodSeconds"] <= installation.settings.shutdown_deadline.seconds:
        yield "the Pod is killed before its work is done"


def judge_security(installation: Installation) -> Iterator[str]:
    """The Pod meets the level `restricted`, unless somebody wants it otherwise."""
    if installation.deployment is None:
        return
    spec, container = installation.pod["spec"], installation.container
    if not spec["automountServiceAccountToken"]:
        yield "the Pod gets no token"
    for account in installation.of("ServiceAccount"):
        if account["automountServiceAccountToken"]:
            yield "every Pod of the account gets a token"
    values = installation.values
    for name, found, wanted in (
        ("podSecurityContext", spec, {"seccompProfile": {"type": "RuntimeDefault"}}),
        (
            "containerSecurityContext",
            container,
            {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
            },
        ),
    ):
        is_wanted = (values.get(name) or {}).get("enabled", True)
        context = found.get("securityContext", {})
        if is_wanted and not wanted.items() <= context.items():
            yield f"{name} is {context}"


def _title(found: Object) -> str:
    metadata = found["metadata"]
    return f"{found['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def _leaves(found: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _leaves(value, f"{path}.{key}")
    elif isinstance(found, list):
        for index, value in enumerate(found):
            yield from _leaves(value, f"{path}[{index}]")
    else:
        yield path, found


def _selector(found: Object) -> Mapping[str, str] | None:
    spec = found.get("spec", {})
    match found["kind"]:
        case "Service":
            selector = spec["selector"]
        case "Deployment" | "PodDisruptionBudget" | "PodMonitor":
            selector = spec["selector"]["matchLabels"]
        case "NetworkPolicy":
            selector = spec["podSelector"]["matchLabels"]
        case _:
            return None
    assert isinstance(selector, dict)
    return selector or {"nothing": "is selected"}


def _scraped(monitor: Object) -> list[str]:
    """Return the namespaces in which a monitor looks; its own where it names none."""
    named: list[str] = monitor["spec"].get("namespaceSelector", {}).get("matchNames", [])
    return named or [monitor["metadata"]["namespace"]]


def _named_ports(installation: Installation) -> Iterator[str]:
    for service in installation.of("Service"):
        for port in service["spec"]["ports"]:
            yield port["targetPort"]
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        asked = installation.container.get(probe, {}).get("httpGet", {}).get("port")
        if asked is not None:
            yield asked
    for monitor in installation.of("PodMonitor"):
        yield from (endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"])


def _quantity(text: str | float) -> float:
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    assert match is not None, text
    return float(match[1]) * _UNITS[match[2]]


JUDGES: tuple[Callable[[Installation], Iterator[str]], ...] = (
    judge_names,
    judge_namespaces,
    judge_labels,
    judge_residue,
    judge_selectors,
    judge_ports,
    judge_monitors,
    judge_bindings,
    judge_account,
    judge_pod,
    judge_security,
    *RIGHT_JUDGES,
)
