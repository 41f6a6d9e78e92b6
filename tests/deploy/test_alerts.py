"""The alerts fire when they should and not when they should not, as Prometheus itself judges.

`promtool` plays `alerts.yaml` against the rules. Where it is missing these tests are skipped; with
`SEALER_REQUIRE_PROMTOOL=1`, which CI sets, they fail.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from sealer_controller.metrics import Metrics
from tests.deploy.manifests import DEPLOY, load

RULES = DEPLOY / "components" / "alerts" / "rules.yaml"
PLAY = Path(__file__).with_name("alerts.yaml")
MISSING = "promtool is missing; it is in Debian's package prometheus"


@pytest.fixture
def promtool(tmp_path: Path) -> Path:
    """A folder with the rules as Prometheus reads them and the play, for promtool to run in."""
    if shutil.which("promtool") is None:
        if os.environ.get("SEALER_REQUIRE_PROMTOOL") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(spec()))
    shutil.copy(PLAY, tmp_path)
    return tmp_path


def spec() -> dict[str, Any]:
    """Return the rules."""
    (rules,) = load(RULES)
    return cast("dict[str, Any]", rules["spec"])


def alerts() -> list[dict[str, Any]]:
    """Return every alert."""
    return [rule for group in spec()["groups"] for rule in group["rules"]]


def _run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["promtool", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_alerts_fire_when_they_should(promtool: Path) -> None:
    """A namespace with rising errors raises the alert, a flat one does not (conformance 95)."""
    assert "SUCCESS" in _run(promtool, "test", "rules", PLAY.name)


def test_rules_are_what_prometheus_reads(promtool: Path) -> None:
    """No rule has a mistake, none stands there twice."""
    assert f"{len(alerts())} rules found" in _run(promtool, "check", "rules", "rules.yaml")


def test_play_would_notice_an_alert_that_never_fires(promtool: Path) -> None:
    """Each alert is expected to fire at least once: the play fails without it."""
    for alert in alerts():
        off = yaml.safe_dump(spec()).replace(f"alert: {alert['alert']}\n", "alert: Off\n")
        (promtool / "rules.yaml").write_text(off)
        done = subprocess.run(
            ["promtool", "test", "rules", PLAY.name], cwd=promtool, capture_output=True, check=False
        )
        assert done.returncode != 0, alert["alert"]


def test_alerts_of_the_original_have_its_names_and_expressions() -> None:
    """Dashboards and routes that know them go on working (compat.md 5.4)."""
    groups = {group["name"]: group["rules"] for group in spec()["groups"]}
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


def test_alerts_ask_for_metrics_that_exist_and_labels_that_they_have() -> None:
    """A name that is misspelt would never raise an alert."""
    page = Metrics("1").render().decode()
    existing = set(re.findall(r"^# TYPE (\S+) ", page, re.MULTILINE))
    for alert in alerts():
        asked = set(re.findall(r"sealed_secrets_controller_\w+", alert["expr"]))
        assert asked, alert["alert"]
        assert asked <= existing, alert["alert"]


def test_every_alert_is_documented() -> None:
    """`docs/controller.md` says of each when it fires, and of no other."""
    page = (DEPLOY.parent / "docs" / "controller.md").read_text()
    _, _, section = page.partition("### Alerts")
    named = re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)
    assert named == [alert["alert"] for alert in alerts()]
