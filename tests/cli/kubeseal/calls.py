"""The drop-in as tests call it, and what its output holds."""

from typing import Any

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.sealing.recovery import find_sealed_secrets
from sealer.sealing.unseal import unseal_secret
from sealer_keys.keyring import Keyring
from tests.support import vectors
from tests.support.program import Done, run

CERT = ("--cert", str(vectors.KEYS / "rsa2048.crt.pem"))
KEY = str(vectors.KEYS / "rsa2048.key.pem")
KEYRING = Keyring([vectors.key_pair("rsa2048")])


def kubeseal(*arguments: str, stdin: str | bytes = b"", terminals: str = "") -> Done:
    """Run `sealer kubeseal`."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return run("kubeseal", *arguments, stdin=data, terminals=terminals)


def secret(name: str = "db", namespace: str = "shop", more: str = "") -> str:
    """Return a Secret with one item; an empty namespace is left out, `more` goes to metadata."""
    parts = [f"name: {name}", f"namespace: {namespace}" if namespace else "", more]
    metadata = ", ".join(part for part in parts if part)
    data = "stringData: {password: hunter2}\n"
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{{metadata}}}\n{data}"


def opened(data: bytes, keyring: Keyring = KEYRING) -> list[dict[str, Any]]:
    """Return the Secrets that SealedSecrets open to, as JSON values with data in base64."""
    _, objects = find_sealed_secrets(data)
    return [unseal_secret(one.sealed, keyring).secret.to_object() for one in objects]


def manifests(data: bytes) -> list[Any]:
    """Return all objects of a stream as JSON values."""
    return [plain(each.root) for each in read_stream(data).documents if each.root is not None]
