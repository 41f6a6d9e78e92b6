"""Reports for machines are JSON that every strict parser takes."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.cli.jsontext import json_text
from tests.support.program import run

_ANY_TEXT = st.text(st.characters(exclude_categories=()))
_STRICT_TEXT = st.text()


@given(st.recursive(_STRICT_TEXT | st.integers() | st.none(), st.lists))
def test_json_text_of_strict_text_is_the_same_document(document: object) -> None:
    """Characters beyond the first 65536 are pairs of surrogates in JSON, and stay."""
    assert json.loads(json_text(document)) == document


@given(_ANY_TEXT, _ANY_TEXT)
def test_json_text_of_any_text_holds_no_lone_surrogate(key: str, text: str) -> None:
    """Keys and values, however deep."""
    read = json.loads(json_text({"a": [{key: (text,)}]}, indent=None))
    assert re.search("[\ud800-\udfff]", str(read)) is None


def test_json_text_shows_bytes_of_names_as_the_hook_does() -> None:
    r"""`\xNN`; half of a pair that came of no byte is U+FFFD."""
    document = {"path": os.fsdecode(b"x\xff.yaml"), "other": "\ud800"}
    assert json.loads(json_text(document)) == {"path": "x\\xff.yaml", "other": "\ufffd"}


@pytest.mark.parametrize("command", ["inspect", "lint", "usage", "diff"])
def test_json_reports_of_files_with_odd_names_are_strict(folder: Path, command: str) -> None:
    """All commands write their reports in this one way."""
    if command != "lint":  # which has a finding for what is readable
        assert run("seal", "--in-place", "secret.yaml", "--cert", "rsa2048.crt.pem").code == 0
    odd = os.fsdecode(b"x\xff.yaml")
    (folder / "secret.yaml").rename(folder / odd)
    (folder / "empty.yaml").write_text("")
    names = ("empty.yaml", odd) if command == "diff" else (odd,)
    done = run(command, "--json", *names)
    assert done.code in (0, 1)
    assert b"\\ud" not in done.out
    assert b'"x\\\\xff.yaml"' in done.out
