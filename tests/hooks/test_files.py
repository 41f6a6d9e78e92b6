"""Files on disk: what is named is examined, and what cannot be is never passed."""

import os
from pathlib import Path

import pytest

from sealer_hooks.policy import load
from sealer_hooks.sources import LONGEST_SCAN
from sealer_hooks.sources.files import FileSource
from sealer_hooks.verdict import Verdict, judge
from tests.hooks.repository import HARMLESS, SECRET, Repository, examine

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    f"oid sha256:{'0' * 64}\n"
    "size 12\n"
)  # fmt: skip


def _judge(*paths: object, strict: bool = False) -> Verdict:
    source = FileSource([str(path) for path in paths])
    verdict = Verdict(is_strict=strict)
    judge(verdict, source, load(source))
    return verdict


def _write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_files_each_is_examined(tmp_path: Path) -> None:
    """Findings keep the order of the files."""
    paths = [_write(tmp_path / f"{n}", SECRET if n % 2 else HARMLESS) for n in range(4)]
    verdict = _judge(*paths)
    assert [finding.path for finding in verdict.findings] == [str(paths[1]), str(paths[3])]
    assert (verdict.scanned, verdict.exit_code) == (4, 1)


def test_files_warning_lets_the_commit_pass(tmp_path: Path) -> None:
    """A finding that only warns is listed, and stops nothing."""
    verdict = _judge(_write(tmp_path / "README.md", f"```\n{SECRET}```\n"))
    assert len(verdict.findings) == 1
    assert verdict.exit_code == 0


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "dangling", "unreadable", "nul"])
def test_files_unreadable_is_undecided(tmp_path: Path, kind: str) -> None:
    """Whatever keeps us from reading a file keeps the commit from passing."""
    path = tmp_path / "a.yaml"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "dangling":
            path.symlink_to("nowhere")
        case "unreadable":
            path.symlink_to("a.yaml")  # a link to itself; permissions do not stop the superuser
        case "nul":
            path = tmp_path / "a\0b"
        case _:
            pass
    verdict = _judge(path, _write(tmp_path / "b.yaml", SECRET))
    assert [place[0] for place in verdict.undecided] == [str(path)]
    assert len(verdict.findings) == 1
    assert verdict.exit_code == 2


def test_files_link_is_followed(tmp_path: Path) -> None:
    """A name given by hand means what it leads to."""
    _write(tmp_path / "secret.yaml", SECRET)
    (tmp_path / "link.yaml").symlink_to("secret.yaml")
    assert len(_judge(tmp_path / "link.yaml").findings) == 1


@pytest.mark.parametrize("target", ["../outside.yaml", "inside.yaml", "missing.yaml"])
def test_files_link_of_a_repository_is_skipped_and_said(
    repository: Repository, target: str
) -> None:
    """As in the index: git stores where it leads, and nothing behind it is to be sealed."""
    for path in ("../outside.yaml", "inside.yaml"):
        (repository.folder / path).write_text(SECRET)
    (repository.folder / "link.yaml").symlink_to(target)
    for path in ("link.yaml", str(repository.folder / "link.yaml")):
        verdict = examine(FileSource([path], str(repository.folder)), is_strict=True)
        assert (verdict.findings, verdict.exit_code) == ([], 0)
        assert [each for each, _ in verdict.skipped] == [path]


def test_files_link_from_outside_a_repository_is_followed(repository: Repository) -> None:
    """Such as one of the system, through which a program is given its input."""
    (repository.folder / "inside.yaml").write_text(SECRET)
    link = repository.folder.parent / "link.yaml"
    link.symlink_to("repository/inside.yaml")
    assert examine(FileSource([str(link)], str(repository.folder))).exit_code == 1


def test_files_undecided_document_is_undecided(tmp_path: Path) -> None:
    """What the detector leaves open stays open, with its place."""
    path = _write(tmp_path / "a.yaml", "a: b\n---\nkind: Secret\ndata: " + "[" * 999)
    verdict = _judge(path)
    assert verdict.undecided == [(str(path), 2, 1, "nested more than 200 levels deep")]
    assert verdict.exit_code == 2


@pytest.mark.parametrize(
    ("text", "strict", "code"),
    [("#", False, 0), ("#", True, 2), (SECRET, False, 2), (SECRET, True, 2)],
)
def test_files_huge_is_skipped_or_undecided(
    tmp_path: Path, text: str, code: int, *, strict: bool
) -> None:
    """A file too large is passed only if its beginning shows nothing, and is always listed."""
    path = _write(tmp_path / "a", text.encode() + b"\n" * LONGEST_SCAN)
    verdict = _judge(path, strict=strict)
    assert verdict.exit_code == code
    assert len(verdict.skipped) + len(verdict.undecided) == 1
    assert verdict.scanned == 0


def test_files_at_the_limit_is_examined(tmp_path: Path) -> None:
    """The limit itself is not too large."""
    verdict = _judge(_write(tmp_path / "a", b"#" * LONGEST_SCAN))
    assert (verdict.scanned, verdict.exit_code) == (1, 0)


def test_files_lfs_pointer_is_skipped_and_said(tmp_path: Path) -> None:
    """What it points to is not in git."""
    path = _write(tmp_path / "a.yaml", POINTER)
    verdict = _judge(path)
    assert verdict.skipped == [(str(path), "is a Git LFS pointer; its content is not in git")]
    assert verdict.exit_code == 0


def test_files_pointer_with_extensions_is_skipped(tmp_path: Path) -> None:
    """The specification of Git LFS knows lines of programs that the content goes through."""
    extension = f"ext-0-fold.1 sha256:{'a' * 64}\n"
    pointer = POINTER.replace("oid", f"{extension}oid")
    assert _judge(_write(tmp_path / "a.yaml", pointer)).skipped


_HIDING = "ext-0: x\r---\r" + SECRET.replace("\n", "\r") + "---\r#\noid"


@pytest.mark.parametrize(
    "text",
    [POINTER + SECRET, POINTER.replace("size", "x-y") + SECRET, POINTER.replace("oid", _HIDING)],
)
def test_files_that_only_begin_like_a_pointer_are_examined(tmp_path: Path, text: str) -> None:
    """A pointer is nothing but a pointer."""
    assert _judge(_write(tmp_path / "a.yaml", text)).exit_code == 1
