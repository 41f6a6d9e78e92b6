"""Who leads: the Lease, whether its holder renews it, and the Pods of which it has to be one.

A fresh Lease of one of the Pods is believed at once. One that looks old, or comes from the future,
may be that of a machine whose clock is wrong; one of somebody who is no Pod, or of nobody, is so
for a while whenever a leader ends. Then both are looked at until they fit each other, or the Lease
has not changed for as long as it may last.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sealer.cli.cluster.gateway import Gateway
from sealer.cli.doctor.asking import fact, path_of
from sealer.cli.errors import NotFoundError
from sealer.doctor.checks.leader import is_fresh, is_held_by_one_of
from sealer.doctor.facts import Fact, Heartbeat, Object, Right
from sealer.doctor.settings import Settings
from sealer.manifest.cursor import Cursor

_PAUSE_SECONDS = 0.5
_LONGEST_SECONDS = 60
# Others wait as long as the Lease may last before they take it, and look again every few seconds.
_GRACE_SECONDS = 2
# One that was given back does not tell for how long it was asked for.
_VACANT_SECONDS = 15


def heartbeat(
    gateway: Gateway,
    settings: Settings,
    namespace: str,
    pods: Callable[[], Fact[Sequence[Object]]],
    pause: Callable[[float], object],
) -> Fact[Heartbeat]:
    """Return the Lease of a controller; none is looked for where replicas do not elect.

    Args:
        gateway: Reaches the API server.
        settings: What the controller was told.
        namespace: Its namespace.
        pods: Asks for its Pods.
        pause: Waits for a number of seconds.
    """
    right = Right("get", "leases", "coordination.k8s.io", namespace, settings.lease)

    def look() -> Heartbeat:
        beat = _read(gateway, right)
        return beat._replace(pods=pods())  # after the Lease, so that they are not older

    def ask() -> Heartbeat:
        if not settings.elects:
            return Heartbeat(None, datetime.now(UTC))
        return _watched(look, pause)

    return fact(ask, right)


def _watched(look: Callable[[], Heartbeat], pause: Callable[[float], object]) -> Heartbeat:
    """Return a Lease that says who leads, or one that was looked at for as long as it may last."""
    beat = look()
    if beat.lease is None or _is_vacant(beat) or (is_fresh(beat) and _is_held(beat)):
        return beat
    stranger_since = unchanged_since = waited = 0.0
    while waited - unchanged_since < _patience(beat.lease):
        pause(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS
        before, beat = beat, look()
        is_changed = _version(beat.lease) != _version(before.lease)
        if is_changed and _is_held(beat):
            return beat._replace(is_renewed=True)
        if is_fresh(beat) and _is_held(beat):
            return beat
        unchanged_since = waited if is_changed else unchanged_since
        stranger_since = stranger_since if _holder(beat) == _holder(before) else waited
        is_enough = waited >= _LONGEST_SECONDS + _GRACE_SECONDS  # strangers may take turns for ever
        if is_changed and (is_enough or waited - stranger_since >= _patience(beat.lease)):
            return beat._replace(is_renewed=True)  # it is no Pod, and goes on
    return beat._replace(is_renewed=False)


def _is_held(beat: Heartbeat) -> bool:
    """Tell whether somebody holds the Lease who may be one of the Pods: where they are known."""
    if not beat.pods.is_known:
        return bool(_holder(beat))
    return is_held_by_one_of(beat.lease, beat.pods.get())


def _is_vacant(beat: Heartbeat) -> bool:
    """Tell whether nobody holds the Lease, and nobody is there who could take it."""
    return not _holder(beat) and beat.pods.is_known and not beat.pods.get()


def _read(gateway: Gateway, right: Right) -> Heartbeat:
    try:
        answer = gateway.get(path_of(right))
    except NotFoundError:
        return Heartbeat(None, datetime.now(UTC))
    return Heartbeat(answer.json(), answer.date or datetime.now(UTC))


def _patience(lease: Object | None) -> float:
    """Return how long to wait for a renewal, or for somebody who takes it."""
    spec = Cursor(lease).at("spec")
    if lease is not None and not spec.text("holderIdentity"):
        return _VACANT_SECONDS
    seconds = spec.at("leaseDurationSeconds").value
    return min(seconds, _LONGEST_SECONDS) + _GRACE_SECONDS if isinstance(seconds, int) else 0


def _holder(beat: Heartbeat) -> str:
    return Cursor(beat.lease).text("spec", "holderIdentity")


def _version(lease: Object | None) -> str:
    return Cursor(lease).text("metadata", "resourceVersion")
