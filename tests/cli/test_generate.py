"""Generated values: as described, unbiased, never too short, and no two alike."""

import base64
import os
import re
import string
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.cli.errors import WrongUsageError
from sealer.cli.values.generate import SPECS, Made, alphanumeric, parse_generator
from sealer_keys.ssh import check_ssh_key
from sealer_keys.tls import check_tls_pair, read_chain, read_tls_key
from tests.support.tls import NOW

LETTERS = string.ascii_letters + string.digits


def _make(spec: str, key: str = "k") -> Made:
    generator = parse_generator(key, spec)
    made = generator.make(os.urandom, NOW)
    assert tuple(made.values) == generator.keys
    return made


def _value(spec: str) -> bytes:
    return _make(spec).values["k"].reveal()


@pytest.mark.parametrize(
    ("spec", "pattern"),
    [
        ("alnum", rb"[a-zA-Z0-9]{32}"),
        ("alnum:11", rb"[a-zA-Z0-9]{11}"),
        ("alnum:4096", rb"[a-zA-Z0-9]{4096}"),
        ("hex", rb"[0-9a-f]{32}"),
        ("hex:16", rb"[0-9a-f]{16}"),
        ("hex:17", rb"[0-9a-f]{17}"),
        ("base64", rb"[A-Za-z0-9+/]{43}="),
        ("base64:8", rb"[A-Za-z0-9+/]{11}="),
        ("uuid", rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ],
)
def test_generated_value_is_as_described(spec: str, pattern: bytes) -> None:
    """The number counts characters, and of base64 the bytes in it; no line end."""
    value = _value(spec)
    assert re.fullmatch(pattern, value)
    assert value != _value(spec)


@given(st.binary(min_size=64, max_size=64))
def test_generated_value_is_what_the_randomness_makes_of_it(data: bytes) -> None:
    """Every byte counts, and nothing else does."""

    def random(length: int) -> bytes:
        return data[:length]

    def make(spec: str) -> bytes:
        return parse_generator("k", spec).make(random, NOW).values["k"].reveal()

    assert make("hex:32") == data[:16].hex().encode()
    assert base64.b64decode(make("base64:32")) == data[:32]
    assert UUID(make("uuid").decode()).version == 4


def test_alphanumeric_letters_are_all_as_likely() -> None:
    """Of all bytes, each letter is made by as many; the rest is thrown away."""
    everything = bytes(range(256))
    usable = 4 * len(LETTERS)
    counts = Counter(alphanumeric(usable, lambda _: everything).decode())
    assert set(counts) == set(LETTERS)
    assert set(counts.values()) == {4}


def test_alphanumeric_asks_for_more_when_bytes_are_thrown_away() -> None:
    """Also when all of them are."""
    answers = iter([b"\xff" * 12, b"\xf8a" * 6, bytes(12)])
    assert alphanumeric(12, lambda _: next(answers)) == b"J" * 6 + b"a" * 6


def test_generated_ssh_key_says_its_public_half_only() -> None:
    """The private key goes under the key, the public one beside it and onto the screen."""
    made = _make("ssh-ed25519", "id")
    private, public = made.values["id"].reveal(), made.values["id.pub"].reveal()
    assert check_ssh_key(private) == []
    assert made.public == f"the public key of id: {public.decode().strip()}"


def test_generated_tls_pair_belongs_together() -> None:
    """For the hosts named, from the time given on."""
    made = _make("tls:a.example,*.b.example,10.0.0.1", "tls")
    chain = read_chain(made.values["tls.crt"].reveal())
    check_tls_pair(chain, read_tls_key(made.values["tls.key"].reveal()))
    assert chain[0].not_valid_before_utc <= NOW < chain[0].not_valid_after_utc
    assert "PRIVATE" not in made.public


def test_generated_rsa_key_has_the_size_asked_for() -> None:
    """As PKCS#8."""
    key = read_tls_key(_value("rsa:2048"))
    assert getattr(key, "key_size", 0) == 2048
    assert parse_generator("k", "rsa").keys == ("k",)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("", "there is no such generator"),
        ("hunter2", "there is no such generator"),
        ("Alnum:32", "there is no such generator"),
        ("alnum:", "there is no such generator"),
        (":32", "there is no such generator"),
        ("alnum:10", "must be from 11 to 4096"),
        ("alnum:4097", "must be from 11 to 4096"),
        ("alnum:-5", "must be from"),
        ("alnum:+32", "must be from"),
        ("alnum:3_2", "must be from"),
        ("alnum: 32", "must be from"),
        ("alnum:\u0663\u0662", "must be from"),
        ("alnum:\xb2\xb2", "must be from"),
        ("alnum:32:x", "must be from"),
        ("alnum:" + "9" * 10_000, "must be from"),
        ("hex:15", "must be from 16 to 4096"),
        ("base64:7", "must be from 8 to 4096"),
        ("rsa:1024", "must be from 2048 to 16384"),
        ("rsa:99999999", "must be from 2048 to 16384"),
        ("uuid:4", "takes nothing behind its name"),
        ("ssh-ed25519:x", "takes nothing behind its name"),
        ("tls", "not every host"),
        ("tls:", "there is no such generator"),
        ("tls:a,,b", "not every host"),
        ("tls:hunter2 x", "not every host"),
    ],
)
def test_generator_that_is_none_is_refused(spec: str, said: str) -> None:
    """With what there is; what was typed is not repeated, for it may be a value."""
    with pytest.raises(WrongUsageError) as caught:
        parse_generator("k", spec)
    assert said in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_generators_in_the_hint_are_generators() -> None:
    """The list that errors show is made of examples that work."""
    for spec in SPECS.split(", "):
        parse_generator("k", spec.replace("HOST", "a.example").replace("[", "").replace("]", ""))
