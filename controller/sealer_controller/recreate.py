"""Make a Secret anew that cannot be changed: delete it, and create another one in its place.

In between there is none, so the store has to agree to the new one beforehand. If it refuses it all
the same, or cannot be reached any more, the old one is put back from memory: at once, or as soon as
that is possible. If the controller is killed in between, its next start or another replica creates
the new one: the status tells it to, where the Secret would else be taken for left gone.
"""

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import Secret
from sealer_controller import logs
from sealer_controller.errors import ChangedMeanwhileError, NotRecreatedError, PutBackError
from sealer_controller.objects import Event, Key, StoredSealedSecret, StoredSecret
from sealer_controller.plan import Recreate
from sealer_controller.ports import Store

__all__ = ["Recreator"]

_log = logs.logger(__name__)
_RIGHT = "grant the controller the right to delete Secrets; deploy/components/recreate does"


class Recreator:
    """Creates Secrets, and makes them anew.

    It holds a Secret only from its deletion until there is one of its name again.

    Args:
        store: Where the Secrets are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owed: dict[Key, Secret] = {}

    def owes(self, key: Key) -> bool:
        """Tell whether a Secret may be missing because we have deleted it."""
        return key in self._owed

    async def recreate(self, stored: StoredSealedSecret, step: Recreate) -> StoredSecret:
        """Delete a Secret and create another one; each step is an Event.

        Raises:
            ChangedMeanwhileError: Somebody else wrote in between.
            NotRecreatedError: The Secret may not be deleted; nothing was done.
            PutBackError: The new one was refused after the old one was deleted.
            RejectedError: The new one is refused; nothing was done.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer; nothing was done.
        """
        await self._store.dry_run_create(step.after)
        await self._delete(stored.key, step)
        await self._tell(stored, "Normal", "Deleted", "Secret deleted, to be created anew")
        return await self.create(stored, step.after)

    async def create(self, stored: StoredSealedSecret, secret: Secret) -> StoredSecret:
        """Create a Secret, be it for the first time or in the place of a deleted one.

        Raises:
            ChangedMeanwhileError: There is one of that name already.
            PutBackError: It is refused, and takes the place of one that was deleted.
            RejectedError: It is refused.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """
        is_owed = stored.key in self._owed
        try:
            created = await self._store.create_secret(secret)
        except ChangedMeanwhileError:
            self._owed.pop(stored.key, None)
            raise
        except TerminalError as error:
            if not is_owed:
                raise
            hint = "the Secret was deleted for it, and is put back as it was"
            raise PutBackError(error.message, hint=hint) from error
        if self._owed.pop(stored.key, None):
            await self._tell(stored, "Normal", "Recreated", "Secret created anew")
        return created

    async def put_back(self, stored: StoredSealedSecret) -> StoredSecret | None:
        """Put back a Secret that was deleted and whose successor could not be created.

        Returns:
            What was put back; None where there was nothing to do.

        Raises:
            RetryableError, TerminalError: It cannot be done now; it has to be tried again.
        """
        secret = self._owed.get(stored.key)
        if secret is None:
            return None
        restored: StoredSecret | None = None
        try:
            restored = await self._store.create_secret(secret)
        except ChangedMeanwhileError:
            pass  # there is one: it was not deleted after all, or somebody was faster
        except (RetryableError, TerminalError) as error:
            _log.error(
                "secret_not_put_back",
                namespace=stored.key.namespace,
                name=stored.key.name,
                message=error.message,
            )
            raise
        self._owed.pop(stored.key, None)
        if restored is not None:
            words = "Secret put back as it was, as no other could be created"
            await self._tell(stored, "Warning", "PutBack", words)
        return restored

    def forget(self, key: Key) -> None:
        """Owe nothing any more: there is a Secret, or its SealedSecret is gone."""
        self._owed.pop(key, None)

    async def _delete(self, key: Key, step: Recreate) -> None:
        """Delete the old Secret; from here on it is owed, even if no answer comes.

        It is so where it was not found: what carried our request may have repeated it.
        """
        self._owed[key] = step.before.secret
        try:
            await self._store.delete_secret(step.before)
        except TerminalError as error:
            self.forget(key)
            hint = f"it is not made anew: {error.message}\n{_RIGHT}"
            raise NotRecreatedError(step.refusal, hint=hint) from error

    async def _tell(self, stored: StoredSealedSecret, kind: str, reason: str, words: str) -> None:
        await self._store.record(stored, Event(kind, reason, words))
