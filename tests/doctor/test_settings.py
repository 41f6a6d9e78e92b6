"""The doctor reads a Deployment as the controller reads its command line."""

from dataclasses import Field, fields
from datetime import timedelta
from typing import Any

import pytest

from sealer.doctor.rights import allowed, needed
from sealer.doctor.settings import Settings, settings_of
from sealer_controller.settings.load import flag_of, load
from sealer_controller.settings.model import Settings as Theirs
from sealer_controller.settings.values import boolean
from tests.deploy.manifests import NAME, Object, installed, rights
from tests.doctor.samples import SYSTEM, deployment

DEFAULTS = settings_of(deployment())


def container(*arguments: str, env: dict[str, str] | None = None) -> Object:
    """Return a Deployment with one container."""
    variables = [{"name": name, "value": text} for name, text in (env or {}).items()]
    made = {"name": NAME, "command": ["controller"], "args": list(arguments), "env": variables}
    return {"spec": {"template": {"spec": {"containers": [{"name": "side"}, made]}}}}


@pytest.mark.parametrize(
    ("arguments", "env", "field", "value"),
    [
        (("--leader-elect",), {}, "elects", True),
        (("--leader-elect=false",), {}, "elects", False),
        ((), {"SEALED_SECRETS_LEADER_ELECT": "true"}, "elects", True),
        (("--leader-elect=false",), {"SEALED_SECRETS_LEADER_ELECT": "1"}, "elects", False),
        (("--all-namespaces=false",), {}, "sees_all", False),
        (("--additional-namespaces", "a, b"), {}, "namespaces", ("a", "b")),
        (("--additional-namespaces=a",), {}, "sees_all", False),
        (("--namespace-selector=x=y",), {}, "selector", "x=y"),
        (("--skip-recreate",), {}, "watches", False),
        (("--watch-for-secrets=false",), {}, "watches_keys", False),
        (("--watch-for-secrets", "--key-prefix=k"), {}, "prefix", "k"),
        (("--old-gc-behavior",), {}, "deletes", True),
        (("--update-status=false",), {}, "writes_status", False),
        (("--leader-elect-resource-name", "mine"), {}, "lease", "mine"),
        (("--key-prefix=k",), {}, "prefix", "k"),
        (("--key-renew-period=1h30m",), {}, "period", timedelta(minutes=90)),
        (("--rotate-period=0",), {}, "period", timedelta(0)),
        (("--key-renew-period=soon",), {}, "period", None),
        (("-key-prefix=k",), {}, "prefix", "k"),
        (("word", "--key-prefix=k"), {}, "prefix", "k"),
    ],
)
def test_settings_are_those_of_the_container(
    arguments: tuple[str, ...], env: dict[str, str], field: str, value: object
) -> None:
    """Flags in both forms and variables; the command line wins, and others' containers do not."""
    assert getattr(settings_of(container(*arguments, env=env)), field) == value


@pytest.mark.parametrize(
    "field",
    [each for each in fields(Theirs) if each.name != "key_prefix"],
    ids=lambda each: each.name,
)
def test_flag_takes_the_next_word_where_the_controller_takes_it(field: Field[Any]) -> None:
    """A switch stands alone; the value of every other flag may follow it."""
    is_switch = field.metadata["read"] is boolean
    found = settings_of(container(flag_of(field.name), "--key-prefix=k"))
    assert found.prefix == ("k" if is_switch else Settings().prefix)


def test_defaults_are_the_programs() -> None:
    """What is not said is the same here and there."""
    theirs: Any = load((), {}).settings
    ours = Settings()
    assert (ours.lease, ours.prefix) == (theirs.leader_elect_resource_name, theirs.key_prefix)
    assert ours.period == theirs.key_renew_period
    assert (ours.sees_all, ours.elects) == (theirs.all_namespaces, theirs.leader_elect)
    assert (ours.writes_status, ours.watches) == (theirs.update_status, not theirs.skip_recreate)
    assert ours.watches_keys == theirs.watch_for_secrets


def test_rights_that_are_needed_are_granted_by_the_manifests() -> None:
    """What the doctor misses is what `deploy/` grants."""
    granted = rights([rule for each in installed() for rule in each.get("rules") or ()])
    for right in needed(DEFAULTS, SYSTEM):
        assert (right.group, right.resource, right.verb) in granted, right


def test_rights_of_the_manifests_are_not_too_much() -> None:
    """What `deploy/` grants the controller is nothing that the doctor complains about."""
    may_have = {(group, resource, verb) for verb, resource, group, _ in allowed(DEFAULTS)}
    ours = {"sealed-secrets-service-proxier", "sealed-secrets-operator"}
    for each in installed():
        if each["kind"].endswith("Role") and each["metadata"]["name"] not in ours:
            assert rights(each["rules"]) <= may_have, each["metadata"]["name"]


def test_rights_follow_what_the_controller_was_told() -> None:
    """In some namespaces only, and with what takes more."""
    settings = Settings(sees_all=False, namespaces=("shop",), deletes=True, selector="a=b")
    found = {str(each) for each in needed(settings, "seal", ("team",))}
    for namespace in ("seal", "shop", "team"):
        assert f"delete secrets in {namespace}" in found
    assert "watch namespaces" in found
    assert not any(each.endswith("secrets") for each in found)
    assert "update leases.coordination.k8s.io sealed-secrets-controller in seal" not in found
