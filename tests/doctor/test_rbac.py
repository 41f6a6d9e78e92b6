"""Roles and bindings mean what they mean to the API server's authoriser."""

import pytest

from sealer.doctor.facts import Right
from sealer.doctor.rbac import Grant, Rule, Subject, grants
from tests.deploy.manifests import Object
from tests.doctor.samples import binding, role

EVE = {"kind": "User", "name": "eve"}
SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


def rule(groups: str, resources: str, verbs: str, names: str = "") -> Rule:
    """Return a rule; several words stand for several."""
    return Rule(*(frozenset(each.split()) for each in (groups, resources, verbs, names)))


@pytest.mark.parametrize(
    ("given", "right", "is_allowed"),
    [
        (rule("apps", "deployments", "get"), Right("get", "deployments", "apps"), True),
        (rule("apps", "deployments", "get"), Right("get", "deployments", "batch"), False),
        (rule("apps", "deployments", "get"), Right("list", "deployments", "apps"), False),
        (rule("*", "*", "*"), Right("create", "pods/exec"), True),
        (rule("*", "pods", "*"), Right("create", "pods/exec"), False),
        (rule("*", "*/exec", "*"), Right("create", "pods/exec"), True),
        (rule("*", "*/exec", "*"), Right("create", "pods"), False),
        (rule("*", "secrets", "get", "a b"), Right("get", "secrets", "", "", "a"), True),
        (rule("*", "secrets", "get", "a b"), Right("get", "secrets", "", "", "c"), False),
        (rule("*", "secrets", "get", "a b"), Right("get", "secrets"), False),
        (rule("*", "secrets", "get"), Right("get", "secrets", "", "", "c"), True),
    ],
)
def test_rule_allows_what_it_names(given: Rule, right: Right, *, is_allowed: bool) -> None:
    """Group, resource, verb and name have to fit; a star fits all."""
    assert given.allows(right) is is_allowed


def one(roles: list[Object], bindings: list[Object]) -> Grant:
    """Return the one grant that there is."""
    (found,) = grants(roles, bindings)
    return found


def test_cluster_role_in_a_namespace_counts_there() -> None:
    """As a RoleBinding says; as a ClusterRoleBinding everywhere."""
    roles = [role("r", SECRETS)]
    assert one(roles, [binding("r", EVE, namespace="shop")]).namespace == "shop"
    assert one(roles, [binding("r", EVE)]).namespace == ""


def test_role_counts_in_its_own_namespace_only() -> None:
    """A Role of the same name elsewhere is another one."""
    here = {**role("r", SECRETS), "kind": "Role"}
    here["metadata"] = {"name": "r", "namespace": "shop"}
    bound = binding("r", EVE, namespace="other")
    bound["roleRef"]["kind"] = "Role"
    assert not list(grants([here], [bound]))
    bound["metadata"]["namespace"] = "shop"
    assert one([here], [bound]).role == "Role r"


@pytest.mark.parametrize(
    ("subject", "labels", "is_default"),
    [
        ({"kind": "Group", "name": "system:masters"}, {}, True),
        ({"kind": "Group", "name": "kubeadm:cluster-admins"}, {}, True),
        ({"kind": "User", "name": "system:kube-controller-manager"}, {"own": "yes"}, True),
        ({"kind": "User", "name": "system:kube-controller-manager"}, {}, False),
        ({"kind": "User", "name": "eve"}, {"own": "yes"}, False),
        ({"kind": "Group", "name": "system:authenticated"}, {"own": "yes"}, False),
        (
            {"kind": "ServiceAccount", "name": "gc", "namespace": "kube-system"},
            {"own": "yes"},
            True,
        ),
        ({"kind": "ServiceAccount", "name": "gc", "namespace": "shop"}, {"own": "yes"}, False),
        (
            {"kind": "ServiceAccount", "name": "other", "namespace": "kube-system"},
            {"own": "yes"},
            False,
        ),
    ],
)
def test_only_what_kubernetes_binds_itself_is_expected(
    subject: dict[str, str], labels: dict[str, str], *, is_default: bool
) -> None:
    """Whoever is added to such a binding is no part of Kubernetes, nor is a name alone."""
    own = {"kubernetes.io/bootstrapping": "rbac-defaults"} if labels else {}
    bound = binding("system:controller:gc", subject, **own)
    assert one([role("system:controller:gc", SECRETS)], [bound]).is_default is is_default


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (Subject("User", "eve"), "User:eve"),
        (Subject("ServiceAccount", "ci", "build"), "ServiceAccount:build/ci"),
    ],
)
def test_subject_is_called_as_trust_takes_it(subject: Subject, text: str) -> None:
    """What is told can be typed."""
    assert str(subject) == text
