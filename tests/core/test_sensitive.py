"""Plaintext in its wrapper cannot be printed, pickled or hashed by accident."""

import copy
import pickle
import traceback

import pytest

from sealer.sensitive import SecretBytes

CANARY = b"canary-6f1b"


@pytest.mark.parametrize(
    "shown",
    [
        repr(SecretBytes(CANARY)),
        str(SecretBytes(CANARY)),
        f"{SecretBytes(CANARY)}",
        f"{SecretBytes(CANARY)!r:>40}",
        f"{SecretBytes(CANARY):s}",
        "%s" % SecretBytes(CANARY),  # noqa: UP031 - this form too
        repr([SecretBytes(CANARY)]),
        repr({"k": SecretBytes(CANARY)}),
    ],
)
def test_secret_bytes_shown_any_way_hides_the_value(shown: str) -> None:
    """Only the length is visible."""
    assert "canary" not in shown
    assert "11 bytes" in shown


def test_secret_bytes_reveal_gives_the_value() -> None:
    """The one way out is explicit."""
    assert SecretBytes(CANARY).reveal() == CANARY
    assert len(SecretBytes(CANARY)) == len(CANARY)


def test_secret_bytes_copies_by_pickle_are_refused() -> None:
    """A pickle would be a plaintext copy."""
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            attempt(SecretBytes(CANARY))


def test_secret_bytes_cannot_be_a_dictionary_key() -> None:
    """A hash of a secret is a leak."""
    with pytest.raises(TypeError):
        hash(SecretBytes(CANARY))


def test_secret_bytes_compare_by_value() -> None:
    """Equal values are equal, and other types never are."""
    assert SecretBytes(CANARY) == SecretBytes(bytes(CANARY))
    assert SecretBytes(CANARY) != SecretBytes(b"other")
    assert SecretBytes(CANARY) != CANARY


def test_secret_bytes_in_a_traceback_hide_the_value() -> None:
    """A traceback with local variables shows the wrapper."""
    secret = SecretBytes(CANARY)
    shown = traceback.TracebackException.from_exception(_failure(secret), capture_locals=True)
    text = "".join(shown.format())
    assert repr(secret) in text
    assert "canary" not in text


def _failure(secret: SecretBytes) -> Exception:
    """Return an error that was raised in a frame with the secret among its variables."""
    try:
        secret.reveal().decode("ascii").index("nowhere")
    except ValueError as error:
        return error
    raise AssertionError
