"""Checks of what replicas agree on: who writes, and what time it is."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sealer.doctor.facts import Facts, Heartbeat, Object
from sealer.doctor.finding import Finding, fault, ok, warning
from sealer.doctor.moments import moment
from sealer.doctor.settings import settings_of
from sealer.doctor.words import for_people
from sealer.doctor.workload import Program, deployment_of, program_of
from sealer.manifest.cursor import Cursor

# The API server's clock tells whole seconds, and an answer takes its time.
TOLERANCE = timedelta(seconds=10)
_SETTLE = "let the machines' clocks follow a time server (NTP)"
_LONGEST_HOSTNAME = 63


def leader(facts: Facts) -> Iterator[Finding]:
    """Look whether exactly one replica writes."""
    deployment = deployment_of(facts)
    replicas = Cursor(deployment).at("spec", "replicas").value
    if program_of(facts) is Program.ORIGINAL:
        yield from _without_election(replicas, "the original knows no leader election")
    elif not settings_of(deployment).elects:
        yield from _without_election(replicas, "--leader-elect is off")
    else:
        yield from _elected(facts.heartbeat.get())


def _without_election(replicas: object, why: str) -> Iterator[Finding]:
    if isinstance(replicas, int) and replicas > 1:
        yield fault(
            f"{replicas} replicas write at the same time: {why}",
            "turn leader election on, or run one replica",
        )
    else:
        yield ok(f"one replica, which writes; {why}")


def _elected(beat: Heartbeat) -> Iterator[Finding]:
    if beat.lease is None:
        yield fault(
            "there is no Lease: no replica writes, or none may write it",
            "read the logs; grant the Role sealed-secrets-leader-election",
        )
        return
    spec = Cursor(beat.lease).at("spec")
    holder = spec.text("holderIdentity")
    logs = "read the logs of the replicas; do they reach the API server?"
    if not holder:
        yield fault("nobody holds the Lease: no replica writes", logs)
    elif not is_alive(beat):
        since = for_people(beat.read_at - (moment(spec.text("renewTime")) or beat.read_at))
        is_gone = beat.pods.is_known and not is_held_by_one_of(beat.lease, beat.pods.get())
        gone = ", is none of the Pods any more," if is_gone else ""
        yield fault(
            f"{holder} holds the Lease{gone} and has not renewed it for {since}: nobody writes",
            logs,
        )
    elif is_held_by_one_of(beat.lease, beat.pods.get()):
        yield ok(f"{holder.partition('_')[0]} leads")
    else:
        yield fault(
            f"{holder} holds the Lease and is none of the Pods",
            "look for another controller that uses this Lease: --leader-elect-resource-name",
        )


def is_alive(beat: Heartbeat) -> bool:
    """Tell whether the holder of a Lease renews it, whatever its clock says."""
    return bool(beat.is_renewed) or (beat.is_renewed is None and is_fresh(beat))


def is_held_by_one_of(lease: Object | None, pods: Sequence[Object]) -> bool:
    """Tell whether one of some Pods holds a Lease."""
    holder = Cursor(lease).text("spec", "holderIdentity")
    return any(_is_holder(Cursor(pod), holder) for pod in pods)


def is_fresh(beat: Heartbeat) -> bool:
    """Tell whether a Lease says, by the API server's clock, that it was renewed in time."""
    spec = Cursor(beat.lease).at("spec")
    renewed, seconds = moment(spec.text("renewTime")), spec.at("leaseDurationSeconds").value
    if renewed is None or not isinstance(seconds, int):
        return False
    return -TOLERANCE <= beat.read_at - renewed <= timedelta(seconds=seconds) + TOLERANCE / 5


def _is_holder(pod: Cursor, holder: str) -> bool:
    """Tell whether a Pod wrote a name into the Lease, which begins with its host's name."""
    host = holder.partition("_")[0]
    spec = pod.at("spec")
    if spec.is_true("hostNetwork"):
        return host == spec.text("nodeName")
    name = spec.text("hostname") or pod.text("metadata", "name")
    return host == name[:_LONGEST_HOSTNAME].rstrip("-.")


def clock(facts: Facts) -> Iterator[Finding]:
    """Look whether this machine, the API server and the leader agree on the time."""
    ahead = facts.clock.get()
    if abs(ahead) > TOLERANCE:
        word = "behind" if ahead > timedelta(0) else "ahead of"
        yield warning(f"this machine is {for_people(ahead)} {word} the API server", _SETTLE)
    skew = _leaders_skew(facts.heartbeat.get())
    if skew is not None and abs(skew) > TOLERANCE:
        word = "ahead of" if skew > timedelta(0) else "behind"
        yield warning(
            f"the leader is {for_people(skew)} {word} the API server: new keys are dated wrongly",
            _SETTLE,
        )
    elif abs(ahead) <= TOLERANCE and skew is None:
        yield ok("this machine and the API server agree; no leader shows its clock")
    elif abs(ahead) <= TOLERANCE:
        yield ok("this machine, the API server and the leader agree")


def _leaders_skew(beat: Heartbeat) -> timedelta | None:
    """Return how far the leader is ahead of the API server, by which new keys are dated.

    None where no Pod renews the Lease: an old time of somebody who is gone is no wrong clock.
    """
    renewed = moment(Cursor(beat.lease).text("spec", "renewTime")) if beat.lease else None
    if renewed is None or not is_alive(beat) or not is_held_by_one_of(beat.lease, beat.pods.get()):
        return None
    return renewed - beat.read_at
