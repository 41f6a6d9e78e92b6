"""Checks of the controller's Deployment: there, running, alone."""

from collections.abc import Iterator, Sequence

from sealer.doctor.facts import Facts, Gap, NotKnownError, Object
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.rights import places
from sealer.doctor.settings import settings_of
from sealer.doctor.words import counted, listed
from sealer.doctor.workload import (
    Likeness,
    Program,
    deployment_of,
    is_ending,
    is_ready,
    labels_match,
    likeness,
    program_of,
    statuses,
)
from sealer.manifest.cursor import Cursor

_MANY_RESTARTS = 5
_KIND = "Deployment"
# What a kubelet says of a container that it is still bringing up.
_COMING = ("", "ContainerCreating", "PodInitializing")
_GENERATIONS = (("metadata", "generation"), ("status", "observedGeneration"))
# Checks that look at what the original does not have.
_ONLY_OURS = (
    "leader, clock of the controller, renewal by metrics, published certificate, its rights"
)


def installation(facts: Facts) -> Iterator[Finding]:
    """Look whether there is a controller, and whose."""
    place, deployment = facts.place, facts.deployment.get()
    where = f"{place.namespace}/{place.name}"
    if deployment is None:
        yield fault(
            f"there is no Deployment {where}",
            "install the controller, or say where it is: --controller-namespace, --controller-name",
        )
        return
    if place.is_found:
        yield note(
            f"the controller is {where}: kubeseal and sealer do not look there by themselves",
            f"give them --controller-namespace {place.namespace} --controller-name {place.name}, "
            "or name both in .sealer.yaml",
        )
    program = program_of(facts)
    if program is Program.OURS:
        yield ok(f"sealer-controller at {where}")
    elif program is Program.ORIGINAL:
        yield note(f"the original's controller at {where}; not checked: {_ONLY_OURS}")
    else:
        yield note(f"a controller at {where}; whose is not known, it is taken for ours")


def replicas(facts: Facts) -> Iterator[Finding]:
    """Look whether all replicas are ready, and whether one stays while nodes are drained."""
    deployment = Cursor(deployment_of(facts))
    counts = deployment.fields("status")
    wanted = deployment.at("spec", "replicas").value
    wanted = wanted if isinstance(wanted, int) else 1
    ready, updated = (_number(counts.get(key)) for key in ("readyReplicas", "updatedReplicas"))
    name = deployment.text("metadata", "name")
    see = f"see why: kubectl describe pods -n {facts.place.namespace}, and their logs"
    if not wanted:
        yield fault(
            "the controller is scaled to 0: nothing is unsealed",
            f"kubectl scale deployment {name} -n {facts.place.namespace} --replicas=2",
        )
    elif not _is_observed(deployment):
        yield warning(
            "the Deployment was changed, and its status is of the time before",
            "look again; does the kube-controller-manager run?",
        )
    elif not ready:
        yield fault(f"none of {wanted} replicas is ready: nothing is unsealed", see)
    elif ready < wanted:
        yield warning(f"{ready} of {wanted} replicas are ready", see)
    elif updated < wanted:
        yield warning(f"{updated} of {wanted} replicas run what the Deployment says", see)
    else:
        yield ok(f"{ready} of {wanted} replicas are ready")
    yield from _disruption(facts, deployment, wanted)


def _is_observed(deployment: Cursor) -> bool:
    """Tell whether a status is about the Deployment as it is."""
    wanted, seen = (deployment.at(*each).value for each in _GENERATIONS)
    return wanted is None or wanted == seen


def _disruption(facts: Facts, deployment: Cursor, wanted: int) -> Iterator[Finding]:
    labels = deployment.at("spec", "template", "metadata", "labels").value
    budgets = [Cursor(each) for each in facts.budgets.get()]
    covered = any(labels_match(each.at("spec", "selector"), labels) for each in budgets)
    if wanted == 1:
        yield note(
            "a single replica: while it moves, nothing is unsealed and no certificate served",
            "run two with leader election",
        )
    elif wanted > 1 and not covered:
        yield note(
            "no PodDisruptionBudget: all replicas may be drained at once",
            "kubectl apply -f deploy/disruption.yaml, or pdb.create in the chart",
        )


def restarts(facts: Facts) -> Iterator[Finding]:
    """Look whether Pods do not come up, or end again and again."""
    deployment_of(facts)
    pods = [pod for each in facts.pods.get() if not is_ending(pod := Cursor(each))]
    if not pods:
        raise NotKnownError(Gap("there is no Pod to look at"))
    found = [finding for pod in pods for finding in _troubles(pod, facts.place.namespace)]
    total = sum(_number(each.at("restartCount").value) for pod in pods for each in statuses(pod))
    yield from found or [ok(f"{counted(len(pods), 'Pod')}, {counted(total, 'restart')}")]


def _troubles(pod: Cursor, namespace: str) -> Iterator[Finding]:
    name = pod.text("metadata", "name")
    for status in statuses(pod):
        waiting = status.text("state", "waiting", "reason")
        count = _number(status.at("restartCount").value)
        ended = status.text("lastState", "terminated", "reason")
        if waiting not in _COMING:
            yield fault(
                f"Pod {name} does not come up: {waiting}",
                f"kubectl describe pod {name} -n {namespace}; "
                f"kubectl logs {name} -n {namespace} --previous",
            )
        elif ended == "OOMKilled":
            yield warning(
                f"Pod {name} was killed for its memory, {count} restarts",
                "raise resources.limits.memory",
            )
        elif count >= _MANY_RESTARTS:
            yield warning(
                f"Pod {name} was restarted {count} times",
                f"see why: kubectl logs {name} -n {namespace} --previous",
            )
    if not list(statuses(pod)) and not is_ready(pod):
        for condition in pod.each("status", "conditions"):
            if condition.text("reason") == "Unschedulable":
                yield fault(
                    f"Pod {name} fits no node", f"kubectl describe pod {name} -n {namespace}"
                )


def others(facts: Facts) -> Iterator[Finding]:
    """Look for other controllers that work on the same namespaces."""
    own = deployment_of(facts)
    known = [each.get() for each in (facts.rivals, facts.sets) if each.is_known]
    rivals = [each for found in known for each in found if _key(each) != _key(own)]
    overlaps = [(each, _overlap(own, each)) for each in rivals]
    clashes = [each for each, overlap in overlaps if overlap and likeness(each) is Likeness.SURE]
    likely = [each for each, overlap in overlaps if overlap and each not in clashes]
    unclear = [each for each, overlap in overlaps if overlap is None]
    if clashes:
        yield fault(
            f"{_said(clashes)} works on the same namespaces and Secrets",
            "scale one of them to 0, or give each its own namespaces",
        )
    if likely:
        yield warning(
            f"{_said(likely)} is called like a controller, and may work on the same namespaces",
            "see its image: is it one? then scale one of them to 0, or divide the namespaces",
        )
    if unclear:
        yield note(
            f"{_said(unclear)} chooses namespaces by other labels; no namespace may have both",
            "kubectl get namespaces --show-labels",
        )
    facts.rivals.get()
    facts.sets.get()
    if not clashes and not likely and not unclear:
        more = f"; elsewhere: {counted(len(rivals), 'controller')}" if rivals else ""
        yield ok(f"no other controller works on the same namespaces{more}")


def _said(workloads: Sequence[Object]) -> str:
    names = ((Cursor(each).text("kind"), "/".join(_key(each)[1:])) for each in workloads)
    return listed(sorted(n if k in ("", _KIND) else f"{k} {n}" for k, n in names))


def _overlap(one: Object, other: Object) -> bool | None:
    """Tell whether two controllers work on the same objects; None where labels decide."""
    both = [settings_of(each) for each in (one, other)]
    is_off = any(Cursor(each).at("spec", "replicas").value == 0 for each in (one, other))
    labels = {each.labels for each in both}
    if is_off or (len(labels) > 1 and "" not in labels):
        return False
    ours, theirs = (
        set(places(settings, _key(each)[1]))
        for settings, each in zip(both, (one, other), strict=True)
    )
    selectors = [each.selector for each in both]
    if (
        any(each.sees_all for each in both)
        or ours & theirs
        or (selectors[0] and len({*selectors}) == 1)
    ):
        return True
    return None if any(selectors) else False


def _key(workload: Object) -> tuple[str, str, str]:
    there = Cursor(workload)
    kind = there.text("kind") or _KIND
    return kind, there.text("metadata", "namespace"), there.text("metadata", "name")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
