"""A pin goes into `.sealer.yaml`, and everything else in it stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.documents.emit import emit_yaml
from sealer.policy import read_policy
from sealer.policy.pin import Pin, new_policy, pinned

ONE, TWO = "SHA256:" + "a" * 43, "SHA256:" + "b" * 43
PIN = Pin("prod", "keys/prod.pem", ONE)
POLICY = f"""\
# which key seals what
version: 1
clusters:
  test: {{context: test-admin}}   # asked
  prod:
    certificate: 'old.pem'  # committed
    fingerprint: {TWO}
    paths: ["clusters/prod/**"]
default: prod
hook:
  allow: []
"""


def test_new_policy_is_one_that_seals() -> None:
    """Certificate, pin and default."""
    policy = read_policy(new_policy(PIN))
    assert policy.default == "prod"
    assert policy.clusters["prod"].certificate == "keys/prod.pem"
    assert policy.clusters["prod"].fingerprints == (ONE,)


def test_new_policy_holds_the_settings_that_were_asked_for() -> None:
    """So that the next fetch finds the same controller."""
    pin = Pin("prod", "p.pem", ONE, (("controller-name", "a"), ("controller-namespace", "b")))
    cluster = read_policy(new_policy(pin)).clusters["prod"]
    assert (cluster.controller_name, cluster.controller_namespace) == ("a", "b")
    cluster = read_policy(pinned(b"version: 1\n", pin)).clusters["prod"]
    assert (cluster.controller_name, cluster.controller_namespace) == ("a", "b")


def test_pinned_changes_two_scalars_and_nothing_else() -> None:
    """Comments, quotes and order stay."""
    expected = POLICY.replace("'old.pem'", "'keys/prod.pem'").replace(TWO, f'"{ONE}"')
    assert pinned(POLICY.encode(), PIN).decode() == expected


def test_pinned_again_changes_nothing() -> None:
    """Not one byte."""
    once = pinned(POLICY.encode(), PIN)
    assert pinned(once, PIN) == once


def test_pinned_keeps_a_list_that_has_the_pin() -> None:
    """While a key is being renewed, two are pinned."""
    policy = POLICY.replace(TWO, f"[{TWO}, {ONE}]").replace("'old.pem'", "keys/prod.pem").encode()
    assert pinned(policy, PIN) == policy


def test_pinned_takes_the_place_of_a_list_without_it() -> None:
    """None of the old pins binds any more."""
    policy = pinned(POLICY.replace(TWO, f"[{TWO}]").encode(), PIN)
    assert read_policy(policy).clusters["prod"].fingerprints == (ONE,)
    assert b"# which key seals what" in policy


@pytest.mark.parametrize(
    "policy", ["version: 1\n", "version: 1\nclusters: {}\n", "version: 1\nclusters:\n  a: {}\n"]
)
def test_pinned_adds_a_cluster(policy: str) -> None:
    """Into whatever is there."""
    before = read_policy(policy.encode())
    after = read_policy(pinned(policy.encode(), PIN))
    assert after.clusters["prod"].fingerprints == (ONE,)
    assert {*after.clusters} == {*before.clusters, "prod"}


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
CLUSTERS = st.fixed_dictionaries(
    {},
    optional={
        "certificate": st.sampled_from(["a.pem", "b/c.pem"]),
        "fingerprint": st.sampled_from([ONE, TWO]) | st.just([TWO]) | st.just([TWO, ONE]),
        "context": st.just("ctx"),
        "paths": st.just(["x/**"]),
    },
)


@given(st.dictionaries(NAMES, CLUSTERS, max_size=4), NAMES)
def test_pinned_means_the_pin_and_else_the_same(
    clusters: dict[str, dict[str, object]], name: str
) -> None:
    """Whatever the policy says: one certificate, its pin, and all other settings as before."""
    before = emit_yaml({"version": 1, "clusters": clusters}).encode()
    after = read_policy(pinned(before, Pin(name, "new.pem", ONE)))
    expected = read_policy(before).clusters
    assert after.clusters[name].certificate == "new.pem"
    assert ONE in after.clusters[name].fingerprints
    for other, cluster in expected.items():
        if other != name:
            assert after.clusters[other] == cluster
        else:
            assert after.clusters[name].paths == cluster.paths
            assert after.clusters[name].context == cluster.context
