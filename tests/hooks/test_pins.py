"""Pins and certificates in a real repository: compared with what was there before."""

from collections.abc import Callable

import pytest

from sealer.detect.x509 import fingerprint_of
from sealer_hooks.sources import Source
from sealer_hooks.sources.files import FileSource
from sealer_hooks.sources.index import IndexSource
from sealer_hooks.sources.revisions import between, history
from tests.hooks.repository import Repository, examine
from tests.support.vectors import KEYS

_OLD, _NEW = ((KEYS / name).read_bytes() for name in ("rsa2048.crt.pem", "peer-b.crt.pem"))


def _policy(data: bytes, more: str = "") -> str:
    pin = fingerprint_of(data)
    cluster = f"{{certificate: keys/prod.pem, fingerprint: '{pin}'}}"
    return f"version: 1\nclusters:\n  prod: {cluster}\n{more}"


def _staged(repository: Repository) -> Source:
    return IndexSource(repository.opened())


def _named(repository: Repository) -> Source:
    return FileSource([".sealer.yaml", "keys/prod.pem"], str(repository.folder))


def _in_range(repository: Repository) -> Source:
    repository.commit()
    return between(repository.opened(), "HEAD~1", "HEAD")


every_source = pytest.mark.parametrize(
    "source_of", [_staged, _named, _in_range], ids=lambda each: each.__name__
)


@pytest.fixture
def pinned(repository: Repository) -> Repository:
    """Return a repository with a certificate and its pin."""
    repository.write(".sealer.yaml", _policy(_OLD))
    repository.write("keys/prod.pem", _OLD)
    repository.commit()
    return repository


def _found(source: Source) -> list[tuple[str, str, str]]:
    verdict = examine(source)
    assert verdict.undecided == []
    return [(each.path, each.rule, each.severity.value) for each in verdict.findings]


@every_source
def test_swapped_certificate_is_refused(
    pinned: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """A certificate that matches no pin blocks."""
    pinned.write("keys/prod.pem", _NEW)
    source = source_of(pinned)
    assert ("keys/prod.pem", "SH022", "block") in _found(source)


@every_source
def test_certificate_and_pin_changed_together_are_told(
    pinned: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """The pin as it was before shows what a single commit would hide; it warns."""
    pinned.write("keys/prod.pem", _NEW)
    pinned.write(".sealer.yaml", _policy(_NEW))
    assert _found(source_of(pinned)) == [(".sealer.yaml", "SH023", "warn")]


@every_source
def test_changed_pin_blocks_where_the_policy_says_so(
    pinned: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """`hook.pin-change: block` makes it so, in the revision whose policy counts."""
    strict = "hook: {pin-change: block}\n"
    pinned.write(".sealer.yaml", _policy(_OLD, strict))
    pinned.commit()
    pinned.write("keys/prod.pem", _NEW)
    pinned.write(".sealer.yaml", _policy(_NEW, strict))
    assert _found(source_of(pinned)) == [(".sealer.yaml", "SH023", "block")]


@every_source
def test_pin_that_stays_passes(
    pinned: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """The same certificate anew, and another setting, change nothing."""
    pinned.write("keys/prod.pem", _OLD + b"\n")
    pinned.write(".sealer.yaml", _policy(_OLD, "default: prod\n"))
    assert _found(source_of(pinned)) == []


def test_first_commit_of_a_pin_passes(repository: Repository) -> None:
    """There is nothing to compare with before the first commit."""
    repository.write(".sealer.yaml", _policy(_OLD))
    repository.write("keys/prod.pem", _OLD)
    assert _found(_staged(repository)) == []
    assert _found(_named(repository)) == []


def test_history_of_pins_passes(pinned: Repository) -> None:
    """An audit looks for Secrets; that pins were others once is no news."""
    pinned.write("keys/prod.pem", _NEW)
    pinned.write(".sealer.yaml", _policy(_NEW))
    pinned.commit()
    assert _found(history(pinned.opened(), "HEAD")) == []


def test_ignored_file_of_a_generator_passes(repository: Repository) -> None:
    """What git does not know is not brought in, although it lies in the folder."""
    repository.write("kustomization.yaml", "secretGenerator:\n- name: x\n  envs: [.env]\n")
    repository.write(".gitignore", ".env\n")
    repository.write(".env", "A=hunter2\n", add=False)
    assert _found(FileSource(["kustomization.yaml"], str(repository.folder))) == []
    repository.write(".env", "A=hunter2\n")
    source = FileSource(["kustomization.yaml"], str(repository.folder))
    assert _found(source) == [("kustomization.yaml", "SH017", "block")]


def test_file_of_a_generator_without_git_is_looked_up(repository: Repository) -> None:
    """A kustomization that git does not know is judged with what lies beside it."""
    repository.write("kustomization.yaml", "secretGenerator:\n- files: [a]\n", add=False)
    repository.write("a", "hunter2", add=False)
    source = FileSource(["kustomization.yaml"], str(repository.folder))
    assert _found(source) == [("kustomization.yaml", "SH017", "block")]


@every_source
def test_link_in_place_of_a_certificate_is_refused(
    pinned: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """What it leads to is what everybody would seal to."""
    pinned.write("keys/evil.pem", _NEW)
    link = pinned.folder / "keys/prod.pem"
    link.unlink()
    link.symlink_to("evil.pem")
    pinned.git("add", ".")
    assert ("keys/prod.pem", "SH022", "block") in _found(source_of(pinned))


@every_source
def test_link_to_the_pinned_certificate_passes(
    pinned: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """Only its place has changed; what leads nowhere is no certificate."""
    pinned.write("certificates/prod.pem", _OLD)
    link = pinned.folder / "keys/prod.pem"
    link.unlink()
    link.symlink_to("../certificates/prod.pem")
    (pinned.folder / "keys/other.pem").symlink_to("../../outside.pem")
    pinned.git("add", ".")
    assert _found(source_of(pinned)) == []
