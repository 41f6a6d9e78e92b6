"""Values that cannot work are refused before anything is installed, in words that help."""

from typing import Any

import pytest

from sealer_controller.settings.load import SettingsError, load
from tests.chart.helm import RefusedError, objects, render
from tests.chart.installation import Installation

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two writers": (
        {"leaderElection": {"enabled": False}},
        "set leaderElection.enabled to true and give no argument that says otherwise, or set",
    ),
    "two writers, by further arguments": (
        {"extraArgs": ["--leader-elect", "--leader-elect=false"]},
        "more than one controller would write",
    ),
    "two writers, by other arguments": (
        {"args": ["--leader-elect=F"]},
        "more than one controller would write",
    ),
    "roles in no namespace": (
        {"rbac": {"clusterRole": False, "namespacedRoles": True}},
        "list them in additionalNamespaces",
    ),
    "bound in no namespace": (
        {"rbac": {"clusterRoleBinding": False}},
        "list them in additionalNamespaces",
    ),
    "rights in these alone": (
        {"namespaces": ["shop"], "namespaceSelector": "team=shop"},
        "list them in additionalNamespaces",
    ),
    "both bounds": ({"pdb": {"minAvailable": 1, "maxUnavailable": 1}}, "either minAvailable or"),
    "comma in an annotation": ({"privateKeyAnnotations": {"a": "b,c"}}, "has a comma"),
    "comma in a label": ({"privateKeyLabels": {"a": "b,c"}}, "has a comma"),
    "ingress to nowhere": ({"ingress": {"enabled": True, "hostname": ""}}, "leads nowhere"),
    "TLS for nobody": (
        {"ingress": {"enabled": True, "tls": True, "hostname": "", "extraHosts": [{"name": "a"}]}},
        "give extraTls for other hosts",
    ),
    "scraped twice": (
        {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
        "enable one",
    ),
    "one port": ({"containerPorts": {"http": 8081}}, "are the same port"),
    "unknown inner value": ({"rbac": {"roles": True}}, "at '/rbac': additional properties"),
    "text for a number": ({"replicas": "two"}, "at '/replicas': got string, want integer"),
    "text for a switch": ({"updateStatus": "false"}, "at '/updateStatus': got string"),
    "negative period": ({"keyrenewperiod": "-1h"}, "at '/keyrenewperiod'"),
    "period in days": ({"keyrenewperiod": "30d"}, "at '/keyrenewperiod'"),
    "no requests at all": ({"rateLimit": 0}, "at '/rateLimit': minimum: got 0, want 1"),
    "small key": ({"keySize": 1024}, "at '/keySize'"),
    "large key": ({"keySize": "16385"}, "at '/keySize'"),
    "time of another form": ({"keycutofftime": "2026-01-06T15:04:05Z"}, "at '/keycutofftime'"),
    "certificate for no time": ({"keyttl": "0h"}, "at '/keyttl'"),
    "no time to end": ({"shutdownDeadline": "0"}, "at '/shutdownDeadline'"),
    "crowd of workers": ({"workers": 257}, "at '/workers'"),
    "short Lease": ({"leaderElection": {"leaseDuration": "2s"}}, "2s is not between 3s and"),
    "long Lease": ({"leaderElection": {"leaseDuration": "2m"}}, "2m is not between 3s and"),
    "name in capitals": ({"fullnameOverride": "Sealed"}, "at '/fullnameOverride'"),
    "key prefix in capitals": ({"secretName": "Keys"}, "at '/secretName'"),
    "port out of range": ({"containerPorts": {"http": 70000}}, "at '/containerPorts/http'"),
    "unknown type of a Service": ({"service": {"type": "Any"}}, "at '/service/type'"),
    "unknown format of the log": ({"logFormat": "xml"}, "at '/logFormat'"),
    "unknown order of keys": ({"keyOrderPriority": "Newest"}, "at '/keyOrderPriority'"),
    "default taken away": ({"updateStatus": None}, "missing property 'updateStatus'"),
    "subjects without a kind": (
        {"rbac": {"operator": {"subjects": [{"name": "x"}]}}},
        "missing property 'kind'",
    ),
}

# By the value: the controller's flag, what both take, and what both refuse.
BOUNDS: dict[str, tuple[str, list[str], list[str]]] = {
    "keySize": ("key-size", ["2048", "2099", "16299", "16384"], ["2047", "16385", "16400"]),
    "workers": ("workers", ["1", "99", "199", "249", "256"], ["0", "257", "260", "300"]),
    "leaderElection.leaseDuration": (
        "leader-elect-lease-duration",
        ["3s", "9.5s", "59s", "60s", "1m", "1m0s", "10000ms", "0m15s", "60.0s", "0.01h"],
        ["0s", "2.9s", "60.5s", "60001ms", "61s", "1m1s", "2m", "1000h", "10"],
    ),
    "keycutofftime": (
        "key-cutoff-time",
        ["Tue, 06 Jan 2026 15:04:05 +0100"],
        ["now", "6 Jan 2026 15:04:05 +0100", "Tue, 06 Jan 2026 15:04:05 GMT"],
    ),
    "keyttl": ("key-ttl", ["1s", "0.5h"], ["0s", "0h0m", "-1h"]),
    "shutdownDeadline": ("shutdown-deadline", ["1s", "10ms"], ["0", "0s"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_values_that_cannot_work_are_refused(name: str) -> None:
    """Helm renders nothing and says what is wrong, and where."""
    values, words = REFUSED[name]
    with pytest.raises(RefusedError) as refused:
        render(values)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "arguments",
    [["--leader-elect=false", "--leader-elect"], ["--leader-elect-resource-name=false"]],
)
def test_arguments_that_leave_one_writer_are_taken(arguments: list[str]) -> None:
    """The last of them counts, and others are none of its business."""
    assert "replicas: 2" in render({"extraArgs": arguments})


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_are_those_of_the_controller(name: str) -> None:
    """At the ends of a range, schema and program take the same and refuse the same."""
    flag, taken, refused = BOUNDS[name]
    for value in taken:
        values = _nested(name, value)
        Installation(objects(values), values).settings  # noqa: B018 - is read by the program
    for value in refused:
        with pytest.raises(RefusedError):
            render(_nested(name, value))
        with pytest.raises(SettingsError):
            load([f"--{flag}={value}"], {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("leaderElection.leaseDuration", "10s"),
        ("keycutofftime", "Tue, 06 Jan 2026 15:04:05 +0100"),
        ("keyrenewperiod", "720h"),
        ("keyttl", "720h"),
        ("readTimeout", "1m"),
        ("secretName", "keys"),
        ("shutdownDeadline", "1s"),
        ("metrics.serviceMonitor.interval", "30s"),
    ],
)
def test_end_of_a_block_of_text_is_no_part_of_it(name: str, value: str) -> None:
    """With it and without it, the chart renders to the same."""
    values = {"metrics": {"serviceMonitor": {"enabled": True}}} if "metrics" in name else {}
    plain, block = (_merged(values, _nested(name, text)) for text in (value, f"{value}\n"))
    assert render(block) == render(plain) != render(values)


def test_certificate_for_no_time_stays_refused_in_a_block_of_text() -> None:
    """The space behind it does not hide that it is nothing."""
    for value in ("0h\n", "0s "):
        with pytest.raises(RefusedError):
            render({"keyttl": value})


def _merged(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, value in others.items():
        there = merged.get(key)
        merged[key] = _merged(there, value) if isinstance(there, dict) else value
    return merged


def _nested(path: str, value: object) -> dict[str, Any]:
    *groups, last = path.split(".")
    values: dict[str, Any] = {last: value}
    for group in reversed(groups):
        values = {group: values}
    return values
