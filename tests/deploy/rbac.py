"""What roles and bindings allow, worked out to be compared with the API server's own answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Account", "Grant", "Question", "allows", "grants"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount, and what the API server knows it by."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """Its user name."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it is in."""
        accounts = "system:serviceaccounts"
        return accounts, f"{accounts}:{self.namespace}", "system:authenticated"


@dataclass(frozen=True, slots=True)
class Question:
    """May it do this?

    Attributes:
        namespace: Where; empty for what is in no namespace, or in all of them.
        group: The API group.
        resource: The resource, with the subresource: `pods/exec`.
        verb: What with it.
        name: With which of them; empty for any.
    """

    namespace: str
    group: str
    resource: str
    verb: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A rule of a role, and the namespace it is bound in; None for everywhere."""

    namespace: str | None
    rule: Object

    def allows(self, question: Question) -> bool:
        """Whether it answers a question with yes."""
        names = self.rule.get("resourceNames")
        return (
            self.namespace in (None, question.namespace)
            and _has(self.rule["apiGroups"], question.group)
            and _has(self.rule["resources"], question.resource)
            and _has(self.rule["verbs"], question.verb)
            and (not names or question.name in names)
        )


def grants(objects: Iterable[Object], account: Account) -> list[Grant]:
    """Return what the roles and bindings among some objects give to an account."""
    objects = list(objects)
    roles = {_identity(each): each["rules"] for each in objects if each["kind"] in _ROLES}
    found = []
    for each in objects:
        if each["kind"] in _BINDINGS and any(_is(one, account) for one in each["subjects"]):
            kind, name = each["roleRef"]["kind"], each["roleRef"]["name"]
            namespace = each["metadata"].get("namespace")
            rules = roles[kind, namespace if kind == "Role" else None, name]
            found += [Grant(namespace, rule) for rule in rules]
    return found


def allows(granted: Iterable[Grant], question: Question) -> bool:
    """Whether one of the grants allows it."""
    return any(grant.allows(question) for grant in granted)


_ROLES = ("ClusterRole", "Role")
_BINDINGS = ("ClusterRoleBinding", "RoleBinding")


def _identity(role: Object) -> tuple[str, str | None, str]:
    metadata = role["metadata"]
    return role["kind"], metadata.get("namespace"), metadata["name"]


def _is(subject: Object, account: Account) -> bool:
    if subject["kind"] == "Group":
        return subject["name"] in account.groups
    if subject["kind"] == "User":
        return bool(subject["name"] == account.user)
    return (subject["namespace"], subject["name"]) == (account.namespace, account.name)


def _has(words: Sequence[str], word: str) -> bool:
    return "*" in words or word in words
