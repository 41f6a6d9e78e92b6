"""Who leads: the Lease, and whether its holder renews it.

A fresh Lease is believed at once. One that looks old, or comes from the future, may be that of a
machine whose clock is wrong: then it is looked at until it changes, or its time is over.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sealer.cli.cluster.gateway import Gateway
from sealer.cli.doctor.asking import fact, path_of
from sealer.cli.errors import NotFoundError
from sealer.doctor.checks.leader import is_fresh
from sealer.doctor.facts import Fact, Heartbeat, Object, Right
from sealer.doctor.settings import Settings
from sealer.manifest.cursor import Cursor

_PAUSE_SECONDS = 0.5
_LONGEST_SECONDS = 60


def heartbeat(
    gateway: Gateway, settings: Settings, namespace: str, pause: Callable[[float], object]
) -> Fact[Heartbeat]:
    """Return the Lease of a controller; none is looked for where replicas do not elect.

    Args:
        gateway: Reaches the API server.
        settings: What the controller was told.
        namespace: Its namespace.
        pause: Waits for a number of seconds.
    """
    right = Right("get", "leases", "coordination.k8s.io", namespace, settings.lease)

    def ask() -> Heartbeat:
        if not settings.elects:
            return Heartbeat(None, datetime.now(UTC))
        beat = _read(gateway, right)
        if beat.lease is None or is_fresh(beat):
            return beat
        before = _version(beat.lease)
        for _ in range(int(_patience(beat.lease) / _PAUSE_SECONDS)):
            pause(_PAUSE_SECONDS)
            beat = _read(gateway, right)
            if _version(beat.lease) != before:
                return beat._replace(is_renewed=True)
        return beat._replace(is_renewed=False)

    return fact(ask, right)


def _read(gateway: Gateway, right: Right) -> Heartbeat:
    try:
        answer = gateway.get(path_of(right))
    except NotFoundError:
        return Heartbeat(None, datetime.now(UTC))
    return Heartbeat(answer.json(), answer.date or datetime.now(UTC))


def _patience(lease: Object) -> float:
    """Return how long to wait for a renewal: as long as others wait who might take over."""
    seconds = Cursor(lease).at("spec", "leaseDurationSeconds").value
    return min(seconds, _LONGEST_SECONDS) if isinstance(seconds, int) else 0


def _version(lease: Object | None) -> str:
    return Cursor(lease).text("metadata", "resourceVersion")
