"""The metric with one series for each object, kept small: thousands of them are usual.

A gauge of the Prometheus client takes most of a kilobyte for a series. Here one is a few
references, and becomes text only when somebody asks.
"""

from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sealer_controller.objects import Condition, Key

__all__ = ["ConditionSeries"]

_VALUES = {"True": 1, "Unknown": 0, "False": -1}


class _Series(NamedTuple):
    condition: str
    instance: str
    value: int


class ConditionSeries(Collector):
    """`condition_info`: 1 true, 0 unknown, -1 false, by namespace, name, condition and instance.

    It is written by the event loop and read by the thread that renders.

    Args:
        name: The whole name of the metric.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._series: dict[Key, _Series] = {}

    def note(self, key: Key, condition: Condition, instance: str) -> None:
        """Show the condition of an object, in the place of the one before."""
        self._series[key] = _Series(condition.type, instance, _VALUES[condition.status])

    def drop(self, key: Key) -> None:
        """Show nothing of an object any more."""
        self._series.pop(key, None)

    def clear(self) -> None:
        """Show nothing of any object."""
        self._series.clear()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metric without its series."""
        yield GaugeMetricFamily(
            self._name,
            "Conditions of SealedSecrets: 1 true, 0 unknown, -1 false.",
            labels=("namespace", "name", "condition", "ss_app_kubernetes_io_instance"),
        )

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metric as it is now."""
        (family,) = self.describe()
        for key, series in tuple(self._series.items()):
            family.add_metric((*key, series.condition, series.instance), series.value)
        yield family
