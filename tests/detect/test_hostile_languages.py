"""Hostile texts for one expression each are answered in time that grows with them, not its square.

Their sizes are such that the square would take longer than the suite's limit.
"""

import pytest

from sealer.detect import scan

_TEMPLATE = "\tkind: Secret\ndata: x\n"
_ZEROS = f"%{'0' * 200_000}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a", "!" * 500_000),
        ("a", "!!a" * 200_000),
        ("a.rs", "kind: Secret\ndata: x\n`\n" + 'r#" ' * 200_000),
        ("a", _TEMPLATE + '{{\\"' * 200_000),
        ("a", _TEMPLATE + '{{"{{"""' * 100_000),
        ("a", _TEMPLATE + ("{%" * 990 + "\n") * 7_000),
        ("a", _TEMPLATE + ("{{if " * 390 + "\n") * 3_000),
        ("a", ("kind: Secret\nmetadata: {annotations: {avp.kubernetes.io/path: x}}\n"
              f"stringData: {{a: '<x>{_ZEROS}'}}\n")),
        ("a.jsonnet", f"{{kind: 'Secret', stringData: {{a: '{_ZEROS}'}}}}\n"),
        ("a.tf", f'resource "kubernetes_secret" "x" {{\n data = {{ a = "{_ZEROS}" }}\n}}\n'),
        ("a", "Private-Lines: 1\n" * 300_000),
        ("a", "-----BEGIN PRIVATE KEY-----\na: " * 200_000),
    ],
    ids=["marks", "tags", "Rust", "quotes", "strings", "tags of Jinja", "actions", "Vault",
         "Jsonnet", "Terraform", "PuTTY", "PEM"],
)  # fmt: skip
def test_scan_hostile_text_of_a_language_is_answered(path: str, text: str) -> None:
    """So it does for what each expression could begin again and again."""
    answer = scan(path, text.encode())
    assert len(answer.findings) + len(answer.undecided) <= 2
