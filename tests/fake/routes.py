"""What a request to the fake API server is about, read from its method, path and body."""

import json
from typing import Any

from aiohttp import web

from tests.fake import partial
from tests.fake.faults import Call
from tests.fake.kinds import BY_PATH, Kind
from tests.fake.refusals import Refusal, bad_request

__all__ = ["MAX_BODY", "not_served", "parse", "read_body"]

MAX_BODY = 3 << 20
_VERBS = {
    "GET": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_NAMED = ("get", "update", "patch", "delete")
_TYPES = {"PATCH": "application/merge-patch+json"}


def parse(request: web.Request) -> tuple[Kind, Call]:
    """Return kind and call of a request.

    Raises:
        Refusal: 405, or 404 in plain text when nothing is served there.
    """
    root, *parts = request.match_info["path"].split("/")
    group = parts.pop(0) if root == "apis" and parts else ""
    version, parts = (parts or [""])[0], parts[1:]
    namespace = ""
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        _, namespace, *parts = parts
    plural, name, subresource, *more = (*parts, "", "", "")
    kind = BY_PATH.get((group, version, plural))
    served = kind and (not subresource or (subresource == "status" and kind.has_status))
    if not kind or not served or any(more):
        raise not_served()
    verb = _VERBS.get(request.method, "")
    query = dict(request.query)
    if verb == "get" and not name:
        verb = "watch" if query.get("watch") in ("true", "1") else "list"
    if not verb or (verb in _NAMED) != bool(name):
        what = "create" if verb == "create" else request.method.lower()
        message = f'{what} is not supported on resources of kind "{kind.qualified_plural}"'
        raise Refusal(405, "MethodNotAllowed", message)
    resource = f"{plural}/{subresource}" if subresource else plural
    is_partial = partial.is_wanted(request.headers.get("Accept", ""))
    agent = request.headers.get("User-Agent", "")
    return kind, Call(verb, resource, namespace, name, query, is_partial, agent)


def not_served() -> Refusal:
    """Return the plain 404 of a path that nothing is behind."""
    return Refusal(404, "", "404 page not found\n")


async def read_body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object that a request carries.

    Raises:
        Refusal: 400, 413, 415.
    """
    try:
        text = await request.read()
    except web.HTTPRequestEntityTooLarge:
        text = b" " * (MAX_BODY + 1)
    if len(text) > MAX_BODY:
        message = f"Request entity too large: limit is {MAX_BODY}"
        raise Refusal(413, "RequestEntityTooLarge", message)
    if text and request.content_type != _TYPES.get(request.method, "application/json"):
        raise Refusal(415, "UnsupportedMediaType", "the body was in an unknown format")
    try:
        body = json.loads(text or b"{}")
    except ValueError:
        raise bad_request("the object provided is unrecognized: json parse error") from None
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized: not an object")
    return body
