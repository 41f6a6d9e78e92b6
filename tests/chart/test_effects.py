"""No value is ignored in silence: each that is set shows in what is installed, where it belongs."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.helm import NAMESPACE, Object, objects
from tests.chart.reference import values
from tests.chart.test_generated import INERT
from tests.chart.test_settings import SET

# What must be on for the values below a name to mean anything.
CONTEXTS: Mapping[str, dict[str, Any]] = {
    "image": {"image": {"tag": "x"}},
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
EFFECTS: Mapping[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("effects.yaml").read_text()
)
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


def shown(values: dict[str, Any], effect: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return what stands in the place of an effect; None for nothing."""
    found = {_title(each): each for each in objects(values)}
    deployment = found.get("Deployment/sealed-secrets-controller")
    if deployment is not None:
        found["Pod"] = deployment["spec"]["template"]
        found["Container"] = found["Pod"]["spec"]["containers"][0]
    place: Any = found.get(effect["in"])
    for step in effect.get("at", "").split():
        try:
            place = place[int(step) if isinstance(place, list) else step]
        except (KeyError, IndexError, TypeError):
            return None
    return place


def _title(found: Object) -> str:
    metadata = found["metadata"]
    namespace = metadata.get("namespace", NAMESPACE)
    suffix = "" if namespace == NAMESPACE else f"@{namespace}"
    return f"{found['kind']}/{metadata['name']}{suffix}"


@pytest.mark.parametrize("path", EFFECTS)
def test_value_shows_where_it_belongs(path: str) -> None:
    """It stands in its place in its object, and did not before; or takes its object away."""
    effect = EFFECTS[path]
    wanted = effect.get("is", effect["set"]) if "at" in effect else None
    assert shown(context(path), effect) != wanted
    assert shown(with_value(path, effect["set"]), effect) == wanted


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
