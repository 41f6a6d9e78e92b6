"""The key vault that is a namespace of a cluster: the port `KeyVault` in requests of `kube`."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from sealer.certsource import CONFIG_MAP, CONFIG_MAP_ITEM
from sealer.errors import ManifestError
from sealer.keysecret import ACTIVE, DEFAULT_PREFIX, DIGEST_KEY, KEY_LABEL
from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.kube.client import KubeClient, Selection
from sealer_controller.kube.discretion import discreet
from sealer_controller.kube.errors import AlreadyExistsError, ForbiddenError, NotFoundError
from sealer_controller.kube.events import About, EventRecorder
from sealer_controller.kube.merge import merge
from sealer_controller.kube.notes import note
from sealer_controller.kube.objects import Unreadable
from sealer_controller.kube.readers import readers
from sealer_controller.kube.reflector import Interrupted, Pace, Progress, Synced, reflect
from sealer_controller.kube.types import (
    CONFIG_MAPS,
    SECRETS,
    SecretObject,
    key_event_body,
    secret_body,
    stored_secret,
)
from sealer_controller.objects import Event, Key
from sealer_controller.observer import Observer
from sealer_controller.ports import KeySecret

__all__ = ["KubeVault"]

_log = logs.logger(__name__)
_KIND = "keys"
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class KubeVault:
    """The key Secrets of one namespace (compat.md 3.3).

    Args:
        client: Reaches the API server.
        namespace: Where the key Secrets live.
        prefix: Also the whole name of a key Secret of old, which has no label.
        observer: Told how the watches fare.
        now: Returns the time of day, UTC.
        pace: Makes what decides how long a broken watch pauses.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        *,
        prefix: str = DEFAULT_PREFIX,
        observer: Observer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: Callable[[], Pace] = Pace,
    ) -> None:
        self._client = client
        self._recorder = EventRecorder(client)
        self._namespace = namespace
        self._prefix = prefix
        self._observer = observer or Observer()
        self._now = now
        self._pace = pace
        self._is_told = False
        self._active = client.select(
            SECRETS, namespace=namespace, label_selector=f"{KEY_LABEL}={ACTIVE}"
        )
        self._old, self._digest = (
            client.select(SECRETS, namespace=namespace, field_selector=f"metadata.name={name}")
            for name in (prefix, DIGEST_KEY)
        )

    async def key_secrets(self) -> Sequence[KeySecret]:
        """Return every active key Secret, oldest first, the legacy unlabelled one included."""
        found = list((await self._active.list()).items)
        if all(obj.metadata.name != self._prefix for obj in found):
            found += await self._legacy()
        return sorted(map(_key_secret, found), key=_age)

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yield each time that the key Secrets, or the digest key, may be others than before.

        A Secret that loses its label is deleted as far as the watch of labelled ones goes.
        """
        sources = (self._active, self._old, self._digest)
        async with aclosing(merge(map(self._news, sources))) as merged:
            async for _ in merged:
                yield

    async def create_key_secret(self, secret: Secret, prefix: str) -> KeySecret:
        """Store a new key Secret under the name it has, which begins with `prefix`."""
        # The name alone would do; where it comes from is told as the original tells it.
        body = secret_body(secret, generateName=prefix)
        try:
            with discreet(secret):
                created = await self._client.create(SECRETS, body, self._namespace)
        except AlreadyExistsError as error:
            raise ChangedMeanwhileError(error.message) from error
        return _key_secret(created)

    async def digest_key(self) -> Secret | None:
        """Return the Secret `sealer.keysecret.DIGEST_KEY`, or None."""
        try:
            found = await self._client.get(SECRETS, DIGEST_KEY, self._namespace)
        except NotFoundError:
            return None
        return stored_secret(found).secret

    async def create_digest_key(self, secret: Secret) -> Secret:
        """Store a Secret of that name."""
        try:
            with discreet(secret):
                created = await self._client.create(SECRETS, secret_body(secret), self._namespace)
        except AlreadyExistsError as error:
            raise ChangedMeanwhileError(error.message) from error
        return stored_secret(created).secret

    async def publish(self, certificate: bytes) -> None:
        """Put the certificate into the ConfigMap that everybody may read."""
        wanted = {CONFIG_MAP_ITEM: certificate.decode("ascii")}
        try:
            found = await self._client.get(CONFIG_MAPS, CONFIG_MAP, self._namespace)
        except NotFoundError:
            body = _config_map_body({"name": CONFIG_MAP}, wanted)
            try:
                await self._client.create(CONFIG_MAPS, body, self._namespace)
            except AlreadyExistsError as error:
                raise ChangedMeanwhileError(error.message) from error
            return
        data = {**(found.data or {}), **wanted}
        if data != found.data:
            body = _config_map_body(found.metadata, data)
            await self._client.replace(CONFIG_MAPS, body, CONFIG_MAP, self._namespace)

    async def readers(self) -> Sequence[str]:
        """Return the groups that everybody, or every program, is in and that may read Secrets."""
        return await readers(self._client, self._namespace)

    async def record(self, name: str, event: Event) -> None:
        """Record an Event about a key Secret. A failure is logged and forgotten."""
        key = Key(self._namespace, name)
        await self._recorder.record(About(key), event, key_event_body(key, event, self._now()))

    async def _news(self, source: Selection[SecretObject]) -> AsyncGenerator[None, None]:
        is_listed = False
        async with aclosing(reflect(source, self._pace())) as changes:
            async for change in changes:
                note(self._observer, _KIND, self._namespace, change)
                is_listed |= isinstance(change, Synced)
                if is_listed and not isinstance(change, Progress | Interrupted):
                    yield

    async def _legacy(self) -> Sequence[SecretObject]:
        try:
            found = await self._client.get(SECRETS, self._prefix, self._namespace)
        except NotFoundError:
            return []
        except ForbiddenError as error:
            # Not everybody grants it, and few have such a Secret.
            if not self._is_told:
                _log.warning("legacy_key_not_read", name=self._prefix, message=error.message)
            self._is_told = True
            return []
        # One that was relabelled is retired, as any other key.
        return [] if KEY_LABEL in found.metadata.labels else [found]


def _config_map_body(metadata: object, data: Mapping[str, str]) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _key_secret(obj: SecretObject | Unreadable) -> KeySecret:
    metadata = obj.metadata
    if isinstance(obj, Unreadable):
        named = Secret(metadata.namespace, metadata.name, {})
        return KeySecret(named, fault=ManifestError(obj.problem))
    return KeySecret(stored_secret(obj).secret, metadata.creation_timestamp)


def _age(stored: KeySecret) -> tuple[datetime, str]:
    return stored.created or _END_OF_TIME, stored.secret.name
