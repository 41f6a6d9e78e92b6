"""`sealer diff`: files, folders, standard input and git revisions."""

import json
import os
import subprocess
import zlib
from pathlib import Path

import pytest

from sealer.sealing.summary import describe
from tests.support.program import run, write_all
from tests.support.sealed import blob, manifest

OLD, NEW = blob(5, mark="old"), blob(6, mark="new")
BEFORE = manifest("db", password=OLD, user=blob(3))
AFTER = manifest("db", password=NEW, token=blob(4))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, made the current one, with two versions of a file."""
    write_all(tmp_path, {"db.yaml": BEFORE, "new-db.yaml": AFTER})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    """Run git without anybody's settings, and return what it prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent)}
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture
def repository(folder: Path) -> Path:
    """Return a repository whose files have changed since the last commit."""
    write_all(
        folder, {"m/db.yaml": BEFORE, "m/notes.txt": manifest("txt"), "m/api.yaml": manifest("api")}
    )
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "x")
    write_all(folder, {"m/db.yaml": AFTER})
    return folder


def test_diff_of_files_tells_what_changed(folder: Path) -> None:
    """A paragraph for the object, a line for each change; like diff, 1 says that they differ."""
    assert folder == Path.cwd()
    done = run("diff", "db.yaml", "new-db.yaml")
    assert done.code == 1
    assert done.out.decode().splitlines() == [
        "~ shop/db: changed (db.yaml:1:1 -> new-db.yaml:1:1)",
        f"    ~ item password: re-sealed: {describe(OLD)} -> {describe(NEW)}",
        f"    + item token: added: {describe(blob(4))}",
        f"    - item user: removed: {describe(blob(3))}",
    ]
    assert done.err == "note: 1 SealedSecret changed\n"


def test_diff_of_equal_files_says_nothing(folder: Path) -> None:
    """Not even where comments and order of fields differ."""
    write_all(folder, {"same.yaml": f"# new comment\n{BEFORE}"})
    done = run("diff", "db.yaml", "same.yaml")
    assert (done.code, done.out) == (0, b"")


def test_diff_as_json_has_the_documented_shape(folder: Path) -> None:
    """What machines read."""
    write_all(folder, {"none.yaml": ""})
    (found,) = json.loads(run("diff", "--json", "none.yaml", "db.yaml").out)["objects"]
    changes = found.pop("changes")
    place = {"path": "db.yaml", "line": 1, "document": 1}
    identity = {"namespace": "shop", "name": "db"}
    assert found == {**identity, "act": "added", "before": None, "after": place}
    assert changes[1] == {
        "what": "item",
        "act": "added",
        "key": "user",
        "before": "",
        "after": describe(blob(3)),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("HEAD:m/db.yaml", "m/db.yaml"),
        ("HEAD:m/db.yaml", "-"),
        (":m/db.yaml", "m/db.yaml"),
        ("HEAD:m", "m"),
        ("HEAD:m/", "m"),
        ("HEAD:./m/db.yaml", "m/db.yaml"),
        ("HEAD~0:m/db.yaml", "new-db.yaml"),
    ],
)
def test_diff_of_a_revision_tells_what_changed_since(
    repository: Path, before: str, after: str
) -> None:
    """A file or folder as git has it, beside the one that is there now."""
    assert repository == Path.cwd()
    done = run("diff", before, after, stdin=AFTER.encode())
    assert done.code == 1
    first, *lines = done.out.decode().splitlines()
    assert first.startswith(f"~ shop/db: changed ({before.rstrip('/')}")
    assert len(lines) == 3


def test_diff_of_two_revisions_reads_no_file(repository: Path) -> None:
    """Both sides come from git."""
    git(repository, "commit", "--quiet", "--all", "--message", "y")
    (repository / "m" / "db.yaml").unlink()
    assert run("diff", "HEAD~:m", "HEAD:m").code == 1
    assert run("diff", "HEAD:m", "HEAD:m").code == 0


def test_diff_file_with_a_colon_in_its_name_is_a_file(repository: Path) -> None:
    """What exists is never looked for in git."""
    write_all(repository, {"HEAD:m": BEFORE})
    assert run("diff", "HEAD:m", "db.yaml").code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.yaml", "cannot be read"),
        ("HEAD", "cannot be read"),
        ("HEAD:gone.yaml", "does not exist"),
        ("nobody:m", "invalid object name"),
        ("a:b:c", "invalid object name"),
    ],
)
def test_diff_of_what_does_not_exist_is_unusable_input(
    repository: Path, name: str, said: str
) -> None:
    """With the name, and what git says to it."""
    assert repository == Path.cwd()
    done = run("diff", name, "m/db.yaml")
    assert done.code == 3
    assert f"error: {name}: " in done.err
    assert said in done.err


def test_diff_outside_a_repository_is_unusable_input(folder: Path) -> None:
    """Git has nothing to tell there."""
    assert folder == Path.cwd()
    assert run("diff", "HEAD:db.yaml", "db.yaml").code == 3


def test_diff_of_a_revision_starts_nothing_that_the_repository_names(repository: Path) -> None:
    """Neither filters, nor converters, nor a monitor: whoever looks need not trust."""
    trap = f"touch {repository / 'trapped'}; cat"
    for name in ("core.fsmonitor", "diff.t.textconv", "filter.t.smudge", "core.pager"):
        git(repository, "config", name, trap)
    write_all(repository, {".gitattributes": "* diff=t filter=t\n"})
    assert run("diff", "HEAD:m", "HEAD:m/db.yaml").code == 1
    assert not (repository / "trapped").exists()


def test_diff_of_a_revision_is_not_deceived_by_replacements(repository: Path) -> None:
    """`git replace` shows other contents to those who ask for them."""
    git(repository, "add", ".")
    git(repository, "replace", "HEAD:m/db.yaml", ":m/db.yaml")
    assert run("diff", "HEAD:m/db.yaml", "m/db.yaml").code == 1


def test_diff_of_a_submodule_is_unusable_input(repository: Path) -> None:
    """Its commit is in another repository, and no answer is better than an empty one."""
    entry = f"160000,{'1' * 40},m/sub"
    git(repository, "update-index", "--add", "--cacheinfo", entry)
    assert run("diff", ":m/sub", "db.yaml").code == 3


def test_diff_of_a_damaged_repository_is_unusable_input(repository: Path) -> None:
    """An object that is gone is no object that is empty."""
    for file in (repository / ".git" / "objects").glob("??/*"):
        if b"blob" in zlib.decompress(file.read_bytes())[:4]:
            file.unlink()
    assert run("diff", "HEAD:m", "m").code == 3
    assert run("diff", "HEAD:m/db.yaml", "m").code == 3


def test_diff_of_a_folder_that_git_has_lost_is_unusable_input(repository: Path) -> None:
    """Half a listing is no listing."""
    write_all(repository, {"m/inner/db.yaml": BEFORE})
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "y")
    tree = git(repository, "rev-parse", "HEAD:m/inner").strip()
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    assert run("diff", "HEAD:m", "m").code == 3


def test_diff_that_cannot_be_read_is_told_for_both_sides(folder: Path) -> None:
    """All faults of a run, and no half answer."""
    write_all(folder, {"a.yaml": "a: [\n", "b.yaml": "kind: SealedSecret\nb: [\n"})
    done = run("diff", "a.yaml", "b.yaml")
    assert (done.code, done.out) == (3, b"")
    assert "error: a.yaml:" in done.err
    assert "error: b.yaml:" in done.err


def test_diff_of_folders_leaves_templates_of_other_tools_alone(repository: Path) -> None:
    """What does not parse in a folder, and holds no SealedSecret, cannot have changed one."""
    write_all(repository, {"m/chart.yaml": "kind: Deployment\n{{- if .x }}\n"})
    assert run("diff", "HEAD:m", "m").code == 1
    write_all(repository, {"m/chart.yaml": "kind: SealedSecret\n{{- if .x }}\n"})
    assert run("diff", "HEAD:m", "m").code == 3


def test_diff_of_standard_input_with_itself_is_wrong_usage() -> None:
    """It can be read once."""
    assert run("diff", "-", "-").code == 2
