"""Env files: a variable a line, read as `kubectl create secret --from-env-file` reads them.

Nothing is taken for quotes, escapes or `export`: what stands behind the first `=` is the value, up
to the end of the line. Source: `k8s.io/kubectl/pkg/cmd/util/env_file.go` and Kubernetes'
validation of environment variable names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sealer.errors import InputError, Where
from sealer.faults import Faults
from sealer.scope import is_item_key
from sealer.sensitive import SecretBytes

_MARK = "\ufeff"
# What Go calls white space, which is not quite what Python strips.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


@dataclass(frozen=True, slots=True)
class EnvLine:
    """A variable of an env file.

    Attributes:
        key: Its name.
        value: What stands behind `=`; None for a bare name, which means the environment's value.
        line: Where it stands, counted from 1.
    """

    key: str
    value: SecretBytes | None
    line: int


def read_env_file(data: bytes) -> list[EnvLine]:
    """Read an env file.

    Messages tell lines and never what is in them: a line that is wrong is often the rest of a
    value.

    Raises:
        InputError: A line is no variable, or not UTF-8; its place is the line.
        ManyErrors: Several are.
    """
    found: list[EnvLine] = []
    faults = Faults()
    for number, line in enumerate(_lines(data), 1):
        with faults.collected():
            variable = _read_line(line, number)
            if variable is not None:
                found.append(variable)
    faults.check()
    return found


def _lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines without their ends, of which a carriage return is a part."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return (line.removesuffix(b"\r") for line in lines)


def _read_line(line: bytes, number: int) -> EnvLine | None:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise InputError(
            "the line is not UTF-8 text",
            where=Where(line=number),
            hint="save the file as UTF-8; a binary value needs a file of its own: --from-file",
        ) from None
    if number == 1:
        text = text.removeprefix(_MARK)
    text = text.lstrip(_SPACE)
    if not text or text.startswith("#"):
        return None
    key, separator, value = text.partition("=")
    _check_name(key, number, has_value=bool(separator))
    return EnvLine(key, SecretBytes(value.encode()) if separator else None, number)


def _check_name(key: str, number: int, *, has_value: bool) -> None:
    if _NAME.fullmatch(key) and is_item_key(key):
        return
    what = "what stands before '='" if has_value else "the line"
    raise InputError(
        f"{what} is no variable name",
        where=Where(line=number),
        hint="lines are NAME=value: letters, digits, '-', '_' and '.', no digit first, no quotes, "
        "no `export`; a value of several lines needs a file of its own: --from-file",
    )
