"""Checks of what others may do: few can read the private keys, and not everybody sends objects."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sealer.doctor.detours import is_detour, is_perhaps_detour, own_names
from sealer.doctor.facts import Facts, Gap, NotKnownError, Right
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.keys import records_of
from sealer.doctor.rbac import Grant, Rule, Subject, grants
from sealer.doctor.words import listed
from sealer.doctor.workload import Program, account_of, program_of
from sealer.everybody import EVERYBODY, READING, default_groups

_SECRETS = "secrets"
_POST = "create"


def reading(namespace: str) -> tuple[Right, ...]:
    """Return the rights that let somebody read the key Secrets."""
    return tuple(Right(verb, _SECRETS, "", namespace) for verb in READING)


def posting(namespace: str, name: str) -> tuple[Right, ...]:
    """Return the rights that let somebody send objects to the controller."""
    names = (f"http:{name}:", f"http:{name}:http", name)
    return tuple(Right(_POST, "services/proxy", "", namespace, each) for each in names)


def readers(facts: Facts) -> Iterator[Finding]:
    """Look who may read the key Secrets besides the controller and the cluster's own."""
    namespace = facts.place.namespace
    told, gap = _groups_that_may(facts, reading(namespace))
    for group in told:
        yield _open_to_all(group, namespace, "")
    others, keys = list(_others(facts)), _keys(facts)
    found = _chosen(others, lambda rule: _reads(rule, keys))
    trusted = [subject for subject in found if str(subject) in facts.trusted]
    for subject, who in found.items():
        if subject.is_broad and subject not in trusted and subject.everybody not in told:
            yield _open_to_all(subject.everybody, namespace, f": {who}")
    named = [who for each, who in found.items() if not each.is_broad and each not in trusted]
    if named:
        yield warning(
            f"{listed(named)} may read the private keys",
            "take the right away, or say that it is meant: --trust SUBJECT",
        )
    rest = [each for each in others if each.subject not in found]
    gap = _perhaps(facts, rest) or gap
    if not told and gap is None and len(found) == len(trusted):
        more = f"; trusted: {listed([str(each) for each in trusted])}" if trusted else ""
        yield ok(
            f"by rights on Secrets, nobody but {_own(facts)} and the cluster's administrators{more}"
        )
    yield from _detours(facts, rest)
    gap = gap or _perhaps_detours(facts, rest)
    if gap is not None:
        raise NotKnownError(gap)


def _open_to_all(group: str, namespace: str, how: str) -> Finding:
    return fault(
        f"everybody in {group} may read the private keys in {namespace}{how}",
        f"find the binding and remove it: kubectl get rolebindings -n {namespace} -o wide; "
        "kubectl get clusterrolebindings -o wide; then take the keys for compromised",
    )


def _keys(facts: Facts) -> frozenset[str] | None:
    """Return the names of the key Secrets; None where they are not known."""
    if not facts.keys.is_known:
        return None
    return frozenset(each.name for each in records_of(facts.keys.get()))


def _reads(rule: Rule, keys: frozenset[str] | None) -> bool:
    """Tell whether a rule lets somebody read keys: all Secrets, or one that is known to be one.

    To list and to watch some names is as good as to get them: the API server takes a field selector
    by `metadata.name` for a name.
    """
    covers = any(rule.covers(Right(verb, _SECRETS)) for verb in READING)
    return covers and (not rule.names or bool(rule.names & (keys or frozenset())))


def _perhaps(facts: Facts, others: Sequence[Grant]) -> Gap | None:
    """Return that it is not known whether some Secrets that somebody may read are keys."""
    if facts.keys.gap is None:
        return None
    found = _chosen(others, lambda rule: _reads(rule, rule.names))
    who = [each for subject, each in found.items() if str(subject) not in facts.trusted]
    return _by_name(who, "read Secrets by name; whether keys", facts.keys.gap)


def _by_name(who: Sequence[str], what: str, gap: Gap | None) -> Gap | None:
    """Return that it is not known what a right to something by its name is worth."""
    if not who or gap is None:
        return None
    return Gap(f"{listed(who)} may {what}, is not known: {gap.why}", gap.right)


def _detours(facts: Facts, others: Sequence[Grant]) -> Iterator[Finding]:
    """Tell who gets at the keys by running something beside them."""
    own = own_names(facts)
    found = {
        subject: who
        for subject, who in _chosen(others, lambda rule: is_detour(rule, own)).items()
        if str(subject) not in facts.trusted
    }
    pods = f"Pods in {facts.place.namespace}"
    what = f"may run, change or enter {pods}, or act as the controller, and so reach the keys"
    for subject, who in found.items():
        if subject.is_broad:
            yield fault(
                f"everybody in {subject.everybody} {what}: {who}",
                "remove the binding; then take the keys for compromised",
            )
    named = [who for subject, who in found.items() if not subject.is_broad]
    if named:
        yield note(
            f"{listed(named)} {what}",
            "install the controller in a namespace of its own, or --trust SUBJECT",
        )


def _perhaps_detours(facts: Facts, others: Sequence[Grant]) -> Gap | None:
    """Return that it is not known whether somebody gets at the keys by some Pods or accounts."""
    own = own_names(facts)
    sure = _chosen(others, lambda rule: is_detour(rule, own))
    found = _chosen(others, lambda rule: is_perhaps_detour(rule, own))
    who = [
        each
        for subject, each in found.items()
        if subject not in sure and str(subject) not in facts.trusted
    ]
    what = "enter or change Pods, or act as accounts, by name; whether the controller's"
    return _by_name(who, what, facts.pods.gap or facts.deployment.gap)


def _own(facts: Facts) -> str:
    return f"ServiceAccount {facts.place.namespace}/{_account(facts)}"


def _account(facts: Facts) -> str:
    deployment = facts.deployment.get() if facts.deployment.is_known else None
    return account_of(deployment) if deployment else facts.place.name


def _others(facts: Facts) -> Iterator[Grant]:
    """Yield the rights in the controller's namespace of all who might be a surprise."""
    namespace = facts.place.namespace
    for each in grants(facts.roles.get(), facts.bindings.get()):
        is_own = each.subject.is_account(namespace, _account(facts))
        if each.namespace in ("", namespace) and not each.is_default and not is_own:
            yield each


def _chosen(others: Iterable[Grant], judge: Callable[[Rule], bool]) -> dict[Subject, str]:
    """Return who has a right by rules that count, each with what binds it."""
    return {each.subject: f"{each.subject} ({each.binding})" for each in others if judge(each.rule)}


def service_proxy(facts: Facts) -> Iterator[Finding]:
    """Look whether everybody may have objects verified and sealed anew."""
    place = facts.place
    told, gap = _groups_that_may(facts, posting(place.namespace, place.name))
    hint = (
        "bind create on services/proxy to people and robots, not to everybody: "
        "the Role sealed-secrets-operator is there for that"
    )
    unseen = facts.roles.gap or facts.bindings.gap
    broad = [] if unseen else [each for each in _others(facts) if each.subject.is_broad]
    pods = own_names(facts)["pods"]
    found = _chosen(broad, lambda rule: _posts(rule, place.name, pods or frozenset()))
    groups = {*told, *(subject.everybody for subject in found)}
    if program_of(facts) is Program.ORIGINAL and groups == {EVERYBODY}:
        yield warning(
            f"everybody in {EVERYBODY} may send objects to the controller, as the original "
            "has it by default",
            hint,
        )
    else:
        yield from _senders(told, found, hint)
    if pods is None:
        named = _chosen(broad, lambda rule: _posts(rule, place.name, None))
        who = [each for subject, each in named.items() if subject.everybody not in groups]
        gap = gap or _by_name(who, "send to Pods by name; whether the controller's", facts.pods.gap)
    gap = gap or unseen
    if gap is not None:
        raise NotKnownError(gap)
    if not groups:
        yield ok(f"no default group may send objects through Service {place.name} or its Pods")


def _senders(told: Sequence[str], found: Mapping[Subject, str], hint: str) -> Iterator[Finding]:
    """Tell which default groups may send objects: as the API server says, and by bindings."""
    if told:
        yield fault(f"everybody in {' and '.join(told)} may send objects to the controller", hint)
    for subject, who in found.items():
        if subject.everybody not in told:
            yield fault(
                f"everybody in {subject.everybody} may send objects to the controller: {who}", hint
            )


def _posts(rule: Rule, service: str, pods: frozenset[str] | None) -> bool:
    """Tell whether a rule lets somebody send something to a Service, or to the Pods behind it.

    Without the names of the Pods, any name counts.
    """
    named = frozenset(map(_without_port, rule.names))
    wanted = (("services/proxy", frozenset({service})), ("pods/proxy", pods))
    return any(
        rule.covers(Right(_POST, resource)) and (not named or names is None or bool(named & names))
        for resource, names in wanted
    )


def _without_port(name: str) -> str:
    """Return what is meant by a name as the proxy takes it: `NAME`, or `http:NAME:PORT`."""
    scheme, *rest = name.split(":")
    return rest[0] if len(rest) > 1 else scheme


def _groups_that_may(facts: Facts, rights: Sequence[Right]) -> tuple[list[str], Gap | None]:
    """Return the default groups that have one of some rights, as the API server says.

    With them, why it is not known of all, where it is not.
    """
    found, gap = [], None
    for group in default_groups(facts.place.namespace):
        answers = [facts.review(group, right) for right in rights]
        if any(each.is_known and each.get() for each in answers):
            found.append(group)
        else:
            gap = next((each.gap for each in answers if each.gap), gap)
    return found, gap
