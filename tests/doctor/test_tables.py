"""The tables of groups, verbs and ways round, said a second time: none may get lost."""

from itertools import product

import pytest

from sealer.doctor.detours import DETOURS
from sealer.doctor.facts import Right
from sealer.doctor.rights import needed
from sealer.doctor.settings import Settings
from sealer.everybody import READING, default_groups, is_default_group, reviewed_as

_WORKLOADS = {
    "": ("pods", "replicationcontrollers"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("cronjobs", "jobs"),
}


def test_default_groups_are_those_that_kubernetes_fills() -> None:
    """Who logs in, who does not, every program, and those of the namespace."""
    groups = {"system:authenticated", "system:unauthenticated", "system:serviceaccounts"}
    assert {*default_groups("shop")} == groups | {"system:serviceaccounts:shop"}
    assert all(map(is_default_group, default_groups("shop")))
    assert not is_default_group("system:nodes")


def test_secrets_are_read_by_three_verbs() -> None:
    """To list and to watch them sends what is in them too."""
    assert {*READING} == {"get", "list", "watch"}


def test_who_does_not_log_in_is_asked_about_by_name_and_group() -> None:
    """A right may have been given to either."""
    spec = {"groups": ["system:unauthenticated"], "user": "system:anonymous"}
    assert reviewed_as("system:unauthenticated") == spec
    assert reviewed_as("system:authenticated") == {"groups": ["system:authenticated"]}


def test_ways_round_are_workloads_pods_and_tokens() -> None:
    """Every kind that makes Pods, by each verb that writes; every way into a Pod that runs."""
    expected = {
        Right(verb, kind, group)
        for group, kinds in _WORKLOADS.items()
        for verb, kind in product(("create", "patch", "update"), kinds)
    }
    into = product(("get", "create"), ("pods/exec", "pods/attach"))
    expected |= {Right(verb, kind) for verb, kind in into}
    expected |= {Right(verb, "pods/ephemeralcontainers") for verb in ("patch", "update")}
    assert {*DETOURS} == expected | {Right("create", "serviceaccounts/token")}


@pytest.mark.parametrize("watches", [True, False])
def test_keys_are_watched_where_the_controller_was_told_to(*, watches: bool) -> None:
    """Without it the right to list them when it starts is enough."""
    settings = Settings(watches=False, watches_keys=watches)
    verbs = {each.verb for each in needed(settings, "seal") if each.namespace == "seal"}
    assert verbs == {"get", "create", "list"} | ({"watch"} if watches else set())
