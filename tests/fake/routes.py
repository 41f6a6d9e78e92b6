"""What a request to the fake API server is about, read from its method, path and body."""

import json
from typing import Any

from aiohttp import web

from tests.fake.faults import Call
from tests.fake.kinds import BY_PATH, Kind
from tests.fake.refusals import Refusal, bad_request

__all__ = ["MAX_BODY", "parse", "read_body"]

MAX_BODY = 3 << 20
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_TYPES = ("application/json", "application/merge-patch+json")


def parse(request: web.Request) -> tuple[Kind, Call]:
    """Return kind and call of a request.

    Raises:
        LookupError: Nothing is served there.
    """
    parts = request.match_info["path"].split("/")
    if parts[0] == "apis":
        group, version, *rest = parts[1:]
    else:
        group, (version, *rest) = "", parts[1:]
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        _, namespace, *rest = rest
    plural, name, subresource = (*rest, "", "")[:3]
    kind = BY_PATH[group, version, plural]
    query = dict(request.query)
    verb = _VERBS.get(request.method, "get")
    if verb == "get" and not name:
        verb = "watch" if query.get("watch") in ("true", "1") else "list"
    resource = f"{plural}/{subresource}" if subresource else plural
    return kind, Call(verb, resource, namespace, name, query)


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
    if text and request.content_type not in _TYPES:
        raise Refusal(415, "UnsupportedMediaType", "the body was in an unknown format")
    try:
        body = json.loads(text or b"{}")
    except ValueError:
        raise bad_request("the object provided is unrecognized: json parse error") from None
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized: not an object")
    return body
