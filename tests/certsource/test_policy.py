"""`.sealer.yaml`: read strictly, with the line of whatever is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sealer
from sealer.errors import ManyErrors, PolicyError
from sealer.policy import Cluster, Policy, read_policy
from sealer.policy.globs import path_matches
from sealer.policy.read import CLUSTER_FIELDS, POLICY_FIELDS, VERSION

PIN = "SHA256:" + "aB3/+" * 8 + "xyz"
FULL = f"""\
version: 1
clusters:
  prod:
    certificate: keys/public/prod.pem
    fingerprint: [{PIN}]
    context: prod-admin
    controller-name: sealer
    controller-namespace: sealing
    paths: ["clusters/prod/**"]
  test: {{paths: "test/*", fingerprint: "{PIN}"}}
default: prod
hook:
  allow: []
"""


def _faults(text: str | bytes) -> list[PolicyError]:
    with pytest.raises((PolicyError, ManyErrors)) as caught:
        read_policy(text if isinstance(text, bytes) else text.encode())
    error = caught.value
    faults = error.errors if isinstance(error, ManyErrors) else (error,)
    assert all(isinstance(fault, PolicyError) for fault in faults)
    return [fault for fault in faults if isinstance(fault, PolicyError)]


def test_policy_with_everything_is_read() -> None:
    """Every setting arrives; one text stands for a list of one."""
    policy = read_policy(FULL.encode())
    assert policy == Policy(
        {
            "prod": Cluster(
                "prod",
                certificate="keys/public/prod.pem",
                fingerprints=(PIN,),
                context="prod-admin",
                controller_name="sealer",
                controller_namespace="sealing",
                paths=("clusters/prod/**",),
            ),
            "test": Cluster("test", fingerprints=(PIN,), paths=("test/*",)),
        },
        "prod",
    )


def test_policy_with_a_version_only_is_enough() -> None:
    """Everything else may be missing."""
    assert read_policy(b"version: 1\n") == Policy()


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "", "one document"),
        ("version: 1\n---\nversion: 1\n", "", "one document"),
        ("version: [\n", "2:1", ""),
        ("- a\n", "1:1", "must be|is a mapping"),
        ("clusters: {}\n", "1:1", "version must be 1"),
        ("version: 2\n", "1:10", "version must be 1"),
        ("version: yes\n", "1:10", "version must be 1"),
        ("version: '1'\n", "1:10", "version must be 1"),
        ("version: 1\nversion: 1\n", "2:1", "twice"),
        ("version: 1\ncluster: {}\n", "2:1", "no setting cluster here"),
        ("version: 1\nclusters: []\n", "2:11", "clusters must be a mapping"),
        ("version: 1\nclusters: {a: x}\n", "2:15", "cluster a must be a mapping"),
        ("version: 1\nclusters: {a: {pin: x}}\n", "2:16", "no setting pin here"),
        ("version: 1\nclusters: {a: {certificate: 1}}\n", "2:29", "must be a text"),
        ("version: 1\nclusters: {a: {certificate: ''}}\n", "2:29", "must be a text"),
        ("version: 1\nclusters: {a: {paths: [1]}}\n", "2:24", "must be a text"),
        ("version: 1\nclusters: {a: {fingerprint: SHA256:x}}\n", "2:29", "is no fingerprint"),
        ("version: 1\nclusters: {a: {fingerprint: }}\n", "2:29", "must be a text"),
        ("version: 1\ndefault: prod\n", "2:10", "no cluster prod"),
        ("version: 1\nhook: []\n", "2:7", "hook must be a mapping"),
    ],
)
def test_policy_fault_is_told_with_its_line(text: str, place: str, said: str) -> None:
    """What is wrong, and where."""
    (fault,) = _faults(text)
    assert str(fault.where) == place
    assert re.search(said, fault.message)


def test_policy_with_several_faults_tells_all() -> None:
    """People mend them all at once."""
    text = "version: 3\nclustres: {}\ndefault: a\n"
    assert [str(fault.where) for fault in _faults(text)] == ["2:1", "1:10", "3:10"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("version: 1\nclustres: {}\n", "did you mean clusters?"),
        ("version: 1\nclusters: {a: {fingerprints: x}}\n", "did you mean fingerprint?"),
        ("version: 1\nclusters: {prod: {}}\ndefault: prd\n", "did you mean prod?"),
    ],
)
def test_policy_misspelt_setting_is_named(text: str, hint: str) -> None:
    """A misspelt pin would bind nothing, so nothing unknown passes."""
    assert _faults(text)[0].hint == hint


def test_policy_of_bytes_that_are_no_text_is_refused() -> None:
    """The error is one about the policy."""
    (fault,) = _faults(b"# caf\xe9\n")
    assert str(fault.where) == "1:6"


def _schema() -> dict[str, Any]:
    file = Path(sealer.__file__).parent / "schema" / "sealer-policy.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def test_policy_schema_knows_the_settings_that_the_program_knows() -> None:
    """Editors complete from the schema; the program reads by itself; they must not drift."""
    schema = _schema()
    assert set(schema["properties"]) == set(POLICY_FIELDS)
    assert schema["properties"]["version"]["const"] == VERSION
    assert set(schema["$defs"]["cluster"]["properties"]) == set(CLUSTER_FIELDS)
    assert not schema["additionalProperties"]
    assert not schema["$defs"]["cluster"]["additionalProperties"]


@pytest.mark.parametrize("pin", [PIN, PIN[:-1], PIN + "x", "MD5:" + PIN[7:], PIN + "="])
def test_policy_schema_accepts_the_fingerprints_that_the_program_accepts(pin: str) -> None:
    """The pattern is the same."""
    matches = re.search(_schema()["$defs"]["fingerprint"]["pattern"], pin) is not None
    text = f"version: 1\nclusters: {{a: {{fingerprint: '{pin}'}}}}\n"
    if matches:
        read_policy(text.encode())
    else:
        assert _faults(text)


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("a/b.yaml", "a/b.yaml", True),
        ("a/b.yaml", "./a/b.yaml", True),
        ("a/b.yaml", "a/*", True),
        ("a/b/c.yaml", "a/*", False),
        ("a/b/c.yaml", "a/**", True),
        ("a/b.yaml", "a/**", True),
        ("a", "a/**", False),
        ("ab/c", "a/**", False),
        ("a/b/c.yaml", "a/", True),
        ("a/b/c.yaml", "**/c.yaml", True),
        ("c.yaml", "**/c.yaml", True),
        ("a/b/c.yaml", "a/**/c.yaml", True),
        ("a/c.yaml", "a/**/c.yaml", True),
        ("a/bc.yaml", "a/**/c.yaml", False),
        ("a/b.yaml", "**", True),
        ("a/b.yaml", "*.yaml", False),
        ("b.yaml", "?.yaml", True),
        ("/.yaml", "?.yaml", False),
        ("a/b+c.yaml", "a/b+c.yaml", True),
        ("a/bbc.yaml", "a/b+c.yaml", False),
        ("a/[x].yaml", "a/[x].yaml", True),
        ("A/b.yaml", "a/*", False),
        ("a/b\n.yaml", "a/*", True),
    ],
)
def test_path_matches_patterns_as_a_whole(path: str, pattern: str, *, matches: bool) -> None:
    """`*` stays in a folder, `**` goes through folders, all else is literal."""
    assert path_matches(path, pattern) is matches


PARTS = st.lists(st.text("ab+", min_size=1, max_size=3), min_size=1, max_size=4)


@given(PARTS, PARTS)
def test_path_matches_everything_below_a_folder(folder: list[str], rest: list[str]) -> None:
    """`folder/**` is the folder's content, however deep, and nothing else."""
    above, below = "/".join(folder), "/".join(rest)
    assert path_matches(f"{above}/{below}", f"{above}/**")
    assert not path_matches(below, f"{above}x/**") or below.startswith(f"{above}x/")


def test_policy_owner_of_a_path_is_the_first_that_matches() -> None:
    """The order of the file decides."""
    first, second = Cluster("a", paths=("x/y/**",)), Cluster("b", paths=("x/**",))
    policy = Policy({"a": first, "b": second})
    assert policy.owner_of("x/y/z") is first
    assert policy.owner_of("x/z") is second
    assert policy.owner_of("z") is None
