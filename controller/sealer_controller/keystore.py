"""The sealing keys as the controller knows them: loaded from a vault, and new ones made for it.

Nothing here knows where the vault is. What is handed out is an immutable `Keyring`; a change of the
keys is another keyring. When a new key is due is decided by `renewal`, and `keykeeper` asks.
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sealer.errors import RetryableError
from sealer.keysecret import CERTIFICATE_ITEM, DEFAULT_PREFIX, key_secret
from sealer_controller import logs
from sealer_controller.digestkey import DIGEST_KEY_SIZE, keep_digest_key, load_digest_key
from sealer_controller.errors import ChangedMeanwhileError, NoSealingKeyError, NotLeadingError
from sealer_controller.keyset import KeyOrder, KeySet, read_keys
from sealer_controller.observer import Observer
from sealer_controller.ports import KeySecret, KeyVault
from sealer_controller.renewal import Cause
from sealer_keys.errors import EmptyKeyringError
from sealer_keys.generate import KeyOptions, generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

__all__ = ["KeyOrder", "KeyStore", "KeyStoreOptions"]

_log = logs.logger(__name__)
# As Kubernetes makes names: no vowels, so no words, and nothing that looks like something else.
_LETTERS, _SUFFIX_LENGTH = "bcdfghjklmnpqrstvwxz2456789", 5
# So that no other use of the digest key ever gives the same bytes.
_NAME_TAG = b"sealer.dev/key-name\0"
_ATTEMPTS = 8


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

    However many controllers want a new key at the same moment, one is made: its name is derived
    from the names of the keys that there are, so all of them try the same name, and the vault lets
    one have it.

    Args:
        vault: Where the key Secrets are.
        options: How keys are kept.
        observer: Told when the keys change.
        may_create: Whether we may write to the vault now; with several replicas only one may.
        now: Returns the time of day, UTC.
        generate: Makes a key pair; it takes a second and runs in a thread of its own.
    """

    def __init__(
        self,
        vault: KeyVault,
        options: KeyStoreOptions,
        *,
        observer: Observer | None = None,
        may_create: Callable[[], bool] = lambda: True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        generate: Callable[[datetime, KeyOptions], KeyPair] = generate_key_pair,
    ) -> None:
        self._vault = vault
        self._options = options
        self._observer = observer or Observer()
        self.may_create = may_create
        self._now = now
        self._generate = generate
        self._found: Sequence[KeySecret] = ()
        self._keys = KeySet()
        self._is_loaded = False
        self._listeners: list[Callable[[], None]] = []
        self._taking = asyncio.Lock()
        self._digest_key = secrets.token_bytes(DIGEST_KEY_SIZE)

    @property
    def keys(self) -> KeySet:
        """The keys as they are now, and what else is to be known about them."""
        return self._keys

    @property
    def keyring(self) -> Keyring:
        """The keys as they are now, newest first; none before they are loaded."""
        return self._keys.keyring

    @property
    def digest_key(self) -> bytes:
        """The key of digests and salts; a passing one before the keys are loaded."""
        return self._digest_key

    @property
    def newest_name(self) -> str:
        """The name of the key Secret that seals; the prefix where there is none."""
        try:
            return self.keyring.active.origin.rpartition("/")[2]
        except EmptyKeyringError:
            return self._options.prefix

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after each change of the keys."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Load all keys, the digest key too; make the first ones where there are none.

        Raises:
            NoSealingKeyError: There is none, and none may be made.
            RetryableError: The vault cannot be asked now, or another replica makes the first key.
            TerminalError: The vault refuses to answer.
        """
        await self.refresh()
        if not len(self.keyring) and self._options.require_existing:
            raise NoSealingKeyError(
                f"there is no usable sealing key in namespace {self._options.namespace}, and "
                "--require-existing-key forbids to make one",
                hint="restore the key Secrets from their backup, or start without the option",
            )
        self._digest_key = await load_digest_key(self._vault, self._options.namespace)
        if len(self.keyring):
            return
        if not self.may_create():
            raise NotLeadingError("there is no sealing key yet, and another replica makes it")
        await self.create(lambda keys: None if len(keys.keyring) else Cause.FIRST)

    async def refresh(self) -> None:
        """Take the keys that the vault holds now instead of the ones we had.

        Raises:
            RetryableError: The vault cannot be asked now; the keys stay as they were.
            TerminalError: The vault refuses to answer; the keys stay as they were.
        """
        async with self._taking:
            await self._take(await self._vault.key_secrets())

    async def keep_digest_key(self) -> None:
        """Put the digest key back into the vault, if it is not there any more and we may write.

        Raises:
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses.
        """
        if self.may_create():
            await keep_digest_key(self._vault, self._options.namespace, self._digest_key)

    async def create(self, cause: Callable[[KeySet], Cause | None]) -> KeyPair | None:
        """Make a new key, store it, and seal with it from then on.

        Args:
            cause: Returns why a key is due, given those that there are, or None. It is asked
                before the work begins and just before the key is stored.

        Returns:
            The key; None when none is due, somebody else was faster, or we may no longer write.

        Raises:
            RetryableError: The vault cannot be asked now; there is no new key.
            TerminalError: The vault refuses; there is no new key.
        """
        await self.refresh()
        if not self.may_create() or cause(self._keys) is None:
            return None
        pair = await asyncio.to_thread(self._generate, self._now(), self._options.key)
        names, attempt = self._keys.names, 0
        for _ in range(_ATTEMPTS):
            # To make it took a second, in which somebody else may have been faster.
            await self.refresh()
            why = cause(self._keys)
            if why is None or not self.may_create():
                return None
            # The same keys and the name is taken: by something that is no key, so try another.
            attempt = attempt if names == self._keys.names else 0
            names = self._keys.names
            try:
                await self._store(pair, self._name(attempt), why)
            except ChangedMeanwhileError:
                attempt += 1
            else:
                return pair
        raise RetryableError("every name tried for a new key is taken")

    async def _store(self, pair: KeyPair, name: str, why: Cause) -> None:
        """Store a key and, only when that has worked, begin to use it."""
        secret = key_secret(
            pair,
            namespace=self._options.namespace,
            name=name,
            labels=self._options.labels,
            annotations=self._options.annotations,
        )
        stored = await self._vault.create_key_secret(secret, self._options.prefix)
        async with self._taking:
            await self._take([*self._found, stored])
        _log.info(
            "key_created",
            namespace=stored.secret.namespace,
            name=stored.secret.name,
            cause=why.value,
            fingerprint=pair.fingerprint,
            certificate=secret.data[CERTIFICATE_ITEM].reveal().decode(),
        )

    def _name(self, attempt: int) -> str:
        """Return what to call a new key, beside those that there are now."""
        state = "\0".join((*self._keys.names, str(attempt))).encode()
        digest = hmac.digest(self._digest_key, _NAME_TAG + state, "sha256")
        # 27 letters do not divide 256: that makes some a little likelier, which hurts nobody.
        letters = (_LETTERS[byte % len(_LETTERS)] for byte in digest[:_SUFFIX_LENGTH])
        return self._options.prefix + "".join(letters)

    async def _take(self, found: Sequence[KeySecret]) -> None:
        keys = await asyncio.to_thread(read_keys, found, self._options.order)
        self._found = found
        before = self._keys
        # A mark of a backup is no change of the keys: nobody has to look at them again.
        self._observer.backups_changed(keys.newest_backup, keys.not_backed_up)
        if self._is_loaded and keys.summary == before.summary:
            return
        self._keys, self._is_loaded = keys, True
        self._tell(before)
        self._observer.keys_changed(keys.keyring, len(keys.faults))
        for listener in self._listeners:
            listener()

    def _tell(self, before: KeySet) -> None:
        """Log what is news."""
        for name, error in self._keys.faults.items():
            if name not in before.faults or before.faults[name].message != error.message:
                _log.error(
                    "key_unusable",
                    namespace=self._options.namespace,
                    name=name,
                    message=error.message,
                    hint=error.hint,
                )
        _log.info("keys_loaded", keys=len(self.keyring), unusable=len(self._keys.faults))
