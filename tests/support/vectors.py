"""The recorded vectors as typed values; `tests/vectors/README.md` says where they come from."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer_keys.certificate import load_certificate
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair, load_private_key

FOLDER = Path(__file__).parent.parent / "vectors"
KEYS = FOLDER / "keys"
OBJECTS = FOLDER / "objects"
# A day on which all good certificates of the vectors are valid and `expired.crt.pem` is not.
RECORDED = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ObjectCase:
    """One folder of `objects/`.

    Attributes:
        name: The folder's name.
        case: `case.json`.
        result: `result.json`: what the original's controller made of it.
    """

    name: str
    case: dict[str, Any]
    result: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Where the files of `steps` are."""
        return OBJECTS / self.name

    @property
    def steps(self) -> list[Path]:
        """The files to apply, in order."""
        return [self.folder / step for step in self.case["steps"]]

    @property
    def needs_templates(self) -> bool:
        """Whether the object has `spec.template.data` to render."""
        spec = load_manifest(self.steps[-1])["spec"]
        return bool((spec.get("template") or {}).get("data"))


@cache
def key_pair(name: str) -> KeyPair:
    """Return a key pair of `keys/` by its id."""
    certificate = load_certificate((KEYS / f"{name}.crt.pem").read_bytes())
    private_key = load_private_key((KEYS / f"{name}.key.pem").read_bytes())
    return KeyPair(private_key, certificate, certificate.not_before, name)


def key_index() -> dict[str, Any]:
    """Return `keys/index.json`."""
    return _load(KEYS / "index.json")


def controller_keyring() -> Keyring:
    """Return the keys that the recorded controller held: all but `stranger`."""
    names = [key["id"] for key in key_index()["keys"]]
    return Keyring(key_pair(name) for name in names if name != "stranger")


def values() -> list[dict[str, Any]]:
    """Return the entries of `values.json`."""
    entries: list[dict[str, Any]] = _load(FOLDER / "values.json")["entries"]
    return entries


def inputs() -> list[dict[str, Any]]:
    """Return the cases of `inputs.json`."""
    cases: list[dict[str, Any]] = _load(FOLDER / "inputs.json")["cases"]
    return cases


def objects() -> list[ObjectCase]:
    """Return every case of `objects/`, sorted by name."""
    return [
        ObjectCase(folder.name, _load(folder / "case.json"), _load(folder / "result.json"))
        for folder in sorted(OBJECTS.iterdir())
    ]


def load_manifest(path: Path) -> dict[str, Any]:
    """Return the one document of a file as JSON values."""
    (document,) = read_stream(path.read_bytes()).documents
    assert document.root is not None
    manifest = plain(document.root)
    assert isinstance(manifest, dict)
    return manifest


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded
