"""docs/backup.md: every example runs and prints what stands below it; the format is that one."""

import base64
import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sealer.keysecret import load_keys
from tests.support.console import examples, run_examples

PAGE = Path(__file__).parent.parent.parent / "docs" / "backup.md"


def test_page_examples_do_what_they_show(tmp_path: Path) -> None:
    """In a folder without a repository around it."""
    assert len(examples(PAGE)) == 10
    run_examples(PAGE, tmp_path, {"HOME": str(tmp_path)})
    check_format(json.loads((tmp_path / "keys.backup").read_bytes()))


def check_format(fields: dict[str, Any]) -> None:
    """Open a backup by the page alone, with nothing of ours."""
    checksum = fields.pop("checksum")
    assert hashlib.sha256(canonical(fields)).hexdigest() == checksum
    ciphertext = base64.b64decode(fields.pop("ciphertext"))
    lock = fields["lock"]
    assert (lock["method"], lock["n"], lock["r"], lock["p"]) == ("scrypt", 131072, 8, 1)
    phrase = unicodedata.normalize("NFC", "correct horse battery staple").encode()
    salt = base64.b64decode(lock["salt"])
    secret = hashlib.scrypt(phrase, salt=salt, n=2**17, r=8, p=1, dklen=32, maxmem=2**28)
    check = HKDFExpand(SHA256(), 32, b"sealer backup 1: check").derive(secret)
    assert base64.b64decode(fields["check"]) == check
    key = HKDFExpand(SHA256(), 32, b"sealer backup 1: AES-256-GCM key").derive(secret)
    nonce = base64.b64decode(fields["nonce"])
    content = json.loads(AESGCM(key).decrypt(nonce, ciphertext, canonical(fields)))
    (kept,) = content["secrets"]
    (pair,) = load_keys(json.dumps(kept["secret"]).encode())
    assert [pair.fingerprint] == fields["keys"]
    assert list(content["canary"]["sealed"]) == fields["keys"]


def canonical(fields: dict[str, Any]) -> bytes:
    """Return the canonical form of the page."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
