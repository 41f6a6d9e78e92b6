"""The objects of the fake API server, their versions, and the memory of what happened to them.

Everything here is synchronous and without HTTP: tests may call it directly to play another client
or an administrator. Objects are JSON values; do not change the ones that are handed out.
"""

import asyncio
import secrets
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.fake import refusals, schema, validation
from tests.fake.kinds import NAMESPACES, SEALED_SECRETS, Kind
from tests.fake.refusals import Refusal, bad_request
from tests.fake.selectors import Match
from tests.fake.validation import Object

__all__ = ["Event", "Store", "place"]

Key = tuple[str, str]

_GIVEN = (
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
)
_KEPT = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


@dataclass(frozen=True)
class Event:
    """One change of one object; `old` or `new` is missing when it was created or deleted."""

    version: int
    kind: Kind
    old: Object | None
    new: Object | None


class Store:
    """All objects, by kind, namespace and name.

    Args:
        window: How many events are remembered; a watch or a page from before them is refused (410).
        now: Tells the time for creationTimestamp.
    """

    def __init__(
        self, window: int = 10_000, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.version = 100
        self._window = window
        self._now = now
        self._objects: dict[Kind, dict[Key, Object]] = {}
        self._history: list[Event] = []
        self._oldest = self.version
        self._subscribers: list[asyncio.Queue[Any]] = []
        for name in ("default", "kube-system"):
            self.create(NAMESPACES, {"metadata": {"name": name}})

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object:
        """Return an object.

        Raises:
            Refusal: 404.
        """
        try:
            return self._of(kind)[namespace, name]
        except KeyError:
            raise refusals.not_found(kind, name) from None

    def select(self, kind: Kind, match: Match, at: int = -1) -> list[Object]:
        """Return the objects that match, in the order of their places.

        Args:
            kind: What to list.
            match: Which of them.
            at: The version that the list shows; -1 is the present.

        Raises:
            Refusal: 410, that version is forgotten.
        """
        objects = dict(self._of(kind))
        if at >= 0:
            if at < self._oldest:
                raise refusals.expired(at, self._oldest)
            for event in reversed(self._history):
                if event.version > at and event.kind == kind:
                    key = _key(event.new or event.old or {})
                    objects.pop(key, None)
                    if event.old:
                        objects[key] = event.old
        return sorted(filter(match, objects.values()), key=place)

    def create(
        self, kind: Kind, body: Object, namespace: str = "", *, is_dry_run: bool = False
    ) -> Object:
        """Store a new object and return it as stored; a dry run does all of it but the storing.

        Raises:
            Refusal: 400, 404 (no such namespace), 409, 422.
        """
        obj = self._received(kind, body, namespace)
        metadata = obj["metadata"]
        if body.get("metadata", {}).get("resourceVersion"):
            raise Refusal(500, "", "resourceVersion should not be set on objects to be created")
        if "generateName" in metadata and not metadata.get("name"):
            # The server cuts the base so that base and lot have 63 characters at most.
            metadata["name"] = metadata["generateName"][:58] + secrets.token_hex(3)[:5]
        if namespace and ("", namespace) not in self._of(NAMESPACES):
            raise refusals.not_found(NAMESPACES, namespace)
        if kind.has_status:
            obj.pop("status", None)
            metadata["generation"] = 1
        obj = validation.prepare(kind, obj)
        self._check(kind, obj, list(validation.faults(kind, obj)))
        if _key(obj) in self._of(kind):
            raise refusals.already_exists(kind, metadata["name"])
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = self._time()
        return obj if is_dry_run else self._commit(kind, None, obj)

    def replace(
        self, kind: Kind, body: Object, name: str, namespace: str = "", *, status: bool = False
    ) -> Object:
        """Replace an object, or only its status; return it as stored.

        Raises:
            Refusal: 400, 404, 409, 422.
        """
        old = self.get(kind, name, namespace)
        metadata = body.get("metadata") or {}
        self._check_version(kind, metadata, old)
        if metadata.get("name") != name:
            raise bad_request(
                f"the name of the object ({metadata.get('name', '')}) does not match "
                f"the name on the URL ({name})"
            )
        new = self._status_update(body, old) if status else self._update(kind, body, old)
        return self._settle(kind, old, new)

    def patch(self, kind: Kind, patch: Object, name: str, namespace: str = "") -> Object:
        """Merge a patch (RFC 7386) into an object; return it as stored.

        Raises:
            Refusal: 400, 404, 409, 422.
        """
        return self.replace(kind, _merged(self.get(kind, name, namespace), patch), name, namespace)

    def delete(
        self, kind: Kind, name: str, namespace: str = "", *, uid: str = "", version: str = ""
    ) -> Object | None:
        """Delete an object; return it if a finalizer holds it back.

        Raises:
            Refusal: 404, or 409 when it is not the object or version named.
        """
        old = self.get(kind, name, namespace)
        metadata = old["metadata"]
        if uid and uid != metadata["uid"]:
            raise refusals.precondition_failed(kind, name, "UID", uid, metadata["uid"])
        found = metadata["resourceVersion"]
        if version and version != found:
            raise refusals.precondition_failed(kind, name, "ResourceVersion", version, found)
        if metadata.get("finalizers"):
            leaving = {"deletionTimestamp": self._time(), "deletionGracePeriodSeconds": 0}
            return self._settle(kind, old, old | {"metadata": leaving | metadata})
        self._commit(kind, old, None)
        return None

    def forget(self) -> None:
        """Forget all history, as etcd's compaction does: every older version is now too old."""
        self._history.clear()
        self._oldest = self.version

    def events(self, kind: Kind, after: int) -> list[Event]:
        """Return what happened to a kind after a version.

        Raises:
            Refusal: 410, that version is forgotten.
        """
        if after < self._oldest:
            raise refusals.expired(after, self._oldest)
        return [event for event in self._history if event.version > after and event.kind == kind]

    def subscribe(self, queue: asyncio.Queue[Any]) -> None:
        """Put every event from now on into a queue."""
        self._subscribers.append(queue)

    def unsubscribe(self, queue: asyncio.Queue[Any]) -> None:
        """Stop doing so."""
        self._subscribers.remove(queue)

    def _of(self, kind: Kind) -> dict[Key, Object]:
        return self._objects.setdefault(kind, {})

    def _time(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _received(self, kind: Kind, body: Object, namespace: str) -> Object:
        """Return a copy of what a client sent, with only the metadata that it may set."""
        _check_type(kind, body)
        given = body.get("metadata") or {}
        if given.get("namespace", namespace) != namespace:
            raise bad_request(
                "the namespace of the provided object does not match "
                "the namespace sent on the request"
            )
        metadata = {key: given[key] for key in _GIVEN if given.get(key)}
        if namespace:
            metadata["namespace"] = namespace
        typed = {"apiVersion": kind.api_version, "kind": kind.kind}
        return deepcopy(body | typed | {"metadata": metadata})

    def _update(self, kind: Kind, body: Object, old: Object) -> Object:
        new = self._received(kind, body, old["metadata"].get("namespace", ""))
        if kind.has_status:
            new.pop("status", None)
            new |= {"status": old["status"]} if "status" in old else {}
        new["metadata"] |= {key: old["metadata"][key] for key in _KEPT if key in old["metadata"]}
        new = validation.prepare(kind, new)
        found = list(validation.update_faults(kind, new, old))
        self._check(kind, new, [*found, *validation.faults(kind, new)])
        if kind.has_status and _essence(new) != _essence(old):
            new["metadata"]["generation"] += 1
        return new

    def _status_update(self, body: Object, old: Object) -> Object:
        rules = schema.sealed_secret()["properties"]["status"]
        new = old | {"status": schema.prune(deepcopy(body.get("status") or {}), rules)}
        self._check(SEALED_SECRETS, new, list(validation.status_faults(new)))
        return new

    def _check(self, kind: Kind, obj: Object, causes: list[refusals.Cause]) -> None:
        if causes:
            raise refusals.invalid(kind, obj["metadata"].get("name", ""), causes)

    def _check_version(self, kind: Kind, metadata: Object, old: Object) -> None:
        name, version = old["metadata"]["name"], metadata.get("resourceVersion", "")
        if version and not version.isdigit():
            raise Refusal(500, "", f'strconv.ParseUint: parsing "{version}": invalid syntax')
        if version in ("", "0"):
            if kind.needs_version:
                raise refusals.version_needed(kind, name)
        elif version != old["metadata"]["resourceVersion"]:
            raise refusals.conflict(kind, name)
        uid, found = metadata.get("uid"), old["metadata"]["uid"]
        if uid and uid != found:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {found}"
            raise refusals.conflict(kind, name, why)

    def _settle(self, kind: Kind, old: Object, new: Object) -> Object:
        """Store a change, if it is one; the last finalizer that goes lets the object go too."""
        version = {"resourceVersion": old["metadata"]["resourceVersion"]}
        new = new | {"metadata": new["metadata"] | version}
        if new == old:
            return old
        if "deletionTimestamp" in new["metadata"] and not new["metadata"].get("finalizers"):
            self._commit(kind, old, None)
            return new
        return self._commit(kind, old, new)

    def _commit(self, kind: Kind, old: Object | None, new: Object | None) -> Object:
        self.version += 1
        version = {"resourceVersion": str(self.version)}
        obj = new or old or {}
        stored = obj | {"metadata": obj["metadata"] | version}
        if new is None:
            del self._of(kind)[_key(stored)]
        else:
            self._of(kind)[_key(stored)] = stored
        event = Event(self.version, kind, old, None if new is None else stored)
        self._history.append(event)
        if len(self._history) > self._window:
            self._oldest = self._history.pop(0).version
        for queue in self._subscribers:
            queue.put_nowait(event)
        return stored


def _merged(value: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for key, part in patch.items():
        if part is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), part)
    return merged


def place(obj: Object) -> str:
    """Return where an object stands in a list."""
    return "/".join(_key(obj))


def _key(obj: Object) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _essence(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def _check_type(kind: Kind, body: Object) -> None:
    found = body.get("kind", ""), body.get("apiVersion", "")
    if found == (kind.kind, kind.api_version) or (not any(found) and not kind.group):
        return
    raise bad_request(
        f'{found[0]} in version "{found[1]}" cannot be handled as a {kind.kind}: '
        f'no kind "{found[0]}" is registered for version "{found[1]}"'
    )
