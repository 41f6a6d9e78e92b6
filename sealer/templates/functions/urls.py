"""URLs to their parts and back, as Go's net/url reads and writes them."""

import re
from collections.abc import Callable
from urllib.parse import quote_from_bytes, unquote_to_bytes

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.values import type_name

_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_PORT = re.compile(rb"(?::[0-9]*)?")
_IN_PATH = "$&+,/:;=@~"
_IN_FRAGMENT = "$&+,/:;=?@!()*~"
_IN_USER = "$&+,;=~"
_PARTS = ("scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo")


def _parse(text: bytes) -> dict[bytes, object]:
    def refuse(what: str) -> FunctionFault:
        return FunctionFault(f"unable to parse url: {what}")

    if _CONTROL.search(text):
        raise refuse("net/url: invalid control character in URL")
    rest, _, fragment = text.partition(b"#")
    if rest == b"*":
        return _parts(path=b"*", fragment=_unescaped(fragment))
    scheme, rest = _take_scheme(rest, refuse("missing protocol scheme"))
    rest, _, query = rest.partition(b"?")
    if scheme and not rest.startswith(b"/"):
        return _parts(scheme=scheme, opaque=rest, query=query, fragment=_unescaped(fragment))
    host = user = b""
    if rest.startswith(b"//") and (scheme or not rest.startswith(b"///")):
        authority, slash, path = rest[2:].partition(b"/")
        rest = slash + path
        user, host = _take_user(authority, refuse)
    elif not scheme and b":" in rest.partition(b"/")[0]:
        raise refuse("first path segment in URL cannot contain colon")
    if _BAD_ESCAPE.search(rest) or _BAD_ESCAPE.search(fragment):
        raise refuse("invalid URL escape")
    return _parts(
        scheme=scheme,
        host=host,
        hostname=_without_port(host),
        path=unquote_to_bytes(rest),
        query=query,
        fragment=_unescaped(fragment),
        userinfo=user,
    )


def _parts(**known: bytes) -> dict[bytes, object]:
    return {name.encode(): known.get(name, b"") for name in _PARTS}


def _take_scheme(text: bytes, fault: FunctionFault) -> tuple[bytes, bytes]:
    if text.startswith(b":"):
        raise fault
    match = _SCHEME.match(text)
    if match and text[match.end() : match.end() + 1] == b":":
        return match[0].lower(), text[match.end() + 1 :]
    return b"", text


def _take_user(authority: bytes, refuse: Callable[[str], FunctionFault]) -> tuple[bytes, bytes]:
    user, at, host = authority.rpartition(b"@")
    name, colon, password = user.partition(b":")
    bad = host.count(b"[") != host.count(b"]") or not _PORT.fullmatch(_port(host))
    if bad or _BAD_ESCAPE.search(user) or b" " in host or any(c in b'<>"' for c in host):
        raise refuse("invalid host or userinfo in URL")
    shown = _escaped(unquote_to_bytes(name), _IN_USER)
    if colon:
        shown += b":" + _escaped(unquote_to_bytes(password), _IN_USER)
    return (shown if at else b""), unquote_to_bytes(host)


def _port(host: bytes) -> bytes:
    end = host.rfind(b"]")
    colon = host.find(b":", end + 1)
    return host[colon:] if colon >= 0 else b""


def _without_port(host: bytes) -> bytes:
    host = host.removesuffix(_port(host)) if _port(host) else host
    return host[1:-1] if host.startswith(b"[") else host


def _unescaped(text: bytes) -> bytes:
    if _BAD_ESCAPE.search(text):
        raise FunctionFault("unable to parse url: invalid URL escape")
    return unquote_to_bytes(text)


def _escaped(text: bytes, safe: str) -> bytes:
    return quote_from_bytes(text, safe=safe).encode()


def _join(parts: dict[bytes, object]) -> bytes:
    def part(name: str) -> bytes:
        value = parts.get(name.encode(), b"")
        if not isinstance(value, bytes):
            raise FunctionFault(
                f"unable to parse {name} key, must be of type string, but {type_name(value)} found"
            )
        return value

    scheme, host, path = part("scheme"), part("host"), part("path")
    text = scheme + b":" if scheme else b""
    if part("opaque"):
        text += part("opaque")
    else:
        text += _authority(scheme, host, path, part("userinfo"))
        if path and not path.startswith(b"/") and host:
            text += b"/"
        first = path.partition(b"/")[0]
        if not text and b":" in first:
            text += b"./"
        text += path if path == b"*" else _escaped(path, _IN_PATH)
    if part("query"):
        text += b"?" + part("query")
    fragment = part("fragment")
    return text + (b"#" + _escaped(fragment, _IN_FRAGMENT) if fragment else b"")


def _authority(scheme: bytes, host: bytes, path: bytes, user: bytes) -> bytes:
    if not (scheme or host or user):
        return b"//" if path.startswith(b"//") else b""
    if not (host or path or user):
        return b""
    text = b"//" if host or user or path.startswith(b"//") else b""
    if user:
        name, colon, password = user.partition(b":")
        text += _escaped(unquote_to_bytes(name), _IN_USER)
        text += colon + _escaped(unquote_to_bytes(password), _IN_USER) + b"@"
    return text + _escaped(host, "!$&'()*+,;=:[]<>\"~")


TABLE: Table = {
    "urlParse": Function("string", _parse),
    "urlJoin": Function("map", _join),
}
