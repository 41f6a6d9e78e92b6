"""JSON in quotes whose own quotes are escaped, or doubled, is found in any program or table."""

import json

import pytest

from tests.detect.table import Row, found, name_of, row


def _object(value: str, kind: str = "Secret") -> str:
    return json.dumps({"apiVersion": "v1", "kind": kind, "stringData": {"a": value}})


def _doubled(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


MUST_FIND = [
    row("literal", f"x = {json.dumps(_object('hunter2'))};\n", "a"),
    row("argument", f"curl -d {json.dumps(_object('hunter2'))} https://x\n", "a"),
    row("behind a word", json.dumps(f"curl -d {_object('hunter2')} https://x") + "\n", "a"),
    row("in other quotes", "sh " + json.dumps(f"curl -d '{_object('hunter2')}'") + "\n", "a"),
    row("table", f"id,what\n1,{_doubled(_object('hunter2'))}\n", "a"),
    row("verbatim literal", f"var x = @{_doubled(_object('hunter2'))};\n", "a"),
]

MUST_PASS = [
    row("variable", f"curl -d {json.dumps(_object('$A'))} https://x\n"),
    row("format behind a word", json.dumps(f"curl -d {_object('%s')} https://x") + "\n"),
    row("another kind", f"x = {json.dumps(_object('x', 'ConfigMap'))};\n"),
    row("another kind in a table", f"id,what\n1,{_doubled(_object('x', 'ConfigMap'))}\n"),
    row("placeholder in a table", f"id,what\n1,{_doubled(_object('${A}'))}\n"),
    row("empty strings", 'x("{" + "" + "kind: Secret" + "" + "data")\n'),
]


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_json_in_quotes_is_found(case: Row) -> None:
    """Escapes hide a value from nobody."""
    assert found(case.data, "a.txt") == [("SH005", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_json_in_quotes_passes(case: Row) -> None:
    """It is judged as what it says."""
    assert found(case.data, "a.txt") == []
