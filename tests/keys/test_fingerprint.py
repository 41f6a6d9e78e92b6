"""A fingerprint is what `ssh-keygen -l` prints, so that people can check it by hand."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from sealer_keys.fingerprint import short
from tests.support import vectors


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen (OpenSSH)")
@pytest.mark.parametrize("name", ["peer-a", "rsa2048", "rsa3072"])
def test_fingerprint_equals_ssh_keygen(name: str, tmp_path: Path) -> None:
    """An independent tool computes the same name."""
    pair = vectors.key_pair(name)
    public = tmp_path / "key.pub"
    public.write_bytes(
        pair.private_key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
    )
    command = ["ssh-keygen", "-l", "-f", str(public)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output.split()[1] == pair.fingerprint


def test_short_fingerprint_is_a_prefix_of_the_digest() -> None:
    """The short form is for people; it drops the algorithm and keeps the beginning."""
    full = vectors.key_pair("peer-a").fingerprint
    assert full.startswith("SHA256:" + short(full))
    assert len(short(full)) == 16
