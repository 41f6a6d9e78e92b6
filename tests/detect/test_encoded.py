"""A manifest in base64 is found in any text, with its place and nothing of what it says."""

import base64
import json
import textwrap

import pytest

from tests.detect.table import SEALED, Row, findings, found, name_of, row


def _encoded(value: str, kind: str = "Secret") -> str:
    text = f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: db\nstringData:\n  a: {value}\n"
    return base64.b64encode(text.encode()).decode()


_CLEAR, _REFERENCE = _encoded("hunter2"), _encoded("${A}")
_LINES = textwrap.fill(_CLEAR, 40)

MUST_FIND = [
    row("variable", f"A=b\nMANIFEST={_CLEAR}\nC=d\n", ""),
    row("variable in quotes", f'export A="{_CLEAR}"\n', ""),
    row("without padding", f"A={_CLEAR.rstrip('=')}\nB=c\n", ""),
    row("on lines", f'A="\n{_LINES}"\nB=c\n', ""),
    row("literal with escaped line ends", 'x = "' + _LINES.replace("\n", "\\n") + '"\ny()\n', ""),
    row("command", f"echo {_CLEAR} | base64 -d | kubectl apply -f -\n", ""),
    row("twice", f"A={base64.b64encode(_CLEAR.encode()).decode()}\nB=c\n", ""),
    row("command of a workflow", f"jobs:\n- run: echo {_CLEAR} | base64 -d | x\n", "run"),
    row("data URL", json.dumps({"a": {"source": f"data:text/plain;base64,{_CLEAR}"}}), "source"),
]  # fmt: skip

MUST_PASS = [
    row("reference", f"A={_REFERENCE}\nB=c\n"),
    row("reference in a command", f"echo {_REFERENCE} | base64 -d | x\n"),
    row("another kind", f"A={_encoded('x', 'ConfigMap')}\nB=c\n"),
    row("sealed value", f"kind: Secret data\nA={SEALED}\n"),
    row("digest", f"kind: Secret data\nA={'ab12' * 16}\n"),
    row("prose", f"A={base64.b64encode(b'kind of secret, and its data are elsewhere').decode()}\n"),
    row("words", "kind: Secret data\n" + "averylongwordthatgoesonandonandonforever " * 3),
    row("data URL", json.dumps({"a": f"data:;base64,{_REFERENCE}"})),
    row("data URL of something else", json.dumps({"a": "data:text/plain,kind: Secret data"})),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_manifest_in_base64_is_found(case: Row) -> None:
    """Base64 hides a value from people only."""
    assert found(case.data, "a.txt") == [("SH006", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_base64_passes(case: Row) -> None:
    """What is encoded is judged as what it is in clear."""
    assert found(case.data, "a.txt") == []


def test_finding_in_base64_points_to_where_it_begins() -> None:
    """Where in it the value stands could only be told by what it says."""
    (finding,) = findings(f"A=b\nB={_CLEAR}\n".encode(), ".env")
    assert (finding.line, finding.column) == (2, 3)
