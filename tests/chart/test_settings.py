"""Every setting of the controller can be given as a value, and arrives as it was written."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from sealer_controller.settings.load import load
from sealer_controller.settings.model import Settings
from tests.chart.helm import objects
from tests.chart.installation import Installation

# By the controller's setting: values of the chart, and what the setting is then.
SET: dict[str, tuple[dict[str, Any], str]] = {
    "all_namespaces": ({"allNamespaces": False}, "False"),
    "additional_namespaces": ({"additionalNamespaces": ["a", "b"]}, "('a', 'b')"),
    "namespace_selector": ({"namespaceSelector": "team in (a, b)"}, "team in (a, b)"),
    "label_selector": ({"labelSelector": "a=b"}, "a=b"),
    "workers": ({"workers": 3}, "3"),
    "leader_elect": ({"replicas": 1, "leaderElection": {"enabled": False}}, "False"),
    "leader_elect_lease_duration": ({"leaderElection": {"leaseDuration": "30s"}}, "0:00:30"),
    "leader_elect_resource_name": ({"leaderElection": {"resourceName": "other"}}, "other"),
    "update_status": ({"updateStatus": False}, "False"),
    "accept_deprecated_v1_data": ({"acceptDeprecatedV1Data": False}, "False"),
    "max_unseal_retries": ({"maxRetries": 0}, "0"),
    "recreate_immutable": ({"recreate": {"all": True}}, "True"),
    "skip_recreate": ({"skipRecreate": True}, "True"),
    "old_gc_behavior": ({"oldGCBehavior": True}, "True"),
    "key_prefix": ({"secretName": "keys"}, "keys"),
    "key_size": ({"keySize": "3072"}, "3072"),
    "key_ttl": ({"keyttl": "24h"}, "1 day, 0:00:00"),
    "my_cn": ({"myCN": "shop, the big one"}, "shop, the big one"),
    "key_renew_period": ({"keyrenewperiod": 0}, "0:00:00"),
    "key_cutoff_time": (
        {"keycutofftime": "Tue, 06 Jan 2026 15:04:05 +0000"},
        "2026-01-06 15:04:05+00:00",
    ),
    "key_order_priority": (
        {"keyOrderPriority": "SecretCreationTimestamp"},
        "SecretCreationTimestamp",
    ),
    "require_existing_key": ({"requireExistingKey": True}, "True"),
    "privatekey_labels": ({"privateKeyLabels": {"a": "b", "c": 1000000}}, "a=b,c=1000000"),
    "privatekey_annotations": ({"privateKeyAnnotations": {"a.b/c": "d e"}}, "a.b/c=d e"),
    "watch_for_secrets": ({"watchForSecrets": False}, "False"),
    "listen_addr": ({"containerPorts": {"http": 9090}}, ":9090"),
    "listen_metrics_addr": ({"containerPorts": {"metrics": "9091"}}, ":9091"),
    "read_timeout": ({"readTimeout": "1m30s"}, "0:01:30"),
    "write_timeout": ({"writeTimeout": "0"}, "0:00:00"),
    "rate_limit": ({"rateLimit": 10000000}, "10000000"),
    "rate_limit_burst": ({"rateLimitBurst": 0}, "0"),
    "kubeclient_qps": ({"kubeClientQPS": 2.5}, "2.5"),
    "kubeclient_burst": ({"kubeClientBurst": "7"}, "7"),
    "shutdown_deadline": ({"shutdownDeadline": "5s"}, "0:00:05"),
    "metrics_omit_secret_labels": ({"metricsOmitSecretLabels": True}, "True"),
    "log_level": ({"logLevel": "ERROR"}, "ERROR"),
    "log_format": ({"logFormat": "text"}, "text"),
    "log_info_stdout": ({"logInfoStdout": False}, "False"),
}
NOT_IN_A_POD = {
    *("source", "target", "keys", "target_format", "target_mode", "target_owner"),
    *("server", "token_file", "ca_file"),
}


def settings(values: dict[str, Any]) -> Settings:
    """Return what the program makes of the container's arguments and variables."""
    return Installation(objects(values), values).settings


@pytest.mark.parametrize("name", SET)
def test_value_arrives_at_the_controller_as_it_was_written(name: str) -> None:
    """False and zero included, which the original's chart takes as not given."""
    values, wanted = SET[name]
    found = settings(values)
    assert str(getattr(found, name)) == wanted
    assert str(getattr(settings({}), name)) != wanted


def test_every_setting_can_be_given() -> None:
    """None that means something in a Pod is missing."""
    assert SET.keys() | NOT_IN_A_POD == {each.name for each in fields(Settings)}


def test_settings_by_default_are_the_programs_with_one_writer() -> None:
    """The chart has no other defaults than the controller, but that one of several writes."""
    assert settings({}) == load(["--leader-elect"], {}).settings


def test_arguments_of_somebody_leave_ports_and_lease_as_they_are() -> None:
    """`args` takes the place of all settings but those that other objects rely on."""
    found = settings(
        {
            "args": ["--key-prefix={{ .Release.Name }}"],
            "containerPorts": {"http": 9090},
            "leaderElection": {"resourceName": "other"},
            "workers": 3,
        }
    )
    assert (found.key_prefix, found.workers) == ("sealed-secrets", 16)
    assert str(found.listen_addr) == ":9090"
    assert (found.leader_elect, found.leader_elect_resource_name) == (True, "other")


def test_further_arguments_win_over_the_settings() -> None:
    """`extraArgs` come last, and the last one wins."""
    found = settings({"workers": 3, "extraArgs": ["--workers=4"], "shutdownDeadline": "1s"})
    assert (found.workers, found.shutdown_deadline) == (4, timedelta(seconds=1))


def test_value_of_several_lines_stays_one_argument() -> None:
    """No line of it becomes an argument of its own; the end of a block of text is no part of it."""
    found = settings({"labelSelector": "team in (shop)\n", "myCN": "a\nb"})
    assert (str(found.label_selector), found.my_cn) == ("team in (shop)", "a\nb")
