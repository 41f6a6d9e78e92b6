"""Every series that a controller can export: one that has seen everything, rendered and read."""

import re
from dataclasses import replace
from functools import cache

from prometheus_client.parser import text_string_to_metric_families

from sealer_controller.metrics import Metrics
from sealer_controller.outcome import Reason, Step
from tests.controller.test_health import RESULT
from tests.controller.test_metrics import failed
from tests.controller.test_observers import CALLS

__all__ = ["TARGET", "exported", "labels_in", "page"]

# What Prometheus, its operator and people with several clusters add to whatever is scraped.
TARGET = frozenset({"cluster", "namespace", "job", "instance", "pod"})


def page() -> bytes:
    """Return what a controller serves to which everything has happened that an observer is told."""
    metrics = Metrics("1")
    for name, arguments in CALLS.items():
        getattr(metrics, name)(*arguments)
    metrics.began_to_lead()
    metrics.reconciled(replace(RESULT, is_healed=True))
    metrics.reconciled(failed(Step.UNSEAL, Reason.NO_MATCHING_KEY))
    metrics.answered("/v1/cert.pem", "GET", 200, 0.1)
    return metrics.render()


@cache
def exported() -> dict[str, set[str]]:
    """Return the labels of every metric, by the name that a query selects."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def labels_in(text: str) -> set[str]:
    """Return the labels that a legend shows, as `{{pod}}`, or an alert, as `{{ $labels.pod }}`."""
    return set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", text))
