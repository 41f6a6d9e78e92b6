"""The key vault that is a namespace of a cluster: the port `KeyVault` in requests of `kube`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sealer.errors import ManifestError, RetryableError
from sealer.keysecret import ACTIVE, DEFAULT_PREFIX, DIGEST_KEY, KEY_LABEL
from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import AlreadyExistsError, ForbiddenError, NotFoundError
from sealer_controller.kube.objects import Unreadable
from sealer_controller.kube.types import SECRETS, SecretObject, secret_body, stored_secret
from sealer_controller.ports import KeySecret

__all__ = ["KubeVault"]

_log = logs.logger(__name__)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class KubeVault:
    """The key Secrets of one namespace (compat.md 3.3).

    Args:
        client: Reaches the API server.
        namespace: Where the key Secrets live.
        prefix: Also the whole name of a key Secret of old, which has no label.
    """

    def __init__(self, client: KubeClient, namespace: str, *, prefix: str = DEFAULT_PREFIX) -> None:
        self._client = client
        self._namespace = namespace
        self._prefix = prefix

    async def key_secrets(self) -> Sequence[KeySecret]:
        """Return every active key Secret, oldest first, the legacy unlabelled one included."""
        active = self._client.select(
            SECRETS, namespace=self._namespace, label_selector=f"{KEY_LABEL}={ACTIVE}"
        )
        found = list((await active.list()).items)
        if all(obj.metadata.name != self._prefix for obj in found):
            found += await self._legacy()
        return sorted(map(_key_secret, found), key=_age)

    async def create_key_secret(self, secret: Secret, prefix: str) -> KeySecret:
        """Store a new key Secret under a name that begins with `prefix`."""
        body = secret_body(secret, generateName=prefix)
        try:
            created = await self._client.create(SECRETS, body, self._namespace)
        except AlreadyExistsError as error:  # the name that the server drew by lot was taken
            raise RetryableError(error.message) from error
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
            created = await self._client.create(SECRETS, secret_body(secret), self._namespace)
        except AlreadyExistsError as error:
            raise ChangedMeanwhileError(error.message) from error
        return stored_secret(created).secret

    async def _legacy(self) -> Sequence[SecretObject]:
        try:
            return [await self._client.get(SECRETS, self._prefix, self._namespace)]
        except NotFoundError:
            return []
        except ForbiddenError as error:
            # Not everybody grants it, and few have such a Secret.
            _log.warning("legacy_key_not_read", name=self._prefix, message=error.message)
            return []


def _key_secret(obj: SecretObject | Unreadable) -> KeySecret:
    metadata = obj.metadata
    if isinstance(obj, Unreadable):
        named = Secret(metadata.namespace, metadata.name, {})
        return KeySecret(named, fault=ManifestError(obj.problem))
    return KeySecret(stored_secret(obj).secret, metadata.creation_timestamp)


def _age(stored: KeySecret) -> tuple[datetime, str]:
    return stored.created or _END_OF_TIME, stored.secret.name
