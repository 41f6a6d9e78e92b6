"""SSH keys: what OpenSSH would not read is refused or told; what we make, it reads."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat

from sealer_keys.errors import NoPrivateKeyError, PrivateKeyError
from sealer_keys.ssh import check_ssh_key, ed25519_key
from tests.support.tls import issue, key_pem, private_key

OPENSSH = key_pem(private_key("ed25519"), PrivateFormat.OpenSSH)
PUBLIC = private_key("ed25519").public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


def _without_keys(value: object) -> str | None:
    """Keep keys out of test names: they are made anew, and names have to be the same everywhere."""
    return "data" if isinstance(value, bytes) else None


def _ssh_keygen(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["ssh-keygen", *arguments], check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout


def test_new_key_is_read_by_openssh(tmp_path: Path) -> None:
    """Its own tool finds the same public key in it."""
    private, public = ed25519_key(os.urandom)
    file = tmp_path / "id"
    file.write_bytes(private)
    file.chmod(stat.S_IRUSR)
    assert _ssh_keygen("-y", "-f", file).split() == public.decode().split()
    assert check_ssh_key(private) == []


def test_new_key_comes_from_the_randomness_that_is_given() -> None:
    """The same bytes give the same key pair, others another."""
    zeros = ed25519_key(bytes)
    assert ed25519_key(bytes)[1] == zeros[1]
    assert ed25519_key(lambda length: b"\1" * length)[1] != zeros[1]


@pytest.mark.parametrize("kind", ["rsa", "p256", "ed25519"])
@pytest.mark.parametrize(
    "form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
)
def test_key_of_every_kind_is_taken(kind: str, form: PrivateFormat) -> None:
    """OpenSSH's own format and the older ones."""
    if kind == "ed25519" and form is PrivateFormat.TraditionalOpenSSL:
        form = PrivateFormat.OpenSSH
    assert check_ssh_key(key_pem(private_key(kind), form)) == []


@pytest.mark.parametrize(
    "form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
)
def test_key_with_a_passphrase_is_told(form: PrivateFormat) -> None:
    """It may be meant: the passphrase can be known elsewhere."""
    (warning,) = check_ssh_key(key_pem(private_key("rsa"), form, encrypted=True))
    assert "has a passphrase" in warning


@pytest.mark.parametrize(
    "data", [OPENSSH.rstrip(b"\n"), OPENSSH.replace(b"\n", b"\r\n")], ids=_without_keys
)
def test_key_with_line_ends_that_openssh_refuses_is_told(data: bytes) -> None:
    """The key is good, and OpenSSH would still say it is not."""
    (warning,) = check_ssh_key(data)
    assert "line feed" in warning


@pytest.mark.parametrize(
    ("data", "error", "hint"),
    [
        (b"", NoPrivateKeyError, "empty"),
        (PUBLIC, NoPrivateKeyError, "public key"),
        (b"PuTTY-User-Key-File-3: ssh-ed25519\n", NoPrivateKeyError, "puttygen"),
        (issue("a").pem, NoPrivateKeyError, "begins with"),
        (b"hunter2", NoPrivateKeyError, "begins with"),
        (OPENSSH.replace(b"\n", b"\nAAAA", 1), PrivateKeyError, ""),
        (OPENSSH[: len(OPENSSH) // 2], NoPrivateKeyError, "begins with"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            PrivateKeyError,
            "",
        ),
    ],
    ids=_without_keys,
)
def test_key_that_is_none_is_refused(data: bytes, error: type[PrivateKeyError], hint: str) -> None:
    """With what there is instead, and never with what is in it."""
    with pytest.raises(error) as caught:
        check_ssh_key(data)
    assert hint in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint
