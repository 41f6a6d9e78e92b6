"""A file that becomes a Secret by a kustomization which did not change with it."""

from collections.abc import Callable

import pytest

from sealer_hooks.sources import Source
from sealer_hooks.sources.commits import CommitSource, Tip
from sealer_hooks.sources.files import FileSource
from sealer_hooks.sources.index import IndexSource
from sealer_hooks.sources.push import pre_receive
from sealer_hooks.sources.revisions import between, history
from tests.hooks.repository import HARMLESS, Repository, examine

KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
secretGenerator:
- name: db
  envs: [secret.env]
- name: old
  literals: [password=hunter1]
"""
VALUES = "password=hunter2\n"


def _staged(repository: Repository) -> Source:
    return IndexSource(repository.opened())


def _named(repository: Repository) -> Source:
    return FileSource(["./app/secret.env"], str(repository.folder))


def _in_range(repository: Repository) -> Source:
    repository.commit()
    return between(repository.opened(), "HEAD~1", "HEAD")


def _received(repository: Repository) -> Source:
    repository.commit()
    repository.git("update-ref", "-d", "refs/heads/side")
    old, new = repository.id("HEAD~1"), repository.id("HEAD")
    repository.git("checkout", "--quiet", "--detach")
    repository.git("update-ref", "refs/heads/main", old)
    (source,) = pre_receive(repository.opened(), f"{old} {new} refs/heads/main\n")
    return source


def _ever(repository: Repository) -> Source:
    repository.commit()
    repository.git("rm", "--quiet", "--ignore-unmatch", "app/secret.env")
    repository.git("commit", "--quiet", "--allow-empty", "--message=x")
    return history(repository.opened(), "HEAD~2..HEAD")


every_source = pytest.mark.parametrize(
    "source_of", [_staged, _named, _in_range, _received, _ever], ids=lambda each: each.__name__
)


@pytest.fixture
def generated(repository: Repository) -> Repository:
    """Return a repository whose kustomization names a file that is not there."""
    repository.write("app/kustomization.yaml", KUSTOMIZATION)
    repository.commit()
    return repository


def _found(source: Source) -> list[tuple[str, int, str, str]]:
    verdict = examine(source)
    assert verdict.undecided == []
    return [(each.path, each.line, each.rule, each.name) for each in verdict.findings]


@every_source
def test_added_file_that_a_kustomization_names_is_found(
    generated: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """It is the file that is new, and the old literal beside it is not."""
    generated.write("app/secret.env", VALUES)
    assert _found(source_of(generated)) == [("app/kustomization.yaml", 6, "SH017", "db")]


@every_source
def test_added_file_that_no_kustomization_names_passes(
    generated: Repository, source_of: Callable[[Repository], Source]
) -> None:
    """A file of values is a Secret only where something makes one of it."""
    generated.write("app/secret.env", "# nothing\n")
    generated.write("app/other.env", VALUES)
    generated.write("secret.env", VALUES)
    assert _found(source_of(generated)) == []


def test_file_below_the_kustomization_is_found(generated: Repository) -> None:
    """A kustomization reaches into the folders below it."""
    text = KUSTOMIZATION.replace("envs: [secret.env]", "files: [password=deep/er/secret.txt]")
    generated.write("app/kustomization.yaml", text)
    generated.commit()
    generated.write("app/deep/er/secret.txt", "hunter2")
    assert _found(_staged(generated)) == [("app/kustomization.yaml", 6, "SH017", "db")]


@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization"])
def test_kustomization_of_any_name_counts(repository: Repository, name: str) -> None:
    """Kustomize knows three names, at the root too."""
    repository.write(name, KUSTOMIZATION)
    repository.commit()
    repository.write("secret.env", VALUES)
    assert _found(_staged(repository)) == [(name, 6, "SH017", "db")]


def test_kustomization_that_changes_as_well_is_examined_once(generated: Repository) -> None:
    """Then it is new itself, with its literals."""
    generated.write("app/kustomization.yaml", KUSTOMIZATION + "# more\n")
    generated.write("app/secret.env", VALUES)
    assert [rule for _, _, rule, _ in _found(_staged(generated))] == ["SH017", "SH016"]


def test_kustomization_with_comments_is_asked_for_the_file_only(repository: Repository) -> None:
    """What its other comments let pass, or not, is old; and nothing is counted twice."""
    text = KUSTOMIZATION.replace(
        "  literals: [password=hunter1]",
        "  # sealer:allow SH016 of a test\n  literals: [password=hunter1]",
    )
    repository.write("kustomization.yaml", text)
    repository.commit()
    repository.write("secret.env", VALUES)
    verdict = examine(_staged(repository))
    assert [each.rule for each in verdict.findings] == ["SH017"]
    assert verdict.allowed == []
    allowing = text.replace("secret.env]", "secret.env] # sealer:allow SH017 of a test")
    repository.write("kustomization.yaml", allowing)
    verdict = examine(_staged(repository))
    assert verdict.findings == []
    assert sorted(each.finding.rule for each in verdict.allowed) == ["SH016", "SH017"]


def test_file_that_did_not_change_is_not_found_again(generated: Repository) -> None:
    """An old finding does not stop new work beside it."""
    generated.write("app/secret.env", VALUES)
    generated.commit()
    generated.write("app/deployment.yaml", HARMLESS)
    assert _found(_staged(generated)) == []


def test_file_that_is_removed_passes(generated: Repository) -> None:
    """What is not there makes nothing."""
    generated.write("app/secret.env", VALUES)
    generated.commit()
    generated.git("rm", "--quiet", "app/secret.env")
    generated.write("app/deployment.yaml", HARMLESS)
    assert _found(_staged(generated)) == []


def test_file_in_the_work_tree_only_is_not_looked_at(generated: Repository) -> None:
    """It is what the index holds that would be committed."""
    generated.write("app/secret.env", "# nothing\n")
    generated.write("app/secret.env", VALUES, add=False)
    assert _found(_staged(generated)) == []


def test_kustomization_is_found_from_a_subfolder(
    generated: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the current folder as well."""
    generated.write("app/secret.env", VALUES)
    generated.write("other/a.yaml", HARMLESS)
    monkeypatch.chdir(generated.folder / "other")
    assert _found(_staged(generated)) == [("app/kustomization.yaml", 6, "SH017", "db")]


def test_file_behind_thousands_of_folders_is_examined(generated: Repository) -> None:
    """A hostile path costs time in proportion, and no more."""
    blob = generated.git("hash-object", "-w", "app/kustomization.yaml").strip()
    path = "d/" * 1500 + "a"
    generated.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    assert {rule for _, _, rule, _ in _found(_staged(generated))} == {"SH016"}


def test_added_file_among_many_folders_of_many_tips_is_found(generated: Repository) -> None:
    """Who asks git often, asks for all names at once; what a tag holds that is no tree has none."""
    generated.git("tag", "blob", "HEAD:app/kustomization.yaml")
    for number in range(80):
        generated.write(f"a{number}/\n.env", VALUES, add=False)
    generated.write("app/secret.env", VALUES)
    generated.git("add", ".")
    generated.commit()
    generated.git("tag", "later")
    tips = [Tip(name, generated.id(name)) for name in ("blob", "main", "main^{tree}", "later")]
    source = CommitSource(generated.opened(), tips, [generated.id("main~1")], None)
    expected = ("app/kustomization.yaml", 6, "SH017", "db")
    assert [each for each in _found(source) if each[2] == "SH017"] == [expected]


def test_added_files_that_are_too_large_together_are_undecided(generated: Repository) -> None:
    """The kustomization did not change; what could not be looked at in it passes no more for that.

    What is open about the kustomization itself is no news.
    """
    names = ["v1.age", "v2.age", "plain.txt"]
    text = "".join(f"- name: {name[:2]}\n  files: [{name}]\n" for name in names)
    deep = "[" * 20_000
    generated.write("app/kustomization.yaml", f"secretGenerator:\n{text}---\na: {deep}\n")
    generated.commit()
    for name in names[:2]:
        generated.write(f"app/{name}", b"age-encryption.org/v1\n" + bytes(9 * 1024 * 1024))
    generated.write("app/plain.txt", "hunter2")
    generated.git("add", ".")
    verdict = examine(_staged(generated))
    assert {(path, reason) for path, _, _, reason in verdict.undecided} == {
        ("app/kustomization.yaml", "the files that this kustomization names are too large")
    }
