"""Credentials in a kubeconfig: keys, tokens and passwords of its users.

Source: the `AuthInfo` of kubectl's configuration. Paths of files, commands that print a token,
and certificates are no credentials.
"""

from collections.abc import Iterator

from sealer.detect.objects import Path, entries, key_of, pointer_to, shown_name, text_of
from sealer.detect.rules import KUBECONFIG_CREDENTIALS
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context
from sealer.documents import Document, Mapping, Node, Scalar, Sequence

_CREDENTIALS = ("client-key-data", "token", "password")
_OF_PROVIDERS = ("access-token", "id-token", "refresh-token", "client-secret")
# What `kubectl config view` shows in the place of each.
_REDACTED = ("REDACTED", "DATA+OMITTED")
_SIBLINGS = ("clusters", "contexts", "current-context")
_KIND = "Config"


def credentials(document: Document, context: Context) -> Iterator[Sighting]:
    """Report each credential of each user, wherever in a document the kubeconfig stands."""
    for users, path in _lists_of_users(document.root):
        for n, item in enumerate(users.items):
            name = shown_name(key_of(part)) if (part := _field(item, "name")) else ""
            user = _field(item, "user")
            yield from _of_user(user, ("user", (n, path)), name, context)


def _lists_of_users(root: Node | None) -> Iterator[tuple[Sequence, Path]]:
    seen: set[int] = set()
    pending: list[tuple[Node, Path]] = [(root, None)] if root else []
    while pending:
        node, path = pending.pop()
        if id(node) in seen or isinstance(node, Scalar):
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending.extend(((item, (n, path)) for n, item in enumerate(node.items)))
            continue
        is_kubeconfig = any(
            key_of(key) in _SIBLINGS or (key_of(key) == "kind" and key_of(value) == _KIND)
            for key, value in entries(node)
        )
        for key, value in entries(node):
            name = key_of(key)
            if name == "users" and isinstance(value, Sequence) and is_kubeconfig:
                yield value, (name, path)
            pending.append((value, (name, path)))


def _of_user(user: Node | None, path: Path, name: str, context: Context) -> Iterator[Sighting]:
    if not isinstance(user, Mapping):
        return
    for key, value in entries(user):
        field = key_of(key)
        if field in _CREDENTIALS:
            yield from _credential(value, (field, path), name, context)
        elif field == "auth-provider":
            config = _field(value, "config")
            for inner, part in entries(config) if isinstance(config, Mapping) else ():
                if key_of(inner) in _OF_PROVIDERS:
                    where = (key_of(inner), ("config", (field, path)))
                    yield from _credential(part, where, name, context)


def _credential(
    value: Node, path: tuple[str, Path], name: str, context: Context
) -> Iterator[Sighting]:
    field, _ = path
    length = context.readable_length(value, path, is_base64=field == "client-key-data")
    if length is not None and text_of(value).strip() not in _REDACTED:
        yield Sighting(
            KUBECONFIG_CREDENTIALS, value.start, field, length,
            name=name, pointer=pointer_to(path), end=value.end,
        )  # fmt: skip


def _field(node: Node | None, name: str) -> Node | None:
    """Return a field; of several the last, as most readers take it."""
    found = [value for key, value in entries(node) if key_of(key) == name] if isinstance(
        node, Mapping) else []  # fmt: skip
    return found[-1] if found else None
