"""Checks of the SealedSecrets: each has become a Secret, or it is told why not."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sealer.doctor.checks.certificate import current
from sealer.doctor.facts import Applied, Facts, NotKnownError
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.rights import places
from sealer.doctor.settings import settings_of
from sealer.doctor.words import counted, listed
from sealer.doctor.workload import deployment_of
from sealer_keys.fingerprint import short

_KEYS = 5
# How long a controller may take over an object that has just come, in seconds.
_PATIENCE = 60.0
_NO_KEY = "NoMatchingKey"
_UNNAMED = "no reason given"
# What to do about each reason that ours gives (docs/controller.md, "What fails").
_HINTS = {
    _NO_KEY: "see the check `missing-keys`",
    "Malformed": "seal the values anew: sealer seal",
    "TemplateError": "mend spec.template.data: sealer lint FILE",
    "Invalid": "mend names, type or size: sealer lint FILE",
    "Immutable": 'annotate the SealedSecret sealer.dev/recreate: "true", or delete the Secret',
    "NotManaged": "a Secret of that name is somebody else's: delete it, or annotate it "
    'sealedsecrets.bitnami.com/managed: "true"',
    "ApiError": "the API server refuses or is away: read the status, and the controller's logs",
    "InternalError": "please report it, with the controller's log",
}
_STATUS = "kubectl describe sealedsecret NAME -n NAMESPACE"


def synced(facts: Facts) -> Iterator[Finding]:
    """Look which SealedSecrets have not become Secrets, by reason."""
    every = _chosen(facts)
    failing: dict[str, list[Applied]] = {}
    for each in every:
        if each.synced == "False":
            failing.setdefault(each.reason or _UNNAMED, []).append(each)
    for reason, those in sorted(failing.items(), key=lambda pair: -len(pair[1])):
        hint = _HINTS.get(reason, "the status says why")
        yield fault(f"{_count(those)} not synced, {reason}: {_names(those)}", f"{hint}; {_STATUS}")
    unseen = [each for each in every if each.synced != "False" and not _is_seen(each)]
    if unseen:
        yield from _of_unseen(facts, unseen, "" if failing else ", all else synced")
    if not failing and not unseen:
        yield ok(f"{_count(every)}, all synced")


def _chosen(facts: Facts) -> Sequence[Applied]:
    """Return the objects in the namespaces that the controller looks at."""
    where = _watched(facts)
    return [each for each in facts.sealed.get() if where is None or each.namespace in where]


def _watched(facts: Facts) -> frozenset[str] | None:
    """Return the namespaces that the controller looks at; None for all."""
    if not facts.deployment.is_known or facts.deployment.get() is None:
        return None
    settings = settings_of(deployment_of(facts))
    selected = tuple(facts.namespaces.get()) if settings.selector else ()
    where = places(settings, facts.place.namespace, selected)
    return None if "" in where else frozenset(where)


def _is_seen(sealed: Applied) -> bool:
    """Tell whether a status is about an object as it is."""
    return bool(sealed.synced) and sealed.is_current


def _of_unseen(facts: Facts, unseen: Sequence[Applied], rest: str) -> Iterator[Finding]:
    """Tell what there is of objects that have no status, or an old one."""
    deployment = facts.deployment.get()  # which says whether they are to have one
    settings = settings_of(deployment) if deployment else None
    waiting = [each for each in unseen if each.age > _PATIENCE]
    if settings and not settings.writes_status:
        yield note(f"{_count(unseen)} without a status, which the controller was told not to write")
    elif not waiting:
        yield ok(f"{_count(unseen)} not looked at yet{rest}")
    elif settings and settings.labels:
        yield note(
            f"{_count(waiting)} without a status of late: {_names(waiting)}; by --label-selector "
            "they may be left out",
            f"kubectl get sealedsecrets --all-namespaces -l '{settings.labels}'",
        )
    else:
        yield fault(
            f"{_count(waiting)} not looked at: {_names(waiting)}",
            "does the controller run, and does it look at these namespaces and labels?",
        )


def watched(facts: Facts) -> Iterator[Finding]:
    """Look for SealedSecrets in namespaces that no controller looks at."""
    deployment_of(facts)
    where = _watched(facts)
    if where is None:
        yield ok("the controller looks at all namespaces")
        return
    outside = [each for each in facts.sealed.get() if each.namespace not in where]
    ignored = [each for each in outside if not each.synced]
    if ignored:
        yield warning(
            f"{_count(ignored)} in namespaces that nobody looks at: {_names(ignored)}",
            "add the namespaces to the controller, or remove the objects",
        )
    else:
        more = f"; what another one looks at: {_count(outside)}" if outside else ""
        yield ok(f"the controller looks at {counted(len(where), 'namespace')}{more}")


def missing_keys(facts: Facts) -> Iterator[Finding]:
    """Look for values that no key here opens, and name the keys that they were sealed with."""
    lost = [each for each in _chosen(facts) if each.reason == _NO_KEY and each.synced == "False"]
    if not lost:
        yield ok("no object waits for a key")
        return
    try:
        newest = short(current(facts).fingerprint)
    except NotKnownError:
        newest = ""
    by_key = Counter(key for each in lost for key in each.keys or ("",))
    for key, number in by_key.most_common(_KEYS):
        those = [each for each in lost if key in (each.keys or ("",))]
        if key and key == newest:
            yield fault(
                f"{number} sealed with the newest key, for another name, namespace or scope: "
                f"{_names(those)}",
                "put them back where they were sealed for, or seal anew",
            )
        else:
            named = f"key {key}, which is not here or does not fit" if key else "a key not noted"
            yield fault(
                f"{number} sealed with {named}: {_names(those)}",
                "restore that key: sealer keys restore keys.backup; or seal anew: sealer seal",
            )


def _count(those: Sequence[Applied]) -> str:
    return counted(len(those), "SealedSecret")


def _names(those: Sequence[Applied]) -> str:
    return listed(sorted(f"{each.namespace}/{each.name}" for each in those))
