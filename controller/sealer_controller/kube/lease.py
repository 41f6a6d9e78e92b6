"""The Lease that replicas share, as an object of the API server: the port `LeaseStore`."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from sealer_controller.election import Lease
from sealer_controller.errors import ChangedMeanwhileError, LeaseForbiddenError
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
)
from sealer_controller.kube.notes import note
from sealer_controller.kube.objects import ObjectMeta, Resource
from sealer_controller.kube.reflector import Deleted, Pace, Upserted, reflect
from sealer_controller.observer import Observer

__all__ = ["LEASES", "KubeLease", "LeaseObject"]

_GROUP, _VERSION = "coordination.k8s.io", "v1"


class _Spec(Struct, frozen=True, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: datetime | None = None
    renew_time: datetime | None = None
    lease_transitions: int | None = None


class LeaseObject(Struct, frozen=True, kw_only=True):
    """A Lease."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()


LEASES = Resource(LeaseObject, "leases", _VERSION, _GROUP)


class KubeLease:
    """One Lease of a cluster.

    Args:
        client: Reaches the API server.
        namespace: Where the Lease is.
        name: What it is called.
        observer: Told how the watch fares.
        pace: Makes what decides how long a broken watch pauses.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        name: str,
        *,
        observer: Observer | None = None,
        pace: Callable[[], Pace] = Pace,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._observer = observer or Observer()
        self._pace = pace
        # Labels and the like that others have given it: a PUT without them would remove them.
        self._metadata = ObjectMeta(name=name)

    async def read(self) -> Lease | None:
        """Return the Lease; None where there is none."""
        with self._asking():
            try:
                found = await self._client.get(LEASES, self._name, self._namespace)
            except NotFoundError:
                return None
        return self._taken(found)

    async def write(self, lease: Lease) -> Lease:
        """Replace the Lease, or create it where it has no version; return it as stored."""
        metadata = self._metadata if lease.version else ObjectMeta(name=self._name)
        body = _body(lease, msgspec.structs.replace(metadata, resource_version=lease.version))
        with self._asking(replaces=bool(lease.version)):
            if lease.version:
                stored = await self._client.replace(LEASES, body, self._name, self._namespace)
            else:
                stored = await self._client.create(LEASES, body, self._namespace)
        return self._taken(stored)

    async def changes(self) -> AsyncGenerator[Lease | None, None]:
        """Report the Lease each time that it changes, None when it is gone, for ever."""
        source = self._client.select(
            LEASES, namespace=self._namespace, field_selector=f"metadata.name={self._name}"
        )
        async with aclosing(reflect(source, self._pace())) as changes:
            async for change in changes:
                note(self._observer, LEASES.plural, self._namespace, change)
                if isinstance(change, Upserted):
                    yield _lease(change.object)
                elif isinstance(change, Deleted):
                    yield None

    def _taken(self, found: LeaseObject) -> Lease:
        self._metadata = found.metadata
        return _lease(found)

    @contextmanager
    def _asking(self, *, replaces: bool = False) -> Iterator[None]:
        """Turn what the API server answers into the port's errors."""
        try:
            yield
        except (ConflictError, AlreadyExistsError) as error:
            raise ChangedMeanwhileError(error.message) from error
        except NotFoundError as error:
            if not replaces:  # the namespace is missing
                raise
            raise ChangedMeanwhileError(error.message) from error
        except ForbiddenError as error:
            raise LeaseForbiddenError(
                error.message,
                hint=f"grant get, list, watch, create and update on leases in {self._namespace}, "
                "or run one replica",
            ) from error


def _lease(found: LeaseObject) -> Lease:
    spec = found.spec
    return Lease(
        holder=spec.holder_identity or "",
        seconds=spec.lease_duration_seconds or 0,
        transitions=spec.lease_transitions or 0,
        acquired=spec.acquire_time,
        renewed=spec.renew_time,
        version=found.metadata.resource_version,
    )


def _body(lease: Lease, metadata: ObjectMeta) -> dict[str, object]:
    return {
        "apiVersion": f"{_GROUP}/{_VERSION}",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": lease.seconds,
            "acquireTime": _micro_time(lease.acquired),
            "renewTime": _micro_time(lease.renewed),
            "leaseTransitions": lease.transitions,
        },
    }


def _micro_time(time: datetime | None) -> str | None:
    """Return a time as Kubernetes' MicroTime: it must have six digits of a second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time else None
