"""No value is ignored in silence: each that is set shows in what is installed, where it belongs."""

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from sealer import __version__
from tests.chart.helm import render
from tests.chart.reference import values
from tests.chart.test_generated import INERT
from tests.chart.test_settings import SET

# What must be on for the values below a name to mean anything.
CONTEXTS: Mapping[str, dict[str, Any]] = {
    "ingress": {"ingress": {"enabled": True}},
    "ingress.selfSigned": {"ingress": {"enabled": True, "tls": True}},
    "service.nodePort": {"service": {"type": "NodePort"}},
    "networkPolicy": {"networkPolicy": {"enabled": True}},
    "networkPolicy.egress.kubeapiCidr": {
        "networkPolicy": {"enabled": True, "egress": {"enabled": True}}
    },
    "networkPolicy.egress.kubeapiPort": {
        "networkPolicy": {"enabled": True, "egress": {"enabled": True}}
    },
    "metrics.service.nodePort": {"metrics": {"service": {"type": "NodePort"}}},
    "metrics.serviceMonitor": {"metrics": {"serviceMonitor": {"enabled": True}}},
    "metrics.podMonitor": {"metrics": {"podMonitor": {"enabled": True}}},
    "metrics.prometheusRule": {"metrics": {"prometheusRule": {"enabled": True}}},
    "metrics.dashboards": {"metrics": {"dashboards": {"create": True}}},
    "leaderElection.enabled": {"replicas": 1},
    "rbac.namespacedRoles": {"additionalNamespaces": ["shop"], "rbac": {"clusterRole": False}},
    "rbac.namespacedRolesName": {"namespaces": ["shop"]},
    "rbac.clusterRoleBinding": {"additionalNamespaces": ["shop"]},
}
ROUTE = {"backend": {"service": {"name": "other"}}}
SUBJECTS = [{"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}]
# By the value's path: what it is set to, and a line that this adds; None where it only takes away.
EFFECTS: Mapping[str, tuple[Any, str | None]] = {
    "nameOverride": ("vault", "app.kubernetes.io/name: vault"),
    "fullnameOverride": ("vault", "name: vault"),
    "namespace": ("secrets", "namespace: secrets"),
    "commonLabels": ({"team": "shop"}, "team: shop"),
    "commonAnnotations": ({"team": "shop"}, "team: shop"),
    "selectorLabels": ({"name": "vault"}, "name: vault"),
    "extraDeploy": ([{"apiVersion": "v1", "kind": "Namespace"}], "kind: Namespace"),
    "createController": (False, None),
    "replicas": (3, "replicas: 3"),
    "leaderElection.enabled": (False, None),
    "leaderElection.resourceName": ("other", "- --leader-elect-resource-name=other"),
    "leaderElection.leaseDuration": ("30s", "- --leader-elect-lease-duration=30s"),
    "image.registry": ("r.example.com", f'image: "r.example.com/sealer-controller:{__version__}"'),
    "image.repository": ("team/own", f'image: "team/own:{__version__}"'),
    "image.tag": ("x", 'image: "sealer-controller:x"'),
    "image.digest": ("sha256:0a", 'image: "sealer-controller@sha256:0a"'),
    "image.pullPolicy": ("Always", "imagePullPolicy: Always"),
    "image.pullSecrets": (["registry"], "- name: registry"),
    "command": (["other"], "- other"),
    "args": (["--workers=2"], "- --workers=2"),
    "extraArgs": (["--workers=2"], "- --workers=2"),
    "extraEnvVars": ([{"name": "TZ", "value": "UTC"}], "- name: TZ"),
    "namespaces": (["shop"], "namespace: shop"),
    "additionalNamespaces": (["shop"], "- --additional-namespaces=shop"),
    "namespaceSelector": ("team=shop", "name: sealed-secrets-namespace-watcher"),
    "allNamespaces": (False, "- --all-namespaces=false"),
    "labelSelector": ("team=shop", "- --label-selector=team=shop"),
    "updateStatus": (False, "- --update-status=false"),
    "skipRecreate": (True, "- --skip-recreate=true"),
    "oldGCBehavior": (True, "- --old-gc-behavior=true"),
    "recreate.enabled": (True, "name: sealed-secrets-recreator"),
    "recreate.all": (True, "- --recreate-immutable=true"),
    "restart.enabled": (True, "name: sealed-secrets-restarter"),
    "watchForSecrets": (False, "- --watch-for-secrets=false"),
    "certificateConfigMap.create": (False, None),
    "certificateConfigMap.bind": (False, None),
    "certificateConfigMap.subjects": (SUBJECTS, "name: jane"),
    "revisionHistoryLimit": (0, "revisionHistoryLimit: 0"),
    "updateStrategy": ({"type": "Recreate", "rollingUpdate": None}, "type: Recreate"),
    "minReadySeconds": (0, "minReadySeconds: 0"),
    "terminationGracePeriodSeconds": (90, "terminationGracePeriodSeconds: 90"),
    "podLabels": ({"team": "shop"}, "team: shop"),
    "podAnnotations": ({"team": "shop"}, "team: shop"),
    "priorityClassName": ("high", "priorityClassName: high"),
    "runtimeClassName": ("gvisor", "runtimeClassName: gvisor"),
    "affinity": ({"podAffinity": {"x": "y"}}, "podAffinity:"),
    "nodeSelector": ({"disk": "ssd"}, "disk: ssd"),
    "tolerations": ([{"operator": "Exists"}], "- operator: Exists"),
    "topologySpreadConstraints": ([{"topologyKey": "zone"}], "topologyKey: zone"),
    "additionalVolumes": ([{"name": "extra"}], "- name: extra"),
    "additionalVolumeMounts": ([{"name": "extra", "mountPath": "/x"}], "- mountPath: /x"),
    "hostNetwork": (True, "hostNetwork: true"),
    "hostUsers": (False, "hostUsers: false"),
    "dnsPolicy": ("Default", "dnsPolicy: Default"),
    "containerPorts.http": (9090, "containerPort: 9090"),
    "containerPorts.metrics": (9091, "containerPort: 9091"),
    "hostPorts.http": (80, "hostPort: 80"),
    "hostPorts.metrics": (81, "hostPort: 81"),
    "resources.limits": ({"memory": "50Mi"}, "memory: 50Mi"),
    "resources.requests": ({"memory": "1Gi"}, "memory: 1Gi"),
    "podSecurityContext": ({"fsGroup": 7}, "fsGroup: 7"),
    "containerSecurityContext": ({"runAsUser": 7}, "runAsUser: 7"),
    "livenessProbe": ({"periodSeconds": 7}, "periodSeconds: 7"),
    "readinessProbe": ({"periodSeconds": 7}, "periodSeconds: 7"),
    "startupProbe": ({"enabled": True}, "startupProbe:"),
    "customLivenessProbe": ({"exec": {"command": ["x"]}}, "exec:"),
    "customReadinessProbe": ({"exec": {"command": ["x"]}}, "exec:"),
    "customStartupProbe": ({"exec": {"command": ["x"]}}, "exec:"),
    "pdb.create": (False, None),
    "pdb.minAvailable": (0, "minAvailable: 0"),
    "pdb.maxUnavailable": ("30%", "maxUnavailable: 30%"),
    "service.type": ("NodePort", "type: NodePort"),
    "service.port": (80, "- port: 80"),
    "service.portName": ("api", "name: api"),
    "service.nodePort": (30080, "nodePort: 30080"),
    "service.loadBalancerClass": ("example.com/lb", "loadBalancerClass: example.com/lb"),
    "service.annotations": ({"team": "shop"}, "team: shop"),
    "ingress.enabled": (True, "kind: Ingress"),
    "ingress.pathType": ("Exact", "pathType: Exact"),
    "ingress.apiVersion": ("example.com/v2", "apiVersion: example.com/v2"),
    "ingress.ingressClassName": ("nginx", "ingressClassName: nginx"),
    "ingress.hostname": ("a.example.com", '- host: "a.example.com"'),
    "ingress.path": ("/x", '- path: "/x"'),
    "ingress.annotations": ({"team": "shop"}, "team: shop"),
    "ingress.tls": (True, "secretName: sealed-secrets.local-tls"),
    "ingress.selfSigned": (True, "name: sealed-secrets.local-tls"),
    "ingress.extraHosts": ([{"name": "b.example.com"}], '- host: "b.example.com"'),
    "ingress.extraPaths": ([{"path": "/y", **ROUTE}], "path: /y"),
    "ingress.extraTls": ([{"secretName": "other"}], "- secretName: other"),
    "ingress.secrets": ([{"name": "own", "key": "k", "certificate": "c"}], "name: own"),
    "networkPolicy.enabled": (True, "kind: NetworkPolicy"),
    "networkPolicy.httpFrom": ([{"podSelector": {}}], "- podSelector: {}"),
    "networkPolicy.metricsFrom": ([{"podSelector": {}}], "- podSelector: {}"),
    "networkPolicy.egress.enabled": (True, "- Egress"),
    "networkPolicy.egress.kubeapiCidr": ("192.0.2.1/32", "cidr: 192.0.2.1/32"),
    "networkPolicy.egress.kubeapiPort": (16443, "port: 16443"),
    "serviceAccount.create": (False, "name: default"),
    "serviceAccount.name": ("robot", "serviceAccountName: robot"),
    "serviceAccount.labels": ({"team": "shop"}, "team: shop"),
    "serviceAccount.annotations": ({"team": "shop"}, "team: shop"),
    "serviceAccount.automountServiceAccountToken": (True, "automountServiceAccountToken: true"),
    "rbac.create": (False, None),
    "rbac.clusterRole": (False, None),
    "rbac.clusterRoleName": ("own", "name: own"),
    "rbac.clusterRoleBinding": (False, "namespace: shop"),
    "rbac.namespacedRoles": (True, "namespace: shop"),
    "rbac.namespacedRolesName": ("own", "name: own"),
    "rbac.labels": ({"team": "shop"}, "team: shop"),
    "rbac.serviceProxier.create": (False, None),
    "rbac.serviceProxier.bind": (False, None),
    "rbac.serviceProxier.subjects": (SUBJECTS, "name: jane"),
    "rbac.operator.create": (False, None),
    "rbac.operator.subjects": (SUBJECTS, "name: jane"),
    "crd.create": (False, None),
    "metrics.service.type": ("NodePort", "type: NodePort"),
    "metrics.service.port": (80, "port: 80"),
    "metrics.service.nodePort": (30081, "nodePort: 30081"),
    "metrics.service.loadBalancerClass": ("example.com/lb", "loadBalancerClass: example.com/lb"),
    "metrics.service.annotations": ({"team": "shop"}, "team: shop"),
    "metrics.prometheusRule.groups": ([{"name": "own"}], "- name: own"),
    "metrics.prometheusRule.runbookUrl": (
        "https://w.example.com",
        "runbook_url: https://w.example.com#sealedsecretsnoleader",
    ),
    "metrics.prometheusRule.enabled": (True, "kind: PrometheusRule"),
    "metrics.dashboards.create": (True, 'grafana_dashboard: "1"'),
    **{
        f"metrics.{kind}.{name}": effect
        for kind in ("serviceMonitor", "podMonitor")
        for name, effect in {
            "enabled": (True, f"kind: {kind[0].upper()}{kind[1:]}"),
            "interval": ("30s", "interval: 30s"),
            "scrapeTimeout": ("9s", "scrapeTimeout: 9s"),
            "honorLabels": (False, "honorLabels: false"),
            "metricRelabelings": ([{"action": "drop"}], "- action: drop"),
            "relabelings": ([{"action": "drop"}], "- action: drop"),
        }.items()
    },
    **{
        f"metrics.{kind}.{name}": effect
        for kind in ("serviceMonitor", "podMonitor", "prometheusRule", "dashboards")
        for name, effect in {
            "namespace": ("monitoring", "namespace: monitoring"),
            "labels": ({"team": "shop"}, "team: shop"),
            "annotations": ({"team": "shop"}, "team: shop"),
        }.items()
    },
}
# The values of which test_settings.py shows that they arrive at the controller are not here.
DEFAULTS = {each.path: each.default for each in values() if each.default is not None}


def context(path: str) -> dict[str, Any]:
    """Return what must be set for a value to mean anything, without the value itself."""
    names = path.split(".")
    prefixes = (".".join(names[:length]) for length in range(len(names), 0, -1))
    found = deepcopy(next((CONTEXTS[each] for each in prefixes if each in CONTEXTS), {}))
    _group(found, names).pop(names[-1], None)
    return found


def with_value(path: str, value: object) -> dict[str, Any]:
    """Return the values with this one, in the context in which it means something."""
    found, names = context(path), path.split(".")
    _group(found, names)[names[-1]] = value
    return found


def _group(found: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return the group that the last of the names is in."""
    for name in names[:-1]:
        found = found.setdefault(name, {})
    return found


def lines(rendered: str) -> Counter[str]:
    """Return the lines of a text without their indentation, and how often each is there."""
    return Counter(line.strip() for line in rendered.splitlines())


@pytest.mark.parametrize("path", EFFECTS)
def test_value_shows_in_what_is_installed(path: str) -> None:
    """It adds what it is about, or takes something away."""
    value, wanted = EFFECTS[path]
    before, after = lines(render(context(path))), lines(render(with_value(path, value)))
    if wanted is None:
        assert before - after
    else:
        assert wanted in after - before


def test_every_value_has_an_effect() -> None:
    """Whoever adds a value says what it does; those without effect say that."""
    arriving = {path for given, _ in SET.values() for path in _paths(given)}
    assert DEFAULTS.keys() - {*EFFECTS, *INERT} <= arriving
    assert EFFECTS.keys() <= DEFAULTS.keys()


def _paths(given: Mapping[str, Any], path: str = "") -> set[str]:
    found = set()
    for name, value in given.items():
        found.add(f"{path}{name}")
        if isinstance(value, dict):
            found |= _paths(value, f"{path}{name}.")
    return found
