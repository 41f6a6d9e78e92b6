"""`sealer cert show`: what people compare before they trust a certificate."""

import json
from pathlib import Path

import pytest

from tests.support import vectors
from tests.support.program import run, write_all

KEYS = vectors.KEYS
pytestmark = pytest.mark.usefixtures("folder")


def test_cert_show_prints_what_counts() -> None:
    """Subject, fingerprint as `ssh-keygen -l` prints it, validity and size."""
    done = run("cert", "show", "rsa2048.crt.pem")
    lines = done.out.decode().splitlines()
    assert [line.split()[0] for line in lines] == [
        "subject",
        "fingerprint",
        "valid",
        "valid",
        "key",
    ]
    assert lines[1].split() == ["fingerprint", vectors.key_pair("rsa2048").fingerprint]
    assert "days left" in lines[3]
    assert lines[4].endswith("RSA, 2048 bits")


def test_cert_show_as_json_holds_the_same() -> None:
    """What machines read."""
    facts = json.loads(run("cert", "show", "--json", "rsa2048.crt.pem").out)
    assert facts["fingerprint"] == vectors.key_pair("rsa2048").fingerprint
    assert facts["bits"] == 2048
    assert facts["notAfter"].endswith("Z")


def test_cert_show_reads_standard_input() -> None:
    """Without a file, and with a dash."""
    data = (KEYS / "peer-a.crt.pem").read_bytes()
    for arguments in ((), ("-",)):
        assert b"4096 bits" in run("cert", "show", *arguments, stdin=data).out
    assert run("cert", "show", terminals="in").code == 2


def test_cert_show_of_an_expired_certificate_says_so() -> None:
    """Looking is allowed."""
    done = run("cert", "show", str(KEYS / "expired.crt.pem"))
    assert done.code == 0
    assert b"(expired)" in done.out


def test_cert_show_takes_a_cluster_of_the_policy(folder: Path) -> None:
    """The certificate that would seal for it."""
    policy = "version: 1\nclusters: {prod: {certificate: rsa2048.crt.pem}}\n"
    write_all(folder, {".sealer.yaml": policy})
    assert b"2048 bits" in run("cert", "show", "--cluster", "prod").out
    done = run("cert", "show", "--cluster", "test")
    assert done.code == 2
    assert "there is no cluster test" in done.err
    assert "known are prod" in done.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ec.crt.pem", "expected RSA public key but found"),
        ("empty.crt.pem", "the file is empty"),
        ("damaged.crt.pem", "x509: malformed certificate"),
        ("peer-a.key.pem", "this is a private key"),
        ("no-such.pem", "No such file or directory"),
    ],
)
def test_cert_show_of_what_cannot_seal_is_a_key_error(name: str, said: str) -> None:
    """Code 4, with the file's name."""
    done = run("cert", "show", str(KEYS / name))
    assert (done.code, done.out) == (4, b"")
    assert f"error: {KEYS / name}: " in done.err
    assert said in done.err


def test_cert_show_of_a_key_secret_shows_its_certificate(folder: Path) -> None:
    """Of the manifest that `keys generate --as-secret` writes; the private key stays unseen."""
    assert run("keys", "generate", "--bits", "2048", "--as-secret", "-w", "key.yaml").code == 0
    done = run("cert", "show", "key.yaml")
    assert done.code == 0, done.err
    assert b"RSA, 2048 bits" in done.out
    write_all(folder, {"other.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"})
    assert run("cert", "show", "other.yaml").code == 4
