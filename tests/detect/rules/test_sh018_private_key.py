"""SH018: a private key with a body is found in any text; public keys and examples pass."""

import base64
import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect.detectors import Page
from sealer.detect.keys import keys_in_text
from tests.detect.table import SEALED, Row, findings, found, name_of, row

BODY = base64.b64encode(b"0\x82\x04\xa2" + bytes(range(200))).decode()
_LINES = textwrap.fill(BODY, 64)


def pem(label: str = "PRIVATE KEY", body: str = _LINES) -> str:
    """Return a PEM file."""
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def encoded(text: str) -> str:
    """Return text in base64."""
    return base64.b64encode(text.encode()).decode()


def _config_map(value: str, section: str = "data") -> str:
    return f"kind: ConfigMap\nmetadata: {{name: x}}\n{section}:\n  a: {value}\n"


_PUTTY = (
    "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 1\nAAAA\n"
    f"Private-Lines: 1\n{BODY[:48]}\nPrivate-MAC: 00\n"
)
_OLD_ENCRYPTED = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0011\n\n{_LINES}"

MUST_FIND = [
    *(row(label, pem(label), "") for label in (
        "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK")),
    row("passphrase of OpenSSL", pem("RSA PRIVATE KEY", _OLD_ENCRYPTED), ""),
    row("SSH2", f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: x\n{_LINES}\n", ""),
    row("PuTTY", _PUTTY, ""),
    row("CRLF", pem().replace("\n", "\r\n"), ""),
    row("UTF-16", pem().encode("utf-16"), ""),
    row("behind a certificate", pem("CERTIFICATE") + pem(), ""),
    row("two", pem() + pem("EC PRIVATE KEY"), "", ""),
    row("end is missing", pem()[:-30], ""),
    row("block scalar of a ConfigMap", _config_map("|\n" + textwrap.indent(pem(), "    ")), "a"),
    row("string of a ConfigMap", _config_map(json.dumps(pem())), "a"),
    row("base64 in a ConfigMap", _config_map(encoded(pem())), "a"),
    row("base64 behind a certificate", _config_map(encoded(pem("CERTIFICATE") + pem())), "a"),
    row("binaryData of a ConfigMap", _config_map(encoded(pem()), "binaryData"), "a"),
    row("base64 in lines", _config_map("|\n" + textwrap.indent(
        textwrap.fill(encoded(pem("RSA PRIVATE KEY")), 76), "    ")), "a"),
    row("JSON", json.dumps({"type": "service_account", "private_key": pem()}), "private_key"),
    row("commented out", textwrap.indent(pem(), "# "), ""),
    row("commented out in a program", "x()\n" + textwrap.indent(pem(), "// "), ""),
    row("strings of a program", " +\n".join(json.dumps(f"{line}\n") for line in
        pem().splitlines()), ""),
    row("strings of PHP", " .\n".join(json.dumps(f"{line}\n") for line in
        pem().splitlines()), ""),
    row("list of its lines", "".join(f"- {line}\n" for line in pem().splitlines()), ""),
    row("list of its lines in quotes",
        "a:\n" + "".join(f'  - "{line}"\n' for line in pem().splitlines()), ""),
    row("variable of a script", f"export TLS_KEY={encoded(pem())}\n", ""),
    row("does not parse", f"{{{{ if x }}}}: {{{{ y\nkey: |\n{textwrap.indent(pem(), '  ')}", ""),
]  # fmt: skip

MUST_PASS = [
    row("strings of PHP, public", " .\n".join(json.dumps(f"{line}\n") for line in
        pem("PUBLIC KEY").splitlines())),
    row("list of its lines, public",
        "".join(f"- {line}\n" for line in pem("CERTIFICATE").splitlines())),
    row("list that names it", "- -----BEGIN PRIVATE KEY-----\n- is how it begins\n- x\n"),
    row("certificate", pem("CERTIFICATE")),
    *(row(label, pem(label)) for label in (
        "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE REQUEST", "X509 CRL", "PGP PUBLIC KEY BLOCK",
        "SSH2 PUBLIC KEY", "AGE ENCRYPTED FILE", "PGP MESSAGE", "DH PARAMETERS",
        "EC PARAMETERS")),
    row("dots", pem(body="...")),
    row("nothing", pem(body="")),
    row("beginning and dots", pem(body="MIIEpAIBAAKCAQEA04up8hoqzS1...")),
    row("crosses", pem(body="\n".join(["x" * 64] * 20))),
    row("words", pem(body="<your private key goes here, without the line ends>")),
    row("reference", pem(body="{{ .Values.tls.theNameOfAnUnusuallyLongReferenceToPrivateKeys }}")),
    row("base64 of an example", _config_map(encoded(pem(body="...")))),
    row("base64 of a public key", _config_map(encoded(pem("PUBLIC KEY")))),
    row("base64 of a certificate", f"kind: Webhook\ncaBundle: {encoded(pem('CERTIFICATE'))}\n"),
    row("program that looks for keys", 'const begin = "-----BEGIN PRIVATE KEY-----"\n\n'
        'parsePrivateKeyFromEnvironment(begin)\nconst end = "-----END PRIVATE KEY-----"\n'),
    row("program that writes keys", 'write("-----BEGIN RSA PRIVATE KEY-----" + '
        'base64.StdEncoding.EncodeToString(der) + "-----END RSA PRIVATE KEY-----")\n'),
    row("pattern of a scanner", r'"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY-----[\s\S]{64,}KEY"'),
    row("prose", "Keep your PRIVATE KEY out of git: aVeryLongWord" + "a" * 60),
    row("sealed", f"# PRIVATE KEY\nkind: SealedSecret\nspec: {{encryptedData: {{a: {SEALED}}}}}\n"),
    row("public half of PuTTY", "PuTTY-User-Key-File-3: ssh-rsa\nPublic-Lines: 1\n" + BODY),
    row("path of a key", "client-key: /etc/ssl/private/PRIVATE KEY.pem\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_private_key_is_found(case: Row) -> None:
    """A key is found once, and by this rule alone."""
    assert found(case.data) == [("SH018", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_public_or_empty_passes(case: Row) -> None:
    """What is no private key, or has no body, passes."""
    assert found(case.data) == []


def test_scan_value_of_a_secret_is_one_finding() -> None:
    """A key in a Secret is a value of the Secret, and that is said once."""
    text = f"kind: Secret\nstringData:\n  a: |\n{textwrap.indent(pem(), '    ')}"
    assert found(text.encode()) == [("SH001", "a")]
    assert found(f"kind: Secret\ndata: {{a: {encoded(pem())}}}\n".encode()) == [("SH001", "a")]


@pytest.mark.parametrize(
    ("lead", "trail", "rule"),
    [("{{ if x }}\n", "{{ end }}\n", "SH005"), ("cat <<EOF\n", "EOF\n", "SH005"),
     ("```yaml\n", "```\n", "SH011")],
)  # fmt: skip
def test_scan_value_in_text_is_one_finding(lead: str, trail: str, rule: str) -> None:
    """So it is where the Secret does not parse, or stands in other text."""
    text = f"{lead}kind: Secret\nstringData:\n  a: |\n{textwrap.indent(pem(), '    ')}{trail}"
    name = "x.md" if rule == "SH011" else "x.sh"
    assert [(each.rule, each.key) for each in findings(text.encode(), name)] == [(rule, "a")]


def test_scan_key_in_a_heredoc_keeps_its_rule() -> None:
    """What stands there is a key and no Secret."""
    assert found(f"cat >key.pem <<EOF\n{pem()}EOF\n".encode()) == [("SH018", "")]


def test_finding_stands_at_the_first_line_of_the_key() -> None:
    """The line is that of BEGIN, and the length that of the whole key."""
    (finding,) = findings(f"# x\n\n{pem()}".encode())
    assert (finding.line, finding.column, finding.length) == (3, 1, len(pem()) - 1)


@given(st.binary(min_size=60, max_size=400), st.text("ab \n", max_size=5))
def test_keys_in_text_base64_is_found_wherever_it_begins(body: bytes, before: str) -> None:
    """Base64 of a key shows itself at each of the three places in a group of bytes."""
    material = base64.b64encode(body).decode()
    text = f"x={encoded(before + pem(body=material))}"
    (sighting,) = keys_in_text(Page("a", text, 0, len(text)))
    assert (sighting.offset, sighting.end) == (2, len(text.rstrip("=")))


_PIECES = ("-----BEGIN PRIVATE KEY-----", "UFJJVkFURSBL", "\n", "A" * 20, "\\n", "//", '" + "',
           "-----END PRIVATE KEY-----", "x: y", "=", "AGE-SECRET-KEY-1")  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES)).map("".join))
def test_keys_in_text_any_text_is_read(text: str) -> None:
    """Nothing raises, and every place lies in the text."""
    for sighting in keys_in_text(Page("a", text, 0, len(text))):
        assert 0 <= sighting.offset < sighting.end <= len(text)
