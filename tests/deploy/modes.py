"""The ways to install the chart, and what each lets the controller do: a table that tests hold."""

from dataclasses import dataclass

from sealer.certsource import CONFIG_MAP
from tests.deploy.chart import Values
from tests.deploy.installation import SYSTEM
from tests.deploy.manifests import NAME
from tests.deploy.rbac import Question

__all__ = ["MODES", "TEAM", "USUAL", "Mode"]

TEAM = "rights-team"
USUAL = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True)
class Mode:
    """A way to install the chart, and what it lets the controller do.

    Attributes:
        values: The values of the chart.
        everywhere: Rights in all namespaces: `group/resource verb...`.
        own: Further rights in the controller's namespace, with the names that they are for.
        team: Further rights in one other namespace.
    """

    values: Values
    everywhere: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    team: tuple[str, ...] = ()

    def allows(self, question: Question) -> bool:
        """Whether the table says yes."""
        there = {SYSTEM: self.own, TEAM: self.team}.get(question.namespace, ())
        return any(_allows(row, question) for row in (*self.everywhere, *there))

    def names(self, resource: str) -> list[str]:
        """Return which of a resource the table has rights for, if not for all; and another one."""
        rows = [row.split() for row in self.own]
        found = {name for row in rows if row[0] == resource for name in row[1:]} - set(USUAL)
        return [*sorted(found), "another"] if found else []


def _allows(row: str, question: Question) -> bool:
    resource, *words = row.split()
    names = set(words) - set(USUAL)
    return (
        resource == f"{question.group}/{question.resource}"
        and question.verb in words
        and (not names or question.name in names)
    )


UNSEAL = (
    "bitnami.com/sealedsecrets get list watch",
    "bitnami.com/sealedsecrets/status update",
    "/secrets get create update",
    "/events create patch",
)
WATCH = ("/secrets list watch",)
KEYS = ("/secrets list watch", "authorization.k8s.io/localsubjectaccessreviews create")
CERTIFICATE = (f"/configmaps get update {CONFIG_MAP}",)
LEASE = (
    "coordination.k8s.io/leases create",
    f"coordination.k8s.io/leases get list watch update {NAME}",
)
# The controller is one of those who can log in.
FETCH = (
    f"/services get {NAME}",
    *(f"/services/proxy get {name}" for name in (f"http:{NAME}:", f"http:{NAME}:http", NAME)),
)
OWN = (*KEYS, *CERTIFICATE, *LEASE, *FETCH)
NAMESPACED: Values = {"rbac": {"clusterRole": False, "namespacedRoles": True}}
MODES = {
    "default": Mode({}, everywhere=(*UNSEAL, *WATCH), own=OWN),
    "namespaced": Mode(
        {**NAMESPACED, "additionalNamespaces": [TEAM]},
        own=(*UNSEAL, *OWN),
        team=(*UNSEAL, *WATCH),
    ),
    "namespaces": Mode({"namespaces": [TEAM]}, own=(*UNSEAL, *OWN), team=(*UNSEAL, *WATCH)),
    "selector": Mode(
        {"namespaceSelector": "team=shop"},
        everywhere=(*UNSEAL, *WATCH, "/namespaces list watch"),
        own=OWN,
    ),
    "recreate": Mode(
        {"recreate": {"enabled": True}}, everywhere=(*UNSEAL, *WATCH, "/secrets delete"), own=OWN
    ),
    "restart": Mode(
        {"restart": {"enabled": True}},
        everywhere=(
            *(*UNSEAL, *WATCH),
            *(
                f"apps/{each}s get list patch"
                for each in ("daemonset", "deployment", "statefulset")
            ),
        ),
        own=OWN,
    ),
    "least": Mode(
        {
            "replicas": 1,
            "leaderElection": {"enabled": False},
            "skipRecreate": True,
            "certificateConfigMap": {"create": False},
            "rbac": {"serviceProxier": {"create": False}},
        },
        everywhere=UNSEAL,
        own=KEYS,
    ),
    "no rights": Mode({"rbac": {"create": False}}),
}
