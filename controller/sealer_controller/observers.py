"""Let several observers hear what one would."""

from datetime import datetime

from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.outcome import Result
from sealer_keys.keyring import Keyring

__all__ = ["Observers"]


class Observers(Observer):
    """Passes everything on to observers, which may join later."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = list(observers)

    def add(self, observer: Observer) -> None:
        """Let one more observer hear what happens from now on."""
        self._observers.append(observer)

    def reconciled(self, result: Result) -> None:
        """Pass it on."""
        for each in self._observers:
            each.reconciled(result)

    def removed(self, key: Key) -> None:
        """Pass it on."""
        for each in self._observers:
            each.removed(key)

    def queue_changed(self, waiting: int, working: int) -> None:
        """Pass it on."""
        for each in self._observers:
            each.queue_changed(waiting, working)

    def healing_put_off(self, key: Key) -> None:
        """Pass it on."""
        for each in self._observers:
            each.healing_put_off(key)

    def keys_used(self, opened: int, not_opened: int) -> None:
        """Pass it on."""
        for each in self._observers:
            each.keys_used(opened, not_opened)

    def keys_changed(self, keyring: Keyring, unusable: int) -> None:
        """Pass it on."""
        for each in self._observers:
            each.keys_changed(keyring, unusable)

    def backups_changed(self, newest: datetime | None, missing: int) -> None:
        """Pass it on."""
        for each in self._observers:
            each.backups_changed(newest, missing)

    def next_renewal(self, when: datetime | None) -> None:
        """Pass it on."""
        for each in self._observers:
            each.next_renewal(when)

    def key_renewal_failed(self) -> None:
        """Pass it on."""
        for each in self._observers:
            each.key_renewal_failed()

    def lease_reached(self) -> None:
        """Pass it on."""
        for each in self._observers:
            each.lease_reached()

    def lease_not_reached(self) -> None:
        """Pass it on."""
        for each in self._observers:
            each.lease_not_reached()

    def began_to_lead(self) -> None:
        """Pass it on."""
        for each in self._observers:
            each.began_to_lead()

    def ceased_to_lead(self) -> None:
        """Pass it on."""
        for each in self._observers:
            each.ceased_to_lead()

    def watch_heard(self, kind: str) -> None:
        """Pass it on."""
        for each in self._observers:
            each.watch_heard(kind)

    def watch_restarted(self, kind: str, reason: str) -> None:
        """Pass it on."""
        for each in self._observers:
            each.watch_restarted(kind, reason)
