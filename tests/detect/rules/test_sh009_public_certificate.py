"""SH009: a Secret that holds nothing but public certificates is only warned about."""

import base64
import textwrap

import pytest

from sealer.detect.certificates import is_public
from sealer.detect.rules import Severity
from tests.detect.table import SEALED, TOKEN, Row, findings, found, name_of, row

_HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: ca, namespace: shop}\n"
_BODY = "MIIBszCCAVmgAwIBAgIUQnFnX3Zk0m0q7w8y2Jm3vYb0Z9swCgYIKoZIzj0EAwIw\n"


def _pem(label: str = "CERTIFICATE", body: str = _BODY) -> str:
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


_KEY = _pem("PRIVATE KEY")


def _secret(**values: str) -> str:
    blocks = "".join(f"  {k}: |\n{textwrap.indent(v, '    ')}" for k, v in values.items())
    return f"{_HEAD}stringData:\n{blocks}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


MUST_FIND = [
    row("certificate", _secret(a=_pem()), "a"),
    row("certificate in base64", f"{_HEAD}data: {{a: {_encoded(_pem())}}}\n", "a"),
    row("chain", _secret(a=_pem() + _pem()), "a"),
    row("chain with blank lines", _secret(a=f"{_pem()}\n{_pem()}\n"), "a"),
    row("two certificates", _secret(a=_pem(), b=_pem()), "a", "b"),
    row("public key", _secret(a=_pem("PUBLIC KEY")), "a"),
    row("key is a placeholder", f"{_secret(a=_pem())}  tls.key: ${{KEY}}\n", "a"),
    row("key is sealed", f"{_secret(a=_pem())}  tls.key: {SEALED}\n", "a"),
    row("key is empty", f"{_secret(a=_pem())}  tls.key: ''\n", "a"),
    row("certificate of a sealing key", f"kind: Secret\nmetadata: {{labels: {{"
        f"sealedsecrets.bitnami.com/sealed-secrets-key: a}}}}\ndata: {{a: {_encoded(_pem())}}}\n",
        "a"),
]  # fmt: skip

# A person has to do more about these.
MORE = [
    row("certificate and its key", _secret(a=_pem(), b=_KEY), "SH001", "SH001"),
    row("certificate and key in one value", _secret(a=_pem() + _KEY), "SH001"),
    row("certificate and a password", f"{_secret(a=_pem())}  b: x\n", "SH001", "SH001"),
    row("words before it", _secret(a=f"hunter2\n{_pem()}"), "SH001"),
    row("words behind it", _secret(a=f"{_pem()}hunter2\n"), "SH001"),
    row("words between two", _secret(a=f"{_pem()}hunter2\n{_pem()}"), "SH001"),
    row("words in it", _secret(a=_pem(body="hunter2\n")), "SH001"),
    row("other marks in it", _secret(a=_pem(body=f"{_BODY}hunter-2\n")), "SH001"),
    row("two labels", _secret(a=_pem().replace("END CERT", "END X CERT")), "SH001"),
    row("another label", _secret(a=_pem("SECRET")), "SH001"),
    row("private key", _secret(a=_KEY), "SH001"),
    row("nothing else", _secret(a="-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        "SH001"),
    row("cut", _secret(a="-----BEGIN CERTIFICATE-----\n" + _BODY), "SH001"),
    row("SOPS token beside it", f"{_secret(a=_pem())}  b: '{TOKEN}'\n", "SH001", "SH001"),
]  # fmt: skip

MUST_PASS = [
    row("ConfigMap", f"kind: Bundle # Secret\ndata:\n  ca: |\n{textwrap.indent(_pem(), '    ')}"),
    row("two sealed values", f"{_HEAD}data: {{tls.crt: {SEALED}, tls.key: {SEALED}}}\n"),
    row("placeholders", f"{_HEAD}stringData: {{tls.crt: '${{CRT}}', tls.key: '${{KEY}}'}}\n"),
    row("empty values", f"{_HEAD}data: {{tls.crt: '', tls.key: ''}}\n"),
    row("no values", f"{_HEAD}type: kubernetes.io/tls\n"),
    row("Certificate", "kind: Certificate\nspec: {secretName: data, privateKey: {size: 4096}}\n"),
    row("Bundle", "kind: Bundle\nspec: {sources: [{secret: {name: ca, key: data}}]}\n"),
    row("certificate in a webhook", f"caBundle: {_encoded(_pem())}\n# kind: Secret, data\n"),
    row("certificate in a file", _pem() + "secret data\n"),
    row("public key in a file", _pem("PUBLIC KEY")),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_certificate_alone_is_only_warned_about(case: Row) -> None:
    """Whatever else the Secret holds cannot be read."""
    assert found(case.data) == [("SH009", key) for key in case.keys]


@pytest.mark.parametrize("case", MORE, ids=name_of)
def test_scan_certificate_with_more_is_a_readable_value(case: Row) -> None:
    """Another readable value, in it or beside it, makes all of it an ordinary Secret."""
    assert [rule for rule, _ in found(case.data)] == [*case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_certificate_elsewhere_passes(case: Row) -> None:
    """A certificate is public, and belongs into a ConfigMap."""
    assert found(case.data) == []


def test_public_certificate_only_warns() -> None:
    """Nothing is lost by committing it."""
    (finding,) = findings(_secret(a=_pem()).encode())
    assert finding.severity is Severity.WARN


@pytest.mark.parametrize("text", [" " * 200_000, "-----BEGIN CERTIFICATE-----" * 20_000,
                                  f"{_pem()}{' ' * 200_000}x", _pem() * 2000 + "x"])  # fmt: skip
def test_is_public_of_hostile_text_is_answered(text: str) -> None:
    """Work grows with the text and not with its square: the suite's time limit would tell."""
    assert not is_public(text)
