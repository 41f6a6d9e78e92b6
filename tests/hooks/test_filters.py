"""Files that git holds otherwise than the disk: encrypted by git-crypt, or pointers of Git LFS."""

from pathlib import Path

import pytest

from sealer_hooks.sources.files import FileSource
from sealer_hooks.verdict import Verdict
from tests.hooks.repository import SECRET, Repository, examine

ENCRYPTED = b"\0GITCRYPT\0" + bytes(range(100))
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n".encode()


def _hold(repository: Repository, path: str, stored: bytes, attributes: str) -> None:
    """Stage a file in one form, and show a Secret on disk; no filter has to be there for that."""
    repository.write(path, stored)
    repository.write(path, SECRET, add=False)
    target = repository.folder / attributes
    target.parent.mkdir(exist_ok=True)
    target.write_text("*.yaml filter=crypt diff=crypt\n")


def _named(repository: Repository, *paths: str) -> Verdict:
    return examine(FileSource(paths, str(repository.folder)))


@pytest.mark.parametrize(
    "attributes", [".gitattributes", "apps/.gitattributes", ".git/info/attributes"]
)
def test_file_that_git_holds_encrypted_passes(repository: Repository, attributes: str) -> None:
    """As with `--staged`: what counts is what git stores."""
    _hold(repository, "apps/a.yaml", ENCRYPTED, attributes)
    verdict = _named(repository, "apps/a.yaml", str(repository.folder / "apps/a.yaml"))
    assert (verdict.exit_code, verdict.findings, verdict.scanned) == (0, [], 2)


def test_file_that_lfs_holds_is_skipped_and_said(repository: Repository) -> None:
    """A pointer is what git has."""
    _hold(repository, "a.yaml", POINTER, ".gitattributes")
    assert [path for path, _ in _named(repository, "a.yaml").skipped] == ["a.yaml"]


def test_file_is_encrypted_in_a_subfolder_too(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the current folder is."""
    _hold(repository, "apps/a.yaml", ENCRYPTED, ".gitattributes")
    monkeypatch.chdir(repository.folder / "apps")
    source = FileSource(["a.yaml"], str(repository.folder / "apps"))
    assert examine(source).exit_code == 0


def test_file_with_a_filter_that_did_nothing_is_found(repository: Repository) -> None:
    """Where the filter is not installed, git holds what the disk has."""
    _hold(repository, "a.yaml", SECRET.encode(), ".gitattributes")
    assert [each.path for each in _named(repository, "a.yaml").findings] == ["a.yaml"]


@pytest.mark.parametrize("rule", ["b.yaml filter=crypt", "*.yaml -filter", "*.yaml diff=filter"])
def test_file_without_a_filter_is_judged_as_on_disk(repository: Repository, rule: str) -> None:
    """A filter of other files says nothing."""
    _hold(repository, "a.yaml", ENCRYPTED, ".gitattributes")
    (repository.folder / ".gitattributes").write_text(rule)
    assert _named(repository, "a.yaml").exit_code == 1


def test_file_that_git_does_not_know_is_judged_as_on_disk(repository: Repository) -> None:
    """What a filter would make of it, nobody knows."""
    _hold(repository, "a.yaml", ENCRYPTED, ".gitattributes")
    repository.write("b.yaml", add=False)
    assert _named(repository, "b.yaml").exit_code == 1


def test_file_outside_any_repository_is_judged_as_on_disk(tmp_path: Path) -> None:
    """Attributes mean something to git only."""
    (tmp_path / ".gitattributes").write_text("* filter=crypt\n")
    (tmp_path / "a.yaml").write_text(SECRET)
    assert examine(FileSource([str(tmp_path / "a.yaml")], str(tmp_path))).exit_code == 1


def test_file_of_a_generator_that_git_holds_encrypted_passes(repository: Repository) -> None:
    """A kustomization may name it, whichever of the two changes."""
    text = "secretGenerator:\n- name: db\n  files: [password.yaml]\n"
    _hold(repository, "password.yaml", ENCRYPTED, ".gitattributes")
    repository.write("kustomization.yaml", text)
    assert _named(repository, "kustomization.yaml").findings == []
    assert _named(repository, "password.yaml").findings == []
