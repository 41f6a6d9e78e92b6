"""An API server that encrypts Secrets before it stores them, as an operator would have it."""

import json
import secrets
from base64 import b64encode
from pathlib import Path

__all__ = ["encrypting"]


def encrypting(folder: Path) -> str:
    """Write how the API server encrypts what it stores; return the option that says so."""
    key = {"name": "first", "secret": b64encode(secrets.token_bytes(32)).decode()}
    providers = [{"secretbox": {"keys": [key]}}, {"identity": {}}]
    file = folder / "encryption.json"
    file.touch(mode=0o600)
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    }
    file.write_text(json.dumps(configuration))
    return f"--encryption-provider-config={file}"
