"""The store that is a Kubernetes API server: the port `Store` in requests of `kube`."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from typing import assert_never

from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.errors import (
    ChangedMeanwhileError,
    ImmutableSecretError,
    RejectedByStoreError,
)
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.discretion import discreet
from sealer_controller.kube.errors import (
    AlreadyExistsError,
    Cause,
    ConflictError,
    InvalidError,
    NotFoundError,
    TooLargeError,
)
from sealer_controller.kube.events import About, EventRecorder
from sealer_controller.kube.objects import Unreadable, key_of
from sealer_controller.kube.places import EVERYWHERE, News, Places, follow
from sealer_controller.kube.reflector import Deleted, Pace, Synced, Undecodable
from sealer_controller.kube.reflector import Upserted as Reflected
from sealer_controller.kube.types import (
    SEALED_SECRETS,
    SECRET_METADATA,
    SECRETS,
    SealedSecretObject,
    SecretMetadataObject,
    event_body,
    secret_body,
    status_body,
    stored_sealed_secret,
    stored_secret,
    unreadable_sealed_secret,
)
from sealer_controller.kube.workloads import KubeWorkloads
from sealer_controller.marks import MANAGED_LABEL
from sealer_controller.objects import (
    Event,
    Key,
    Listed,
    Removed,
    SecretChange,
    SecretGone,
    SecretSeen,
    SecretsListed,
    Status,
    StoreChange,
    StoredSealedSecret,
    StoredSecret,
    Upserted,
)
from sealer_controller.observer import Observer
from sealer_controller.status import rebase

__all__ = ["KubeStore"]

_log = logs.logger(__name__)
# How often a status that others write at the same moment is read again before a pause is due.
_ATTEMPTS = 5


class KubeStore:
    """SealedSecrets, Secrets and Events of a cluster, or of some of its namespaces.

    Args:
        client: Reaches the API server.
        places: Where to look.
        label_selector: Which SealedSecrets to look at; empty for all.
        observer: Told how the watches fare.
        now: Returns the time of day, UTC.
        pace: Makes what decides how long a broken watch pauses, one for each watch.

    Attributes:
        workloads: What reads the Secrets.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        places: Places = EVERYWHERE,
        label_selector: str = "",
        observer: Observer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: Callable[[], Pace] = Pace,
    ) -> None:
        self.workloads = KubeWorkloads(client)
        self._client = client
        self._recorder = EventRecorder(client)
        self._places = places
        self._label_selector = label_selector
        self._observer = observer or Observer()
        self._now = now
        self._pace = pace

    async def changes(self) -> AsyncGenerator[StoreChange, None]:
        """Report every SealedSecret and everything that happens to it, for ever."""
        news = follow(
            self._client,
            SEALED_SECRETS,
            self._places,
            label_selector=self._label_selector,
            observer=self._observer,
            pace=self._pace,
        )
        async with aclosing(news):
            async for change in news:
                yield _reported(change)

    async def secret_changes(self) -> AsyncGenerator[SecretChange, None]:
        """Report every Secret that is marked as ours and everything that happens to it, for ever.

        The label selector of SealedSecrets does not matter here (compat.md 3.1).
        """
        news = follow(
            self._client,
            SECRET_METADATA,
            self._places,
            label_selector=f"{MANAGED_LABEL}=true",
            observer=self._observer,
            pace=self._pace,
        )
        async with aclosing(news):
            async for change in news:
                yield _sighted(change)

    async def read_sealed_secret(self, key: Key) -> StoredSealedSecret | None:
        """Return a SealedSecret as it is now, or None."""
        try:
            found = await self._client.find(SEALED_SECRETS, key.name, key.namespace)
        except NotFoundError:
            return None
        return _readable(found)

    async def read_secret(self, key: Key) -> StoredSecret | None:
        """Return the Secret of that name, or None."""
        try:
            return stored_secret(await self._client.get(SECRETS, key.name, key.namespace))
        except NotFoundError:
            return None

    async def create_secret(self, secret: Secret) -> StoredSecret:
        """Create a Secret."""
        with _writing(secret):
            created = await self._client.create(SECRETS, secret_body(secret), secret.namespace)
        return stored_secret(created)

    async def replace_secret(self, before: StoredSecret, after: Secret) -> StoredSecret:
        """Replace a Secret by another one of the same name."""
        body = secret_body(after, uid=before.uid, resourceVersion=before.resource_version)
        with _writing(after, before):
            replaced = await self._client.replace(SECRETS, body, after.name, after.namespace)
        return stored_secret(replaced)

    async def dry_run_create(self, secret: Secret) -> None:
        """Let the API server check a Secret as if it were created.

        That there is one of its name is the last thing it finds, after all that can be wrong.
        """
        body = secret_body(secret)
        with _writing(secret), suppress(AlreadyExistsError):
            await self._client.create(SECRETS, body, secret.namespace, is_dry_run=True)

    async def delete_secret(self, before: StoredSecret) -> None:
        """Delete a Secret, in exactly the version that was read."""
        secret = before.secret
        with _writing(None, before):
            await self._client.delete(
                SECRETS,
                secret.name,
                secret.namespace,
                uid=before.uid,
                resource_version=before.resource_version,
            )

    async def write_status(self, stored: StoredSealedSecret, status: Status) -> None:
        """Write the status of a SealedSecret; one that is gone or was replaced is left alone.

        A newer generation is left alone as well: its own reconcile writes its status.
        """
        if not stored.resource_version:
            # Nothing of it could be decoded, nor could the answer: metrics and Events must do.
            _log.warning("status_not_written", namespace=stored.key.namespace, name=stored.key.name)
            return
        key, version, wanted = stored.key, stored.resource_version, status
        for _ in range(_ATTEMPTS):
            body = status_body(stored, version, wanted)
            try:
                await self._client.replace_status(SEALED_SECRETS, body, key.name, key.namespace)
            except (ConflictError, NotFoundError) as error:
                fresh = await self._read_again(stored)
                if fresh is None:
                    return
                if isinstance(error, NotFoundError):  # it is there, but its status is not served
                    raise
                version, wanted = fresh.resource_version, rebase(status, fresh.status)
            else:
                return
        raise ChangedMeanwhileError(f"the status of {key} is being written by somebody else")

    async def record(self, stored: StoredSealedSecret, event: Event) -> None:
        """Record an Event about a SealedSecret. A failure is logged and forgotten."""
        body = event_body(stored, event, self._now())
        await self._recorder.record(About(stored.key, stored.uid), event, body)

    async def _read_again(self, stored: StoredSealedSecret) -> StoredSealedSecret | None:
        """Return the object as it is now; None when it is gone, replaced, or has moved on."""
        fresh = await self.read_sealed_secret(stored.key)
        if fresh is None or (fresh.uid, fresh.generation) != (stored.uid, stored.generation):
            return None
        return fresh


def _readable(found: SealedSecretObject | Unreadable) -> StoredSealedSecret:
    if isinstance(found, Unreadable):
        return unreadable_sealed_secret(key_of(found), found.metadata.uid, found.problem)
    return stored_sealed_secret(found)


def _reported(change: News[SealedSecretObject]) -> StoreChange:
    """Return what a change means to the controller."""
    match change:
        case Reflected(obj):
            return Upserted(stored_sealed_secret(obj))
        case Undecodable(key, uid, problem):
            return Upserted(unreadable_sealed_secret(key, uid, problem))
        case Deleted(key, uid):
            return Removed(key, uid)
        case Synced(count):
            return Listed(count)
        case _:
            assert_never(change)


def _sighted(change: News[SecretMetadataObject]) -> SecretChange:
    match change:
        case Reflected(obj):
            return SecretSeen(key_of(obj), obj.metadata.uid, obj.metadata.resource_version)
        case Undecodable(key, uid, _):
            return SecretSeen(key, uid, "")
        case Deleted(key, uid):
            return SecretGone(key, uid)
        case Synced(count):
            return SecretsListed(count)
        case _:
            assert_never(change)


@contextmanager
def _writing(after: Secret | None, before: StoredSecret | None = None) -> Iterator[None]:
    """Turn what the API server answers to a write of a Secret into the port's errors.

    Args:
        after: The Secret that is written; None when one is to be deleted.
        before: The Secret that is to be replaced or deleted; None when one is to be created.
    """
    try:
        with discreet(after, before.secret if before else None):
            yield
    except AlreadyExistsError as error:
        raise ChangedMeanwhileError(error.message) from error
    except ConflictError as error:
        if before is None:  # something else was written meanwhile, such as a ResourceQuota
            raise
        raise ChangedMeanwhileError(error.message) from error
    except NotFoundError as error:
        if before is None:  # the namespace is missing
            raise
        raise ChangedMeanwhileError(error.message) from error
    except (InvalidError, TooLargeError) as error:
        if before is not None and before.secret.immutable and any(map(_is_frozen, error.causes)):
            raise ImmutableSecretError(error.message) from error
        if _is_policy(error):
            raise
        raise RejectedByStoreError(error.message) from error


def _is_frozen(cause: Cause) -> bool:
    return cause.reason == "FieldValueForbidden" and cause.field in ("data", "immutable")


def _is_policy(error: InvalidError | TooLargeError) -> bool:
    """Tell whether it is a policy or a webhook that refuses, which somebody may lift any time.

    The API server's own checks name the fields at fault, or find the request too long and have no
    cause at all. A ValidatingAdmissionPolicy gives a cause that is nothing but words; a webhook
    gives none, unless it takes care to look like the API server.
    """
    if not error.causes:
        return isinstance(error, InvalidError)
    return not all(cause.field and cause.reason for cause in error.causes)
