"""The doctor misses no right, and finds none too many, on whatever the chart installs."""

from collections.abc import Mapping
from typing import Any

import pytest

from sealer.doctor import Status
from sealer.doctor.checks.access import excess
from sealer.doctor.facts import Fact, Place
from sealer.doctor.rbac import grants
from sealer.doctor.rights import needed
from sealer.doctor.settings import settings_of
from sealer.doctor.workload import account_of
from tests.chart.helm import objects
from tests.chart.installation import Installation
from tests.chart.matrix import MATRIX
from tests.doctor import samples

# The rights of these are taken together from several places of the chart.
_MORE: Mapping[str, Mapping[str, Any]] = {
    "no watch at all": {"skipRecreate": True, "watchForSecrets": False},
    "no watch, some namespaces": {
        "namespaces": ["shop"],
        "skipRecreate": True,
        "watchForSecrets": False,
    },
    "by labels of namespaces": {"namespaceSelector": "a=b", "watchForSecrets": False},
}
_VALUES = {**MATRIX, **_MORE}
_CHOSEN = "chosen"
# What people chose although it gives less or more than the controller uses; the doctor says so.
_BOUND_BY_HAND = "selected namespaces, bound by hand"
_TOO_WIDE = "original, namespaced without cluster role"


def has_rights(values: Mapping[str, Any]) -> bool:
    """Tell whether the chart installs a controller, and leaves its rights to nobody else."""
    has_roles = (values.get("rbac") or {}).get("create", True)
    return bool(has_roles and values.get("createController", True))


@pytest.mark.parametrize("name", [name for name, values in _VALUES.items() if has_rights(values)])
def test_rights_that_the_doctor_asks_for_are_those_of_the_chart(name: str) -> None:
    """Each that it needs is granted where it is needed, and what is too much is told."""
    made = Installation(objects(_VALUES[name]), _VALUES[name])
    assert made.deployment is not None
    settings, account = settings_of(made.deployment), account_of(made.deployment)
    roles = made.of("Role", "ClusterRole")
    bindings = made.of("RoleBinding", "ClusterRoleBinding")
    held = [
        each
        for each in grants(roles, bindings)
        if each.subject == ("ServiceAccount", account, made.namespace)
    ]
    selected = (_CHOSEN,) if settings.selector and name != _BOUND_BY_HAND else ()
    for right in needed(settings, made.namespace, selected):
        places = ("", right.namespace)
        assert any(each.namespace in places and each.rule.allows(right) for each in held), right
    facts = samples.healthy(
        deployment=Fact(made.deployment),
        roles=Fact(roles),
        bindings=Fact(bindings),
        place=Place(made.namespace, made.deployment["metadata"]["name"]),
    )
    (found,) = excess(facts)
    assert found.status is (Status.WARNING if name == _TOO_WIDE else Status.OK), found
