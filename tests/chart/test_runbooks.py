"""Alerts lead to the page that a team reads, wherever it is."""

import pytest

from tests.chart.helm import objects
from tests.monitoring.shipped import alerts


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example.com/sealed-secrets",
        "https://wiki.example.com/$page/${1}/\\1?a=b&c=%20",
    ],
)
def test_runbooks_are_where_the_value_says(url: str) -> None:
    """It is put in as it is, before the heading of each alert."""
    rule = {"enabled": True, "runbookUrl": url}
    found = objects({"metrics": {"prometheusRule": rule}})
    (written,) = [each for each in found if each["kind"] == "PrometheusRule"]
    shown = [
        alert["annotations"]["runbook_url"]
        for group in written["spec"]["groups"]
        for alert in group["rules"]
    ]
    assert shown == [f"{url}#{alert['alert'].lower()}" for alert in alerts()]
