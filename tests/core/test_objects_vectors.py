"""Whole objects of the original: what it sealed opens, and what it refused is refused alike."""

import base64
from typing import Any

import pytest

from sealer.errors import UnsealError
from sealer.manifest import SealedSecret, read_sealed_secret, read_secret
from sealer.scope import Scope
from sealer.sealing import SealOptions, UnsealOptions, seal_secret, unseal_secret
from sealer.templates import Renderer
from sealer_keys.keyring import Keyring
from tests.support import vectors
from tests.support.vectors import ObjectCase

CASES = vectors.objects()
# Of these the store has the last word, not the sealed data; tests/conformance covers them whole.
DECIDED_BY_STORE = {"bad-item-key", "type-lacks-key", "immutable-change", "skip-owner"}
OPTIONS = UnsealOptions(render=Renderer(lambda *_: bytes(16)))
MERGED = {"takeover-patch", "takeover-patch-managed"}


def _sealed(case: ObjectCase) -> SealedSecret:
    return read_sealed_secret(vectors.load_manifest(case.steps[-1]), lenient=True)


def _opens(case: ObjectCase) -> bool:
    message = case.result["status"]["conditions"][0].get("message", "")
    return not message or "already exists" in message or case.name in DECIDED_BY_STORE


def test_objects_folder_holds_all_cases() -> None:
    """The vectors are all there, nine of them with templates."""
    assert (len(CASES), sum(case.needs_templates for case in CASES)) == (57, 9)


@pytest.mark.vectors("objects/, unsealing alone")
@pytest.mark.parametrize("case", [c for c in CASES if _opens(c)], ids=lambda case: case.name)
def test_unseal_recorded_object_gives_recorded_data(case: ObjectCase) -> None:
    """Every item comes out as it did in the cluster; merged Secrets hold more than ours."""
    unsealed = unseal_secret(_sealed(case), vectors.controller_keyring(), OPTIONS)
    data = {
        key: base64.b64encode(value.reveal()).decode()
        for key, value in unsealed.secret.data.items()
    }
    recorded = (case.result["secret"] or {}).get("data") or {}
    foreign = "existing" in case.name or case.name in DECIDED_BY_STORE - {"skip-owner"}
    if case.name in MERGED:
        assert data.items() <= recorded.items()
    elif not foreign:
        assert data == recorded


@pytest.mark.vectors("objects/, unsealing alone")
@pytest.mark.parametrize("case", [c for c in CASES if not _opens(c)], ids=lambda case: case.name)
def test_unseal_refused_object_gives_recorded_message(case: ObjectCase) -> None:
    """What did not open in the cluster is refused with the same words, lines in any order."""
    with pytest.raises(UnsealError) as caught:
        unseal_secret(_sealed(case), vectors.controller_keyring(), OPTIONS)
    recorded: str = case.result["status"]["conditions"][0]["message"]
    assert _normal(caught.value.message) == _normal(recorded)


def _normal(message: str) -> list[str]:
    lines = []
    for line in message.split("\n"):
        text, _, keys = line.removesuffix(")").partition(" (")
        lines.append(f"{text} ({', '.join(sorted(keys.split(', ')))})")
    return sorted(lines)


@pytest.mark.vectors("objects/, sealing alone")
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case.name.startswith("v1-")],  # no client writes V1 any more
    ids=lambda case: case.name,
)
def test_seal_recorded_input_gives_recorded_object(case: ObjectCase) -> None:
    """All but the ciphertext of a sealed object is the original's, field by field."""
    arguments = case.case["seal_args"]
    scope = Scope(arguments[1]) if "--scope" in arguments else None
    options = SealOptions(scope=scope, allow_empty="--allow-empty-data" in arguments)
    certificate = vectors.key_pair(case.case["key"]).certificate
    assert certificate is not None
    secret = read_secret(vectors.load_manifest(case.folder / "input.yaml"))
    ours = seal_secret(secret, certificate, options).sealed_secret
    assert _without_values(ours.to_object()) == _without_values(_recorded(case))
    keyring = Keyring([vectors.key_pair(case.case["key"])])
    assert unseal_secret(ours, keyring).secret.data == secret.data


def _recorded(case: ObjectCase) -> dict[str, Any]:
    names = ("sealed-by-kubeseal.yaml", "sealed-before-merge.yaml", "sealed.yaml")
    return vectors.load_manifest(next(p for p in map(case.folder.joinpath, names) if p.exists()))


def _without_values(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = manifest["spec"]
    return manifest | {"spec": spec | {"encryptedData": sorted(spec["encryptedData"])}}
