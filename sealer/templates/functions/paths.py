"""Functions over paths with `/`, as in Go's path package; nothing is looked up on a disk."""

from sealer.templates.function import Function, Table


def clean(path: bytes) -> bytes:
    """Return the shortest path that means the same."""
    parts: list[bytes] = []
    is_absolute = path.startswith(b"/")
    for part in path.split(b"/"):
        if part == b".." and (not parts or parts[-1] == b".."):
            if not is_absolute:
                parts.append(part)
        elif part == b"..":
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return (b"/" if is_absolute else b"") + b"/".join(parts) or b"."


def _base(path: bytes) -> bytes:
    if not path:
        return b"."
    return path.rstrip(b"/").rpartition(b"/")[2] or b"/"


def _folder(path: bytes) -> bytes:
    head, slash, _ = path.rpartition(b"/")
    return clean(head + slash)


def _extension(path: bytes) -> bytes:
    _, dot, end = path.rpartition(b"/")[2].rpartition(b".")
    return dot + end if dot else b""


_FUNCTIONS: Table = {
    "base": Function("string", _base),
    "clean": Function("string", clean),
    "dir": Function("string", _folder),
    "ext": Function("string", _extension),
    "isAbs": Function("string", lambda path: path.startswith(b"/")),
}
_OS_NAMES = {
    "base": "osBase",
    "clean": "osClean",
    "dir": "osDir",
    "ext": "osExt",
    "isAbs": "osIsAbs",
}

TABLE: Table = {
    **_FUNCTIONS,
    **{_OS_NAMES[name]: function for name, function in _FUNCTIONS.items()},
}
