"""`.sealer.yaml`: read strictly, with the line of whatever is wrong."""

import json
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sealer
from sealer.detect.rules import RULES
from sealer.documents.emit import emit_yaml
from sealer.errors import ManyErrors, PolicyError
from sealer.policy import Cluster, Policy, read_policy
from sealer.policy.globs import path_matches
from sealer.policy.hook import ALLOW_FIELDS, HOOK_FIELDS
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
        ("", "1", "is empty"),
        ("# nothing\n", "1", "is empty"),
        ("version: 1\n---\nversion: 1\n", "2:1", "one document"),
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
        ("version: 1\nclusters: {a: {fingerprint: []}}\n", "2:29", "names no key"),
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


CLOSED = ("cluster", "hook", "allow")


@cache
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
    assert set(schema["$defs"]["hook"]["properties"]) == set(HOOK_FIELDS)
    assert set(schema["$defs"]["allow"]["properties"]) == set(ALLOW_FIELDS)
    assert schema["$defs"]["rule"]["enum"] == list(RULES)
    assert not schema["additionalProperties"]
    assert not any(schema["$defs"][name]["additionalProperties"] for name in CLOSED)


PINS = st.sampled_from((PIN, PIN[:-1], PIN + "x", PIN + "\n", "MD5:" + PIN[7:], PIN + "=", ""))
TEXTS = st.sampled_from(("", "a", "prod", "a/**", "\n", "/a", "../a", "!a", "a\\b"))
OTHERS = st.sampled_from((None, True, False, 0, 1, 1.5, "1", [], {}, [None], {"a": "b"}))
VALUES = st.one_of(TEXTS, PINS, OTHERS, st.lists(PINS, max_size=2), st.lists(TEXTS, max_size=2))
NAMES = st.sampled_from(("prod", "test", "yes"))
CLUSTERS = st.dictionaries(st.sampled_from((*CLUSTER_FIELDS, "pin")), VALUES, max_size=3)
GOOD_CLUSTERS = st.fixed_dictionaries(
    {}, optional={"fingerprint": st.lists(st.just(PIN), min_size=1), "paths": st.just(["a/**"])}
)
RULE_IDS = st.sampled_from(("SH001", "SH023", "SH999", "sh001", ""))
WORDS = st.sampled_from(("block", "warn", "off", "Off", "error", "")) | OTHERS
DAYS = st.sampled_from(("2026-02-28", "2026-02-29", "2026-2-1", "20260228", "2026-W01-1", ""))
PATTERNS = st.sampled_from(("shop/db", "db", "*/db", "a/b/c", "/db", "A_b", "a b", "**", ""))
GOOD_ALLOW = {"path": st.just("a/**"), "rule": st.just("SH001"), "reason": st.just("a test")}
ALLOWS = st.fixed_dictionaries(
    GOOD_ALLOW, optional={"document": PATTERNS, "item": PATTERNS, "until": DAYS}
) | st.fixed_dictionaries(
    {},
    optional={
        "path": VALUES,
        "rule": RULE_IDS | OTHERS,
        "reason": st.sampled_from(("", " ", "\n", "x")) | OTHERS,
        "document": PATTERNS | OTHERS,
        "item": OTHERS,
        "until": OTHERS,
        "because": OTHERS,
    },
)
HOOKS = st.fixed_dictionaries(
    {},
    optional={
        "allow": st.lists(ALLOWS, max_size=2) | OTHERS,
        "rules": st.dictionaries(RULE_IDS, WORDS, max_size=2) | OTHERS,
        "placeholders": st.lists(TEXTS, max_size=2) | VALUES,
        "new-allows": WORDS,
        "allows": OTHERS,
    },
) | st.fixed_dictionaries({"pin-change": WORDS})
POLICIES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"version": st.just(1) | OTHERS},
    optional={
        "clusters": OTHERS | st.dictionaries(NAMES, CLUSTERS | GOOD_CLUSTERS | OTHERS, max_size=2),
        "default": NAMES | VALUES,
        "hook": HOOKS | OTHERS,
        "defaults": OTHERS,
    },
)


def _accepts(rule: dict[str, Any], value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a schema accepts a value, as far as ours uses JSON Schema."""
    unknown = rule.keys() - _CHECKS.keys() - _WORDS
    assert not unknown, f"the test does not know {unknown}"
    return all(_CHECKS[name](rule, value) for name in rule if name in _CHECKS)


def _accepts_fields(rule: dict[str, Any], value: Any) -> bool:  # noqa: ANN401 - any JSON value
    known, rest = rule.get("properties", {}), rule.get("additionalProperties", True)
    return not isinstance(value, dict) or all(
        _accepts(known[name], field) if name in known else rest is True or _allows(rest, field)
        for name, field in value.items()
    )


def _allows(rest: dict[str, Any] | bool, field: Any) -> bool:  # noqa: ANN401, FBT001 - as above
    return isinstance(rest, dict) and _accepts(rest, field)


def _is_text(value: object, pattern: str) -> bool:
    """Apply a pattern as JSON Schema means it: `$` is the very end."""
    return not isinstance(value, str) or bool(re.search(pattern.replace("$", r"\Z"), value))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_TYPES = {"object": dict, "array": list, "string": str}
_WORDS = {"$schema", "$id", "$defs", "title", "description"}
_CHECKS: dict[str, Callable[[dict[str, Any], Any], bool]] = {
    "$ref": lambda rule, value: _accepts(_schema()["$defs"][rule["$ref"][8:]], value),
    "type": lambda rule, value: isinstance(value, _TYPES[rule["type"]]),
    "const": lambda rule, value: value == rule["const"] and not isinstance(value, bool),
    "required": lambda rule, value: not isinstance(value, dict) or {*rule["required"]} <= {*value},
    "properties": _accepts_fields,
    "additionalProperties": _accepts_fields,
    "oneOf": lambda rule, value: sum(_accepts(each, value) for each in rule["oneOf"]) == 1,
    "items": lambda rule, value: (
        not isinstance(value, list) or all(_accepts(rule["items"], item) for item in value)
    ),
    "enum": lambda rule, value: isinstance(value, str) and value in rule["enum"],
    "propertyNames": lambda rule, value: (
        not isinstance(value, dict) or all(_accepts(rule["propertyNames"], name) for name in value)
    ),
    "format": lambda _, value: not isinstance(value, str) or _is_day(value),
    "minItems": lambda rule, value: not isinstance(value, list) or len(value) >= rule["minItems"],
    "minLength": lambda rule, value: not isinstance(value, str) or len(value) >= rule["minLength"],
    "pattern": lambda rule, value: _is_text(value, rule["pattern"]),
}


def _is_accepted(policy: object, *, accepted: bool) -> None:
    """Check that the program accepts a policy, as JSON and as YAML, or refuses it with a line."""
    for text in (json.dumps(policy), emit_yaml(policy)):
        if accepted:
            read_policy(text.encode())
        else:
            assert all(fault.where.line for fault in _faults(text))


@given(POLICIES)
@example({"version": 1.0})
@example({"version": 1, "clusters": {"prod": {"fingerprint": []}}})
@example({"version": 1, "clusters": {"prod": {"fingerprint": [PIN, PIN], "paths": []}}})
def test_policy_schema_accepts_exactly_what_the_program_accepts(policy: dict[str, Any]) -> None:
    """Both ways; only that the default is one of the clusters no schema can say."""
    accepted = _accepts(_schema(), policy)
    if accepted and "default" in policy:
        accepted = policy["default"] in policy.get("clusters", {})
    _is_accepted(policy, accepted=accepted)


@given(HOOKS)
@example({"allow": [{"path": "a", "rule": "SH001", "reason": "x", "until": "2026-02-30"}]})
@example({"allow": {}})
@example({"rules": {"SH001": "off"}, "pin-change": "block"})
def test_policy_schema_accepts_the_hooks_that_the_program_accepts(hook: dict[str, Any]) -> None:
    """Both ways, for the section that lets findings pass."""
    policy = {"version": 1, "hook": hook}
    _is_accepted(policy, accepted=_accepts(_schema(), policy))


@pytest.mark.parametrize(
    "pin", [PIN, PIN[:-1], PIN + "x", PIN + "\n", "MD5:" + PIN[7:], PIN + "=", "x" + PIN]
)
def test_policy_schema_accepts_the_fingerprints_that_the_program_accepts(pin: str) -> None:
    """43 characters behind `SHA256:` and nothing else."""
    for value in (pin, [pin], [PIN, pin]):
        policy = {"version": 1, "clusters": {"prod": {"fingerprint": value}}}
        assert _accepts(_schema(), policy) is (pin == PIN)
        _is_accepted(policy, accepted=pin == PIN)


@given(st.text("./!*a\\\n", max_size=6))
@example("./")
@example("./!a")
@example(".../a")
@example("a/..")
@example("././a")
def test_policy_schema_accepts_the_patterns_that_the_program_accepts(pattern: str) -> None:
    """Those that can match a file below the policy, and no others."""
    for value in (pattern, [pattern], ["a", pattern]):
        policy = {"version": 1, "clusters": {"prod": {"paths": value}}}
        _is_accepted(policy, accepted=_accepts(_schema(), policy))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("/abs/**", "relative to the folder"),
        ("/", "relative to the folder"),
        ("../x", "below the folder"),
        ("a/../b", "below the folder"),
        ("!y", "take nothing out"),
        ("a\\b", "stands /"),
        (".", "name of a folder"),
        ("a//b", "name of a folder"),
        ("a/./b", "name of a folder"),
        ("", "in quotes"),
    ],
)
def test_policy_pattern_that_can_never_match_is_refused(pattern: str, said: str) -> None:
    """Its cluster's pin would bind nothing; the line and the way out are told."""
    text = f"version: 1\nclusters:\n  prod:\n    paths:\n    - a/**\n    - '{pattern}'\n"
    (fault,) = _faults(text)
    assert (fault.where.line, fault.where.column) == (6, 7)
    assert said in fault.hint


@pytest.mark.parametrize("pattern", ["**", "./", "./a", "a/", "./!a", "a/!b", ".a/..b", "a b", "?"])
def test_policy_pattern_that_can_match_is_taken(pattern: str) -> None:
    """As it is written."""
    policy = read_policy(f"version: 1\nclusters: {{prod: {{paths: ['{pattern}']}}}}\n".encode())
    assert policy.clusters["prod"].paths == (pattern,)


@given(st.recursive(OTHERS, lambda inner: st.dictionaries(TEXTS, inner) | st.lists(inner)))
def test_policy_schema_refuses_what_is_no_policy(value: object) -> None:
    """Any other JSON value."""
    assert not _accepts(_schema(), value)
    _is_accepted(value, accepted=False)


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


def _naive(path: str, pattern: str) -> bool:
    """Match by the definition, whatever it costs."""
    if not pattern:
        return not path
    if pattern.startswith("**/"):
        folder, slash, rest = path.partition("/")
        is_inside = bool(folder and slash) and _naive(rest, pattern)
        return is_inside or _naive(path, pattern.removeprefix("**/"))
    if pattern == "**":
        return bool(path)
    if pattern.startswith("*"):
        is_longer = bool(path) and not path.startswith("/") and _naive(path[1:], pattern)
        return is_longer or _naive(path, pattern[1:])
    fits = path.startswith(pattern[0]) or (pattern[0] == "?" and path[:1] not in ("", "/"))
    return fits and _naive(path[1:], pattern[1:])


@given(
    path=st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=5).map("/".join),
    pattern=st.lists(
        st.sampled_from(["**", "*", "a", "b?", "a*", "*b", "*a*", "a*b*", "?"]),
        min_size=1,
        max_size=5,
    ).map("/".join),
)
def test_path_matches_any_pattern_by_the_definition(path: str, pattern: str) -> None:
    """However wildcards stand together."""
    assert path_matches(path, pattern) == _naive(path, pattern)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("a" * 4000, "*a*a*a*a*b"),
        ("d/" * 2000 + "y", "**/**/**/**/**/x"),
        ("d/" * 2000 + "y", "**/d/**/d/**/d/**/x"),
    ],
)
def test_path_matches_hostile_path_ends(path: str, pattern: str) -> None:
    """A merge request names the files; to try every way to match would take for ever."""
    assert not path_matches(path, pattern)


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
