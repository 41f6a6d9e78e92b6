"""What the API server says about a write is told, unless it holds a value of the Secret."""

import base64
import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.kube.discretion import discreet
from sealer_controller.kube.errors import (
    ApiRetryableError,
    ApiTerminalError,
    Cause,
    InvalidError,
    Status,
    StatusDetails,
    error_for,
)
from tests.controller.memory import secret

CANARY = b'c4n4ry<&>"v4lue"?\xc3\xbc~~~/of+some\\length'
_LEFT_OUT = "the API server answers 422; its words hold a value of the Secret and are left out"


def _answered(
    words: str, plain: Secret, *, code: int = 422, cause: Cause | None = None
) -> ApiRetryableError | ApiTerminalError:
    """Return the error that comes out when a write is refused with these words."""
    details = StatusDetails((cause or Cause(message=words),))
    refusal = error_for(Status(code, "Invalid", words, details))
    with pytest.raises(type(refusal)) as caught, discreet(None, plain):
        raise refusal
    assert isinstance(caught.value, ApiRetryableError | ApiTerminalError)
    return caught.value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


FORMS = {
    "clear": CANARY.decode(),
    "json": json.dumps(CANARY.decode())[1:-1],
    "json-with-umlauts": json.dumps(CANARY.decode(), ensure_ascii=False)[1:-1],
    "json-of-go": json.dumps(CANARY.decode())[1:-1].replace("<", "\\u003c"),
    "base64": _base64(CANARY),
    "unpadded": _base64(CANARY).rstrip("="),
    "url-safe": base64.urlsafe_b64encode(CANARY).decode(),
    "user-and-password": _base64(b"user:" + CANARY),
    "in-an-object": _base64(json.dumps({"k": CANARY.decode()}, ensure_ascii=False).encode()),
    "cut-off": _base64(CANARY)[:40],
    "a-part": _base64(CANARY)[5:38],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", [403, 422, 500])
def test_discreet_leaves_words_out_that_hold_a_value(form: str, code: int) -> None:
    """However it is written; the kind of the error stays, and nothing in its chain tells more."""
    error = _answered(f"refused: {FORMS[form]}!", secret({"k": CANARY}), code=code)
    assert error.message == _LEFT_OUT.replace("422", str(code))
    told = "".join(traceback.format_exception(error)) + repr((error, error.causes, error.args))
    assert FORMS[form] not in told
    assert error.code == code


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"pw", "refused: pw"),
        (b"pw", "refused: cHc="),
        (b"1", "not '1'"),
        (b"line\n", "no line: here"),
        (b"\x00\xff", "refused: AP8="),
    ],
)
def test_discreet_finds_a_short_value(value: bytes, words: str) -> None:
    """A short one is a value as well; all words go, so that none looks odd."""
    assert _answered(words, secret({"k": value})).message == _LEFT_OUT


@pytest.mark.parametrize("value", [b"", b" \n", b":", b"'x", b"us", b"qq"])
def test_discreet_tells_what_holds_no_value(value: bytes) -> None:
    """Of a value in the middle of another word, of blanks and signs, nobody learns anything."""
    words = "secrets \"db\" is forbidden: ValidatingAdmissionPolicy 'p' refuses: no business here"
    assert _answered(words, secret({"k": value})).message == words


def test_discreet_keeps_the_fields_at_fault() -> None:
    """Decisions look at them, and they hold no words."""
    cause = Cause("FieldValueInvalid", f"Invalid value: {CANARY.decode()}", "data[k]")
    error = _answered("no", secret({"k": CANARY}), cause=cause)
    assert isinstance(error, InvalidError)
    assert error.message == _LEFT_OUT
    assert error.causes == (Cause("FieldValueInvalid", "", "data[k]"),)


def test_discreet_leaves_endless_words_out() -> None:
    """They are not worth the search, and nobody is shown as much."""
    assert _answered("x" * 70_000, secret()).message == _LEFT_OUT


@given(
    st.binary(min_size=12, max_size=200),
    st.binary(max_size=5),
    st.binary(max_size=5),
    st.sampled_from(["", " ", "x", "="]),
)
def test_discreet_finds_any_value_in_any_base64(
    value: bytes, before: bytes, after: bytes, beside: str
) -> None:
    """Wherever it stands in what was encoded, and whatever stands beside that."""
    words = f"no{beside}{_base64(before + value + after)}{beside}no"
    plain = Secret("shop", "db", {"k": SecretBytes(value)})
    assert _answered(words, plain).message == _LEFT_OUT
