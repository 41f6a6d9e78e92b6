"""Values that cannot work are refused before anything is installed, in words that help."""

from typing import Any

import pytest

from tests.chart.helm import RefusedError, render

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two writers": (
        {"leaderElection": {"enabled": False}},
        "set leaderElection.enabled to true, or replicas to 1",
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
    "unknown value": ({"replicaCount": 2}, "additional properties 'replicaCount' not allowed"),
    "unknown inner value": ({"rbac": {"roles": True}}, "at '/rbac': additional properties"),
    "text for a number": ({"replicas": "two"}, "at '/replicas': got string, want integer"),
    "text for a switch": ({"updateStatus": "false"}, "at '/updateStatus': got string"),
    "negative period": ({"keyrenewperiod": "-1h"}, "at '/keyrenewperiod'"),
    "period in days": ({"keyrenewperiod": "30d"}, "at '/keyrenewperiod'"),
    "no requests at all": ({"rateLimit": 0}, "at '/rateLimit': minimum: got 0, want 1"),
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


@pytest.mark.parametrize("name", REFUSED)
def test_values_that_cannot_work_are_refused(name: str) -> None:
    """Helm renders nothing and says what is wrong, and where."""
    values, words = REFUSED[name]
    with pytest.raises(RefusedError) as refused:
        render(values)
    assert words in str(refused.value)
