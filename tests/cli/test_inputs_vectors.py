"""The recorded inputs of the original's client, put through the whole command."""

import base64
from typing import Any

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import find_objects
from sealer.sealing.recovery import unseal_stream
from sealer_keys.keyring import Keyring
from tests.core.test_inputs_vectors import CASES, REFUSED_BY_US, SEALED_BY_US, STRICT_MEANS_STRICT
from tests.support import vectors
from tests.support.program import Done, run

# Refused by the command, over what the library refuses, and why.
REFUSED_BY_COMMAND = {"flag-name": "two objects of one name would overwrite each other"}
# Passed through as they are where the original seals or stumbles over them.
PASSED = {"doc-configmap-text", "doc-configmap-base64", "doc-already-sealed"}


def _run(case: dict[str, Any]) -> Done:
    data = base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode()
    return run(
        "seal", "-q", *case["args"], "--cert", str(vectors.KEYS / "rsa2048.crt.pem"), stdin=data
    )


def _recorded(secret: dict[str, Any]) -> tuple[str, str | None, dict[str, str]]:
    return secret["name"], secret.get("namespace"), secret.get("data") or {}


def _opened(data: bytes) -> list[tuple[str, str | None, dict[str, str]]]:
    after = unseal_stream(data, Keyring([vectors.key_pair("rsa2048")])).data
    found = []
    for document in read_stream(after).documents:
        for each in find_objects(document):
            manifest: Any = plain(each.node)
            metadata = manifest["metadata"]
            found.append((metadata["name"], metadata.get("namespace"), manifest.get("data", {})))
    return found


@pytest.mark.parametrize("name", CASES)
def test_seal_recorded_input_means_what_it_meant(name: str) -> None:
    """The same objects in the same order, or a refusal where the original's answer is at fault."""
    case = CASES[name]
    done = _run(case)
    if name in PASSED:
        assert (done.code, done.out) == (0, case["input"].encode())
    elif name in REFUSED_BY_US | REFUSED_BY_COMMAND or (
        "error" in case and name not in SEALED_BY_US
    ):
        assert done.code in (2, 3)
        assert done.out == b""
        assert "error: " in done.err
    elif name in SEALED_BY_US or name == STRICT_MEANS_STRICT:
        assert done.code == 0, done.err
        assert _opened(done.out)
    else:
        assert done.code == 0, done.err
        assert _opened(done.out) == [_recorded(secret) for secret in case["secrets"]]
