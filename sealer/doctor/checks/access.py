"""Checks of rights: the controller has what it needs and no more, and few can read the keys."""

from collections.abc import Iterable, Iterator, Sequence

from sealer.doctor.facts import (
    ACCOUNTS,
    ANYBODY,
    CONTROLLER,
    EVERYBODY,
    Facts,
    NotKnownError,
    Right,
)
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.keys import records_of
from sealer.doctor.rbac import Grant, Subject, grants
from sealer.doctor.rights import allowed, needed
from sealer.doctor.settings import settings_of
from sealer.doctor.words import counted, listed
from sealer.doctor.workload import Program, account_of, deployment_of, program_of

_SECRETS = "secrets"
_READING = ("get", "list", "watch")
# Whoever may do one of these in a namespace gets at its Secrets by a Pod that mounts them.
_DETOURS = (
    *(Right("create", kind) for kind in ("pods", "replicationcontrollers")),
    *(Right("create", f"pods/{part}") for part in ("exec", "attach", "ephemeralcontainers")),
    *(Right("patch", "pods/ephemeralcontainers"), Right("create", "serviceaccounts/token")),
    *(
        Right(verb, kind, "apps")
        for kind in ("daemonsets", "deployments", "statefulsets", "replicasets")
        for verb in ("create", "patch", "update")
    ),
    *(Right("create", kind, "batch") for kind in ("jobs", "cronjobs")),
)
_GROUPS = (ANYBODY, EVERYBODY, ACCOUNTS)


def groups_of(namespace: str) -> tuple[str, ...]:
    """Return the groups that nobody chooses the members of."""
    return (*_GROUPS, f"{ACCOUNTS}:{namespace}")


def reading(namespace: str) -> tuple[Right, ...]:
    """Return the rights that let somebody read the key Secrets."""
    return tuple(Right(verb, _SECRETS, "", namespace) for verb in _READING)


def posting(namespace: str, name: str) -> tuple[Right, ...]:
    """Return the rights that let somebody send objects to the controller."""
    names = (f"http:{name}:", f"http:{name}:http", name)
    return tuple(Right("create", "services/proxy", "", namespace, each) for each in names)


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
    held = [each for each in _grants(facts) if _is_for(each.subject, namespace, account)]
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
    if subject.kind == "ServiceAccount":
        return (subject.namespace or namespace, subject.name) == (namespace, account)
    if subject.kind == "User":
        return subject.name == f"system:serviceaccount:{namespace}:{account}"
    return subject.name == f"{ACCOUNTS}:{namespace}"


def readers(facts: Facts) -> Iterator[Finding]:
    """Look who may read the key Secrets besides the controller and the cluster's own."""
    namespace = facts.place.namespace
    broad = _groups_that_may(facts, groups_of(namespace), reading(namespace))
    for group in broad:
        yield fault(
            f"everybody in {group} may read the private keys in {namespace}",
            f"find the binding and remove it: kubectl get rolebindings -n {namespace} -o wide; "
            "kubectl get clusterrolebindings -o wide; then take the keys for compromised",
        )
    names = [each.name for each in records_of(facts.keys.get())] if facts.keys.is_known else []
    wanted = [*reading(namespace), *(Right("get", _SECRETS, "", namespace, name) for name in names)]
    found = {
        str(each.subject): f"{each.subject} ({each.binding})"
        for each in _others(facts)
        if not each.subject.is_broad and any(each.rule.allows(right) for right in wanted)
    }
    if found:
        yield warning(
            f"{listed(list(found.values()))} may read the private keys",
            "take the right away, or say that it is meant: --trust SUBJECT",
        )
    elif not broad:
        yield ok("nobody but the controller and the administrators of the cluster")
    yield from _detours(facts, set(found))


def _detours(facts: Facts, known: set[str]) -> Iterator[Finding]:
    """Tell who gets at the keys by running something beside them."""
    found = {
        str(each.subject): f"{each.subject} ({each.binding})"
        for each in _others(facts)
        if str(each.subject) not in known and any(each.rule.allows(right) for right in _DETOURS)
    }
    if found:
        yield note(
            f"{listed(list(found.values()))} may run Pods in {facts.place.namespace}, which can "
            "mount the keys",
            "install the controller in a namespace of its own, or --trust SUBJECT",
        )


def _others(facts: Facts) -> Iterator[Grant]:
    """Yield the rights in the controller's namespace of all who might be a surprise."""
    deployment = facts.deployment.get() if facts.deployment.is_known else None
    account = account_of(deployment) if deployment else facts.place.name
    own = Subject("ServiceAccount", account, facts.place.namespace)
    for each in _grants(facts):
        is_here = each.namespace in ("", facts.place.namespace)
        is_expected = each.is_default or each.subject == own or str(each.subject) in facts.trusted
        if is_here and not is_expected:
            yield each


def service_proxy(facts: Facts) -> Iterator[Finding]:
    """Look whether everybody may have objects verified and sealed anew."""
    place = facts.place
    groups = _groups_that_may(
        facts, groups_of(place.namespace), posting(place.namespace, place.name)
    )
    hint = (
        "bind create on services/proxy to people and robots, not to everybody: "
        "the Role sealed-secrets-operator is there for that"
    )
    if not groups:
        yield ok("only chosen subjects may send objects to the controller")
    elif program_of(facts) is Program.ORIGINAL and groups == [EVERYBODY]:
        yield warning(
            f"everybody in {EVERYBODY} may send objects to the controller, as the original "
            "has it by default",
            hint,
        )
    else:
        yield fault(f"everybody in {' and '.join(groups)} may send objects to the controller", hint)


def _groups_that_may(facts: Facts, groups: Sequence[str], rights: Iterable[Right]) -> list[str]:
    """Return the groups that have one of some rights, as the API server says.

    Raises:
        NotKnownError: It does not say it of all, and none is known that has.
    """
    found, gap = [], None
    rights = tuple(rights)
    for group in groups:
        try:
            if any(facts.may(group, right) for right in rights):
                found.append(group)
        except NotKnownError as error:
            gap = error
    if gap is not None and not found:
        raise gap
    return found


def _grants(facts: Facts) -> Iterator[Grant]:
    yield from grants(facts.roles.get(), facts.bindings.get())
