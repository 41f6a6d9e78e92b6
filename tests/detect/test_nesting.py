"""A Secret is found in whatever stands around it, and however deep that is, nobody passes it."""

import base64
import json
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect import scan

_SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter2\n"
_DEEPEST = 3  # strings in one another that are still looked into


def _in_block(text: str) -> str:
    return f"kind: ConfigMap\ndata:\n  a.yaml: |\n{textwrap.indent(text, '    ')}"


def _in_json(text: str) -> str:
    return json.dumps({"kind": "ConfigMap", "data": {"a.yaml": text}})


def _in_quotes(text: str) -> str:
    return f"spec:\n  source:\n    helm:\n      values: {json.dumps(text)}\n"


def _in_base64(text: str) -> str:
    return f"kind: ConfigMap\nbinaryData:\n  a: {base64.b64encode(text.encode()).decode()}\n"


def _in_list(text: str) -> str:
    return f"kind: List\nitems:\n- {textwrap.indent(text, '  ').lstrip()}"


def _in_documents(text: str) -> str:
    return f"a: b\n---\n{text}\n---\nc: d\n"


_STRINGS: list[Callable[[str], str]] = [_in_block, _in_json, _in_quotes, _in_base64]
_WRAPPERS = st.sampled_from([*_STRINGS, _in_documents])


@pytest.mark.parametrize("wrap", [*_STRINGS, _in_list, _in_documents])
def test_scan_wrapped_secret_is_found(wrap: Callable[[str], str]) -> None:
    """By itself, each of them hides nothing."""
    answer = scan("a.yaml", wrap(_SECRET).encode())
    assert answer.findings
    assert answer.undecided == ()


@given(wrappers=st.lists(_WRAPPERS, max_size=7), is_listed=st.booleans())
def test_scan_nested_secret_is_never_clean(
    wrappers: list[Callable[[str], str]], *, is_listed: bool
) -> None:
    """Together neither, in any order; too deep is undecided."""
    text = _in_list(_SECRET) if is_listed else _SECRET
    for wrap in wrappers:
        text = wrap(text)
    answer = scan("a.yaml", text.encode())
    assert answer.findings or answer.undecided
    if sum(wrap in _STRINGS for wrap in wrappers) <= _DEEPEST:
        assert answer.findings


def _in_heredoc(text: str) -> str:
    end = f"E{text.count('<<')}"
    return f"cat <<{end}\n{text}{end}\n"


def _in_fence(text: str) -> str:
    fence = "`" * (3 + text.count("```"))
    return f"text\n{fence}sh\n{text}{fence}\n"


@pytest.mark.parametrize("wrap", [_in_heredoc, _in_fence])
@pytest.mark.parametrize("depth", range(1, 7))
def test_scan_secret_nested_in_passages_is_never_clean(
    wrap: Callable[[str], str], depth: int
) -> None:
    """What nobody looks into any more is undecided."""
    text = _SECRET
    for _ in range(depth):
        text = wrap(text)
    answer = scan("a.sh", text.encode())
    assert bool(answer.findings) == (depth <= _DEEPEST)
    assert bool(answer.undecided) == (depth > _DEEPEST)
