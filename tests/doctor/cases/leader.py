"""Cases of the Lease: how old it may be, whose name is in it, and whose clock it shows."""

from datetime import timedelta

from sealer.doctor.facts import Fact, Heartbeat
from tests.deploy.manifests import NAME, Object
from tests.doctor import samples
from tests.doctor.cases.making import FAULT, OK, UNKNOWN, WARNING, Case
from tests.doctor.samples import FORBIDDEN

_LONG = "a" * 62 + "-6-7"


def _lease(
    seconds: float = 1, holder: str = f"{NAME}-0_1", pod: Object | None = None
) -> Fact[Heartbeat]:
    """Return a Lease of so many seconds ago, which lasts 10, and the only Pod."""
    beat = samples.lease(holder, timedelta(seconds=seconds))
    return Fact(beat._replace(pods=Fact([pod or samples.pod(0)])))


def _renewed(beat: Fact[Heartbeat], *, is_renewed: bool) -> Fact[Heartbeat]:
    return Fact(beat.get()._replace(is_renewed=is_renewed))


def _pod(name: str, **spec: object) -> Object:
    made = samples.pod(0)
    made["metadata"]["name"] = name
    made["spec"] = spec
    return made


CASES = (
    Case("leader", OK, "leads", {"heartbeat": _lease(12)}),
    Case("leader", FAULT, "nobody writes", {"heartbeat": _lease(12.5)}),
    Case("leader", OK, "leads", {"heartbeat": _lease(-10)}),
    Case("leader", FAULT, "nobody writes", {"heartbeat": _lease(-10.5)}),
    # A host's name has 63 characters at most, and ends with a letter or a digit.
    Case("leader", OK, "leads", {"heartbeat": _lease(1, f"{_LONG[:62]}_1", _pod(_LONG))}),
    Case("leader", FAULT, "none of", {"heartbeat": _lease(1, f"{_LONG}_1", _pod(_LONG))}),
    Case("leader", OK, "leads", {"heartbeat": _lease(1, "given_1", _pod("a", hostname="given"))}),
    Case("leader", FAULT, "none of", {"heartbeat": _lease(1, "a_1", _pod("a", hostname="given"))}),
    Case(
        "leader",
        OK,
        "leads",
        {"heartbeat": _lease(1, "node_1", _pod("a", hostNetwork=True, nodeName="node"))},
    ),
    Case(
        "leader",
        FAULT,
        "stranger_1 holds the Lease, is none of the Pods any more, and has not renewed it",
        {"heartbeat": _renewed(_lease(60, "stranger_1"), is_renewed=False)},
    ),
    Case(
        "leader",
        UNKNOWN,
        "you may not",
        {"heartbeat": Fact(_lease().get()._replace(pods=FORBIDDEN))},
    ),
    Case(
        "clock",
        OK,
        "no leader shows its clock",
        {"heartbeat": _renewed(_lease(1200, "stranger_1"), is_renewed=False)},
    ),
    Case(
        "clock",
        OK,
        "no leader shows its clock",
        {"heartbeat": _renewed(_lease(1200, "stranger_1"), is_renewed=True)},
    ),
    Case(
        "clock",
        WARNING,
        "the leader is 20 minutes behind",
        {"heartbeat": _renewed(_lease(1200), is_renewed=True)},
    ),
)
