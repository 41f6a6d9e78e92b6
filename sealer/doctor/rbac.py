"""Who may do what, as roles and bindings say: the same rules as the API server's authoriser.

Source: the Kubernetes documentation, "Using RBAC Authorization": rules add up, `*` stands for all,
and a ClusterRole that a RoleBinding binds counts in the binding's namespace.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sealer.doctor.facts import Object, Right
from sealer.everybody import ANONYMOUS, ANYBODY, is_default_group
from sealer.manifest.cursor import Cursor

_ALL = "*"
_BOOTSTRAPPING = "kubernetes.io/bootstrapping"
_DEFAULTS = "rbac-defaults"
_SYSTEM = "kube-system"
_ACCOUNT = "system:serviceaccount"
# Whoever is in them may do everything, and gets no further by keys.
_MASTERS = ("system:masters", "kubeadm:cluster-admins")


class Subject(NamedTuple):
    """Somebody who may be given rights."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        """Return it in the way that `--trust` takes: `Group:NAME`, `ServiceAccount:NS/NAME`."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind}:{place}{self.name}"

    @property
    def is_broad(self) -> bool:
        """Whether it is a group that nobody chooses the members of, or who does not log in."""
        is_group = self.kind == "Group" and is_default_group(self.name)
        return is_group or (self.kind, self.name) == ("User", ANONYMOUS)

    @property
    def everybody(self) -> str:
        """The default group that is meant, where it is a broad one."""
        return ANYBODY if self.name == ANONYMOUS else self.name

    def is_account(self, namespace: str, name: str) -> bool:
        """Tell whether it is a ServiceAccount, also by the name that it logs in with."""
        if self.kind == "ServiceAccount":
            return (self.namespace or namespace, self.name) == (namespace, name)
        return self.kind == "User" and self.name == f"{_ACCOUNT}:{namespace}:{name}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a role; what is empty in `names` counts for all names."""

    groups: frozenset[str]
    resources: frozenset[str]
    verbs: frozenset[str]
    names: frozenset[str] = frozenset()

    def allows(self, right: Right) -> bool:
        """Tell whether it allows something; a right to all needs a rule for all names."""
        return self.covers(right) and (not self.names or right.name in self.names)

    def covers(self, right: Right) -> bool:
        """Tell whether it allows something to one name at least."""
        return (
            bool(self.verbs & {right.verb, _ALL})
            and bool(self.groups & {right.group, _ALL})
            and _covers(self.resources, right.resource)
        )

    def rights(self) -> Iterator[Right]:
        """Yield what it allows, one by one, in no namespace; `*` is left as it is."""
        for group in sorted(self.groups):
            for resource in sorted(self.resources):
                for verb in sorted(self.verbs):
                    for name in sorted(self.names) or ("",):
                        yield Right(verb, resource, group, "", name)


@dataclass(frozen=True, slots=True)
class Grant:
    """A rule that counts for a subject.

    Attributes:
        subject: Who.
        rule: What.
        namespace: Where; empty for everywhere.
        role: The role that has the rule, as `Kind NAME`.
        binding: What binds it, as `Kind NAME`.
        is_default: The subject has it of Kubernetes itself.
    """

    subject: Subject
    rule: Rule
    namespace: str
    role: str
    binding: str
    is_default: bool = False


def grants(roles: Sequence[Object], bindings: Sequence[Object]) -> Iterator[Grant]:
    """Yield every rule with every subject that it counts for.

    Args:
        roles: ClusterRoles and Roles.
        bindings: ClusterRoleBindings and RoleBindings.
    """
    known = {_name_of(Cursor(each)): tuple(_rules(Cursor(each))) for each in roles}
    for binding in map(Cursor, bindings):
        namespace = binding.text("metadata", "namespace")
        kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
        rules = known.get((kind, namespace if kind == "Role" else "", name), ())
        for subject in binding.each("subjects"):
            who = Subject(subject.text("kind"), subject.text("name"), subject.text("namespace"))
            for rule in rules:
                yield Grant(
                    who,
                    rule,
                    namespace,
                    f"{kind} {name}",
                    f"{binding.text('kind')} {binding.text('metadata', 'name')}",
                    _is_default(binding, who),
                )


def _is_default(binding: Cursor, who: Subject) -> bool:
    """Tell whether Kubernetes itself gives somebody the role, so that it works at all."""
    if who.kind == "Group" and who.name in _MASTERS:
        return True
    if binding.text("metadata", "labels", _BOOTSTRAPPING) != _DEFAULTS or who.is_broad:
        return False
    if who.kind == "ServiceAccount":
        own = f"system:controller:{who.name}"
        return who.namespace == _SYSTEM and binding.text("roleRef", "name") == own
    return who.name.startswith("system:") and not who.name.startswith(f"{_ACCOUNT}:")


def _covers(resources: frozenset[str], resource: str) -> bool:
    _, slash, part = resource.partition("/")
    wanted = {resource, _ALL} | ({f"{_ALL}/{part}"} if slash else set())
    return bool(resources & wanted)


def _name_of(role: Cursor) -> tuple[str, str, str]:
    metadata = role.at("metadata")
    return role.text("kind"), metadata.text("namespace"), metadata.text("name")


def _rules(role: Cursor) -> Iterator[Rule]:
    for rule in role.each("rules"):
        yield Rule(
            groups=_texts(rule, "apiGroups"),
            resources=_texts(rule, "resources"),
            verbs=_texts(rule, "verbs"),
            names=_texts(rule, "resourceNames"),
        )


def _texts(rule: Cursor, key: str) -> frozenset[str]:
    return frozenset(each.value for each in rule.each(key) if isinstance(each.value, str))
