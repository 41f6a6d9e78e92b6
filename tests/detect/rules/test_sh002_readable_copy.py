"""SH002: an annotation that holds a manifest with readable values betrays them."""

import base64
import json

import pytest

from sealer.detect import scan
from tests.detect.table import SEALED, Row, found, name_of, row

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "aHVudGVyMg=="}}
_SEALED = {"kind": "SealedSecret", "spec": {"encryptedData": {"a": SEALED}}}


def _annotated(kind: str, text: str, key: str = _LAST_APPLIED) -> str:
    spec = {"encryptedData": {"a": SEALED}} if kind == "SealedSecret" else {}
    metadata = {"name": "db", "annotations": {key: text}}
    return json.dumps({"kind": kind, "metadata": metadata, "spec": spec})


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _nested(depth: int) -> str:
    """Return a manifest in an annotation of a manifest in an annotation, and so on."""
    text = json.dumps(_SECRET)
    for _ in range(depth):
        text = _annotated("Secret", text)
    return text


MUST_FIND = [
    row("on a Secret", _annotated("Secret", json.dumps(_SECRET)), _LAST_APPLIED),
    row("on a SealedSecret", _annotated("SealedSecret", json.dumps(_SECRET)), _LAST_APPLIED),
    row("kubecfg", _annotated("Secret", json.dumps(_SECRET), "kubecfg.ksonnet.io/last-applied"),
        "kubecfg.ksonnet.io/last-applied"),
    row("any other name", _annotated("Secret", json.dumps(_SECRET), "backup"), "backup"),
    row("YAML", _annotated("Secret", "kind: Secret\nstringData:\n  a: b\n"), _LAST_APPLIED),
    row("List", _annotated("Secret", json.dumps({"items": [_SECRET]})), _LAST_APPLIED),
    row("text that does not parse", _annotated("Secret", "kind: Secret\nstringData:\n\ta: b\n"),
        _LAST_APPLIED),
    row("unsealed value", _annotated("SealedSecret",
        '{"kind":"SealedSecret","spec":{"encryptedData":{"a":"b"}}}'), _LAST_APPLIED),
    row("template of a SealedSecret", json.dumps({"kind": "SealedSecret", "spec": {"template": {
        "metadata": {"annotations": {"a": json.dumps(_SECRET)}}}}}), "a"),
    row("base64", _annotated("SealedSecret", _encoded(json.dumps(_SECRET))), _LAST_APPLIED),
    row("two layers of base64",
        _annotated("Secret", _encoded(_encoded(json.dumps(_SECRET)))), _LAST_APPLIED),
    row("two levels down", _nested(2), _LAST_APPLIED),
]  # fmt: skip

MUST_PASS = [
    row("SealedSecret on a SealedSecret", _annotated("SealedSecret", json.dumps(_SEALED))),
    row("Secret without data", _annotated("Secret", '{"kind":"Secret","data":{}}')),
    row("Secret with placeholders", _annotated("Secret", '{"kind":"Secret","data":{"a":"${X}"}}')),
    row("another kind", _annotated("SealedSecret", '{"kind":"ConfigMap","data":{"secret":"x"}}')),
    row("base64 of a SealedSecret", _annotated("SealedSecret", _encoded(json.dumps(_SEALED)))),
    row("words", _annotated("SealedSecret", "holds the Secret data of the shop")),
    row("empty", _annotated("Secret", "")),
    row("number", _annotated("Secret", "1").replace('"1"', "1")),
    row("scope", _annotated("SealedSecret", "true", "sealedsecrets.bitnami.com/cluster-wide")),
    row("no mapping", '{"kind":"Secret","metadata":{"annotations":["data"]}}'),
    row("null", '{"kind":"Secret","metadata":{"annotations":null},"data":null}'),
    row("JSON that is cut", _annotated("SealedSecret", '{"kind":"Secret","da')),
]


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_copy_in_annotation_is_found(case: Row) -> None:
    """The annotation is the finding, wherever the copy came from."""
    assert found(case.data) == [("SH002", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_annotation_passes(case: Row) -> None:
    """An annotation that mentions Secrets, or holds a sealed one, is no copy."""
    assert found(case.data) == []


def test_finding_length_is_that_of_the_annotation() -> None:
    """The length tells what to look for."""
    (finding,) = scan("a", _annotated("Secret", json.dumps(_SECRET)).encode()).findings
    assert finding.length == len(json.dumps(_SECRET))


def test_scan_annotations_nested_too_deep_are_undecided() -> None:
    """Nesting is followed a few levels, and then nobody pretends to know."""
    answer = scan("a", _nested(5).encode())
    assert [place.reason for place in answer.undecided] == [
        "manifests nested in strings more than 3 deep"
    ]


def test_scan_annotation_that_passes_a_limit_is_undecided() -> None:
    """A bomb inside a string is as much a bomb."""
    bomb = '{"kind":"Secret","data":' + "[" * 300
    answer = scan("a", _annotated("SealedSecret", bomb).encode())
    assert [place.reason for place in answer.undecided] == ["nested more than 200 levels deep"]
