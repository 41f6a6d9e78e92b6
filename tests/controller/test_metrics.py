"""Metrics: the original's names, labels and values, and ours; each of them documented."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealer_controller.metrics import CONTENT_TYPE, Metrics
from sealer_controller.objects import Condition, Key, StoredSealedSecret
from sealer_controller.outcome import Outcome, Reason, Result, Step
from sealer_keys.keyring import Keyring
from tests.controller.memory import stored
from tests.controller.test_health import RESULT
from tests.support import vectors

DOCS = Path(__file__).resolve().parents[2] / "docs" / "controller.md"
PREFIX = "sealed_secrets_controller_"
INSTANCE = "ss_app_kubernetes_io_instance"
DB = Key("shop", "db")


@pytest.fixture
def metrics() -> Metrics:
    """Metrics whose clock stands still."""
    return Metrics("1.2.3", now=lambda: 1234.5)


def series(metrics: Metrics, name: str) -> dict[str, float]:
    """Return the series of a metric: labels as text, and value."""
    pattern = rf"^{PREFIX}{name}(?:\{{(.*)\}})? (\S+)$"
    found = re.findall(pattern, metrics.render().decode(), re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def failed(step: Step, reason: Reason) -> Result:
    """Return a result that failed."""
    condition = Condition("Synced", "False", reason.value)
    return replace(
        RESULT, outcome=Outcome.FAILED, reason=reason, failed_at=step, condition=condition
    )


def labelled(instance: str) -> StoredSealedSecret:
    """Return the object with the label that says which installation it is of."""
    plain = stored()
    labels = {"app.kubernetes.io/instance": instance}
    return replace(plain, sealed=replace(plain.sealed, labels=labels))


def test_version_is_a_label(metrics: Metrics) -> None:
    """The value is 0, as in the original."""
    assert series(metrics, "build_info") == {'revision="1.2.3"': 0}


def test_condition_has_the_four_labels_and_goes_with_its_object(metrics: Metrics) -> None:
    """1 after success, -1 after a failure, gone after removal (conformance 92)."""
    labels = f'condition="Synced",name="db",namespace="shop",{INSTANCE}=""'
    metrics.reconciled(RESULT)
    assert series(metrics, "condition_info") == {labels: 1}
    metrics.reconciled(failed(Step.UNSEAL, Reason.NO_MATCHING_KEY))
    assert series(metrics, "condition_info") == {labels: -1}
    metrics.removed(DB)
    assert series(metrics, "condition_info") == {}
    metrics.removed(DB)


def test_condition_of_another_instance_takes_the_place_of_the_old_one(metrics: Metrics) -> None:
    """A changed label leaves no series behind."""
    metrics.reconciled(replace(RESULT, stored=labelled("one")))
    metrics.reconciled(replace(RESULT, stored=labelled("two")))
    (labels,) = series(metrics, "condition_info")
    assert labels.endswith(f'{INSTANCE}="two"')
    metrics.removed(DB)
    assert series(metrics, "condition_info") == {}


def test_condition_that_was_not_written_changes_nothing(metrics: Metrics) -> None:
    """It shows what the store holds."""
    metrics.reconciled(replace(RESULT, condition=None))
    assert series(metrics, "condition_info") == {}
    metrics.reconciled(RESULT)
    metrics.reconciled(replace(failed(Step.STATUS, Reason.API_ERROR), condition=None))
    assert list(series(metrics, "condition_info").values()) == [1]


def test_names_of_objects_can_be_kept_out() -> None:
    """With `--metrics-omit-secret-labels` no series tells a name (conformance 93)."""
    metrics = Metrics("1", with_objects=False)
    metrics.reconciled(RESULT)
    assert series(metrics, "condition_info") == {}
    assert b'name="db"' not in metrics.render()
    assert series(metrics, "unseal_requests_total") == {"": 1}


def test_requests_and_errors_are_counted_as_in_the_original(metrics: Metrics) -> None:
    """Removals are requests too; errors by step and namespace, none before the first."""
    assert series(metrics, "unseal_requests_total") == {"": 0}
    assert series(metrics, "unseal_errors_total") == {}
    metrics.reconciled(RESULT)
    metrics.reconciled(failed(Step.UNMANAGED, Reason.NOT_MANAGED))
    metrics.reconciled(failed(Step.UNSEAL, Reason.MALFORMED))
    metrics.removed(DB)
    assert series(metrics, "unseal_requests_total") == {"": 4}
    assert series(metrics, "unseal_errors_total") == {
        'namespace="shop",reason="unmanaged"': 1,
        'namespace="shop",reason="unseal"': 1,
    }
    assert series(metrics, "reconcile_duration_seconds_count") == {"": 3}


def test_objects_are_counted_by_reason(metrics: Metrics) -> None:
    """An object counts once, for its last reason, until it is gone."""
    other = replace(stored(), sealed=replace(stored().sealed, name="other"))
    metrics.reconciled(RESULT)
    metrics.reconciled(replace(RESULT, stored=other))
    assert series(metrics, "objects") == {'reason="Unsealed"': 2}
    metrics.reconciled(failed(Step.UNSEAL, Reason.NO_MATCHING_KEY))
    metrics.reconciled(failed(Step.UNSEAL, Reason.NO_MATCHING_KEY))
    assert series(metrics, "objects") == {'reason="Unsealed"': 1, 'reason="NoMatchingKey"': 1}
    metrics.removed(DB)
    metrics.removed(DB)
    assert series(metrics, "objects") == {'reason="Unsealed"': 1, 'reason="NoMatchingKey"': 0}


def test_keys_are_shown(metrics: Metrics) -> None:
    """How many of each state; how old and until when of the one that seals, 0 without one."""
    metrics.keys_changed(Keyring(), 2)
    assert series(metrics, "keys") == {
        'state="active"': 0,
        'state="compromised"': 0,
        'state="unusable"': 2,
    }
    assert series(metrics, "newest_key_timestamp_seconds") == {"": 0}
    pair = vectors.key_pair("rsa2048")
    when = datetime(2026, 1, 1, tzinfo=UTC)
    later = replace(vectors.key_pair("peer-a"), order_time=when + timedelta(1), may_seal=False)
    metrics.keys_changed(Keyring([replace(pair, order_time=when), later]), 0)
    assert pair.certificate is not None
    assert series(metrics, "keys") == {
        'state="active"': 1,
        'state="compromised"': 1,
        'state="unusable"': 0,
    }
    assert series(metrics, "newest_key_timestamp_seconds") == {"": when.timestamp()}
    assert series(metrics, "certificate_not_after_timestamp_seconds") == {
        "": pair.certificate.not_after.timestamp()
    }
    metrics.keys_changed(Keyring([later]), 0)
    assert series(metrics, "newest_key_timestamp_seconds") == {"": 0}
    assert series(metrics, "certificate_not_after_timestamp_seconds") == {"": 0}


def test_backups_are_shown_where_they_leave_a_mark(metrics: Metrics) -> None:
    """When the sealing key was backed up, 0 for never, and how many keys are in no backup."""
    assert series(metrics, "newest_key_backup_timestamp_seconds") == {"": 0}
    when = datetime(2027, 1, 1, tzinfo=UTC)
    metrics.backups_changed(when, 2)
    assert series(metrics, "newest_key_backup_timestamp_seconds") == {"": when.timestamp()}
    assert series(metrics, "keys_not_backed_up") == {"": 2}
    metrics.backups_changed(None, 1)
    assert series(metrics, "newest_key_backup_timestamp_seconds") == {"": 0}
    on_folders = Metrics("1", with_backups=False)
    on_folders.backups_changed(None, 1)
    assert b"back" not in on_folders.render()


def test_renewal_is_shown(metrics: Metrics) -> None:
    """When the next key will be made, 0 for never, and how often that failed."""
    when = datetime(2027, 1, 1, tzinfo=UTC)
    assert series(metrics, "next_renewal_timestamp_seconds") == {"": 0}
    metrics.next_renewal(when)
    assert series(metrics, "next_renewal_timestamp_seconds") == {"": when.timestamp()}
    metrics.next_renewal(None)
    assert series(metrics, "next_renewal_timestamp_seconds") == {"": 0}
    metrics.key_renewal_failed()
    assert series(metrics, "key_renewal_failures_total") == {"": 1}


def test_leader_is_shown(metrics: Metrics) -> None:
    """1 while this replica is the one that writes."""
    assert series(metrics, "leader") == {"": 0}
    metrics.began_to_lead()
    assert series(metrics, "leader") == {"": 1}
    metrics.ceased_to_lead()
    assert series(metrics, "leader") == {"": 0}


def test_replica_that_no_longer_leads_tells_of_no_object(metrics: Metrics) -> None:
    """What it would show no longer changes: alerts would last until the Pod is restarted."""
    metrics.began_to_lead()
    metrics.reconciled(failed(Step.UNSEAL, Reason.NO_MATCHING_KEY))
    metrics.ceased_to_lead()
    metrics.reconciled(failed(Step.UPDATE, Reason.API_ERROR))  # it was in hand
    metrics.removed(DB)
    assert series(metrics, "condition_info") == series(metrics, "objects") == {}
    metrics.began_to_lead()
    metrics.reconciled(RESULT)
    assert list(series(metrics, "condition_info").values()) == [1]
    assert series(metrics, "objects") == {'reason="Unsealed"': 1}


def test_watch_that_never_worked_shows(metrics: Metrics) -> None:
    """Its time is 0, which raises the alert; one that worked keeps its time."""
    metrics.watch_restarted("secrets", "forbidden")
    assert series(metrics, "last_watch_event_timestamp_seconds") == {'kind="secrets"': 0}
    metrics.watch_heard("secrets")
    metrics.watch_restarted("secrets", "forbidden")
    assert series(metrics, "last_watch_event_timestamp_seconds") == {'kind="secrets"': 1234.5}


def test_healing_is_counted_by_namespace(metrics: Metrics) -> None:
    """What was put right, and what is changed so often that it has to wait (rule 2)."""
    metrics.reconciled(RESULT)
    assert series(metrics, "healings_total") == {}
    metrics.reconciled(replace(RESULT, is_healed=True))
    metrics.healing_put_off(DB)
    assert series(metrics, "healings_total") == {'namespace="shop"': 1}
    assert series(metrics, "healings_put_off_total") == {'namespace="shop"': 1}


def test_the_rest_is_counted(metrics: Metrics) -> None:
    """Queue, private keys, watches, HTTP."""
    metrics.queue_changed(7, 3)
    metrics.keys_used(2, 5)
    metrics.watch_heard("sealedsecrets")
    metrics.watch_restarted("sealedsecrets", "expired")
    metrics.answered("/v1/cert.pem", "GET", 200, 0.2)
    assert series(metrics, "queue_depth") == {"": 7}
    assert series(metrics, "work_in_progress") == {"": 3}
    assert series(metrics, "private_key_operations_total") == {
        'outcome="opened"': 2,
        'outcome="not_opened"': 5,
    }
    assert series(metrics, "last_watch_event_timestamp_seconds") == {'kind="sealedsecrets"': 1234.5}
    assert series(metrics, "watch_restarts_total") == {'kind="sealedsecrets",reason="expired"': 1}
    assert series(metrics, "http_requests_total") == {
        'code="200",method="get",path="/v1/cert.pem"': 1
    }
    assert series(metrics, "http_request_duration_seconds_sum") == {
        'method="get",path="/v1/cert.pem"': 0.2
    }


def test_page_is_what_prometheus_reads(metrics: Metrics) -> None:
    """Text, without the `_created` series that the original does not have."""
    metrics.reconciled(RESULT)
    page = metrics.render().decode()
    assert "_created" not in page
    assert "process_resident_memory_bytes" in page
    assert "version=0.0.4" in CONTENT_TYPE


def test_every_metric_is_documented(metrics: Metrics) -> None:
    """`docs/controller.md` has a row for each, with its type and labels, and no other."""
    _, _, section = DOCS.read_text().partition("## Metrics")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*)\|", section, re.MULTILINE)
    documented = {
        (name, kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows
    }
    existing = set()
    for collector in metrics.registry._collector_to_names:  # noqa: SLF001 - nothing public tells labels
        for family in getattr(collector, "describe", list)():
            if family.name.startswith(PREFIX):
                name = family.name.removeprefix(PREFIX)
                name += "_total" if family.type == "counter" else ""
                # What a metric of the client describes does not know its own labels.
                labels = getattr(family, "_labelnames", ()) or getattr(collector, "_labelnames", ())
                existing.add((name, family.type, tuple(labels)))
    assert documented == existing
