"""What Prometheus can read of the controller: the original's names, and what it was missing.

Source: compat.md 3.5 and controller.md 10; `docs/controller.md` lists every metric. All series are
in a registry of their own, so that nothing of another package appears among them.
"""

import time
from collections import Counter as Tally
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from sealer_controller.conditions import ConditionSeries
from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.outcome import Result
from sealer_keys.errors import EmptyKeyringError
from sealer_keys.keyring import Keyring

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_NAMESPACE = "sealed_secrets_controller"
_INSTANCE_LABEL = "app.kubernetes.io/instance"


class Metrics(Observer):
    """Counts what it is told.

    Args:
        version: What `build_info` shows.
        with_objects: Whether there are series for single objects, which tell their names.
        with_backups: Whether a backup leaves a mark at the keys, as in a cluster it does.
        now: Returns the time of day, in seconds since 1970.
    """

    def __init__(
        self,
        version: str,
        *,
        with_objects: bool = True,
        with_backups: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        # The original has no `_created` series.
        disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._with_objects = with_objects
        self._with_backups = with_backups
        self._now = now
        self._stands_by = False
        self._heard: set[str] = set()
        self._reasons: dict[Key, str] = {}
        self._objects_by_reason: Tally[str] = Tally()
        self._make_original(version)
        self._make_ours()
        if with_backups:
            self._make_backups()

    def render(self) -> bytes:
        """Return all series as text. It takes 7 ms per thousand: not for the event loop."""
        return generate_latest(self.registry)

    def answered(self, path: str, method: str, code: int, seconds: float) -> None:
        """Count a request over HTTP."""
        self._http_requests.labels(path, str(code), method.lower()).inc()
        self._http_seconds.labels(path, method.lower()).observe(seconds)

    def reconciled(self, result: Result) -> None:
        """Count a reconcile, and note the object's condition."""
        key = result.stored.key
        self._requests.inc()
        self._reconcile_seconds.observe(result.seconds)
        if result.failed_at is not None:
            self._errors.labels(result.failed_at.value, key.namespace).inc()
        if result.is_healed:
            self._healings.labels(key.namespace).inc()
        if self._stands_by:  # it was in hand when another replica took over, which tells of it
            return
        self._note_reason(key, result.reason.value)
        if self._with_objects and result.condition is not None:
            instance = result.stored.sealed.labels.get(_INSTANCE_LABEL, "")
            self._conditions.note(key, result.condition, instance)

    def removed(self, key: Key) -> None:
        """Drop the series of an object."""
        self._requests.inc()  # as the original does
        self._note_reason(key, None)
        self._conditions.drop(key)

    def queue_changed(self, waiting: int, working: int) -> None:
        """Show how much there is to do."""
        self._queue_depth.set(waiting)
        self._in_progress.set(working)

    def healing_put_off(self, key: Key) -> None:
        """Count it."""
        self._healings_put_off.labels(key.namespace).inc()

    def keys_used(self, opened: int, not_opened: int) -> None:
        """Count private-key operations."""
        self._opened.inc(opened)
        self._not_opened.inc(not_opened)

    def keys_changed(self, keyring: Keyring, unusable: int) -> None:
        """Show the keys."""
        sealing = sum(key.may_seal for key in keyring)
        self._keys.labels("active").set(sealing)
        self._keys.labels("compromised").set(len(keyring) - sealing)
        self._keys.labels("unusable").set(unusable)
        newest = not_after = 0.0
        with suppress(EmptyKeyringError):
            newest = keyring.active.order_time.timestamp()
            not_after = keyring.certificate.not_after.timestamp()
        self._newest_key.set(newest)
        self._not_after.set(not_after)

    def backups_changed(self, newest: datetime | None, missing: int) -> None:
        """Show them, where backups leave a mark."""
        if self._with_backups:
            self._newest_backup.set(newest.timestamp() if newest else 0)
            self._not_backed_up.set(missing)

    def next_renewal(self, when: datetime | None) -> None:
        """Show when a key will be made."""
        self._next_renewal.set(when.timestamp() if when else 0)

    def key_renewal_failed(self) -> None:
        """Count it."""
        self._renewal_failures.inc()

    def began_to_lead(self) -> None:
        """Show that this replica writes."""
        self._stands_by = False
        self._leader.set(1)

    def ceased_to_lead(self) -> None:
        """Show that another one may write, and no objects: it shows what becomes of them now."""
        self._stands_by = True
        self._leader.set(0)
        self._reasons.clear()
        self._objects_by_reason.clear()
        self._objects.clear()
        self._conditions.clear()

    def watch_heard(self, kind: str) -> None:
        """Show when a watch was last heard of."""
        self._heard.add(kind)
        self._last_event.labels(kind).set(self._now())

    def watch_restarted(self, kind: str, reason: str) -> None:
        """Count the ends of watches; one that never worked has been heard of at no time."""
        if kind not in self._heard:
            self._last_event.labels(kind).set(0)
        self._restarts.labels(kind, reason).inc()

    def _make_original(self, version: str) -> None:
        self._gauge("build_info", "The version, as a label.", ("revision",)).labels(version).set(0)
        self._requests = self._counter("unseal_requests_total", "Reconciles and removals.")
        self._errors = self._counter(
            "unseal_errors_total", "Reconciles that failed, by step.", ("reason", "namespace")
        )
        self._conditions = ConditionSeries(f"{_NAMESPACE}_condition_info")
        self.registry.register(self._conditions)
        self._http_requests = self._counter(
            "http_requests_total", "Requests to the API.", ("path", "code", "method")
        )
        self._http_seconds = Histogram(
            "http_request_duration_seconds",
            "How long requests to the API took.",
            ("path", "method"),
            namespace=_NAMESPACE,
            registry=self.registry,
        )

    def _make_ours(self) -> None:
        operations = self._counter(
            "private_key_operations_total", "Uses of private keys, by outcome.", ("outcome",)
        )
        self._opened = operations.labels("opened")
        self._not_opened = operations.labels("not_opened")
        self._queue_depth = self._gauge("queue_depth", "SealedSecrets that wait.")
        self._in_progress = self._gauge("work_in_progress", "SealedSecrets being worked on.")
        self._reconcile_seconds = Histogram(
            "reconcile_duration_seconds",
            "How long reconciles took.",
            namespace=_NAMESPACE,
            registry=self.registry,
        )
        self._objects = self._gauge("objects", "SealedSecrets, by reason.", ("reason",))
        self._healings = self._counter(
            "healings_total",
            "Secrets that others had changed or deleted, and that are right again.",
            ("namespace",),
        )
        self._healings_put_off = self._counter(
            "healings_put_off_total",
            "Secrets that are changed again and again, and for which we take our time.",
            ("namespace",),
        )
        self._keys = self._gauge("keys", "Sealing keys, by state.", ("state",))
        self._newest_key = self._gauge(
            "newest_key_timestamp_seconds", "When the newest key was made."
        )
        self._not_after = self._gauge(
            "certificate_not_after_timestamp_seconds", "When the newest certificate expires."
        )
        self._next_renewal = self._gauge(
            "next_renewal_timestamp_seconds", "When the next key will be made; 0 is never."
        )
        self._renewal_failures = self._counter(
            "key_renewal_failures_total", "Keys that were due and could not be made."
        )
        self._leader = self._gauge("leader", "1 where this replica is the one that writes.")
        self._restarts = self._counter(
            "watch_restarts_total", "Watches that ended, by reason.", ("kind", "reason")
        )
        self._last_event = self._gauge(
            "last_watch_event_timestamp_seconds",
            "When a watch was last heard of; 0 is never.",
            ("kind",),
        )

    def _make_backups(self) -> None:
        self._newest_backup = self._gauge(
            "newest_key_backup_timestamp_seconds",
            "When the key that seals was last backed up; 0 is never.",
        )
        self._not_backed_up = self._gauge("keys_not_backed_up", "Keys that are in no backup.")

    def _counter(self, name: str, words: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(name, words, labels, namespace=_NAMESPACE, registry=self.registry)

    def _gauge(self, name: str, words: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(name, words, labels, namespace=_NAMESPACE, registry=self.registry)

    def _note_reason(self, key: Key, reason: str | None) -> None:
        before = self._reasons.pop(key, None)
        if reason is not None:
            self._reasons[key] = reason
        self._objects_by_reason[before or ""] -= 1
        self._objects_by_reason[reason or ""] += 1
        for changed in filter(None, (before, reason)):
            self._objects.labels(changed).set(self._objects_by_reason[changed])
