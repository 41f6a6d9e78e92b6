"""Checks of the controller's rights: it has what it needs, and no more."""

from collections.abc import Iterator

from sealer.doctor.facts import CONTROLLER, Facts
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.rbac import Subject, grants
from sealer.doctor.rights import allowed, needed
from sealer.doctor.settings import settings_of
from sealer.doctor.words import counted, listed
from sealer.doctor.workload import Program, account_of, deployment_of, program_of
from sealer.everybody import ACCOUNTS

_SECRETS = "secrets"


def sufficient(facts: Facts) -> Iterator[Finding]:
    """Look whether the controller may do what it was told to."""
    deployment = deployment_of(facts)
    if program_of(facts) is Program.ORIGINAL:
        yield note("not checked: the original needs other rights")
        return
    settings = settings_of(deployment)
    selected = tuple(facts.namespaces.get()) if settings.selector else ()
    wanted = list(dict.fromkeys(needed(settings, facts.place.namespace, selected)))
    missing = [str(right) for right in wanted if not facts.may(CONTROLLER, right)]
    account = f"{facts.place.namespace}/{account_of(deployment)}"
    if missing:
        yield fault(
            f"ServiceAccount {account} may not {listed(missing)}",
            "apply deploy/rbac.yaml, or `helm upgrade` with rbac.create",
        )
    else:
        yield ok(f"ServiceAccount {account} has the {len(wanted)} rights that it needs")


def excess(facts: Facts) -> Iterator[Finding]:
    """Look whether the controller may do what it never does."""
    deployment = deployment_of(facts)
    if program_of(facts) is Program.ORIGINAL:
        yield note("not checked: the original needs other rights")
        return
    account, settings = account_of(deployment), settings_of(deployment)
    may_have = allowed(settings)
    namespace = facts.place.namespace
    held = [
        each
        for each in grants(facts.roles.get(), facts.bindings.get())
        if _is_for(each.subject, namespace, account)
    ]
    found: dict[str, None] = {}
    is_narrow = not settings.sees_all and not settings.selector  # labels may be any namespace's
    for grant in held:
        for right in grant.rule.rights():
            is_wide = is_narrow and not grant.namespace and right.resource == _SECRETS
            named = (right.verb, right.resource, right.group, right.name)
            if is_wide or not may_have & {named, (*named[:3], "")}:
                where = grant.namespace or "all namespaces"
                found[f"{right} in {where} ({grant.role})"] = None
    if found:
        yield warning(
            f"the controller may also {listed(list(found))}",
            "take the right away: the program never uses it",
        )
    else:
        yield ok(f"{counted(len(held), 'rule')}, none beyond what the program uses")


def _is_for(subject: Subject, namespace: str, account: str) -> bool:
    """Tell whether a subject is the controller by name, or a group of programs that it is in."""
    if subject.kind == "Group":
        return subject.name == f"{ACCOUNTS}:{namespace}"
    return subject.is_account(namespace, account)
