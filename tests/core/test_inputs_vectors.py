"""What the original's client makes of an input, we make of it too, except where it is at fault.

`tests/vectors/inputs.json` records the original; its faults are listed here, each with what is done
instead. The client's own view of the same inputs (streams, options) is tested in `tests/cli`.
"""

import base64
from typing import Any

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.errors import ManyErrors, SealerError
from sealer.manifest import find_objects, read_secret
from sealer.scope import Scope
from sealer.sealing import SealOptions, seal_secret, unseal_secret
from sealer_keys.keyring import Keyring
from tests.support import vectors

CASES = {case["id"]: case for case in vectors.inputs()}
_ALWAYS = ("namespace", "type")
BARE = "a bare scalar would change its text or mean no string"
# Refused although the original seals something: the reason why each is better refused.
REFUSED_BY_US = {
    **dict.fromkeys(
        ("scalar-int", "scalar-float", "scalar-big", "scalar-exponent", "scalar-hex"), BARE
    ),
    **dict.fromkeys(("scalar-octal", "scalar-underscore", "scalar-yes", "scalar-true"), BARE),
    **dict.fromkeys(("scalar-null", "scalar-tilde", "scalar-inf", "scalar-leading-zero"), BARE),
    **dict.fromkeys(("scalar-plus", "doc-label-types", "doc-name-y", "doc-name-number"), BARE),
    "key-twice": "one of the two values would be dropped",
    "doc-bad-then-good": "a document would be dropped",
    "doc-good-then-bad": "a document would be dropped",
    "doc-configmap-base64": "a ConfigMap is no Secret",
    "doc-no-kind": "without a kind it is no Secret",
}
# Sealed although the original refuses it, and why.
SEALED_BY_US = {"doc-list": "a List holds Secrets", "doc-utf16": "UTF-16 is text"}
# The original keeps a wide annotation under an explicit strict scope; for us strict means strict.
STRICT_MEANS_STRICT = "flag-scope-strict-over-annotation"


def _seal(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is sealed, opened again, in the form of the records."""
    data = base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode()
    pair = vectors.key_pair("rsa2048")
    assert pair.certificate is not None
    results = []
    for document in read_stream(data).documents:
        if document.error is not None:
            raise document.error
        for found in find_objects(document):
            sealed = seal_secret(read_secret(plain(found.node)), pair.certificate, _options(case))
            results.append(unseal_secret(sealed.sealed_secret, Keyring([pair])).secret)
    return [_record(secret.to_object()) for secret in results]


def _options(case: dict[str, Any]) -> SealOptions:
    arguments = case["args"]
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    scope = Scope.parse(given["--scope"]) if "--scope" in given else None
    return SealOptions(
        scope, given.get("--name", ""), given.get("-n", ""), "--allow-empty-data" in arguments
    )


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
    return {key: value for key, value in record.items() if value is not None or key in _ALWAYS}


def test_inputs_file_holds_all_cases_and_the_lists_name_real_ones() -> None:
    """The vectors are all there, and no exception is listed for a case that is not."""
    assert len(CASES) == 80
    assert {*REFUSED_BY_US, *SEALED_BY_US, STRICT_MEANS_STRICT} <= CASES.keys()


@pytest.mark.vectors("inputs.json")
@pytest.mark.parametrize(
    "case",
    [
        case
        for name, case in CASES.items()
        if case["secrets"] and name not in REFUSED_BY_US and name != STRICT_MEANS_STRICT
    ],
    ids=lambda case: case["id"],
)
def test_seal_input_that_the_original_seals_means_the_same(case: dict[str, Any]) -> None:
    """Names, namespaces, types, items, labels and annotations agree."""
    recorded = [
        {key: value for key, value in secret.items() if key != "sealed_annotations"}
        for secret in case["secrets"]
    ]
    assert _seal(case) == recorded


@pytest.mark.vectors("inputs.json")
@pytest.mark.parametrize("name", REFUSED_BY_US)
def test_seal_input_that_the_original_mistreats_is_refused(name: str) -> None:
    """What would be changed or dropped in silence is an error here."""
    with pytest.raises((SealerError, ManyErrors)):
        _seal(CASES[name])


@pytest.mark.vectors("inputs.json")
@pytest.mark.parametrize(
    "case",
    [case for name, case in CASES.items() if not case["secrets"] and name not in SEALED_BY_US],
    ids=lambda case: case["id"],
)
def test_seal_input_that_the_original_refuses_seals_nothing(case: dict[str, Any]) -> None:
    """What cannot be sealed gives an error, or nothing where there is nothing."""
    try:
        assert _seal(case) == []
    except (SealerError, ManyErrors):
        return


@pytest.mark.vectors("inputs.json")
@pytest.mark.parametrize("name", SEALED_BY_US)
def test_seal_input_that_the_original_cannot_read_is_sealed(name: str) -> None:
    """A List of Secrets and UTF-16 text are sealed."""
    assert [secret["data"] for secret in _seal(CASES[name])] == [{"k": "dg=="}]


def test_seal_input_with_explicit_strict_scope_loses_the_wide_annotation() -> None:
    """Strict means strict."""
    (secret,) = _seal(CASES[STRICT_MEANS_STRICT])
    assert "annotations" not in secret
