"""Sealed values are framed and taken apart; base64 is read exactly as Go reads it."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import EncodingError, FrameError
from sealer.wire import SealedParts, decode_base64, frame, split

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _go_decode(text: str) -> bytes | int:
    """Decode as the Go specification says, character by character; an offset means an error."""
    data = text.encode()
    bits: list[int] = []
    group: list[int] = []
    at = 0
    while at < len(data):
        char = chr(data[at])
        at += 1
        if char in "\r\n":
            continue
        if char == "=":
            return _go_padding(data, at, bits, group)
        if char not in ALPHABET:
            return at - 1
        group.append(ALPHABET.index(char))
        if len(group) == 4:
            bits += group
            group = []
    return len(data) - len(group) if group else _pack(bits)


def _go_padding(data: bytes, at: int, bits: list[int], group: list[int]) -> bytes | int:
    """Finish decoding behind the first padding character, which stands in front of `at`."""
    if len(group) < 2:
        return at - 1
    rest = [(index, byte) for index, byte in enumerate(data) if index >= at and byte not in b"\r\n"]
    if len(group) == 2:
        if not rest:
            return len(data)
        index, byte = rest.pop(0)
        if byte != ord("="):
            return index - 1
    if rest:
        return rest[0][0]
    return _pack(bits + group)


def _pack(sextets: list[int]) -> bytes:
    number = "".join(f"{sextet:06b}" for sextet in sextets)
    return bytes(int(number[at : at + 8], 2) for at in range(0, len(number) - 7, 8))


@given(st.text(alphabet=ALPHABET[:8] + "=\r\n -_é", max_size=14))
def test_decode_base64_any_text_agrees_with_gos_rules(text: str) -> None:
    """Result and error offset are those of a literal reading of Go's decoder."""
    expected = _go_decode(text)
    if isinstance(expected, bytes):
        assert decode_base64(text) == expected
    else:
        with pytest.raises(EncodingError) as caught:
            decode_base64(text)
        assert caught.value.offset == expected


@given(st.binary(max_size=200), st.integers(1, 80))
def test_decode_base64_wrapped_at_any_width_gives_the_bytes(data: bytes, width: int) -> None:
    """Line ends anywhere make no difference."""
    text = base64.b64encode(data).decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    assert decode_base64("\r\n".join(lines) + "\n") == data


@given(st.binary(min_size=1, max_size=600), st.binary(min_size=16, max_size=300))
def test_split_undoes_frame(wrapped_key: bytes, ciphertext: bytes) -> None:
    """Parts survive the way through text."""
    parts = SealedParts(wrapped_key, ciphertext)
    assert split(frame(parts)) == parts


@given(st.binary(max_size=700))
def test_split_any_bytes_give_parts_or_our_error(blob: bytes) -> None:
    """A frame is accepted only if its declared length and a tag fit into it."""
    text = base64.b64encode(blob).decode()
    length = int.from_bytes(blob[:2])
    fits = len(blob) >= 2 and blob[0] < 0x80 and len(blob) >= 2 + length + 16
    if fits:
        parts = split(text)
        assert (len(parts.wrapped_key), len(parts.ciphertext)) == (length, len(blob) - 2 - length)
    else:
        with pytest.raises(FrameError):
            split(text)


def test_split_newer_format_is_named_as_such() -> None:
    """A first byte that no RSA length has belongs to a format to come."""
    with pytest.raises(FrameError, match="newer format"):
        split(base64.b64encode(b"\x80" + bytes(600)).decode())


def test_frame_gives_one_line_of_padded_standard_base64() -> None:
    """The text is RFC 4648's standard alphabet with padding."""
    text = frame(SealedParts(b"\xfb\xff" * 8, bytes(17)))
    assert (
        text
        == binascii.b2a_base64(b"\x00\x10" + b"\xfb\xff" * 8 + bytes(17), newline=False).decode()
    )
    assert "\n" not in text
