"""SH019: an age identity is found in any text; recipients and encrypted files pass."""

import base64

import pytest

from tests.detect.table import STANZA, TOKEN, Row, found, name_of, row

_IDENTITY = "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"
_HYBRID = _IDENTITY.replace("KEY-1", "KEY-PQ-1")
_RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudjzsqaqa0ej2k"
_FILE = f"# created: 2026-01-01T00:00:00Z\n# public key: {_RECIPIENT}\n{_IDENTITY}\n"

MUST_FIND = [
    row("file of age-keygen", _FILE, ""),
    row("post-quantum", _FILE.replace(_IDENTITY, _HYBRID), ""),
    row("two", f"{_IDENTITY}\n{_HYBRID}\n", "", ""),
    row("value of a ConfigMap", f"kind: ConfigMap\ndata: {{keys.txt: {_IDENTITY}}}\n", "keys.txt"),
    row("variable", f"export SOPS_AGE_KEY={_IDENTITY}\n", ""),
    row("comment", f"# {_IDENTITY}\nx: y\n", ""),
    row("base64 in a variable", f"KEY={base64.b64encode(_FILE.encode()).decode()}\n", ""),
    row("UTF-16", _FILE.encode("utf-16"), ""),
    row("in Terraform", f'age_key = "{_IDENTITY}"\n', ""),
]

MUST_PASS = [
    row("recipient", f"age: {_RECIPIENT}\n"),
    row("recipients of SOPS", f"creation_rules:\n- age: {_RECIPIENT},{_RECIPIENT}\n"),
    row("post-quantum recipient", f"age1pq1{'q' * 1900}\n"),
    row("stub of a plug-in", "AGE-PLUGIN-YUBIKEY-1QQPQQQQQSXFC3ZC8\n"),
    row("encrypted with SOPS", f"kind: Secret\ndata: {{a: '{TOKEN}'}}\n{STANZA}"),
    row("encrypted identity", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"
        "-----END AGE ENCRYPTED FILE-----\n"),
    row("dots", "export SOPS_AGE_KEY=AGE-SECRET-KEY-1...\n"),
    row("crosses", "AGE-SECRET-KEY-1" + "X" * 58),
    row("prose", "An identity begins with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1, and is secret."),
    row("pattern of a scanner", "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    row("base64 of prose", f"KEY={base64.b64encode(b'AGE-SECRET-KEY-1 is its mark').decode()}\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_identity_is_found(case: Row) -> None:
    """Each identity is one finding."""
    assert found(case.data) == [("SH019", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_public_or_encrypted_passes(case: Row) -> None:
    """What opens nothing passes."""
    assert found(case.data) == []


def test_scan_value_of_a_secret_is_one_finding() -> None:
    """An identity in a Secret, as Flux stores it, is a value of the Secret."""
    text = f"kind: Secret\nstringData:\n  age.agekey: {_IDENTITY}\n"
    assert found(text.encode()) == [("SH001", "age.agekey")]
