"""The 80 recorded inputs of the original's client, put through the drop-in."""

import base64
from typing import Any

import pytest

from tests.cli.kubeseal.calls import CERT, kubeseal, manifests, opened
from tests.support import vectors
from tests.support.program import Done

CASES = {case["id"]: case for case in vectors.inputs()}
_CHANGED = "the bare text would become another one"
# Refused although the original seals something: the faults that the vectors' README names, and
# what compat.md 4.2 wants instead.
REFUSED = {
    **dict.fromkeys(("scalar-float", "scalar-exponent", "scalar-hex", "scalar-octal"), _CHANGED),
    **dict.fromkeys(("scalar-underscore", "scalar-yes", "scalar-null", "scalar-tilde"), _CHANGED),
    **dict.fromkeys(("scalar-inf", "scalar-leading-zero", "scalar-plus"), _CHANGED),
    **dict.fromkeys(("doc-label-types", "doc-name-y"), _CHANGED),
    "key-twice": "one of two values would be dropped",
    "doc-bad-then-good": "a document would be dropped",
    "doc-good-then-bad": "a document would be dropped",
    "doc-configmap-base64": "a ConfigMap is no Secret",
}
SEALED = {"doc-list": "the items of a List are Secrets"}
# Refused with better words: what is wrong comes before what the original stumbles over.
OTHER_WORDS = {"doc-configmap-text", "doc-already-sealed", "flag-scope-unknown"}


def _run(case: dict[str, Any], *arguments: str) -> Done:
    data = base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode()
    return kubeseal(*case["args"], *CERT, *arguments, stdin=data)


def _record(manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = manifest["metadata"]
    record = {
        "name": metadata["name"],
        "namespace": metadata.get("namespace"),
        "type": manifest.get("type"),
        "data": manifest.get("data", {}),
        "annotations": metadata.get("annotations"),
        "labels": metadata.get("labels"),
    }
    needed = ("namespace", "type")
    return {key: value for key, value in record.items() if value is not None or key in needed}


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("name", CASES)
def test_recorded_input_means_what_it_meant(name: str, form: str) -> None:
    """The same Secrets in the same order or the same error, but for the original's faults."""
    case = CASES[name]
    done = _run(case, "-o", form)
    if name in SEALED:
        assert [each["data"] for each in opened(done.out)] == [{"k": "dg=="}]
    elif name in REFUSED or "error" in case:
        assert done.code == case.get("exit", 1)
        assert done.out == b""
        if name not in REFUSED.keys() | OTHER_WORDS:
            assert done.err.startswith(f"error: {case['error']}\n")
    else:
        assert done.code == 0, done.err
        expected = [
            {key: value for key, value in each.items() if key != "sealed_annotations"}
            for each in case["secrets"]
        ]
        assert [_record(each) for each in opened(done.out)] == expected
        assert [each["metadata"].get("annotations") for each in manifests(done.out)] == [
            each.get("sealed_annotations") for each in case["secrets"]
        ]


def test_recorded_inputs_are_all_there() -> None:
    """And no exception is listed for a case that is not."""
    assert len(CASES) == 80
    assert {*REFUSED, *SEALED, *OTHER_WORDS} <= CASES.keys()


@pytest.mark.parametrize(
    "entry", vectors.key_index()["certificates"], ids=lambda entry: entry["file"]
)
def test_recorded_certificate_is_taken_or_refused(entry: dict[str, str]) -> None:
    """With the original's words; a byte-order mark and DER are read over and above."""
    done = kubeseal("--cert", str(vectors.KEYS / entry["file"]), stdin=CASES["doc-two"]["input"])
    is_read_by_us = entry["file"] in ("utf16.crt.pem", "bom.crt.pem", "der.crt")
    if entry["verdict"] == "accept" or is_read_by_us:
        assert done.code == 0, done.err
    else:
        assert (done.code, done.out) == (1, b"")
        assert entry["peer_error"] in done.err
