"""What the API server makes of a custom resource: the schema of `deploy/crd.yaml`, applied.

Unknown fields are dropped, nulls too where the schema does not allow them, and what remains must
have the right type. Only what our own schema uses is implemented; anything else in it is an error
here, so that the schema cannot outgrow its fake.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.fake.refusals import Cause

__all__ = ["faults", "prune", "sealed_secret"]

_CRD = Path(__file__).resolve().parents[2] / "deploy" / "crd.yaml"
_KNOWN = {
    "additionalProperties",
    "description",
    "format",
    "items",
    "nullable",
    "properties",
    "required",
    "type",
    "x-kubernetes-preserve-unknown-fields",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_NAMES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}
_PYTHON = {name: kind for kind, name in _NAMES.items()}

Schema = Mapping[str, Any]


@cache
def sealed_secret() -> Schema:
    """Return the schema of SealedSecrets as `deploy/crd.yaml` has it."""
    crd = yaml.safe_load(_CRD.read_text("utf-8"))
    (version,) = crd["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def prune(value: Any, schema: Schema) -> Any:  # noqa: ANN401 - JSON
    """Return a value without what the schema does not know, and without nulls it does not allow."""
    unknown = set(schema) - _KNOWN
    if unknown:
        raise NotImplementedError(f"the fake does not know {unknown} of a schema")
    if isinstance(value, list):
        return [prune(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict) or schema.get("type") != "object":
        return value
    known = schema.get("properties", {})
    others = schema.get("additionalProperties")
    kept = {}
    for key, part in value.items():
        inner = known.get(key, others)
        if inner is None:
            if schema.get("x-kubernetes-preserve-unknown-fields"):
                kept[key] = part
        elif part is not None or inner.get("nullable"):
            kept[key] = prune(part, inner)
    return kept


def faults(value: Any, schema: Schema, field: str = "", body: str = "") -> Iterator[Cause]:  # noqa: ANN401 - JSON
    """Yield what of a pruned value breaks the schema.

    Args:
        value: The value.
        schema: Its schema.
        field: Its path as the causes show it.
        body: Its path as the messages show it; shorter for a status, which is checked on its own.
    """
    wanted = schema.get("type")
    if value is None or wanted is None:
        return
    if type(value) is not _PYTHON[wanted]:
        yield _mistyped(field, body, wanted, _NAMES[type(value)])
    elif isinstance(value, str):
        if not _has_format(value, schema.get("format", "")):
            yield _mistyped(field, body, schema["format"], value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema["items"], f"{field}[{number}]", f"{body}[{number}]")
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, field, body)


def _object_faults(
    value: Mapping[str, Any], schema: Schema, field: str, body: str
) -> Iterator[Cause]:
    for key in schema.get("required", ()):
        if key not in value:
            yield Cause(_path(field, key), "FieldValueRequired", "Required value")
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for key, part in value.items():
        yield from faults(part, known.get(key, others), _path(field, key), _path(body, key))


def _path(parent: str, key: str) -> str:
    return f"{parent}.{key}" if parent else key


def _mistyped(field: str, body: str, wanted: str, found: str) -> Cause:
    message = f'Invalid value: "{found}": {body} in body must be of type {wanted}: "{found}"'
    return Cause(field, "FieldValueTypeInvalid", message)


def _has_format(value: str, form: str) -> bool:
    if form == "date-time":
        return bool(_TIME.fullmatch(value))
    if form == "byte":
        try:
            return bool(value) and bool(base64.b64decode(value, validate=True))
        except binascii.Error:
            return False
    return True
