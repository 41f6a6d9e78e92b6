"""What a workload reads of a Secret, and the stamp that stands for it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import IdentityError
from sealer.manifest.labels import check_annotation
from sealer_controller.objects import Key
from sealer_controller.workloads import (
    KINDS,
    Reading,
    TargetError,
    Workload,
    parse_targets,
    reading,
    stamp_name,
    wanted_stamp,
)
from tests.controller.memory import secret

KEY = bytes(range(32))
ALL = Reading()


def workload(pod: dict[str, Any]) -> Workload:
    """Return a Deployment with this pod specification."""
    return Workload("Deployment", Key("shop", "web"), "1", {"spec": pod})


def env(name: str, key: str) -> dict[str, Any]:
    """Return a container with one variable from a Secret."""
    source = {"secretKeyRef": {"name": name, "key": key}}
    return {"name": "main", "env": [{"name": "X", "valueFrom": source}]}


@pytest.mark.parametrize(
    ("pod", "read"),
    [
        ({"containers": [env("db", "a")]}, Reading(frozenset("a"))),
        (
            {"initContainers": [env("db", "a")], "containers": [env("db", "b")]},
            Reading(frozenset("ab")),
        ),
        ({"containers": [{"envFrom": [{"secretRef": {"name": "db"}}]}]}, ALL),
        ({"volumes": [{"name": "v", "secret": {"secretName": "db"}}]}, ALL),
        (
            {"volumes": [{"secret": {"secretName": "db", "items": [{"key": "a", "path": "p"}]}}]},
            Reading(frozenset("a")),
        ),
        ({"volumes": [{"projected": {"sources": [{"secret": {"name": "db"}}]}}]}, ALL),
        ({"containers": [env("other", "a")]}, None),
        ({"imagePullSecrets": [{"name": "db"}]}, None),
        ({"volumes": [{"csi": {"nodePublishSecretRef": {"name": "db"}}}]}, None),
        ({"containers": "nonsense", "volumes": 5}, None),
        ({}, None),
    ],
)
def test_reading_is_what_variables_and_volumes_name(
    pod: dict[str, Any], read: Reading | None
) -> None:
    """Env, envFrom and volumes count; what a node uses to log in somewhere does not."""
    assert reading(workload(pod), "db") == read


@pytest.mark.parametrize("template", [None, "text", {"spec": None}, [1]])
def test_reading_of_a_malformed_template_is_nothing(template: object) -> None:
    """What is malformed names nothing."""
    assert reading(Workload("DaemonSet", Key("shop", "x"), "1", template), "db") is None


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("auto", ()),
        (" auto ", ()),
        ("Deployment/web", (("Deployment", "web"),)),
        (
            "Deployment/web, StatefulSet/db,DaemonSet/log,Deployment/web",
            (("Deployment", "web"), ("StatefulSet", "db"), ("DaemonSet", "log")),
        ),
    ],
)
def test_targets_are_auto_or_a_list(text: str, targets: tuple[tuple[str, str], ...]) -> None:
    """Each once, in the order they are written."""
    assert parse_targets(text) == targets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "true",
        "web",
        "deployment/web",
        "Pod/web",
        "Deployment/",
        "Deployment/a/b",
        "Deployment/..",
        "auto,Deployment/web",
    ],
)
def test_targets_that_say_nothing_are_refused(text: str) -> None:
    """The message shows the part at fault, the hint the right form."""
    with pytest.raises(TargetError, match=r"sealer\.dev/restart: '.*' is no workload") as raised:
        parse_targets(text)
    assert "Deployment/web" in raised.value.hint


def test_targets_are_bounded_in_number_and_in_what_is_shown() -> None:
    """An annotation may have 256 KiB."""
    assert len(parse_targets(",".join(f"Deployment/w{number}" for number in range(100)))) == 100
    for text in (",".join(["Deployment/web"] * 101), "x" * 100_000):
        with pytest.raises(TargetError) as raised:
            parse_targets(text)
        assert len(raised.value.message) < 200


@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.from_regex("[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([",", ", ", " ,\n"]),
)
def test_targets_are_read_as_they_are_written(
    targets: list[tuple[str, str]], separator: str
) -> None:
    """Whatever stands around the commas."""
    text = separator.join(f"{kind}/{name}" for kind, name in targets)
    assert parse_targets(text) == tuple(dict.fromkeys(targets))


@given(st.text(st.sampled_from("auto,/ Deployment\nx.-é"), max_size=30))
def test_targets_of_any_text_are_workloads_or_refused(text: str) -> None:
    """Nothing else comes of it, and no other error."""
    try:
        targets = parse_targets(text)
    except TargetError:
        return
    assert all(kind in KINDS and name for kind, name in targets)


def test_stamp_changes_with_what_is_read_and_with_nothing_else() -> None:
    """Another item, label or annotation is no reason to roll; a missing item is."""
    read = Reading(frozenset(("a", "b")))
    before = secret({"a": b"1", "b": b"2", "c": b"3"})
    stamp = wanted_stamp(KEY, before, read)
    assert wanted_stamp(KEY, secret({"a": b"1", "b": b"2", "c": b"4"}), read) == stamp
    assert wanted_stamp(KEY, secret({"a": b"1", "b": b"2"}, labels={"x": "y"}), read) == stamp
    for data in (
        {"a": b"1", "b": b"3"},
        {"a": b"1"},
        {"a": b"12", "b": b""},
        {"a": b"2", "b": b"1"},
    ):
        assert wanted_stamp(KEY, secret(data), read) != stamp
    assert wanted_stamp(KEY, before, ALL) != stamp
    assert wanted_stamp(KEY, secret({"a": b"1b2"}), read) != stamp  # not as one text
    assert wanted_stamp(KEY, replace(before, name="other"), read) != stamp


def test_stamp_names_its_key_and_differs_with_it() -> None:
    """So stamps of two keys are never taken for a change."""
    first, other = (wanted_stamp(key, secret(), ALL).split("-") for key in (KEY, bytes(32)))
    assert first[0] != other[0]
    assert first[1] != other[1]
    assert wanted_stamp(KEY, secret({"k": b"new"}), ALL).split("-")[0] == first[0]


@given(st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", fullmatch=True))
def test_stamp_name_is_a_legal_annotation_of_one_secret(name: str) -> None:
    """Whatever a Secret may be called; two long names that begin alike stay apart."""
    try:
        check_annotation(stamp_name(name))
    except IdentityError as error:  # pragma: no cover - the message is the counterexample
        raise AssertionError(name) from error
    assert stamp_name("x" * 100 + name) != stamp_name("x" * 100 + name + "y")
