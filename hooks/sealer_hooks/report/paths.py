"""File names in reports. A name may hold anything but NUL, and comes from people nobody knows."""

import shlex


def printable(text: str) -> str:
    """Return a path for a terminal or a log: what could move the cursor or forge a line is escaped.

    The machines that run CI take lines that begin with `::`, and `##[` anywhere, for commands.
    """
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in decoded(text)
    ).replace("##[", r"#\x23[")
    return f"./{shown}" if shown.lstrip().startswith("::") else shown


def decoded(path: str) -> str:
    r"""Return a path as text; bytes that are no UTF-8 become `\xNN`."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def shell_quoted(path: str) -> str:
    """Return a path for a command line, on one line whatever it holds."""
    if path.startswith("-"):
        path = f"./{path}"
    if path.isprintable() and "##[" not in path:
        return shlex.quote(path)
    data = path.encode(errors="surrogateescape")
    escaped = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"\\'#" else f"\\x{byte:02x}"  # noqa: PLR2004 - printable ASCII
        for byte in data
    )
    return f"$'{escaped}'"
