"""Rights by which somebody who may read no Secret still gets at the keys: by Pods and tokens."""

from collections.abc import Mapping

from sealer.doctor.facts import Facts, Right
from sealer.doctor.rbac import Rule
from sealer.doctor.workload import account_of
from sealer.manifest.cursor import Cursor

# Whoever writes one of these chooses what its Pods mount, and as which account they run.
_WORKLOADS = (
    *(("pods", ""), ("replicationcontrollers", "")),
    *((kind, "apps") for kind in ("daemonsets", "deployments", "statefulsets", "replicasets")),
    *(("jobs", "batch"), ("cronjobs", "batch")),
)
DETOURS = (
    *(
        Right(verb, kind, group)
        for kind, group in _WORKLOADS
        for verb in ("create", "patch", "update")
    ),
    # Over WebSockets both are a `get`, which older API servers take for enough.
    *(Right(verb, f"pods/{part}") for part in ("exec", "attach") for verb in ("get", "create")),
    *(Right(verb, "pods/ephemeralcontainers") for verb in ("patch", "update")),
    Right("create", "serviceaccounts/token"),
)
Names = Mapping[str, frozenset[str] | None]


def own_names(facts: Facts) -> Names:
    """Return the names of the controller's Pods and account, by resource; None if not known."""
    deployment = facts.deployment.get() if facts.deployment.is_known else None
    pods = facts.pods.get() if facts.pods.is_known else None
    return {
        "pods": None
        if pods is None
        else frozenset(Cursor(each).text("metadata", "name") for each in pods),
        "serviceaccounts": frozenset({account_of(deployment) if deployment else facts.place.name})
        if facts.deployment.is_known
        else None,
    }


def is_detour(rule: Rule, own: Names) -> bool:
    """Tell whether a rule leads to the keys; a rule for some names by those that count.

    Names that are not known never match.
    """
    return any(_leads(rule, right, own) for right in DETOURS)


def is_perhaps_detour(rule: Rule, own: Names) -> bool:
    """Tell whether a rule leads to the keys if names that are not known are as it says."""
    return is_detour(rule, {kind: names for kind, names in own.items() if names is not None})


def _leads(rule: Rule, right: Right, own: Names) -> bool:
    if not rule.covers(right) or not rule.names:
        return rule.covers(right)
    kind, _, part = right.resource.partition("/")
    if right.verb == "create" and not part:
        return False  # what does not exist yet has no name to the API server
    if kind not in own:
        return True  # any workload may be changed to mount the keys
    return bool(rule.names & (own[kind] or frozenset()))
