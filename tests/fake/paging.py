"""Lists in pages: continue tokens, and the state at one version that all pages show."""

import base64
import json
from typing import Any

from tests.fake import partial, refusals
from tests.fake.faults import Call
from tests.fake.kinds import Kind
from tests.fake.refusals import Refusal, bad_request
from tests.fake.selectors import matcher
from tests.fake.storage import Store, place

__all__ = ["page"]

_PRESENT = -1  # the version in a token that carries on with whatever there is by then


def page(store: Store, kind: Kind, call: Call) -> dict[str, Any]:
    """Return one page of a list, as the query asks.

    Raises:
        Refusal: 400, or 410 when the token is too old.
    """
    query = call.query
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    match = matcher(kind, call.namespace, labels, fields)
    at, start = _read(query.get("continue", ""), store.version)
    try:
        found = store.select(kind, match, at)
    except Refusal as refusal:
        refusal.message, refusal.token = refusals.EXPIRED_TOKEN, _token(_PRESENT, start)
        raise
    rest = [obj for obj in found if place(obj) > start]
    limit = int(query.get("limit", "0")) or len(rest)
    version = store.version if at == _PRESENT else at
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if len(rest) > limit:
        metadata["continue"] = _token(at, place(rest[limit - 1]))
        if not labels and not fields:
            metadata["remainingItemCount"] = len(rest) - limit
    shown = rest[:limit]
    if call.is_partial:
        return partial.LIST | {"metadata": metadata, "items": list(map(partial.shown, shown))}
    typed = {"apiVersion": kind.api_version, "kind": f"{kind.kind}List"}
    return typed | {"metadata": metadata, "items": shown}


def _token(version: int, start: str) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(token: str, version: int) -> tuple[int, str]:
    """Return version and place from a token; without one, the first page of the present."""
    if not token:
        return version, ""
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=="))
        return int(found["rv"]), str(found["start"])
    except (ValueError, KeyError, TypeError):
        raise bad_request("invalid continue token: continue key is not valid") from None
