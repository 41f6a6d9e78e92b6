"""The sealing keys as the controller knows them: loaded from a vault, the first one made if needed.

Nothing here knows where the vault is. What is handed out is an immutable `Keyring`; a change of the
keys is another keyring.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from sealer.errors import SealerError
from sealer.keysecret import DEFAULT_PREFIX, key_pair_of, key_secret
from sealer_controller import logs
from sealer_controller.digestkey import DIGEST_KEY_SIZE, load_digest_key
from sealer_controller.errors import NoSealingKeyError
from sealer_controller.observer import Observer
from sealer_controller.ports import KeySecret, KeyVault
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

__all__ = ["KeyOrder", "KeyStore", "KeyStoreOptions"]

_log = logs.logger(__name__)


class KeyOrder(Enum):
    """What tells which key is the newest (the original's `--key-order-priority`)."""

    CERT_NOT_BEFORE = "CertNotBefore"
    SECRET_CREATION_TIMESTAMP = "SecretCreationTimestamp"  # noqa: S105 - a setting, no secret


@dataclass(frozen=True, slots=True)
class KeyStoreOptions:
    """How keys are kept.

    Attributes:
        namespace: Where key Secrets live.
        prefix: What the names of new key Secrets begin with.
        key: What a new key looks like.
        order: What tells which key is the newest.
        require_existing: Never make the first key: its absence means that a backup has yet to be
            restored.
        labels: Labels of new key Secrets, besides the one that marks them.
        annotations: Annotations of new key Secrets.
    """

    namespace: str
    prefix: str = DEFAULT_PREFIX
    key: KeyOptions = field(default_factory=KeyOptions)
    order: KeyOrder = KeyOrder.CERT_NOT_BEFORE
    require_existing: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


class KeyStore:
    """Loads, makes and hands out the sealing keys.

    Args:
        vault: Where the key Secrets are.
        options: How keys are kept.
        observer: Told when the keys change.
        now: Returns the time of day, UTC.
        generate: Makes a key pair; it takes a second and runs in a thread of its own.
    """

    def __init__(
        self,
        vault: KeyVault,
        options: KeyStoreOptions,
        *,
        observer: Observer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        generate: Callable[[datetime, KeyOptions], KeyPair] = generate_key_pair,
    ) -> None:
        self._vault = vault
        self._options = options
        self._observer = observer or Observer()
        self._now = now
        self._generate = generate
        self._keyring = Keyring()
        self._unusable = 0
        self._digest_key = secrets.token_bytes(DIGEST_KEY_SIZE)

    @property
    def keyring(self) -> Keyring:
        """The keys as they are now, newest first; none before they are loaded."""
        return self._keyring

    @property
    def digest_key(self) -> bytes:
        """The key of digests and salts; a passing one before the keys are loaded."""
        return self._digest_key

    async def load(self) -> None:
        """Load all keys, the digest key too; make the first ones where there are none.

        Raises:
            NoSealingKeyError: There is none, and none may be made.
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses to answer.
        """
        await self._load_sealing_keys()
        self._digest_key = await load_digest_key(self._vault, self._options.namespace)

    async def _load_sealing_keys(self) -> None:
        await self._read()
        if len(self._keyring):
            return
        if self._options.require_existing:
            raise NoSealingKeyError(
                f"there is no usable sealing key in namespace {self._options.namespace}, and "
                "--require-existing-key forbids to make one",
                hint="restore the key Secrets from their backup, or start without the option",
            )
        pair = await self._make()
        # That took a second, in which somebody else may have been faster.
        await self._read()
        if not len(self._keyring):
            await self._add(pair)

    async def add_key(self) -> KeyPair:
        """Make a new key, store it, and seal with it from then on.

        Raises:
            RetryableError: The vault cannot be asked now; there is no new key.
            TerminalError: The vault refuses; there is no new key.
        """
        pair = await self._make()
        await self._add(pair)
        return pair

    async def _read(self) -> None:
        """Take the keys that the vault holds instead of the ones we had."""
        found = await self._vault.key_secrets()
        keys, unusable = await asyncio.to_thread(self._pairs, found)
        self._set(Keyring(keys), unusable)
        _log.info("keys_loaded", keys=len(self._keyring), unusable=unusable)

    def _pairs(self, found: Sequence[KeySecret]) -> tuple[list[KeyPair], int]:
        by_creation = self._options.order is KeyOrder.SECRET_CREATION_TIMESTAMP
        keys, unusable = [], 0
        for stored in found:
            try:
                if stored.fault is not None:
                    raise stored.fault
                created = stored.created if by_creation else None
                keys.append(key_pair_of(stored.secret, created=created))
            except SealerError as error:
                unusable += 1
                _log.error(
                    "key_unusable",
                    namespace=stored.secret.namespace,
                    name=stored.secret.name,
                    message=error.message,
                    hint=error.hint,
                )
        return keys, unusable

    async def _make(self) -> KeyPair:
        return await asyncio.to_thread(self._generate, self._now(), self._options.key)

    async def _add(self, pair: KeyPair) -> None:
        """Store a key and, only when that has worked, begin to use it."""
        secret = key_secret(
            pair,
            namespace=self._options.namespace,
            labels=self._options.labels,
            annotations=self._options.annotations,
        )
        stored = await self._vault.create_key_secret(secret, self._options.prefix)
        self._set(self._keyring.with_key(pair), self._unusable)
        certificate = self._keyring.certificate
        _log.info(
            "key_created",
            namespace=stored.secret.namespace,
            name=stored.secret.name,
            fingerprint=pair.fingerprint,
            certificate=certificate.pem.decode(),
        )

    def _set(self, keyring: Keyring, unusable: int) -> None:
        self._keyring, self._unusable = keyring, unusable
        self._observer.keys_changed(keyring, unusable)
