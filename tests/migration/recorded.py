"""A cluster as the original leaves it, without running it: what was recorded of it is put there.

The objects, keys, Secrets and statuses are those of `tests/vectors`, which the original and a real
API server made; `original.yaml` holds what its installation brings along.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealer_controller.objects import Key
from tests.cluster.server import Cluster
from tests.conformance.world import NAMESPACES, key_secrets
from tests.support import vectors
from tests.support.vectors import ObjectCase

__all__ = [
    "ORIGINAL",
    "Held",
    "add_keys",
    "come_back",
    "find",
    "held",
    "install",
    "leave",
    "may_be_written",
]

Object = dict[str, Any]
ORIGINAL = Path(__file__).parent / "original.yaml"
SINCE = "2026-11-01T08:00:00Z"  # when the original last had something to say about its objects
MANAGER = "controller"  # the original's name for itself when it writes
_PREFIX = "sealedsecrets.bitnami.com/"


@dataclass(frozen=True)
class Held:
    """What a migration must leave as it is, of one object.

    Attributes:
        secret: All of its Secret that comes from people or the original; None without a Secret.
        writers: Who has written the Secret's data, ever.
        synced: The status of its condition, since when, and of which generation.
        told: The first line of its message.
    """

    secret: Object | None
    writers: frozenset[str]
    synced: tuple[str, str, int]
    told: str


def install(cluster: Cluster) -> None:
    """Install the original, and the keys that it made and was given."""
    cluster.kubectl("apply", "-f", ORIGINAL)
    wait = ("wait", "--for=condition=Established", "--timeout=30s")
    cluster.kubectl(*wait, "crd/sealedsecrets.bitnami.com")
    add_keys(cluster)


def add_keys(cluster: Cluster) -> None:
    """Make the namespaces of the record, and the keys that the original made and was given."""
    for namespace in NAMESPACES:
        cluster.kubectl("create", "namespace", namespace)
    _send(cluster, key_secrets(), "create")


def leave(cluster: Cluster, cases: Iterable[ObjectCase]) -> None:
    """Leave objects as the original does: its Secrets, and what it says about them."""
    cases = list(cases)
    first = [vectors.load_manifest(_sealed(case)[0]) for case in cases]
    _send(cluster, first, "create")
    for again in (step for case in cases for step in _sealed(case)[1:]):
        cluster.kubectl("replace", "-f", again)
    secrets = _secrets(cluster, cases)
    # Not as the original does it: this creates and replaces, whichever is needed.
    _send(cluster, secrets, "apply", "--server-side", "--force-conflicts")
    stored = find(cluster, "sealedsecrets")
    statuses = [stored[_key(_last(case))] | {"status": _status(case)} for case in cases]
    _send(cluster, statuses, "replace", "--subresource=status")


def come_back(cluster: Cluster, cases: Iterable[ObjectCase]) -> None:
    """Do what the original does at its start: it writes all that is its own as it wants it."""
    sealed, live = find(cluster, "sealedsecrets"), find(cluster, "secrets")
    wanted = {_key(secret): secret for secret in _secrets(cluster, cases)}
    own = [key for key in wanted if may_be_written(live[key], sealed[key])]
    # It merges into those that are annotated so, and what is there already stays.
    replaced = [wanted[key] for key in own if not _has(live[key], "patch")]
    _send(cluster, replaced, "replace")


def find(cluster: Cluster, kind: str) -> dict[Key, Object]:
    """Return all objects of a kind in the namespaces of the record."""
    found: dict[Key, Object] = {}
    for namespace in NAMESPACES:
        text = cluster.kubectl("get", kind, "-n", namespace, "-o", "json", "--show-managed-fields")
        found |= {_key(item): item for item in json.loads(text)["items"]}
    return found


def held(cluster: Cluster) -> dict[Key, Held]:
    """Return what there is of each object now."""
    secrets = find(cluster, "secrets")
    return {
        key: _held(sealed["status"], secrets.get(key))
        for key, sealed in find(cluster, "sealedsecrets").items()
    }


def may_be_written(secret: Object, sealed: Object) -> bool:
    """Tell whether the original counts a Secret as its own (compat.md 2.4)."""
    return (
        _has(secret, "managed")
        or _has(secret, "patch")
        or any(
            owner.get("controller") is True and owner["uid"] == sealed["metadata"]["uid"]
            for owner in secret["metadata"].get("ownerReferences", ())
        )
    )


def _has(secret: Object, annotation: str) -> bool:
    annotations: dict[str, str] = secret["metadata"].get("annotations", {})
    return annotations.get(_PREFIX + annotation) == "true"


def _held(status: Mapping[str, Any], secret: Object | None) -> Held:
    (synced,) = (each for each in status["conditions"] if each["type"] == "Synced")
    since = (synced["status"], synced["lastTransitionTime"], status["observedGeneration"])
    told = synced.get("message", "").partition("\n")[0]
    if secret is None:
        return Held(None, frozenset(), since, told)
    metadata = {
        key: secret["metadata"].get(key)
        for key in ("uid", "creationTimestamp", "ownerReferences", "finalizers")
    }
    for kind in ("labels", "annotations"):
        found = secret["metadata"].get(kind, {})
        metadata[kind] = {k: v for k, v in found.items() if not k.startswith("sealer.dev/")}
    kept = {key: secret.get(key) for key in ("data", "type", "immutable")}
    return Held(kept | {"metadata": metadata}, _writers(secret), since, told)


def _writers(secret: Object) -> frozenset[str]:
    """Return who owns a field of `data`: whoever last changed it, as the API server keeps it."""
    entries = secret["metadata"]["managedFields"]
    return frozenset(each["manager"] for each in entries if "f:data" in each["fieldsV1"])


def _secrets(cluster: Cluster, cases: Iterable[ObjectCase]) -> list[Object]:
    """Return the recorded Secrets; their owners are the objects as they are here."""
    stored = find(cluster, "sealedsecrets")
    return [
        _owned(case.result["secret"], stored[_key(_last(case))]["metadata"]["uid"])
        for case in cases
        if case.result["secret"]
    ]


def _owned(recorded: Object, uid: str) -> Object:
    metadata = dict(recorded["metadata"])
    if "ownerReferences" in metadata:
        metadata["ownerReferences"] = [each | {"uid": uid} for each in metadata["ownerReferences"]]
    return recorded | {"metadata": metadata}


def _status(case: ObjectCase) -> Object:
    times = {"lastUpdateTime": SINCE, "lastTransitionTime": SINCE}
    status: Object = case.result["status"]
    return status | {"conditions": [each | times for each in status["conditions"]]}


def _last(case: ObjectCase) -> Object:
    return vectors.load_manifest(case.steps[-1])


def _sealed(case: ObjectCase) -> list[Path]:
    return [step for step in case.steps if step.name.startswith("sealed")]


def _send(cluster: Cluster, manifests: Iterable[Object], *verb: str) -> None:
    body = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    cluster.kubectl(*verb, f"--field-manager={MANAGER}", "-f", "-", given=json.dumps(body))


def _key(manifest: Mapping[str, Any]) -> Key:
    return Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
