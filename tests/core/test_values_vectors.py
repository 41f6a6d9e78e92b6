"""Every recorded value opens, or is refused at the very layer that the vectors name."""

import base64
from typing import Any

import pytest

from sealer.envelope import open_value
from sealer.errors import (
    CorruptCiphertextError,
    EncodingError,
    FrameError,
    IdentityError,
    NoMatchingKeyError,
    SealerError,
)
from sealer.scope import Identity, Scope
from sealer_keys.keyring import Keyring
from tests.support import vectors

LAYERS: dict[type[SealerError], str] = {
    EncodingError: "encoding",
    FrameError: "frame",
    NoMatchingKeyError: "no-key",
    CorruptCiphertextError: "corrupt",
    IdentityError: "identity",
}
GOOD = [entry for entry in vectors.values() if entry["expect"] == "ok"]
BAD = [entry for entry in vectors.values() if entry["expect"] != "ok"]


def _open(entry: dict[str, Any]) -> bytes:
    keyring = Keyring(vectors.key_pair(name) for name in entry["keys"])
    identity = Identity(Scope(entry["scope"]), entry["namespace"], entry["name"])
    return open_value(entry["sealed"], keyring, identity).plaintext.reveal()


def test_values_file_holds_good_and_bad_cases() -> None:
    """The vectors are all there, so that no test below passes for want of cases."""
    assert (len(GOOD), len(BAD)) == (78, 100)


@pytest.mark.vectors("values.json")
@pytest.mark.parametrize("entry", GOOD, ids=lambda entry: entry["id"])
def test_open_value_good_vector_gives_recorded_plaintext(entry: dict[str, Any]) -> None:
    """What the original sealed opens byte for byte."""
    assert _open(entry) == base64.b64decode(entry["plaintext"])


@pytest.mark.vectors("values.json")
@pytest.mark.parametrize("entry", BAD, ids=lambda entry: entry["id"])
def test_open_value_bad_vector_fails_at_named_layer(entry: dict[str, Any]) -> None:
    """What must not open is refused at the layer that is at fault."""
    with pytest.raises(SealerError) as caught:
        _open(entry)
    assert LAYERS[caught.type] in {entry["expect"], *entry.get("accept", [])}


@pytest.mark.parametrize(
    "entry",
    [entry for entry in BAD if entry["expect"] == "encoding"],
    ids=lambda entry: entry["id"],
)
def test_open_value_bad_base64_reports_the_originals_offset(entry: dict[str, Any]) -> None:
    """The message for bad base64 is the original's, offset included."""
    with pytest.raises(EncodingError) as caught:
        _open(entry)
    assert f"{caught.value.message} (v)" == entry["peer_message"]
