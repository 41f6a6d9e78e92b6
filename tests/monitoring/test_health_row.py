"""The first row of the dashboard is green only when all of the installations chosen are well.

promtool answers the queries; what Grafana makes of an answer is its thresholds.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.shipped import panels, queries
from tests.monitoring.tools import promtool

# Of two installations, `one` and `two`, at minute 30: what each panel shows, and in which colour.
ONE, TWO = 'namespace="one", job="m", instance="1"', 'namespace="two", job="m", instance="2"'
DAY = 86400
NOW = 30 * 60
NOTHING = None
CASES: list[tuple[str, dict[str, str], float | None, str | None]] = [
    ("Replicas", {}, 0, "red"),
    ("Replicas", {f"build_info{{{ONE}}}": "1x40"}, 1, "green"),
    ("Replicas", {f"build_info{{{ONE}}}": "1x40", f"build_info{{{TWO}}}": "1x10 stale"}, 0, "red"),
    ("Leaders", {}, 0, "red"),
    ("Leaders", {f"leader{{{ONE}}}": "1x40", f"leader{{{TWO}}}": "1x40"}, 1, "green"),
    ("Leaders", {f"leader{{{ONE}}}": "1x40", f"leader{{{TWO}}}": "0x40"}, 0, "red"),
    (
        "Leaders",
        {f"leader{{{ONE}}}": "1x40", 'leader{namespace="one", job="m", instance="3"}': "1x40"},
        2,
        "red",
    ),
    ("Synced", {}, NOTHING, None),
    ("Synced", {f"build_info{{{ONE}}}": "1x40"}, 1, "green"),
    (
        "Synced",
        {f'objects{{reason="Unsealed", {ONE}}}': "0x40", f"build_info{{{ONE}}}": "1x40"},
        1,
        "green",
    ),
    (
        "Synced",
        {
            f'objects{{reason="Unsealed", {ONE}}}': "3x40",
            f'objects{{reason="Invalid", {TWO}}}': "1x40",
            f"build_info{{{ONE}}}": "1x40",
        },
        0.75,
        "red",
    ),
    ("Failing", {}, NOTHING, None),
    ("Failing", {f"build_info{{{ONE}}}": "1x40"}, 0, "green"),
    ("Failing", {f'objects{{reason="Invalid", {TWO}}}': "1x40"}, 1, "red"),
    (
        "Certificate expires in",
        {
            f"certificate_not_after_timestamp_seconds{{{ONE}}}": f"{99 * DAY}x40",
            f"certificate_not_after_timestamp_seconds{{{TWO}}}": f"{9 * DAY}x40",
        },
        9 * DAY - NOW,
        "orange",
    ),
    (
        "Certificate expires in",
        {
            f"certificate_not_after_timestamp_seconds{{{ONE}}}": f"{99 * DAY}x40",
            f"certificate_not_after_timestamp_seconds{{{TWO}}}": "0x40",
        },
        -NOW,
        "red",
    ),
    (
        "Keys in no backup",
        {f"keys_not_backed_up{{{ONE}}}": "0x40", f"keys_not_backed_up{{{TWO}}}": "2x40"},
        2,
        "orange",
    ),
    (
        "Last backup of the sealing key",
        {
            f"newest_key_backup_timestamp_seconds{{{ONE}}}": "1740x40",
            f"newest_key_backup_timestamp_seconds{{{TWO}}}": "0x40",
        },
        NOW,
        None,
    ),
    (
        "Age of the sealing key",
        {
            f"newest_key_timestamp_seconds{{{ONE}}}": "1740x40",
            f"newest_key_timestamp_seconds{{{TWO}}}": "0x40",
        },
        NOW,
        None,
    ),
]


def answered(folder: Path, panel: str, series: dict[str, str], expected: float | None) -> str:
    """Return how promtool finds that the query of a panel is not answered as expected."""
    (query,) = [each for each in queries() if each.panel == panel]
    samples = [] if expected is None else [{"labels": "{}", "value": expected}]
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f"sealed_secrets_controller_{name}", "values": values}
            for name, values in series.items()
        ],
        "promql_expr_test": [
            {"expr": query.asked(), "eval_time": "30m", "exp_samples": samples},
        ],
    }
    (folder / "play.yaml").write_text(yaml.safe_dump({"tests": [test]}))
    done = promtool(folder, "test", "rules", "play.yaml")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def defaults(title: str) -> dict[str, Any]:
    """Return how a panel shows its values."""
    (panel,) = [each for each in panels() if each["title"] == title]
    found: dict[str, Any] = panel["fieldConfig"]["defaults"]
    return found


def colour(title: str, value: float) -> str:
    """Return the colour that a value of a panel has: that of the last step that it reaches."""
    steps = defaults(title)["thresholds"]["steps"]
    reached = [each for each in steps if each["value"] is None or each["value"] <= value]
    return str(reached[-1]["color"])


@pytest.mark.parametrize(
    ("panel", "series", "expected", "shown"), CASES, ids=lambda each: json.dumps(each)[:80]
)
def test_panel_is_green_only_when_every_installation_is_well(
    tmp_path: Path, panel: str, series: dict[str, str], expected: float | None, shown: str | None
) -> None:
    """None hides behind another one, two leaders are no leader, and nothing at all is not well."""
    assert answered(tmp_path, panel, series, expected) == ""
    if expected is not None and shown is not None:
        assert colour(panel, expected) == shown


@pytest.mark.parametrize(
    ("panel", "value", "words"),
    [
        ("Certificate expires in", -1.8e9, "none"),
        ("Age of the sealing key", 1.8e9, "none"),
        ("Last backup of the sealing key", 1.8e9, "never"),
    ],
)
def test_time_that_never_was_is_said_in_words(panel: str, value: float, words: str) -> None:
    """A metric that is 0 is no date of 1970."""
    (mapping,) = defaults(panel)["mappings"]
    limits = mapping["options"]
    assert mapping["type"] == "range"
    assert limits["from"] is None or limits["from"] <= value
    assert limits["to"] is None or value <= limits["to"]
    assert not (limits["from"] or -1e18) <= 0 <= (limits["to"] or 1e18)
    assert limits["result"]["text"] == words


def test_watch_that_was_never_heard_is_drawn(tmp_path: Path) -> None:
    """It stands at the top, where one that is heard stands at the bottom."""
    (query,) = [each for each in queries() if each.panel == "Last heard of"]
    name = "sealed_secrets_controller_last_watch_event_timestamp_seconds"
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f'{name}{{kind="keys", {ONE}}}', "values": "0+60x40"},
            {"series": f'{name}{{kind="secrets", {ONE}}}', "values": "0x60"},
        ],
        "promql_expr_test": [
            {
                "expr": query.asked(),
                "eval_time": "40m",
                "exp_samples": [
                    {"labels": '{kind="keys"}', "value": 0},
                    {"labels": '{kind="secrets"}', "value": 1800},
                ],
            }
        ],
    }
    (tmp_path / "play.yaml").write_text(yaml.safe_dump({"tests": [test]}))
    done = promtool(tmp_path, "test", "rules", "play.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
