"""The alerts fire when they should and not when they should not, as Prometheus itself judges.

promtool plays the files of `plays/` against the rules; what it plays has no annotation but the
summary.
"""

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from tests.monitoring.promql import named
from tests.monitoring.series import TARGET, exported, labels_in
from tests.monitoring.shipped import RULES, alerts, rules
from tests.monitoring.tools import find, promtool

PLAYS = sorted(Path(__file__).with_name("plays").glob("*.yaml"))
NAMES = [alert["alert"] for alert in alerts()]
# Prometheus itself has these for whatever it scrapes.
OF_PROMETHEUS = {"up"}
# It has one series for each object, and one alert for each, as the original's has.
PER_OBJECT, ITS_ALERT = (
    "sealed_secrets_controller_condition_info",
    "SealedSecretsControllerNotReady",
)
SEVERITIES = {"critical", "warning", "info"}
# A summary is a line of a chat or the subject of a mail.
LONGEST_SUMMARY = 100


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A folder with the rules and the plays."""
    find("promtool")
    for play in PLAYS:
        shutil.copy(play, tmp_path)
    write(tmp_path, rules())
    return tmp_path


def write(stage: Path, written: dict[str, Any]) -> None:
    """Write what is played."""
    for group in written["groups"]:
        for rule in group["rules"]:
            rule["annotations"] = {"summary": rule["annotations"]["summary"]}
    (stage / "rules.yaml").write_text(yaml.safe_dump(written))


def expectations(alert: str) -> dict[str, Any]:
    """Return a play of nothing but what is expected of an alert."""
    tests = []
    for play in PLAYS:
        for test in parsed(play)["tests"]:
            expected = [each for each in test["alert_rule_test"] if each["alertname"] == alert]
            if expected:
                tests.append({**test, "alert_rule_test": expected})
    interval = "5m" if all(test["interval"] == "5m" for test in tests) else "1m"
    return {"rule_files": ["rules.yaml"], "evaluation_interval": interval, "tests": tests}


@cache
def parsed(play: Path) -> dict[str, Any]:
    """Return a play, as text: `0x30` is thirty-one times nothing, and no number."""
    found = yaml.load(play.read_text(), yaml.CBaseLoader)  # noqa: S506 - it makes nothing but text
    return cast("dict[str, Any]", found)


def fails(stage: Path, name: str, /, **changed: object) -> bool:
    """Tell whether what is expected of an alert fails when it is another one."""
    rule = next(each for each in alerts() if each["alert"] == name) | changed
    write(stage, {"groups": [{"name": "changed", "rules": [rule]}]})
    (stage / "expectations.yaml").write_text(yaml.dump(expectations(name)))
    return promtool(stage, "test", "rules", "expectations.yaml").returncode != 0


def test_alerts_fire_when_they_should(stage: Path) -> None:
    """A namespace with rising errors raises the alert, a flat one does not (conformance 95)."""
    done = promtool(stage, "test", "rules", *(play.name for play in PLAYS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(PLAYS)


def test_rules_are_what_prometheus_reads() -> None:
    """No rule has a mistake, none stands there twice."""
    done = promtool(RULES.parent, "check", "rules", "--lint=all", "--lint-fatal", RULES.name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(NAMES)} rules found" in done.stdout
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("alert", NAMES)
def test_plays_would_notice_an_alert_that_never_or_always_fires(stage: Path, alert: str) -> None:
    """Each alert is expected to fire at least once, and to be silent at least once."""
    assert not fails(stage, alert)
    assert fails(stage, alert, alert="Off")
    expected = [
        each["exp_alerts"]
        for test in expectations(alert)["tests"]
        for each in test["alert_rule_test"]
    ]
    assert [] in expected


@pytest.mark.parametrize("alert", [each["alert"] for each in alerts() if "for" in each])
def test_plays_would_notice_an_alert_that_does_not_wait(stage: Path, alert: str) -> None:
    """Each is looked at when what it tells of has just begun, and is expected to be silent."""
    assert fails(stage, alert, **{"for": "0s"})


def test_alerts_of_the_original_have_its_names_and_expressions() -> None:
    """Dashboards and routes that know them go on working (compat.md 5.4)."""
    groups = {group["name"]: group["rules"] for group in rules()["groups"]}
    errors, ready = groups["sealed-secrets-controller.rules"]
    assert (errors["alert"], errors["labels"]) == (
        "SealedSecretsUnsealErrorHigh",
        {"severity": "warning"},
    )
    assert "for" not in errors
    assert errors["expr"] == (
        "sum by (reason, namespace) (rate(sealed_secrets_controller_unseal_errors_total[5m])) > 0"
    )
    assert (ready["alert"], ready["for"], ready["labels"], ready["expr"]) == (
        "SealedSecretsControllerNotReady",
        "10m",
        {"severity": "critical"},
        "sealed_secrets_controller_condition_info != 1",
    )


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_alert_asks_for_metrics_that_exist_by_labels_that_they_have(alert: dict[str, Any]) -> None:
    """A name that is misspelt would never raise an alert; a label would stay empty in its words."""
    known, asked = exported(), named(alert["expr"])
    assert asked.metrics.keys() - OF_PROMETHEUS <= known.keys()
    labels = set[str]()
    for metric, selected in asked.metrics.items():
        has = known.get(metric, set()) | TARGET
        assert selected <= has, metric
        labels |= has
    assert asked.groupings <= labels
    shown = labels_in(alert["annotations"]["summary"] + alert["annotations"]["description"])
    assert shown <= (asked.groupings or labels)


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_counter_is_asked_for_its_rise(alert: dict[str, Any]) -> None:
    """Its value alone says how long the process has run, and starts anew with each."""
    for found in re.finditer(r"\w+_(?:total|count|bucket|sum)\b", alert["expr"]):
        before = alert["expr"][: found.start()]
        assert re.search(r"\b(?:rate|increase)\s*\($", before), found[0]


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_alert_says_how_bad_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    """A severity that routes know, a summary of a line, what to look at, and a runbook."""
    assert alert["alert"].startswith("SealedSecrets")
    assert alert["labels"].keys() == {"severity"}
    assert alert["labels"]["severity"] in SEVERITIES
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert len(alert["annotations"]["summary"]) <= LONGEST_SUMMARY
    assert alert["annotations"]["description"].endswith(".")


def test_only_the_alert_of_the_original_is_raised_for_each_object() -> None:
    """A cluster with thousands of broken objects has one fault, and somebody has to read it."""
    assert [each["alert"] for each in alerts() if PER_OBJECT in each["expr"]] == [ITS_ALERT]
