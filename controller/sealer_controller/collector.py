"""Delete the Secrets of SealedSecrets that are gone, where no garbage collection does.

That is the original's `--old-gc-behavior`, for clusters without one (compat.md 2.7). What is not
ours stays, whatever it is called, and so does the Secret of a SealedSecret that is only out of our
sight. A deletion that no leader saw, or that the leader had no time for, is not made up for.
"""

from collections.abc import Callable

from sealer.errors import RetryableError, SealerError
from sealer.manifest import SealedSecret
from sealer_controller import logs
from sealer_controller.drift import Stamp
from sealer_controller.objects import Key, StoredSealedSecret
from sealer_controller.outcome import Retry
from sealer_controller.plan import may_delete
from sealer_controller.ports import Store

__all__ = ["Collector"]

_log = logs.logger(__name__)


class Collector:
    """Knows which SealedSecrets have gone and left a Secret behind.

    Args:
        store: Where the Secrets are.
        digest_key: Returns the key of the digests that Secrets carry.
    """

    def __init__(self, store: Store, digest_key: Callable[[], bytes]) -> None:
        self._store = store
        self._digest_key = digest_key
        self._gone: dict[Key, str] = {}

    def __contains__(self, key: Key) -> bool:
        """Tell whether a Secret of that name has yet to be looked at."""
        return key in self._gone

    def add(self, key: Key, uid: str) -> None:
        """Note that a SealedSecret of that UID is gone."""
        self._gone[key] = uid

    def drop(self, key: Key) -> None:
        """Note that there is another SealedSecret of that name: the Secret is its own."""
        self._gone.pop(key, None)

    def clear(self) -> None:
        """Forget all: who leads from now on sees what goes from now on."""
        self._gone.clear()

    async def collect(self, key: Key) -> Retry | None:
        """Delete the Secret of that name if it is ours; return when to try again, if need be."""
        try:
            await self._delete(StoredSealedSecret(SealedSecret(*key, {}), self._gone[key]))
        except SealerError as error:
            _log.warning(
                "secret_not_removed", namespace=key.namespace, name=key.name, message=error.message
            )
            return Retry(error.after if isinstance(error, RetryableError) else None)
        self.drop(key)
        return None

    async def _delete(self, gone: StoredSealedSecret) -> None:
        existing = await self._store.read_secret(gone.key)
        if existing is None or not may_delete(
            gone, existing.secret, Stamp(self._digest_key(), gone)
        ):
            return
        if await self._store.read_sealed_secret(gone.key) is not None:
            return  # it has lost a label that we select by; or the Secret is its successor's
        if gone.key in self:  # nobody has taken its name in the meantime
            await self._store.delete_secret(existing)
            _log.info("secret_removed", namespace=gone.key.namespace, name=gone.key.name)
