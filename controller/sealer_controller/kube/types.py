"""The Kubernetes objects that the controller reads and writes, and our values that they stand for.

Reading is lenient: what the API server lets pass must never stop the others, so an odd SealedSecret
becomes one with a fault (compat.md 1.8), and an odd status an empty one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from sealer.errors import ManifestError, SealerError
from sealer.manifest import SealedSecret, Secret, read_sealed_secret
from sealer.manifest.sealedsecret import API_VERSION, GROUP, KIND, PLURAL
from sealer.sensitive import SecretBytes
from sealer_controller.kube.objects import ObjectMeta, Resource
from sealer_controller.objects import (
    Condition,
    Event,
    Key,
    Status,
    StoredSealedSecret,
    StoredSecret,
)

__all__ = [
    "CONFIG_MAPS",
    "EVENTS",
    "SEALED_SECRETS",
    "SECRETS",
    "SECRET_METADATA",
    "ConfigMapObject",
    "event_body",
    "key_event_body",
    "secret_body",
    "status_body",
    "stored_sealed_secret",
    "stored_secret",
    "unreadable_sealed_secret",
]

EVENT_SOURCE = "sealed-secrets"


class SecretObject(Struct, frozen=True, kw_only=True):
    """A Secret."""

    metadata: ObjectMeta
    type: str = ""
    immutable: bool | None = None
    data: dict[str, bytes | None] | None = None


class SecretMetadataObject(Struct, frozen=True, kw_only=True):
    """A Secret of which nothing but the metadata is asked for."""

    metadata: ObjectMeta


class SealedSecretObject(Struct, frozen=True, kw_only=True):
    """A SealedSecret: what is in it is looked at later, and leniently."""

    metadata: ObjectMeta
    spec: Any = None
    status: Any = None


class ConfigMapObject(Struct, frozen=True, kw_only=True):
    """A ConfigMap."""

    metadata: ObjectMeta
    data: dict[str, str] | None = None


class EventObject(Struct, frozen=True, kw_only=True):
    """A recorded Event."""

    metadata: ObjectMeta


class _Condition(Struct, frozen=True, rename="camel", omit_defaults=True):
    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_update_time: datetime | None = None
    last_transition_time: datetime | None = None


class _Status(Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    conditions: tuple[_Condition, ...] = ()


SECRETS = Resource(SecretObject, "secrets")
SECRET_METADATA = Resource(SecretMetadataObject, "secrets", is_partial=True)
SEALED_SECRETS = Resource(SealedSecretObject, PLURAL, API_VERSION.partition("/")[2], GROUP)
CONFIG_MAPS = Resource(ConfigMapObject, "configmaps")
EVENTS = Resource(EventObject, "events")


def stored_secret(obj: SecretObject) -> StoredSecret:
    """Return a Secret as the API server holds it."""
    metadata = obj.metadata
    secret = Secret(
        namespace=metadata.namespace,
        name=metadata.name,
        data={key: SecretBytes(value or b"") for key, value in (obj.data or {}).items()},
        type=obj.type,
        immutable=obj.immutable,
        labels=metadata.labels,
        annotations=metadata.annotations,
        finalizers=metadata.finalizers,
        owner_references=tuple(map(msgspec.to_builtins, metadata.owner_references)),
    )
    return StoredSecret(secret, metadata.uid, metadata.resource_version)


def secret_body(secret: Secret, **metadata: str) -> dict[str, object]:
    """Return what to send to have a Secret written; `metadata` adds fields such as `uid`."""
    body = secret.to_object()
    body["metadata"] = {**cast("dict[str, object]", body["metadata"]), **metadata}
    return body


def stored_sealed_secret(obj: SealedSecretObject) -> StoredSealedSecret:
    """Return a SealedSecret as the API server holds it; one that cannot be read has a `fault`."""
    metadata = obj.metadata
    manifest = {
        "apiVersion": API_VERSION,  # an item of a list comes without the two
        "kind": KIND,
        "metadata": {
            "namespace": metadata.namespace,
            "name": metadata.name,
            "labels": metadata.labels,
            "annotations": metadata.annotations,
        },
        "spec": obj.spec,
    }
    fault: SealerError | None = None
    try:
        sealed = read_sealed_secret(manifest, lenient=True)
    except SealerError as error:
        sealed, fault = SealedSecret(metadata.namespace, metadata.name, {}), error
    return StoredSealedSecret(
        sealed=sealed,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        generation=metadata.generation,
        created=metadata.creation_timestamp,
        status=_status(obj.status),
        fault=fault,
        is_going=metadata.deletion_timestamp is not None,
    )


def unreadable_sealed_secret(key: Key, uid: str, problem: str) -> StoredSealedSecret:
    """Return a SealedSecret of which nothing but its identity could be decoded."""
    sealed = SealedSecret(key.namespace, key.name, {})
    return StoredSealedSecret(sealed, uid, fault=ManifestError(problem))


def status_body(stored: StoredSealedSecret, version: str, status: Status) -> dict[str, object]:
    """Return what to send to have the status written; the server ignores all the rest of it.

    Args:
        stored: Whose status it is; the UID makes sure that it is no other's.
        version: The version of the object that the status was read from.
        status: The status.
    """
    conditions = tuple(
        _Condition(
            type=condition.type,
            status=condition.status,
            reason=condition.reason,
            message=condition.message,
            last_update_time=_seconds(condition.last_update_time),
            last_transition_time=_seconds(condition.last_transition_time),
        )
        for condition in status.conditions
    )
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "namespace": stored.key.namespace,
            "name": stored.key.name,
            "uid": stored.uid,
            "resourceVersion": version,
        },
        "spec": {"encryptedData": {}},
        "status": _Status(status.observed_generation, conditions),
    }


def event_body(stored: StoredSealedSecret, event: Event, now: datetime) -> dict[str, object]:
    """Return what to send to have an Event recorded about a SealedSecret (compat.md 2.6)."""
    involved = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "namespace": stored.key.namespace,
        "name": stored.key.name,
        "uid": stored.uid,
        "resourceVersion": stored.resource_version,
    }
    return _event_body(stored.key, involved, event, now)


def key_event_body(key: Key, event: Event, now: datetime) -> dict[str, object]:
    """Return what to send to have an Event recorded about a Secret, which need not exist."""
    involved = {
        "apiVersion": "v1",
        "kind": "Secret",
        "namespace": key.namespace,
        "name": key.name,
    }
    return _event_body(key, involved, event, now)


def _event_body(
    key: Key, involved: Mapping[str, str], event: Event, now: datetime
) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": key.namespace, "generateName": f"{key.name}."},
        "involvedObject": involved,
        "type": event.type,
        "reason": event.reason,
        "message": event.message,
        "source": {"component": EVENT_SOURCE},
        "firstTimestamp": _seconds(now),
        "lastTimestamp": _seconds(now),
        "count": 1,
    }


def _status(found: object) -> Status:
    if not isinstance(found, Mapping):
        return Status()
    try:
        status = msgspec.convert(found, _Status)
    except msgspec.ValidationError:
        return Status()
    conditions = tuple(
        Condition(**msgspec.structs.asdict(condition)) for condition in status.conditions
    )
    return Status(status.observed_generation, conditions)


def _seconds(time: datetime | None) -> datetime | None:
    """Return a time as Kubernetes writes it, without fractions."""
    return time and time.replace(microsecond=0)
