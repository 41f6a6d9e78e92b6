"""Three folders for a controller, and what people and tests do to them."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sealer.documents.emit import emit_yaml
from sealer.manifest import SealedSecret, Secret
from sealer.scope import Scope
from sealer.sealing import SealOptions, seal_secret
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate
from tests.support import vectors

__all__ = ["CANARY", "Folders", "make_folders", "sealed", "text_of"]

# Part of every plaintext here; it must turn up in the target's Secrets and nowhere else.
CANARY = "c4n4ry"


@dataclass(frozen=True)
class Folders:
    """Where SealedSecrets come from, Secrets go to, and keys are."""

    source: Path
    target: Path
    keys: Path

    @property
    def arguments(self) -> tuple[str, ...]:
        """The flags that name them, and leave the keys as they are."""
        return (
            *("--source", str(self.source), "--target", str(self.target)),
            *("--keys", str(self.keys), "--key-renew-period", "0"),
        )

    def put(self, name: str, *objects: SealedSecret | str) -> Path:
        """Write a source file."""
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("---\n".join(map(text_of, objects)))
        return path

    def secret(self, name: str = "db", namespace: str = "shop") -> dict[str, str] | None:
        """Return the items of a Secret in manifest form; None where there is none."""
        path = self.target / namespace / f"{name}.yaml"
        if not path.exists():
            return None
        data = yaml.safe_load(path.read_text()).get("data", {})
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def status(self) -> dict[str, Any]:
        """Return the status file."""
        found: dict[str, Any] = json.loads((self.target / ".sealer" / "status.json").read_text())
        return found

    def entry(self, name: str = "db", namespace: str = "shop") -> dict[str, Any]:
        """Return the status of one object."""
        (found,) = (
            each
            for each in self.status()["objects"]
            if (each["namespace"], each["name"]) == (namespace, name)
        )
        return dict(found)

    def leftovers(self) -> list[Path]:
        """Return the temporary files that were left behind, which must be none."""
        return list(self.target.rglob(".sealer-*"))

    def state(self) -> str:
        """Return everything that the controller keeps about itself, which holds no plaintext."""
        files = (self.target / ".sealer").rglob("*")
        return "\n".join(path.read_text() for path in files if path.is_file())


def make_folders(root: Path, *, key: str = "rsa2048") -> Folders:
    """Make the folders, with one of the recorded keys in the third."""
    folders = Folders(root / "source", root / "target", root / "keys")
    folders.source.mkdir()
    folders.keys.mkdir(mode=0o700)
    for ending in ("key", "crt"):
        file = folders.keys / f"recorded.{ending}"
        file.write_bytes((vectors.KEYS / f"{key}.{ending}.pem").read_bytes())
        file.chmod(0o600)
    return folders


def sealed(
    text: str = "one",
    *,
    name: str = "db",
    namespace: str = "shop",
    certificate: Certificate | None = None,
    scope: Scope | None = None,
    **fields: Any,  # noqa: ANN401 - the fields of a Secret
) -> SealedSecret:
    """Return a SealedSecret with one item, `password`."""
    chosen = certificate or vectors.key_pair("rsa2048").certificate
    assert chosen is not None
    items = fields.pop("data", {"password": SecretBytes(f"{CANARY} {text}".encode())})
    plain = Secret(namespace, name, items, **fields)
    return seal_secret(plain, chosen, SealOptions(scope=scope)).sealed_secret


def text_of(each: SealedSecret | str) -> str:
    """Return a document as text."""
    return each if isinstance(each, str) else emit_yaml(each.to_object())
