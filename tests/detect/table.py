"""Rows of must-find and must-pass tables, and the one way to check them."""

import base64
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from sealer.detect import scan
from sealer.detect.finding import Finding

if TYPE_CHECKING:
    from _typeshed import TraceFunction

# A plausible sealed value: the length of an RSA-4096 ciphertext, and room for the rest.
SEALED = base64.b64encode(b"\x02\x00" + bytes(range(256)) * 2 + bytes(40)).decode()
# What SOPS writes: 32 bytes of nonce, 16 of tag.
TOKEN = f"ENC[AES256_GCM,data:cGxhaW4=,iv:{'A' * 43}=,tag:{'B' * 22}==,type:str]"
STANZA = f"""\
sops:
  age:
  - recipient: age1qqqqqqqq
    enc: |
      -----BEGIN AGE ENCRYPTED FILE-----
      YWdlLWVuY3J5cHRpb24ub3JnL3Yx
      -----END AGE ENCRYPTED FILE-----
  lastmodified: "2026-01-01T00:00:00Z"
  mac: {TOKEN}
  encrypted_regex: ^(data|stringData)$
  version: 3.9.0
"""


class Row(NamedTuple):
    """One case.

    Attributes:
        name: What is special about it.
        data: The file.
        keys: The keys of the findings, in order; none for a file that must pass.
    """

    name: str
    data: bytes
    keys: tuple[str, ...] = ()


def row(name: str, text: str | bytes, *keys: str) -> Row:
    """Return a case; text is UTF-8."""
    return Row(name, text.encode() if isinstance(text, str) else text, keys)


def name_of(row: object) -> str:
    """Return the test id of a row."""
    return row.name if isinstance(row, Row) else str(row)


def findings(data: bytes, path: str = "file.yaml") -> Sequence[Finding]:
    """Return the findings of a file in which everything can be decided."""
    answer = scan(path, data)
    assert answer.undecided == ()
    return answer.findings


def found(data: bytes, path: str = "file.yaml") -> list[tuple[str, str]]:
    """Return rule and key of each finding of a file in which everything can be decided."""
    return [(finding.rule, finding.key) for finding in findings(data, path)]


def count_lines(run: Callable[[], object]) -> int:
    """Return how many lines of Python a call runs, which no busy machine changes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> "TraceFunction":
        nonlocal count
        count += event == "line"
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        run()
    finally:
        sys.settrace(before)
    return count
