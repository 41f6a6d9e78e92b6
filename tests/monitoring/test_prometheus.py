"""A real Prometheus scrapes real controllers as the page says, and answers the dashboard.

The page is played on a cluster of its own. Then something happens of all that a healthy controller
tells of, one SealedSecret fails, and Prometheus evaluates the rules without their waits.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.fixtures import find_programs
from tests.monitoring.prometheus import Prometheus, scraping
from tests.monitoring.shipped import Query, alerts, dashboard, queries, rules
from tests.monitoring.test_runbooks import PAGE
from tests.monitoring.tools import find
from tests.operations.site import Site, opened

pytestmark = pytest.mark.cluster
KINDS = Path(__file__).with_name("operator.yaml")
SERVICES = "/api/v1/namespaces/kube-system/services"
# A watch that ends, and a Secret that is changed too often, are nothing that every day brings.
MAY_BE_EMPTY = {
    "Watches that ended: {{kind}}: {{reason}}",
    "New leader: {{pod}} {{instance}} leads",
}
BACKUP = (
    "echo 'correct horse battery staple' > ../passphrase &&"
    " sealer keys backup -w ../keys.backup --passphrase-fd 3 3<../passphrase"
)
RUNBOOKS = "https://wiki.example.com/sealed-secrets"
BROKEN = {"SealedSecretsFail", "SealedSecretsControllerNotReady"}
_CONFIGURATION = re.compile(r"^```yaml\n(scrape_configs:.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where the page has been played."""
    find("prometheus")
    with opened(find_programs(), tmp_path_factory.mktemp("site")) as found:
        found.cluster.install_crd(KINDS)
        found.begin()
        found.play(PAGE.name)
        yield found


@pytest.fixture(scope="module")
def prometheus(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that has scraped both replicas, after what happens on a busy day has happened."""
    live(site)
    configuration = _CONFIGURATION.search(PAGE.read_text())
    assert configuration is not None
    folder = tmp_path_factory.mktemp("prometheus") / "home"
    scraped = yaml.safe_load(configuration[1])
    with scraping(folder, scraped, impatient(rules()), site.cluster) as started:
        started.until(
            "count(rate(sealed_secrets_controller_leader[1m])) == 2",
            "count(sealed_secrets_controller_keys_not_backed_up == 0) == 2",
            *(f'ALERTS{{alertname="{name}", alertstate="firing"}}' for name in BROKEN),
        )
        yield started


def live(site: Site) -> None:
    """Let everything happen that the dashboard shows."""
    kubectl = site.cluster.kubectl
    kubectl("get", "--raw", f"{SERVICES}/sealed-secrets-controller/proxy/v1/cert.pem")
    served = kubectl(
        "get", "--raw", f"{SERVICES}/sealed-secrets-controller-metrics:metrics/proxy/metrics"
    )
    assert "\nsealed_secrets_controller_keys_not_backed_up 1.0\n" in served
    done = site.shell.run(BACKUP)
    assert done.returncode == 0, done.stdout
    for _ in range(2):  # the second time it is put right after a pause
        kubectl("delete", "secret", "db", "-n", "shop")
        kubectl("wait", "secret/db", "-n", "shop", "--for=create")
    stolen = json.loads(kubectl("get", "sealedsecret", "db", "-n", "shop", "-o", "json"))
    stolen["metadata"] = {"name": "stolen", "namespace": "shop"}
    del stolen["status"]
    site.cluster.apply(stolen)
    kubectl("wait", "sealedsecret/stolen", "-n", "shop", "--for=condition=Synced=false")


def impatient(written: dict[str, Any]) -> dict[str, Any]:
    """Return the rules without their waits."""
    for group in written["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    return written


@pytest.mark.parametrize(
    "query", list(queries()), ids=lambda query: f"{query.panel}: {query.legend}"
)
def test_dashboard_is_answered(prometheus: Prometheus, query: Query) -> None:
    """Each query has series, and each of them has the labels that its legend shows."""
    found = prometheus.ask(query.asked("1m"))
    if f"{query.panel}: {query.legend}" not in MAY_BE_EMPTY:
        assert found
    for series in found:
        for label in re.findall(r"\{\{(\w+)\}\}", query.legend):
            assert series["metric"].get(label), label


def test_alerts_are_evaluated_and_only_those_of_what_is_broken_fire(prometheus: Prometheus) -> None:
    """On two replicas that are well nothing fires, though no alert waits, but for one object."""
    found = {rule["name"]: rule for rule in prometheus.rules()}
    assert found.keys() == {alert["alert"] for alert in alerts()}
    assert {rule["health"] for rule in found.values()} == {"ok"}
    assert {name for name, rule in found.items() if rule["alerts"]} == BROKEN


def test_chart_ships_rules_and_dashboard_as_they_are(site: Site) -> None:
    """All that differs is where the runbooks are, which the page sets."""
    kept = site.cluster.get("prometheusrule", "sealed-secrets-controller", "kube-system")
    written = rules()
    for group in written["groups"]:
        for rule in group["rules"]:
            heading = rule["annotations"]["runbook_url"].partition("#")[2]
            rule["annotations"]["runbook_url"] = f"{RUNBOOKS}#{heading}"
    assert kept is not None
    assert kept["spec"] == written
    shown = site.cluster.get("configmap", "sealed-secrets-controller-dashboards", "kube-system")
    assert shown is not None
    assert [json.loads(text) for text in shown["data"].values()] == [dashboard()]


def test_backup_is_seen_by_both_replicas(prometheus: Prometheus) -> None:
    """`sealer keys backup` ends what a key in no backup raises, and its time is known (T15)."""
    assert prometheus.ask("count(sealed_secrets_controller_keys_not_backed_up == 0) == 2")
    assert prometheus.ask(
        "count(time() - sealed_secrets_controller_newest_key_backup_timestamp_seconds < 3600) == 2"
    )


def test_series_tell_the_replicas_apart(prometheus: Prometheus) -> None:
    """One of the two leads; objects have the namespace that they are in, not the controller's."""
    leaders = prometheus.ask("sealed_secrets_controller_leader")
    assert sorted(each["value"][1] for each in leaders) == ["0", "1"]
    assert {each["metric"]["namespace"] for each in leaders} == {"kube-system"}
    assert len({each["metric"]["pod"] for each in leaders}) == len(leaders)
    errors = prometheus.ask("sealed_secrets_controller_unseal_errors_total")
    assert {each["metric"]["namespace"] for each in errors} == {"shop"}
