"""Every alert has a runbook on `docs/operations/monitoring.md`, and a link that leads to it."""

import re
from pathlib import Path

from tests.monitoring.shipped import alerts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "monitoring.md"
_TABLE = re.compile(r"^\| \[(\w+)\]\(#(\w+)\) \| (\w+) \|", re.MULTILINE)
_RUNBOOK = re.compile(r"^### (SealedSecrets\w+)\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


def test_table_of_alerts_is_that_of_the_rules() -> None:
    """Names and severities, in the order of the rules."""
    listed = _TABLE.findall(PAGE.read_text())
    assert [(name, severity) for name, _, severity in listed] == [
        (alert["alert"], alert["labels"]["severity"]) for alert in alerts()
    ]
    assert all(anchor == name.lower() for name, anchor, _ in listed)


def test_every_alert_has_a_runbook_and_no_other_has() -> None:
    """Each says what the alert means and what to do."""
    runbooks = dict(_RUNBOOK.findall(PAGE.read_text()))
    assert list(runbooks) == [alert["alert"] for alert in alerts()]
    for name, text in runbooks.items():
        assert re.findall(r"^\*\*(\w+)\.\*\* \S", text, re.MULTILINE) == ["Means", "Do"], name


def test_links_of_the_alerts_lead_to_their_runbooks() -> None:
    """The page's path in this repository, and the heading."""
    for alert in alerts():
        page, _, heading = alert["annotations"]["runbook_url"].partition("#")
        assert page.endswith("/docs/operations/monitoring.md")
        assert heading == alert["alert"].lower()
