"""The dashboard can be imported, and every query in it asks for something that exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.promql import named
from tests.monitoring.series import TARGET, exported, labels_in
from tests.monitoring.shipped import Query, dashboard, panels, queries
from tests.monitoring.tools import promtool

QUERIES = list(queries())
# Of Prometheus itself, which evaluates the rules.
ALERTS = {"ALERTS": {"alertname", "alertstate"}}
OF_PROCESSES = "process_"
BUILD_INFO = "sealed_secrets_controller_build_info"
COLUMNS = 24
# Grafana 10.0 reads this version of the format, and each later one converts it.
SCHEMA_VERSION = 38
ROWS = [
    "Health",
    "Unsealing",
    "Keys and certificates",
    "Replicas and leader",
    "API server and watches",
    "HTTP",
]


def ids(query: Query) -> str:
    """Return what a test of a query is called."""
    return f"{query.panel}: {query.legend}"


def test_every_query_is_promql(tmp_path: Path) -> None:
    """Prometheus reads each, with what Grafana puts in for the variables."""
    recorded = [
        {"record": f"query_{number}", "expr": query.asked()} for number, query in enumerate(QUERIES)
    ]
    (tmp_path / "queries.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]})
    )
    done = promtool(tmp_path, "check", "rules", "--lint=none", "queries.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("query", QUERIES, ids=ids)
def test_query_asks_for_metrics_that_exist_by_labels_that_they_have(query: Query) -> None:
    """The controller's own page decides, after everything has happened that it counts."""
    known, asked = exported() | ALERTS, named(query.asked())
    labels = set[str]()
    for metric, selected in asked.metrics.items():
        assert metric in known
        assert selected <= known[metric] | TARGET, metric
        labels |= known[metric] | TARGET
    assert asked.groupings <= labels
    assert labels_in(query.legend) <= labels


@pytest.mark.parametrize("query", QUERIES, ids=ids)
def test_query_is_about_the_installation_that_is_chosen(query: Query) -> None:
    """A metric with a label `namespace` of its own, which is the objects', goes by `build_info`."""
    known = exported()
    asked = named(query.asked()).metrics
    for metric, selected in asked.items():
        if metric in ALERTS:
            assert "cluster" in selected
        elif "namespace" in known[metric]:
            assert selected >= {"cluster", "job"}
            assert asked[BUILD_INFO] >= {"cluster", "namespace", "job"}
        else:
            assert selected >= {"cluster", "namespace", "job"}, metric
        if metric.startswith(OF_PROCESSES):  # other programs of the same job have it too
            assert BUILD_INFO in asked


def test_every_metric_of_the_controller_is_shown() -> None:
    """What is worth counting is worth looking at."""
    asked = {metric for query in QUERIES for metric in named(query.asked()).metrics}
    families = {re.sub(r"_(bucket|count|sum)$", "", metric) for metric in asked}
    own = {
        re.sub(r"_(bucket|count|sum)$", "", metric)
        for metric in exported()
        if not metric.startswith(OF_PROCESSES)
    }
    assert own <= families


def test_panels_of_the_original_are_there() -> None:
    """The rate of requests, and that of errors by reason (compat.md 5.4)."""
    asked = {query.panel: query.asked() for query in QUERIES}
    assert asked["Unseal requests"].startswith(
        "sum(rate(sealed_secrets_controller_unseal_requests_total{"
    )
    assert asked["Unseal errors by reason"].startswith(
        "sum by (reason) (rate(sealed_secrets_controller_unseal_errors_total{"
    )


def test_dashboard_can_be_imported_and_found_again() -> None:
    """Nothing is asked at the import, and links to it stay: the name that Grafana uses is fixed."""
    found = dashboard()
    assert found["schemaVersion"] == SCHEMA_VERSION
    assert (found["uid"], found["id"]) == ("sealed-secrets-controller", None)
    assert not {"__inputs", "__requires", "__elements"} & found.keys()


def test_data_source_cluster_namespace_and_job_can_be_chosen() -> None:
    """Each is asked of those before it; where there is no such label everything is chosen."""
    variables = {each["name"]: each for each in dashboard()["templating"]["list"]}
    assert list(variables) == ["datasource", "cluster", "namespace", "job"]
    assert variables.pop("datasource")["query"] == "prometheus"
    for name, variable in variables.items():
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
        assert asked is not None
        assert asked[2] == name
        assert named(asked[1]).metrics.keys() == {BUILD_INFO}
        assert (variable["includeAll"], variable["allValue"]) == (True, ".*")
        assert variable["current"]["value"] == ["$__all"]


def test_panels_have_names_words_units_and_places_of_their_own() -> None:
    """Every panel says what it shows; none covers another; all ask the chosen data source."""
    covered = set[tuple[int, int]]()
    shown = panels()
    for panel in shown:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert [target["refId"] for target in panel["targets"]] == [
            *"ABCDEFGH"[: len(panel["targets"])]
        ]
        place = squares(panel["gridPos"])
        assert not place & covered, panel["title"]
        covered |= place
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])
    assert len({panel["title"] for panel in shown}) == len(shown)


def test_rows_are_in_the_order_of_the_questions_that_people_have() -> None:
    """First whether all is well, then what is not."""
    rows = [panel for panel in dashboard()["panels"] if panel["type"] == "row"]
    assert [row["title"] for row in rows] == ROWS
    heights = [row["gridPos"]["y"] for row in rows]
    assert heights == sorted(heights)


def squares(place: dict[str, Any]) -> set[tuple[int, int]]:
    """Return the squares of Grafana's grid that a panel covers."""
    assert place["x"] + place["w"] <= COLUMNS
    return {
        (x, y)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    }
