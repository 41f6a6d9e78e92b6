"""Our CRD: what it keeps, drops and refuses, and that it takes what the original takes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sealer.manifest.schema import KNOWN_FIELDS
from sealer_controller.directory.parse import parse
from sealer_controller.kube.errors import ApiTerminalError, InvalidError
from tests.contract.api import SEALED_SECRETS, Api, sealed_body
from tests.fake.schema import sealed_secret

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "objects"


async def test_unknown_fields_are_dropped(api: Api) -> None:
    """At every level but in the template's metadata, which is copied whole."""
    template = {"bogus": 1, "metadata": {"x": {"y": 1}, "labels": {"a": "b"}}}
    body = sealed_body("a", {"encryptedData": {"k": "AgA="}, "bogus": 1, "template": template})
    code, answer = await api.raw("POST", api.sealed_path, body | {"bogus": 1, "status": {"x": 1}})
    assert code == 201
    assert answer["spec"] == {
        "encryptedData": {"k": "AgA="},
        "template": {"metadata": {"x": {"y": 1}, "labels": {"a": "b"}}},
    }
    assert "bogus" not in answer
    assert "status" not in answer


@pytest.mark.parametrize(
    ("spec", "stored"),
    [
        ({"encryptedData": {"k": None}}, {"encryptedData": {}}),
        ({"encryptedData": {}, "data": None}, {"encryptedData": {}}),
        ({"encryptedData": {}, "template": None}, {"encryptedData": {}}),
        (
            {"encryptedData": {}, "template": {"metadata": None, "data": None, "type": None}},
            {"encryptedData": {}, "template": {"metadata": None, "data": None}},
        ),
        (
            {"encryptedData": {}, "template": {"metadata": {"labels": None, "x": None}}},
            {"encryptedData": {}, "template": {"metadata": {"x": None}}},
        ),
    ],
)
async def test_null_stays_only_where_it_is_allowed(
    api: Api, spec: dict[str, Any], stored: dict[str, Any]
) -> None:
    """Old tools write nulls everywhere; such objects stay valid."""
    assert (await api.seal("a", spec)).spec == stored


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({}, "spec.encryptedData", "FieldValueRequired"),
        ({"encryptedData": None}, "spec.encryptedData", "FieldValueRequired"),
        ({"encryptedData": {"k": 5}}, "spec.encryptedData.k", "FieldValueTypeInvalid"),
        ({"encryptedData": ["k"]}, "spec.encryptedData", "FieldValueTypeInvalid"),
        ({"encryptedData": "k"}, "spec.encryptedData", "FieldValueTypeInvalid"),
        ({"encryptedData": {}, "data": "***"}, "spec.data", "FieldValueTypeInvalid"),
        ({"encryptedData": {}, "data": ""}, "spec.data", "FieldValueTypeInvalid"),
        (
            {"encryptedData": {}, "template": {"type": 1}},
            "spec.template.type",
            "FieldValueTypeInvalid",
        ),
        (
            {"encryptedData": {}, "template": {"metadata": {"labels": {"a": 1}}}},
            "spec.template.metadata.labels.a",
            "FieldValueTypeInvalid",
        ),
    ],
)
async def test_wrong_shape_is_refused(
    api: Api, spec: dict[str, Any], field: str, reason: str
) -> None:
    """422 with the field and the reason."""
    with pytest.raises(InvalidError) as caught:
        await api.seal("a", spec)
    assert [(cause.field, cause.reason) for cause in caught.value.causes] == [(field, reason)]


async def test_spec_is_required(api: Api) -> None:
    """422: an object without a spec is no SealedSecret."""
    body = sealed_body("a")
    del body["spec"]
    code, answer = await api.raw("POST", api.sealed_path, body)
    assert code == 422
    assert answer["message"] == 'SealedSecret.bitnami.com "a" is invalid: spec: Required value'


async def test_message_of_a_wrong_type_names_the_type(api: Api) -> None:
    """The text is part of what users see."""
    with pytest.raises(InvalidError) as caught:
        await api.seal("a", {"encryptedData": {"k": 5}})
    assert caught.value.message == (
        'SealedSecret.bitnami.com "a" is invalid: spec.encryptedData.k: Invalid value: "integer": '
        'spec.encryptedData.k in body must be of type string: "integer"'
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"spec": None},
        {"spec": []},
        {"spec": {}},
        {"specs": {"encryptedData": {}}},
        {"spec": {"encryptedDate": {}}},
        {"spec": {"encryptedData": None}},
        {"spec": {"encryptedData": "k"}},
        {"spec": {"encryptedData": ["k"]}},
        {"spec": {"encryptedData": {}, "template": []}},
        {"spec": {"encryptedData": {}, "template": {"type": 1}}},
        {"spec": {"encryptedData": {}, "template": {"immutable": "true"}}},
        {"spec": {"encryptedData": {}, "template": {"data": {"a": 1}}}},
        {"spec": {"encryptedData": {}, "template": {"metadata": {"name": 1}}}},
        {"spec": {"encryptedData": {}, "template": {"metadata": {"annotations": {"a": 1}}}}},
        {"spec": {"encryptedData": {}, "template": {"metadata": {"finalizers": "a"}}}},
        {"spec": {"encryptedData": {}, "template": {"metadata": {"finalizers": [1]}}}},
        {"spec": {"encryptedData": {}}},
        {"spec": {"encryptedData": {}, "bogus": 1, "data": None, "template": None}},
        {"spec": {"encryptedData": {}, "template": {"metadata": None, "data": None}}},
        {"spec": {"encryptedData": {}, "template": {"metadata": {"x": 1, "finalizers": None}}}},
    ],
)
async def test_files_are_refused_where_the_api_server_refuses(
    api: Api, fields: dict[str, Any]
) -> None:
    """A folder of manifests holds to the same schema, and names what the server drops."""
    body = sealed_body("a", namespace="shop")
    del body["spec"]
    body |= fields
    (found,) = (content := parse(json.dumps(body).encode(), "a.json")).objects
    del body["metadata"]["namespace"]
    code, answer = await api.raw("POST", api.sealed_path, body)
    assert (found.fault is None) == (code == 201), answer
    if code == 201:
        kept = answer["spec"].keys()
        dropped = {key for key, value in fields["spec"].items() if value is not None} - kept
        assert len(content.problems) == len(dropped)


def test_known_fields_are_those_of_the_schema() -> None:
    """Everything else is dropped, but for the template's metadata, which is copied whole."""
    schema = sealed_secret()
    for path, known in KNOWN_FIELDS.items():
        part = schema
        for key in path:
            part = part["properties"][key]
        assert known == part["properties"].keys()


async def test_status_times_must_be_times(api: Api) -> None:
    """422 for a time that is none; unknown fields of a condition are dropped."""
    made = await api.seal("a")
    condition = {"type": "Synced", "status": "True", "bogus": 1}
    body = sealed_body("a", resourceVersion=made.metadata.resource_version)
    wrong = condition | {"lastUpdateTime": "yesterday"}
    path = f"{api.sealed_path}/a/status"
    code, answer = await api.raw("PUT", path, body | {"status": {"conditions": [wrong]}})
    assert code == 422
    assert answer["details"]["causes"][0]["field"] == "status.conditions[0].lastUpdateTime"
    right = condition | {"lastUpdateTime": "2026-01-02T03:04:05Z", "reason": "x", "message": ""}
    code, answer = await api.raw("PUT", path, body | {"status": {"conditions": [right]}})
    assert code == 200
    del right["bogus"]
    assert answer["status"] == {"conditions": [right]}


async def test_other_version_of_the_api_is_refused(api: Api) -> None:
    """400: the URL and the body must agree."""
    body = sealed_body("a") | {"apiVersion": "bitnami.com/v2"}
    with pytest.raises(ApiTerminalError) as caught:
        await api.client.create(SEALED_SECRETS, body, api.namespace)
    assert caught.value.code == 400


@pytest.mark.parametrize("case", sorted(path.name for path in VECTORS.glob("*")))
async def test_every_recorded_object_is_taken(api: Api, case: str) -> None:
    """What kubeseal writes is stored without losing a value."""
    document = yaml.safe_load((VECTORS / case / "sealed.yaml").read_text("utf-8"))
    document = json.loads(json.dumps(document))
    document["metadata"] = {"name": document["metadata"]["name"]}
    code, answer = await api.raw("POST", api.sealed_path, document)
    assert code == 201, answer
    assert answer["spec"]["encryptedData"] == document["spec"]["encryptedData"]
    assert answer["spec"].get("data") == document["spec"].get("data")
