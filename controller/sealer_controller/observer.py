"""Whoever counts what the controller does listens here; `metrics` does."""

from datetime import datetime

from sealer_controller.objects import Key
from sealer_controller.outcome import Result
from sealer_keys.keyring import Keyring

__all__ = ["Observer"]


class Observer:
    """Is told what happens, on the event loop, and must not block it. This one ignores it all."""

    def reconciled(self, result: Result) -> None:
        """One reconcile is over."""

    def removed(self, key: Key) -> None:
        """A SealedSecret is gone, and so are its series."""

    def queue_changed(self, waiting: int, working: int) -> None:
        """So many objects wait to be reconciled, and so many are being reconciled."""

    def healing_put_off(self, key: Key) -> None:
        """A Secret was changed once more shortly after it was put right: now we take our time."""

    def keys_used(self, opened: int, not_opened: int) -> None:
        """A private key was used so many times with, and so many times without, success."""

    def keys_changed(self, keyring: Keyring, unusable: int) -> None:
        """These are the sealing keys now; so many more key Secrets cannot be used."""

    def backups_changed(self, newest: datetime | None, missing: int) -> None:
        """The key that seals was backed up then, or never; so many keys are in no backup."""

    def next_renewal(self, when: datetime | None) -> None:
        """The next sealing key will be made then, or was due then; None is never."""

    def key_renewal_failed(self) -> None:
        """A new sealing key was due and could not be made."""

    def lease_reached(self) -> None:
        """Who leads is known: the Lease was read or written, or we work alone."""

    def lease_not_reached(self) -> None:
        """The Lease could neither be read nor written."""

    def began_to_lead(self) -> None:
        """This replica may write from now on."""

    def ceased_to_lead(self) -> None:
        """This replica may not write any more."""

    def watch_heard(self, kind: str) -> None:
        """The store said something about a kind of objects, be it that there is no news."""

    def watch_restarted(self, kind: str, reason: str) -> None:
        """A watch of a kind of objects ended and goes on after a pause; `reason` is one word."""
