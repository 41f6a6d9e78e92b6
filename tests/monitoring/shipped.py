"""The rules and the dashboard that come with the chart, and every query in them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

__all__ = ["DASHBOARD", "RULES", "Query", "alerts", "dashboard", "panels", "queries", "rules"]

Object = dict[str, Any]
_FILES = Path(__file__).resolve().parents[2] / "deploy" / "chart" / "files"
RULES, DASHBOARD = _FILES / "rules.yaml", _FILES / "dashboard.json"
# What Grafana puts in for the variables of the dashboard, when everything is chosen.
_VARIABLE = re.compile(r"\$(\w+)")
_VALUES = {"cluster": ".*", "namespace": ".*", "job": ".*"}


@dataclass(frozen=True)
class Query:
    """One query of the dashboard.

    Attributes:
        panel: The title of its panel.
        expression: PromQL, with Grafana's variables in it.
        legend: How a series is called, with labels in `{{}}`.
    """

    panel: str
    expression: str
    legend: str

    def asked(self, interval: str = "5m") -> str:
        """Return what Grafana asks Prometheus when everything is chosen.

        Args:
            interval: What a rate is taken over.
        """
        values = _VALUES | {"__rate_interval": interval}
        return _VARIABLE.sub(lambda found: values[found[1]], self.expression)


def rules() -> Object:
    """Return the rule file."""
    return cast("Object", yaml.safe_load(RULES.read_text()))


def alerts() -> list[Object]:
    """Return every alert."""
    return [rule for group in rules()["groups"] for rule in group["rules"]]


def dashboard() -> Object:
    """Return the dashboard."""
    return cast("Object", json.loads(DASHBOARD.read_text()))


def panels() -> list[Object]:
    """Return the panels, without the rows that they stand in."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Query]:
    """Yield every query of the dashboard, those of its annotations last."""
    for panel in panels():
        for target in panel["targets"]:
            yield Query(panel["title"], target["expr"], target["legendFormat"])
    for annotation in dashboard()["annotations"]["list"]:
        if "expr" in annotation:
            yield Query(annotation["name"], annotation["expr"], annotation["titleFormat"])
