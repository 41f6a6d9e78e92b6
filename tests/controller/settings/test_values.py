"""Values of settings: Go's forms are read with Go's meaning, and shown so that they read back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_controller.settings import values
from sealer_controller.settings.values import Address, FileMode, Pairs, show


@pytest.mark.parametrize("text", ["1", "t", "T", "true", "TRUE", "True"])
def test_true_is_what_go_takes_for_true(text: str) -> None:
    """And the same for false."""
    assert values.boolean(text) is True
    assert values.boolean({"1": "0", "t": "f", "T": "F"}.get(text, "false")) is False


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("720h", timedelta(days=30)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        (".5s", timedelta(milliseconds=500)),
        ("1.s", timedelta(seconds=1)),
        ("0", timedelta()),
        ("-0", timedelta()),
        ("0s", timedelta()),
        ("-1h1m", timedelta(minutes=-61)),
        ("+2m", timedelta(minutes=2)),
        ("300ms", timedelta(milliseconds=300)),
        ("7us", timedelta(microseconds=7)),
        ("7µs", timedelta(microseconds=7)),
        ("7\u03bcs", timedelta(microseconds=7)),
        ("1500ns", timedelta(microseconds=1)),
        ("1m1m", timedelta(minutes=2)),
        ("2562047h", timedelta(hours=2562047)),
    ],
)
def test_duration_is_gos(text: str, wanted: timedelta) -> None:
    """As Go's time.ParseDuration reads it; parts of a microsecond are dropped."""
    assert values.duration(text) == wanted


READERS = [
    (values.boolean, ["", "yes", "TrUe", "2", " true"]),
    (
        values.duration,
        ["", "3d", "h", "1", "1h ", "1 h", "--1h", "1h-1m", "2562048h", "\uff11h", "."],
    ),
    (values.whole, ["", "x", "1.5", "010", "0x", "1e3"]),
    (values.number, ["", "x", "nan", "inf", "-inf", "1,5"]),
    (values.between(1, 5), ["0", "6", "-1", "x"]),
    (values.positive(values.duration), ["0", "-1s", "x"]),
    (values.not_negative(values.duration), ["-1s", "-1h", "x"]),
    (
        values.lasting(timedelta(seconds=3), timedelta(minutes=1)),
        ["2.999s", "1m1ns1us", "-3s", "0", "x"],
    ),
    (values.object_name, ["", "A", "a_b", "-a", "a" * 254]),
    (values.choice("a", "b"), ["", "c", "A"]),
    (
        values.moment,
        [
            "2026-01-06T15:04:05Z",
            "Tue, 06 Jan 2026 15:04:05 MST",
            "Tue, 6 Jan 2026 15:04:05 +0100",
            "Tue, 31 Feb 2026 15:04:05 +0100",
            "yesterday",
        ],
    ),
    (values.key_prefix, ["", "-a", "A", "a.b", "a/b", "a" * 246]),
    (values.namespaces, ["a,", ",", "A", "a b", "../x", "a/b"]),
    (values.labels, ["a", "a=b,c", "=b", "a=b c", "a=" + "b" * 64, "a b=c", ",", "a=b=c"]),
    (values.annotations, ["a", "=b", "a b=c", "a=b,", "a/b/c=d"]),
    (values.key_annotations, ["a", "sealer.dev/state=compromised", "a=b,sealer.dev/state="]),
    (values.address, ["8080", "host", ":http", ":", ":65536", ":-1", "::1:80", "[::1", "[::1]80"]),
    (values.file_mode, ["", "x", "8", "1777", "-1", "0200", "0700", "0641", "0o600x"]),
]
CASES = [(read, text) for read, texts in READERS for text in texts]


@pytest.mark.parametrize(
    ("read", "text"), CASES, ids=[f"{read.__qualname__}-{text[:20]}" for read, text in CASES]
)
def test_what_is_no_value_is_refused_in_words(read: Callable[[str], object], text: str) -> None:
    """With a message that shows the text, or the part of it, and never in another way."""
    with pytest.raises(ValueError, match="'"):
        read(text)


@pytest.mark.parametrize(
    ("read", "text", "wanted"),
    [
        (values.whole, "0x10", 16),
        (values.whole, "-3", -3),
        (values.number, "-1", -1.0),
        (values.number, "2.5e1", 25.0),
        (values.moment, "", None),
        (
            values.moment,
            "Tue, 06 Jan 2026 15:04:05 +0100",
            datetime(2026, 1, 6, 14, 4, 5, tzinfo=UTC),
        ),
        (values.key_prefix, "a" * 245, "a" * 245),
        (values.namespaces, "", ()),
        (values.namespaces, "a, b", ("a", "b")),
        (values.labels, "", Pairs()),
        (values.labels, "a=b,example.com/c=", Pairs((("a", "b"), ("example.com/c", "")))),
        (values.annotations, "a=b=c d", Pairs((("a", "b=c d"),))),
        (values.key_annotations, "a=b=c d", Pairs((("a", "b=c d"),))),
        (values.address, "", None),
        (values.address, ":8080", Address("", 8080)),
        (values.address, "127.0.0.1:0", Address("127.0.0.1", 0)),
        (values.address, "[::1]:80", Address("::1", 80)),
        (values.file_mode, "640", FileMode(0o640)),
        (values.file_mode, "0400", FileMode(0o400)),
    ],
)
def test_value_is_read(read: Callable[[str], object], text: str, wanted: object) -> None:
    """What people write means what they expect."""
    assert read(text) == wanted


@given(st.timedeltas(timedelta(hours=-2562047), timedelta(hours=2562047)))
def test_duration_reads_back_as_it_is_shown(value: timedelta) -> None:
    """So that `--print-settings` can be given back."""
    assert values.duration(show(value)) == value


@given(st.integers(0, 65535), st.sampled_from(["", "localhost", "127.0.0.1", "::1"]))
def test_address_reads_back_as_it_is_shown(port: int, host: str) -> None:
    """IPv6 in brackets."""
    assert values.address(show(Address(host, port))) == Address(host, port)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(), "0s"),
        (datetime(2026, 1, 6, 14, 4, 5, tzinfo=UTC), "Tue, 06 Jan 2026 14:04:05 +0000"),
        (("a", "b"), "a,b"),
        (Pairs((("a", "b"), ("c", ""))), "a=b,c="),
        (FileMode(0o640), "0640"),
        (-1.0, "-1"),
        (2.5, "2.5"),
        (4096, "4096"),
    ],
)
def test_value_is_shown_as_it_would_be_written(value: object, text: str) -> None:
    """In the form that its flag takes."""
    assert show(value) == text


@given(st.text(max_size=20))
def test_no_text_surprises_a_reader(text: str) -> None:
    """A reader gives a value or raises ValueError."""
    for read in {read for read, _ in CASES}:
        try:
            read(text)
        except ValueError:
            continue
