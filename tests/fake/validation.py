"""The rules of the built-in kinds: what the API server fills in and what it refuses.

`prepare` changes an object as the server does before it stores it, `faults` says what is wrong with
it, in the server's words. Values of Secrets are never part of a message.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fake import schema
from tests.fake.kinds import EVENTS, NAMESPACES, SEALED_SECRETS, SECRETS, Kind
from tests.fake.refusals import TOO_MANY_BYTES, Cause, bad_request

__all__ = ["Object", "faults", "prepare", "status_faults", "update_faults"]

Object = dict[str, Any]

_MAX_DATA = 1 << 20
_MAX_ANNOTATIONS = 256 << 10
_MAX_NAME = 253
_SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_SUBDOMAIN}')"
)
_ITEM_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_LABEL = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_LABEL_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    f"or '12345', regex used for validation is '{_LABEL}')"
)
_IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"
_REQUIRED_ITEMS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
_JSON_ITEMS = (".dockerconfigjson", ".dockercfg")
_ACCOUNT = "kubernetes.io/service-account.name"


def prepare(kind: Kind, obj: Object) -> Object:
    """Return an object with defaults filled in, and what its kind does not know left out.

    Raises:
        Refusal: It cannot be understood at all (400).
    """
    if kind == SEALED_SECRETS:
        kept: Object = schema.prune(obj, schema.sealed_secret())
        return kept | {"metadata": obj["metadata"]}
    if kind == SECRETS:
        return _prepare_secret(obj)
    if kind == NAMESPACES:
        labels = obj["metadata"].setdefault("labels", {})
        labels.setdefault("kubernetes.io/metadata.name", obj["metadata"].get("name", ""))
        return obj | {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    return obj


def _prepare_secret(obj: Object) -> Object:
    known = ("apiVersion", "kind", "metadata", "immutable", "data", "stringData", "type")
    kept = {key: value for key, value in obj.items() if key in known and value is not None}
    data = dict(kept.pop("data", {}))
    for key, value in data.items():
        if value is not None and not isinstance(value, str):
            raise bad_request(
                'Secret in version "v1" cannot be handled as a Secret: json: cannot unmarshal '
                f"{_go_type(value)} into Go struct field Secret.data of type []uint8"
            )
        _decoded(value or "")
        data[key] = value or ""
    for key, value in kept.pop("stringData", {}).items():
        data[key] = base64.b64encode(value.encode()).decode()
    if data:
        kept["data"] = data
    kept["type"] = kept.get("type") or "Opaque"
    return kept


def _go_type(value: object) -> str:
    names = {bool: "bool", int: "number", float: "number", dict: "object", list: "array"}
    return names[type(value)]


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        at = next((i for i, sign in enumerate(value) if not re.match("[A-Za-z0-9+/]", sign)), 0)
        raise bad_request(
            'Secret in version "v1" cannot be handled as a Secret: '
            f"illegal base64 data at input byte {at}"
        ) from None


def faults(kind: Kind, obj: Object) -> Iterator[Cause]:
    """Yield every rule that a prepared object breaks."""
    yield from _metadata_faults(obj["metadata"])
    if kind == SEALED_SECRETS:
        main = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
        yield from schema.faults(main, schema.sealed_secret())
    elif kind == SECRETS:
        yield from _secret_faults(obj)
    elif kind == EVENTS:
        if obj.get("involvedObject", {}).get("namespace", "") != obj["metadata"]["namespace"]:
            yield _wrong("involvedObject.namespace", _shown(obj), "does not match event.namespace")
    elif kind.plural == "configmaps":
        yield from _item_faults(obj)
    elif kind.plural == "leases":
        seconds = obj.get("spec", {}).get("leaseDurationSeconds")
        if seconds is not None and seconds <= 0:
            yield _wrong("spec.leaseDurationSeconds", str(seconds), "must be greater than 0")


def _shown(event: Mapping[str, Any]) -> str:
    return f'"{event.get("involvedObject", {}).get("namespace", "")}"'


def status_faults(obj: Object) -> Iterator[Cause]:
    """Yield what is wrong with the status of a custom resource."""
    rules = schema.sealed_secret()["properties"]["status"]
    yield from schema.faults(obj.get("status"), rules, "status", "")


def update_faults(kind: Kind, obj: Object, old: Object) -> Iterator[Cause]:
    """Yield what may not change the way it does."""
    if kind != SECRETS:
        return
    if obj["type"] != old["type"]:
        yield _wrong("type", f'"{obj["type"]}"', "field is immutable")
    if old.get("immutable"):
        if not obj.get("immutable"):
            yield Cause("immutable", "FieldValueForbidden", _IMMUTABLE)
        if obj.get("data", {}) != old.get("data", {}):
            yield Cause("data", "FieldValueForbidden", _IMMUTABLE)


def _wrong(field: str, shown: str, why: str) -> Cause:
    return Cause(field, "FieldValueInvalid", f"Invalid value: {shown}: {why}")


def _required(field: str, why: str = "Required value") -> Cause:
    return Cause(field, "FieldValueRequired", why)


def _metadata_faults(metadata: Mapping[str, Any]) -> Iterator[Cause]:
    name = metadata.get("name", "")
    if not name:
        yield _required("metadata.name", "Required value: name or generateName is required")
    elif len(name) > _MAX_NAME:
        yield _wrong("metadata.name", f'"{name}"', f"must be no more than {_MAX_NAME} characters")
    elif not re.fullmatch(_SUBDOMAIN, name):
        yield _wrong("metadata.name", f'"{name}"', _NAME_RULE)
    for value in (metadata.get("labels") or {}).values():
        if not re.fullmatch(_LABEL, value):
            yield _wrong("metadata.labels", f'"{value}"', _LABEL_RULE)
    annotations = metadata.get("annotations") or {}
    if sum(len(key) + len(value.encode()) for key, value in annotations.items()) > _MAX_ANNOTATIONS:
        message = TOO_MANY_BYTES.format(_MAX_ANNOTATIONS)
        yield Cause("metadata.annotations", "FieldValueTooLong", message)
    for reference in metadata.get("ownerReferences") or ():
        for part in ("apiVersion", "kind", "name", "uid"):
            if not reference.get(part):
                yield _wrong(f"metadata.ownerReferences.{part}", '""', "must not be empty")


def _item_faults(obj: Object) -> Iterator[Cause]:
    for key in obj.get("data", {}):
        field, shown = f"data[{key}]", f'"{key}"'
        if len(key) > _MAX_NAME:
            yield _wrong(field, shown, f"must be no more than {_MAX_NAME} characters")
        elif not re.fullmatch("[-._a-zA-Z0-9]+", key):
            yield _wrong(field, shown, _ITEM_RULE)
        elif key in (".", ".."):
            yield _wrong(field, shown, f"must not be '{key}'")
        elif key.startswith(".."):
            yield _wrong(field, shown, "must not start with '..'")


def _secret_faults(obj: Object) -> Iterator[Cause]:
    data = obj.get("data", {})
    yield from _item_faults(obj)
    if sum(len(_decoded(value)) for value in data.values()) > _MAX_DATA:
        yield Cause("data", "FieldValueTooLong", TOO_MANY_BYTES.format(_MAX_DATA))
    for key in _REQUIRED_ITEMS.get(obj["type"], ()):
        if key not in data:
            yield _required(f"data[{key}]")
        elif key in _JSON_ITEMS and not _is_json(_decoded(data[key])):
            yield _wrong(f"data[{key}]", '"<secret contents redacted>"', "invalid character")
    if obj["type"] == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        yield _required("data[username]")
        yield _required("data[password]")
    annotations = obj["metadata"].get("annotations") or {}
    if obj["type"] == "kubernetes.io/service-account-token" and _ACCOUNT not in annotations:
        yield _required(f"metadata.annotations[{_ACCOUNT}]")


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
