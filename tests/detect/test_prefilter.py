"""The pre-filter lets through what a parser could turn into a Secret, and little else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect import may_hold_secret

WORDS = ["Secret", "secret", "SECRET", "SealedSecret", "SecretList", "SealedSecretList"]


def _escape(letter: str, form: int) -> str:
    code = ord(letter)
    return (letter, f"\\x{code:02x}", f"\\u{code:04X}", f"\\U{code:08x}", f"\\\n  {letter}")[form]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"])
def test_may_hold_secret_kind_in_any_encoding_is_let_through(word: str, encoding: str) -> None:
    """All encodings that YAML knows keep ASCII letters apart by NUL bytes at most."""
    assert may_hold_secret(f"kind: {word}\ndata: {{}}\n".encode(encoding))


@given(st.lists(st.integers(0, 4), min_size=10, max_size=10), st.sampled_from([0, 1, 2, 3]))
def test_may_hold_secret_escaped_letters_are_let_through(forms: list[int], first: int) -> None:
    """Every letter of both words may be an escape of any kind, or follow a line break."""
    forms[0] = first  # a folded line cannot begin the word: it would have no letter before it
    word = "".join(map(_escape, "Secret", forms[:6]))
    section = "".join(map(_escape, "data", [first, *forms[7:]]))
    assert may_hold_secret(f'"kind": "{word}"\n"{section}": {{}}\n'.encode())


@pytest.mark.parametrize(
    "tag", ["!!binary", "!<tag:yaml.org,2002:binary>", "!!bin%61ry", "%TAG !x! tag:yaml.org,2002:"]
)
def test_may_hold_secret_tag_that_decodes_is_let_through(tag: str) -> None:
    """Base64 shows neither word."""
    assert may_hold_secret(f"kind: {tag} U2VjcmV0\n".encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kind: Deployment\ndata: {}\n",
        "secretKeyRef: {name: data}\n",
        "secretName: data\n",
        "secrets: [data]\n",
        "clientSecret: data\n",
        "kind: SecretStore\ndata: {}\n",
        "kind: Secret\n",
        '{"a": "\\u0041", "data": "\\x41"}',
        "!Ref data\n",
        "a \\ secretName data",
    ],
)
def test_may_hold_secret_other_text_ends_here(text: str) -> None:
    """What half of all manifests hold is not worth a parser."""
    assert not may_hold_secret(text.encode())
