"""What is known of an installation, and why the rest is not known.

Facts are collected elsewhere (`sealer.cli.doctor`), as the API server gives them; checks only read
them. Asking for what is not known raises `NotKnownError`, which makes a check's answer "not known":
a right that is missing is never an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from sealer.certsource import DEFAULT_CONTROLLER_NAME, DEFAULT_CONTROLLER_NAMESPACE
from sealer.errors import SealerError

T_co = TypeVar("T_co", covariant=True)
Object = Mapping[str, Any]
CONTROLLER = "controller"


_ASK = "ask for that right, or somebody who has it: docs/operations/doctor.md, Rights"


class Right(NamedTuple):
    """Something that RBAC may allow.

    Attributes:
        verb: Such as `get`.
        resource: Its plural, such as `secrets`, with its part: `services/proxy`.
        group: The API group; empty for the core.
        namespace: Where; empty for everywhere.
        name: The one object that is meant; empty for all.
    """

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        """Return it as people say it."""
        kind, slash, part = self.resource.partition("/")
        what = f"{kind}.{self.group}{slash}{part}" if self.group else self.resource
        named = f" {self.name}" if self.name else ""
        return f"{self.verb} {what}{named}" + (f" in {self.namespace}" if self.namespace else "")


@dataclass(frozen=True, slots=True)
class Gap:
    """Why something is not known.

    Attributes:
        why: In words.
        right: What whoever asked may not do; empty when that is not the reason.
    """

    why: str
    right: str = ""


class NotKnownError(SealerError):
    """A check needs what is not known. The message names the right that would tell.

    Attributes:
        right: What whoever asked may not do; empty when that is not the reason.
    """

    def __init__(self, gap: Gap) -> None:
        self.right = gap.right
        super().__init__(gap.why, hint=_ASK if gap.right else "")


@dataclass(frozen=True, slots=True)
class Fact(Generic[T_co]):
    """Something that is known, or not.

    Attributes:
        gap: Why it is not known; None when it is.
    """

    _value: T_co | None
    gap: Gap | None = None

    @property
    def is_known(self) -> bool:
        """Whether `get` returns."""
        return self.gap is None

    def get(self) -> T_co:
        """Return what is known.

        Raises:
            NotKnownError: It is not.
        """
        if self.gap is not None:
            raise NotKnownError(self.gap)
        return self._value  # type: ignore[return-value] # None is a value where the type allows it


def unknown(why: str, right: Right | str = "") -> Fact[Any]:
    """Return a fact that is not known."""
    return Fact(None, Gap(why, str(right)))


_NOT_ASKED: Fact[Any] = unknown("nobody asked")


class Place(NamedTuple):
    """Where the controller is.

    Attributes:
        namespace: Its namespace.
        name: Its Service, and usually its Deployment.
        is_found: It was looked for, because none is where it is by default.
    """

    namespace: str = DEFAULT_CONTROLLER_NAMESPACE
    name: str = DEFAULT_CONTROLLER_NAME
    is_found: bool = False


class Pinned(NamedTuple):
    """A cluster of `.sealer.yaml` whose key is pinned."""

    cluster: str
    fingerprints: tuple[str, ...]


class Applied(NamedTuple):
    """What matters here of a SealedSecret in the cluster; neither values nor messages.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        synced: The status of its condition `Synced`; empty when there is none.
        reason: Why; the original gives none.
        is_current: The condition is about the object as it is now.
        age: Seconds since it was created.
        keys: Short fingerprints of the keys that its values say they are sealed with.
    """

    namespace: str
    name: str
    synced: str = "True"
    reason: str = ""
    is_current: bool = True
    age: float = 3600.0
    keys: frozenset[str] = frozenset()


class Heartbeat(NamedTuple):
    """The Lease of the controller, and its Pods as they were right after it was read.

    Attributes:
        lease: The object; None when there is none.
        read_at: When it was read, by the API server's clock.
        is_renewed: Whether it was seen to change; None when it was fresh and nobody waited.
        pods: The Pods; who held the Lease when it was read is among them, or has ended.
    """

    lease: Object | None
    read_at: datetime
    is_renewed: bool | None = None
    pods: Fact[Sequence[Object]] = _NOT_ASKED


@dataclass(frozen=True, slots=True)
class Facts:
    """All that checks may look at; each object as the API server gives it.

    Attributes:
        now: The time of day here.
        place: Where the controller is.
        client: The version of sealer.
        kubectl: The version of kubectl.
        server: The version of the API server.
        clock: How far the API server's clock is ahead of ours.
        crd: The kind; None where it is not defined.
        deployment: The controller's Deployment; None where there is none.
        pods: Its Pods.
        budgets: The PodDisruptionBudgets beside it.
        heartbeat: Its Lease.
        service: Its Service; None where there is none.
        slices: Where that leads.
        readiness: The HTTP status of its `/readyz`.
        served: The certificate that it serves, as PEM.
        published: Its ConfigMap with the certificate; None where there is none.
        metrics: What one replica's `/metrics` says.
        keys: The metadata of the key Secrets. Never more: they hold private keys.
        roles, bindings: All of the cluster, and those of its namespace.
        reviews: What the API server says about subjects: `controller`, or a group.
        sealed: All SealedSecrets.
        namespaces: The namespaces that its selector chooses.
        rivals: All Deployments that look like such a controller.
        sets: All StatefulSets and DaemonSets that do.
        apiservers: Pods of the API server.
        server_metrics: Lines of the API server's metrics about encryption.
        pins: The clusters whose pins count; None where there is no `.sealer.yaml`.
        trusted: Subjects that may read the keys.
    """

    now: datetime
    place: Place = field(default_factory=Place)
    client: str = ""
    kubectl: str = ""
    server: str = ""
    clock: Fact[timedelta] = _NOT_ASKED
    crd: Fact[Object | None] = _NOT_ASKED
    deployment: Fact[Object | None] = _NOT_ASKED
    pods: Fact[Sequence[Object]] = _NOT_ASKED
    budgets: Fact[Sequence[Object]] = _NOT_ASKED
    heartbeat: Fact[Heartbeat] = _NOT_ASKED
    service: Fact[Object | None] = _NOT_ASKED
    slices: Fact[Sequence[Object]] = _NOT_ASKED
    readiness: Fact[int] = _NOT_ASKED
    served: Fact[bytes] = _NOT_ASKED
    published: Fact[Object | None] = _NOT_ASKED
    metrics: Fact[str] = _NOT_ASKED
    keys: Fact[Sequence[Object]] = _NOT_ASKED
    roles: Fact[Sequence[Object]] = _NOT_ASKED
    bindings: Fact[Sequence[Object]] = _NOT_ASKED
    reviews: Mapping[tuple[str, Right], Fact[bool]] = field(default_factory=dict)
    sealed: Fact[Sequence[Applied]] = _NOT_ASKED
    namespaces: Fact[Sequence[str]] = _NOT_ASKED
    rivals: Fact[Sequence[Object]] = _NOT_ASKED
    sets: Fact[Sequence[Object]] = _NOT_ASKED
    apiservers: Fact[Sequence[Object]] = _NOT_ASKED
    server_metrics: Fact[Sequence[str]] = _NOT_ASKED
    pins: Sequence[Pinned] | None = None
    trusted: frozenset[str] = frozenset()

    def may(self, subject: str, right: Right) -> bool:
        """Return whether the API server says that a subject may do something.

        Raises:
            NotKnownError: It does not say it.
        """
        return self.review(subject, right).get()

    def review(self, subject: str, right: Right) -> Fact[bool]:
        """Return what the API server says, or why it does not."""
        return self.reviews.get((subject, right), _NOT_ASKED)
