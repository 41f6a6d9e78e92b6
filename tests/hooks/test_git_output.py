"""What git prints is read back as it was meant, in whatever pieces and with whatever names."""

import io
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer_hooks.git import GitError
from sealer_hooks.git import entries as module
from sealer_hooks.git.entries import Entry, read_changes
from sealer_hooks.git.objects import Blob, read_blob
from sealer_hooks.sources.index import IndexSource
from sealer_hooks.sources.source import INDEX
from tests.hooks.repository import Repository

_ids = st.text("0123456789abcdef", min_size=40, max_size=40)
_paths = st.binary(min_size=1, max_size=30).filter(lambda path: b"\0" not in path)
_modes = st.sampled_from(["000000", "100644", "100755", "120000", "160000"])
_changes = st.tuples(_paths, _ids, _modes, st.integers(min_value=1, max_value=3))
_commits = st.lists(st.tuples(_ids, st.lists(_changes, min_size=1, max_size=3)), max_size=4)


def _raw(path: bytes, blob: str, mode: str, parents: int) -> bytes:
    """Return a raw line as git prints it: of a merge, when there are several parents."""
    modes = " ".join(["100644"] * parents + [mode])
    blobs = " ".join(["0" * 40] * parents + [blob])
    return f"{':' * parents}{modes} {blobs} {'M' * parents}".encode() + b"\0" + path + b"\0"


class _Pieces(io.BytesIO):
    """A pipe that gives a few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return less than was asked for."""
        return super().read(min(size or 3, 3))


@given(_commits)
def test_read_changes_returns_what_was_printed(
    commits: list[tuple[str, list[tuple[bytes, str, str, int]]]],
) -> None:
    """Names hold anything but NUL, a leading colon too; pieces may end anywhere."""
    output = b"".join(
        commit.encode() + b"\0" + b"".join(_raw(*change) for change in changes)
        for commit, changes in commits
    )
    expected = [
        Entry(os.fsdecode(path), blob, mode, "M" * parents, commit)
        for commit, changes in commits
        for path, blob, mode, parents in changes
    ]
    assert list(read_changes(io.BytesIO(output))) == expected
    assert list(read_changes(_Pieces(output))) == expected


def test_read_changes_of_a_long_history_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be longer than memory."""
    monkeypatch.setattr(module, "_CHUNK", 10)
    output = io.BytesIO(b"a" * 40 + b"\0" + _raw(b"one", "b" * 40, "100644", 1) * 2)
    entries = read_changes(output)
    next(entries)
    assert output.tell() < len(output.getvalue()) - 90
    assert len(list(entries)) == 1


@given(
    st.lists(st.tuples(st.sampled_from(["blob", "tree", "missing"]), st.binary(max_size=40))),
    st.integers(min_value=0, max_value=50),
)
def test_read_blob_keeps_answers_apart(answers: list[tuple[str, bytes]], limit: int) -> None:
    """Contents may look like the lines around them; only so much of each is kept."""
    output = io.BytesIO(b"".join(_answer(kind, data) for kind, data in answers))
    for kind, data in answers:
        expected = Blob(data[:limit], is_whole=len(data) <= limit) if kind == "blob" else None
        assert read_blob(output, limit) == expected
    with pytest.raises(EOFError):
        read_blob(output, limit)


@given(st.binary(max_size=40), st.integers(min_value=0), st.integers(min_value=0, max_value=50))
def test_read_blob_cut_short_is_no_answer(data: bytes, length: int, limit: int) -> None:
    """A git that dies in the middle has said nothing."""
    whole = _answer("blob", data)
    with pytest.raises(EOFError):
        read_blob(io.BytesIO(whole[: length % len(whole)]), limit)


def _answer(kind: str, data: bytes) -> bytes:
    if kind == "missing":
        return b"HEAD:a blob 5 missing\n"
    return f"{'a' * 40} {kind} {len(data)}\n".encode() + data + b"\n"


def test_lookup_of_a_damaged_file_is_an_error(repository: Repository) -> None:
    """What breaks off is not the same as what is not there; another process can be asked."""
    repository.write("a", os.urandom(100_000))
    repository.write("b", "y")
    blob = repository.id(":a")
    file = repository.folder / ".git" / "objects" / blob[:2] / blob[2:]
    content = file.read_bytes()
    file.unlink()
    source = IndexSource(repository.opened())
    assert source.read_file(INDEX, "a") is None
    source.close()
    file.write_bytes(content[:50_000])
    for name in ("a", "b"):
        with pytest.raises(GitError, match="has ended before it answered"):
            source.read_file(INDEX, name)
    source.close()
    assert source.read_file(INDEX, "b") == b"y"


def test_command_started_with_its_questions_takes_no_others(repository: Repository) -> None:
    """A process that was given its questions at the start takes no others."""
    from sealer_hooks.git.command import Command

    command = Command(str(repository.folder))
    with command.start("rev-parse", "--git-dir") as git, pytest.raises(OSError, match="start"):
        git.ask(b"HEAD\n")
    with command.start("cat-file", "--batch", stdin=subprocess.PIPE) as git:
        git.ask(b"HEAD\n")
        assert git.stdout.readline() == b"HEAD missing\n"


@pytest.mark.parametrize("name", ["a", "a\r", "a\r\r", "a\nb", "a\n", "\r", "a\rb"])
def test_lookup_tells_names_with_line_ends_apart(repository: Repository, name: str) -> None:
    """Git's questions are lines, and it takes a carriage return before the end for a part of it."""
    names = ["a", "a\r", "a\r\r", "a\nb", "a\n", "\r", "a\rb"]
    for each in names:
        repository.write(each, repr(each))
    source = IndexSource(repository.opened())
    assert source.read_file(INDEX, name) == repr(name).encode()
    assert source.read_file(INDEX, f"b{name}") is None
    source.close()  # git keeps the index that it has read
    repository.git("rm", "--quiet", "--cached", "--", name)
    assert source.read_file(INDEX, name) is None


@pytest.mark.parametrize("name", ["a", "a\r"])
def test_lookup_keeps_so_much_of_a_large_file(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whichever way it is asked for, and also where there is just so much."""
    monkeypatch.setattr("sealer_hooks.sources.content.LONGEST_SCAN", 100)
    for size in (1_000_000, 101, 100, 99):
        repository.write(name, b"x" * size)
        source = IndexSource(repository.opened())
        assert source.read_file(INDEX, name) == b"x" * min(size, 100)
        source.close()
