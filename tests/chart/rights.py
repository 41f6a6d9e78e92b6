"""Rules about rights: the controller has those that its settings need, and no others."""

from collections.abc import Callable, Iterator

from sealer.certsource import CONFIG_MAP
from sealer_controller.settings.model import Settings
from tests.chart.installation import Installation, Right

__all__ = ["RIGHT_JUDGES", "needed"]

_SEALED = "bitnami.com"
_WORKLOADS = ("daemonsets", "deployments", "statefulsets")


def needed(settings: Settings, installation: Installation) -> set[Right]:
    """Return the rights that a controller with these settings uses."""
    own = installation.namespace
    found: set[Right] = set()
    for place in {own, *settings.namespaces(own)} if "" not in settings.namespaces(own) else {""}:
        found |= {(place, *right) for right in _work(settings, installation)}
    found |= {(own, "", "secrets", "list")}
    found |= {(own, "authorization.k8s.io", "localsubjectaccessreviews", "create")}
    if settings.watch_for_secrets:
        found |= {(own, "", "secrets", "watch")}
    if settings.leader_elect:
        verbs = ("get", "list", "watch", "update", "create")
        found |= {(own, "coordination.k8s.io", "leases", verb) for verb in verbs}
    if str(settings.namespace_selector):
        found |= {("", "", "namespaces", verb) for verb in ("list", "watch")}
    if (installation.values.get("certificateConfigMap") or {}).get("create", True):
        found |= {(own, "", "configmaps", verb) for verb in ("get", "update")}
    return found


def _work(settings: Settings, installation: Installation) -> Iterator[tuple[str, str, str]]:
    """Yield what the controller needs wherever it looks."""
    values = installation.values
    yield from ((_SEALED, "sealedsecrets", verb) for verb in ("get", "list", "watch"))
    yield from (("", "secrets", verb) for verb in ("get", "create", "update"))
    yield from (("", "events", verb) for verb in ("create", "patch"))
    if settings.update_status:
        yield _SEALED, "sealedsecrets/status", "update"
    if not settings.skip_recreate:
        yield from (("", "secrets", verb) for verb in ("list", "watch"))
    if (
        settings.old_gc_behavior
        or settings.recreate_immutable
        or (values.get("recreate") or {}).get("enabled")
    ):
        yield "", "secrets", "delete"
    if (values.get("restart") or {}).get("enabled"):
        yield from (
            ("apps", kind, verb) for kind in _WORKLOADS for verb in ("get", "list", "patch")
        )


def judge_rights(installation: Installation) -> Iterator[str]:
    """The controller has the rights that it uses, and no others."""
    is_wanted = (installation.values.get("rbac") or {}).get("create", True)
    if installation.deployment is None or not is_wanted:
        return
    settings = installation.settings
    wanted, granted = needed(settings, installation), _ours(installation)
    everywhere = {right for right in granted if not right[0]}
    if str(settings.namespace_selector):
        # Where the labels will be is not known: it is judged what is granted, and not where.
        wanted, granted = _anywhere(wanted), _anywhere(granted)
    elif settings.additional_namespaces:
        # These limit what the controller looks at; its rights only where somebody wants that too.
        wanted |= everywhere & _anywhere(wanted)
    for right in sorted(wanted - granted):
        if ("", *right[1:]) not in granted:
            yield f"{right} is missing"
    for right in sorted(granted - wanted):
        yield f"{right} is not needed"


def _anywhere(rights: set[Right]) -> set[Right]:
    """Return rights without the places where they are given."""
    return {("", group, resource, verb) for _, group, resource, verb in rights}


def _ours(installation: Installation) -> set[Right]:
    """Return what the account of the Pods is given; others may be operators."""
    account = installation.pod["spec"]["serviceAccountName"]
    is_operator = any(
        subject["kind"] == "ServiceAccount" and subject["name"] != account
        for binding in installation.of("RoleBinding")
        for subject in binding["subjects"]
    )
    found = installation.granted("ServiceAccount")
    return {right for right in found if not (is_operator and right[2] == "services/proxy")}


def judge_everybody(installation: Installation) -> Iterator[str]:
    """Groups get `get` on the Service, its proxy and the certificate, by name, and nothing else."""
    for place, group, resource, verb in installation.granted("Group"):
        if (group, verb) != ("", "get") or not place:
            yield f"{(place, group, resource, verb)} is given to a group"
        if resource not in ("services", "services/proxy", "configmaps"):
            yield f"{resource} is given to a group"


def judge_resource_names(installation: Installation) -> Iterator[str]:
    """Rights on what has a known name are limited to that name, which is that of the object."""
    if installation.deployment is None:
        return
    services = {each["metadata"]["name"] for each in installation.of("Service")}
    lease = installation.settings.leader_elect_resource_name
    names = {"configmaps": {CONFIG_MAP}, "leases": {lease}, "services": services}
    for role in installation.of("Role", "ClusterRole"):
        for rule in role["rules"]:
            known = names.get(rule["resources"][0])
            is_named = set(rule.get("resourceNames", ["*"])) <= (known or set())
            if known and rule["verbs"] != ["create"] and not is_named:
                yield f"{role['metadata']['name']}: {rule['resources'][0]} of other names"


RIGHT_JUDGES: tuple[Callable[[Installation], Iterator[str]], ...] = (
    judge_rights,
    judge_everybody,
    judge_resource_names,
)
