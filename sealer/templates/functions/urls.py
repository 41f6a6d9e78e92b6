"""URLs to their parts and back, as Go's net/url reads and writes them."""

import ipaddress
import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.values import kind_name

_STEPS = 20
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_PORT = re.compile(rb"(?::[0-9]*)?")
_USER = re.compile(rb"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_IN_HOST = b"!$&'()*+,;=:[]<>\"~"
_HOST = frozenset(_LETTERS + _LETTERS.upper() + b"0123456789-._" + _IN_HOST)
_FIRST_FOREIGN = 0x80
_FOREIGN = frozenset((ord("%"), *range(_FIRST_FOREIGN, 256)))
_IN_PATH = "$&+,/:;=@~"
_IN_FRAGMENT = "$&+,/:;=?@!()*~"
_IN_USER = "$&+,;=~"
_PARTS = ("scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo")


def _fault(what: str) -> FunctionFault:
    return FunctionFault(f"unable to parse url: {what}")


def _parse(text: bytes) -> dict[bytes, object]:
    text, _, fragment = text.partition(b"#")
    parts = dict.fromkeys(_PARTS, b"") | _parsed(text) | {"fragment": _unescaped(fragment)}
    return {name.encode(): value for name, value in parts.items()}


def _parsed(text: bytes) -> dict[str, bytes]:
    """Return the parts of a URL without a fragment; empty ones may be missing."""
    if _CONTROL.search(text):
        raise _fault("net/url: invalid control character in URL")
    if text == b"*":
        return {"path": text}
    if text.startswith(b":"):
        raise _fault("missing protocol scheme")
    match = _SCHEME.match(text)
    scheme = match[0].lower() if match else b""
    rest, _, query = text[len(scheme) + 1 if match else 0 :].partition(b"?")
    if match and not rest.startswith(b"/"):
        return {"scheme": scheme, "opaque": rest, "query": query}
    if b":" in rest.partition(b"/")[0]:
        raise _fault("first path segment in URL cannot contain colon")
    authority: dict[str, bytes] = {}
    if rest.startswith(b"//") and (match or not rest.startswith(b"///")):
        before, slash, path = rest[2:].partition(b"/")
        authority, rest = _authority(scheme, before), slash + path
    return {"scheme": scheme, "path": _unescaped(rest), "query": query, **authority}


def _authority(scheme: bytes, text: bytes) -> dict[str, bytes]:
    user, at, host = text.rpartition(b"@")
    host = _host(scheme, host)
    if not _USER.fullmatch(user):
        raise _fault("net/url: invalid userinfo")
    name, colon, password = user.partition(b":")
    shown = _escaped(_unescaped(name), _IN_USER) + colon + _escaped(_unescaped(password), _IN_USER)
    return {"host": host, "hostname": _without_port(host), **({"userinfo": shown} if at else {})}


def _host(scheme: bytes, text: bytes) -> bytes:
    """Return a host with its port, without escapes."""
    if text.rfind(b"[") > 0:
        raise _fault("invalid IP-literal")
    if text.startswith(b"["):
        return _address(text)
    # Other schemes allow several hosts with ports.
    is_strict = scheme in (b"http", b"https")
    colon = text.find(b":") if is_strict else text.rfind(b":")
    if colon >= 0 and not _PORT.fullmatch(text[colon:]):
        raise _fault("invalid port after host")
    return _unescaped_host(text)


def _address(text: bytes) -> bytes:
    """Return an IPv6 address in brackets with its port, without escapes."""
    inside, bracket, port = text[1:].rpartition(b"]")
    if not bracket:
        raise _fault("missing ']' in host")
    if not _PORT.fullmatch(port):
        raise _fault("invalid port after host")
    zone_at = inside.find(b"%25")
    zone_at = len(inside) if zone_at < 0 else zone_at
    zone = _unescaped_host(inside[zone_at:], _HOST | {*b" %"})
    host = _unescaped_host(inside[:zone_at])
    address, percent, name = (host + zone).partition(b"%")
    try:
        ipaddress.IPv6Address(address.decode("ascii"))
    except ValueError:
        raise _fault("invalid host") from None
    if percent and not name:
        raise _fault("invalid host")
    return b"[" + host + zone + b"]" + port


def _unescaped_host(text: bytes, escaped: frozenset[int] = _FOREIGN) -> bytes:
    """Return a host without escapes.

    Args:
        text: The host.
        escaped: What may stand there as an escape; `%` and what is not ASCII by default.
    """
    bare = _ESCAPE.sub(b"", text)
    codes = unquote_to_bytes(b"".join(each[0] for each in _ESCAPE.finditer(text)))
    if any(byte < _FIRST_FOREIGN and byte not in _HOST for byte in bare) or set(codes) - escaped:
        raise _fault("invalid character or escape in host name")
    return unquote_to_bytes(text)


def _without_port(host: bytes) -> bytes:
    colon = host.rfind(b":")
    if colon >= 0 and _PORT.fullmatch(host, colon):
        host = host[:colon]
    return host[1:-1] if host.startswith(b"[") and host.endswith(b"]") else host


def _unescaped(text: bytes) -> bytes:
    if _BAD_ESCAPE.search(text):
        raise _fault("invalid URL escape")
    return unquote_to_bytes(text)


def _escaped(text: bytes, safe: str | bytes) -> bytes:
    return quote_from_bytes(text, safe=safe).encode()


def _join(parts: dict[bytes, object]) -> bytes:
    values = {name: _text(parts, name) for name in _PARTS if name != "hostname"}
    user = _user(values["userinfo"])
    text = values["scheme"] + b":" if values["scheme"] else b""
    text += values["opaque"] or _location(values, user)
    if values["query"]:
        text += b"?" + values["query"]
    fragment = values["fragment"]
    return text + (b"#" + _escaped(fragment, _IN_FRAGMENT) if fragment else b"")


def _text(parts: dict[bytes, object], name: str) -> bytes:
    value = parts.get(name.encode(), b"")
    if value is None:
        raise FunctionFault("runtime error: invalid memory address or nil pointer dereference")
    if not isinstance(value, bytes):
        raise FunctionFault(
            f"unable to parse {name} key, must be of type string, but {kind_name(value)} found"
        )
    return value


def _user(text: bytes) -> bytes | None:
    """Return a user with a password as they stand in a URL; None for none."""
    if not text:
        return None
    try:
        before, _, fragment = (b"proto://" + text + b"@host").partition(b"#")
        _unescaped(fragment)
        return _parsed(before).get("userinfo")
    except FunctionFault:
        raise FunctionFault("unable to parse userinfo in dict") from None


def _location(values: dict[str, bytes], user: bytes | None) -> bytes:
    """Return what stands between the scheme and the query."""
    scheme, host, path = values["scheme"], values["host"], values["path"]
    text = b""
    if (scheme or host or user is not None) and (host or path or user is not None):
        text = b"//" + (b"" if user is None else user + b"@") + _escaped(host, _IN_HOST)
    shown = path if path == b"*" else _escaped(path, _IN_PATH)
    if host and shown and not shown.startswith(b"/"):
        text += b"/"
    if not (scheme or text) and b":" in shown.partition(b"/")[0]:
        text = b"./"
    return text + shown


TABLE: Table = {
    "urlParse": Function("string", _parse, steps=_STEPS, weight=8),
    "urlJoin": Function("map", _join, steps=_STEPS, weight=8),
}
