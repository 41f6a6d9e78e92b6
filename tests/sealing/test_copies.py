"""What counts as a copy of a value, and what stands in a text by chance."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.sealing.copies import holds_copy
from sealer.sensitive import SecretBytes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"hunter2", 'password: "hunter2"'),
        (b"hunter2", '{"data":{"p":"aHVudGVyMg=="}}'),
        (b"hunter2\n", "hunter2"),
        (b"s3cr3t-value-42", "xs3cr3t-value-42y"),
        (b'say "hi" now', r'{"k":"say \"hi\" now"}'),
        (b"\xff\xfe\x00\x01", "//4AAQ=="),
        (b"1234567890", "pin 1234567890"),
    ],
)
def test_holds_copy_finds_values_in_clear_and_base64(value: bytes, text: str) -> None:
    """Each of these texts would carry the value into git."""
    assert holds_copy(text, [SecretBytes(value)])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", "anything"),
        (b"a", "a"),
        (b"prod", "prod-eu-1"),
        (b"prod", "my.prod"),
        (b"true", "true"),
        (b"8080", "port 8080"),
        (b"hunter2", "hunter22"),
        (b"hunter2", "something else"),
    ],
)
def test_holds_copy_leaves_chance_alone(value: bytes, text: str) -> None:
    """Short and common values stand in many a text; dropping those would break things."""
    assert not holds_copy(text, [SecretBytes(value)])


@given(st.binary(min_size=8, max_size=60), st.text(max_size=10), st.text(max_size=10))
def test_holds_copy_base64_of_any_value_anywhere_is_found(
    value: bytes, before: str, after: str
) -> None:
    """No text around it hides the base64 of a value."""
    text = before + base64.b64encode(value).decode() + after
    assert holds_copy(text, [SecretBytes(b"other"), SecretBytes(value)])
