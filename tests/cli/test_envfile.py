"""Env files: kubectl's rules, told by line; `create/test_like_kubectl.py` asks the real one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.cli.values.envfile import read_env_file
from sealer.errors import InputError, ManyErrors

NAMES = st.from_regex(r"[-_a-zA-Z][-._a-zA-Z0-9]{0,9}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=9)


def _read(data: bytes) -> list[tuple[str, bytes | None, int]]:
    return [
        (one.key, None if one.value is None else one.value.reveal(), one.line)
        for one in read_env_file(data)
    ]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"\n\r\n  \n# A=1\n\t# B=2", []),
        (b"A=1", [("A", b"1", 1)]),
        (b"A=1\r\nB= 2 \r\n", [("A", b"1", 1), ("B", b" 2 ", 2)]),
        (b"\n\n  A=x=y\n", [("A", b"x=y", 3)]),
        (b"A='q'\nB=\"q\"\nC=a # b\n", [("A", b"'q'", 1), ("B", b'"q"', 2), ("C", b"a # b", 3)]),
        (b"A=\nB\n", [("A", b"", 1), ("B", None, 2)]),
        (b"\xef\xbb\xbfA=1\n", [("A", b"1", 1)]),
        (b"A=1\r\r\n", [("A", b"1\r", 1)]),
        ("A=p\xe4\n".encode(), [("A", "p\xe4".encode(), 1)]),
        (b"-.a_9=1\n.b=2\n", [("-.a_9", b"1", 1), (".b", b"2", 2)]),
    ],
)
def test_env_file_is_read_as_kubectl_reads_it(
    data: bytes, found: list[tuple[str, bytes | None, int]]
) -> None:
    """No quotes, no escapes, no comments behind values."""
    assert _read(data) == found


def test_env_file_line_of_any_length_is_read() -> None:
    """Kubectl stops at a line beyond 64 KiB without a word; nothing is dropped here."""
    value = b"x" * 100_000
    assert _read(b"A=%b\nB=1\n" % value) == [("A", value, 1), ("B", b"1", 2)]


@pytest.mark.parametrize(
    "line",
    [
        b"A B=1",
        b"1A=1",
        b"=1",
        b".=1",
        b"..a=1",
        b"export A=1",
        "\xe4=1".encode(),
        b"A=\xff",
        b"\xff\xfeA",
        b"\xef\xbb\xbfA=1",
        b"MIIEvQ+/hunter2",
        b"hunter2 and more",
        b"hunter2 and=more",
        b"hunter2" * 37 + b"=",
    ],
)
def test_env_file_line_that_is_no_variable_is_told_by_its_place(line: bytes) -> None:
    """And never by what is in it: it may be the second line of a value."""
    with pytest.raises(InputError) as caught:
        read_env_file(b"# first\n" + line + b"\n")
    assert caught.value.where.line == 2
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_env_file_faults_are_all_told() -> None:
    """People mend a file once."""
    with pytest.raises(ManyErrors) as caught:
        read_env_file(b"A B=1\nC=2\nD E\n")
    assert [each.where.line for each in caught.value.errors if isinstance(each, InputError)] == [
        1,
        3,
    ]


@given(pairs=st.dictionaries(NAMES, VALUES), end=st.sampled_from(["\n", "\r\n"]))
def test_env_file_that_was_written_reads_back(pairs: dict[str, str], end: str) -> None:
    """Whatever the values hold, but for line ends."""
    text = "".join(f"{name}={value}{end}" for name, value in pairs.items())
    assert [(key, value) for key, value, _ in _read(text.encode())] == [
        (name, value.encode()) for name, value in pairs.items()
    ]


@given(st.binary(max_size=60))
def test_env_file_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    """With a type of ours, whatever it is."""
    with suppress(InputError, ManyErrors):
        read_env_file(data)
