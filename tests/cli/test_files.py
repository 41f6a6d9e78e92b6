"""What is read: files, folders, what git ignores, and what is too large or unreadable."""

import os
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from sealer.cli.console import Console
from sealer.cli.files import inputs as files
from sealer.cli.files.inputs import find_inputs, read_input
from sealer.errors import InputError, ManyErrors, SealerError
from tests.support.program import write_all


def _names(*paths: str, without: Path | None = None) -> list[str]:
    found = find_inputs(paths, Console(), example="x", without=without)
    return [str(file.relative) for file in found]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of files, made the current one."""
    names = ("b.yaml", "a.yml", "c.JSON", "d.txt", "sub/e.yaml", ".git/f.yaml", ".hidden/g.yaml")
    write_all(tmp_path, {f"tree/{name}": name for name in names})
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tree"


def test_find_inputs_in_a_folder_takes_manifests_in_order(tree: Path) -> None:
    """By suffix, whatever its case; git's own folder never."""
    assert tree.is_dir()
    assert _names("tree") == ["a.yml", "b.yaml", "c.JSON", ".hidden/g.yaml", "sub/e.yaml"]
    inputs = find_inputs(("tree", "tree/d.txt"), Console(), example="x")
    assert [file.is_named for file in inputs] == [False] * 5 + [True]


def test_find_inputs_leaves_broken_links_and_pipes(tree: Path) -> None:
    """An editor's lock file is a link to nowhere; a pipe would be waited for."""
    (tree / ".#b.yaml").symlink_to("user@host.123")
    os.mkfifo(tree / "pipe.yaml")
    (tree / "link.yaml").symlink_to("b.yaml")
    assert _names("tree", "tree/b.yaml") == [*_names("tree")]
    assert "pipe.yaml" not in _names("tree")
    assert ".#b.yaml" not in _names("tree")


def test_find_inputs_leaves_links_that_lead_out_of_a_folder(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted and told; a link that is named itself is followed, also as a folder."""
    write_all(tree.parent, {"outside/mine.yaml": "x", "outside/only/y.txt": ""})
    (tree / "innocent.yaml").symlink_to("../outside/mine.yaml")
    (tree / "sub" / "chain.yaml").symlink_to("../innocent.yaml")
    (tree / "sub" / "within.yaml").symlink_to("../b.yaml")
    (tree / "folder").symlink_to("../outside")
    (tree.parent / "alias").symlink_to("tree")
    assert _names("tree") == ["a.yml", "b.yaml", "c.JSON", ".hidden/g.yaml", "sub/e.yaml"]
    said = "note: tree: left alone, because they lead out of the folder: 2 links\n"
    assert capsys.readouterr().err == said
    assert "innocent.yaml" not in _names("alias")
    assert _names("tree/innocent.yaml", "tree/folder") == ["innocent.yaml"]
    (tree.parent / "outside" / "only" / "z.yaml").symlink_to("../mine.yaml")
    with pytest.raises(InputError) as caught:
        _names("outside/only")
    assert caught.value.hint == "name the linked files themselves to use them"


def test_find_inputs_leaves_a_target_folder_out(tree: Path) -> None:
    """What was written there before is no input."""
    assert _names("tree", without=tree / "sub") == ["a.yml", "b.yaml", "c.JSON", ".hidden/g.yaml"]


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    command = ["git", *identity, *arguments]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)


@pytest.fixture
def repository(tree: Path) -> Path:
    """Return the folder as a git repository that ignores some of it."""
    for file in (tree / ".git").iterdir():
        file.unlink()
    _git(tree, "init", "-q")
    odd = "odd\nname\xe4.yaml"
    write_all(tree, {".gitignore": "b.yaml\nsub/\nodd*\n", odd: "x", "kept.yaml": "x"})
    return tree


def test_find_inputs_skips_what_git_ignores_and_says_so(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files and folders, names with line ends too; what is named is taken all the same."""
    assert repository.is_dir()
    assert _names("tree") == ["a.yml", "c.JSON", "kept.yaml", ".hidden/g.yaml"]
    assert "tree: skipped 3 files that git ignores" in capsys.readouterr().err
    assert _names("tree/b.yaml") == ["b.yaml"]
    (repository / ".gitignore").write_text("b.yaml\n")
    _names("tree")
    assert "tree: skipped 1 file that git ignores" in capsys.readouterr().err


def test_find_inputs_takes_a_folder_that_is_ignored_as_a_whole(repository: Path) -> None:
    """Readable Secrets often live in an ignored folder; whoever names it means it."""
    assert repository.is_dir()
    assert _names("tree/sub") == ["e.yaml"]


def test_find_inputs_takes_ignored_files_that_are_tracked(repository: Path) -> None:
    """What is committed all the same is not ignored."""
    _git(repository, "add", "-f", "b.yaml")
    assert "b.yaml" in _names("tree")


def test_find_inputs_asks_nested_repositories_themselves(repository: Path) -> None:
    """A submodule has its own rules."""
    write_all(repository, {"inner/.gitignore": "x.yaml\n", "inner/x.yaml": "", "inner/y.yaml": ""})
    _git(repository / "inner", "init", "-q")
    assert "inner/y.yaml" in _names("tree")
    assert "inner/x.yaml" not in _names("tree")


def test_find_inputs_within_a_hook_asks_the_right_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For hooks, git sets GIT_DIR for hooks; it may be another repository's."""
    other = repository.parent / "other"
    other.mkdir()
    _git(other, "init", "-q")
    _git(repository, "add", "-f", "b.yaml")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert "b.yaml" in _names("tree")


def test_find_inputs_runs_no_program_that_a_repository_names(repository: Path) -> None:
    """core.fsmonitor of a repository that nobody vouches for starts nothing."""
    marker = repository.parent / "ran"
    program = repository.parent / "monitor"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    _git(repository, "config", "core.fsmonitor", str(program))
    _names("tree")
    assert not marker.exists()


def test_find_inputs_when_git_cannot_tell_says_so(repository: Path) -> None:
    """Ignored or not is not guessed."""
    _git(repository, "config", "core.repositoryformatversion", "99")
    with pytest.raises(InputError, match="git cannot tell which files it ignores"):
        _names("tree")


def test_find_inputs_without_git_takes_ignored_files_and_says_so_once(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A repository is there, and git is not: the folder is walked all the same."""
    assert repository.is_dir()
    monkeypatch.setenv("PATH", "")
    console = Console()
    for _ in range(2):
        found = find_inputs(("tree", "tree/sub"), console, example="x")
        assert {"b.yaml", "kept.yaml", "sub/e.yaml"} <= {str(file.relative) for file in found}
    assert capsys.readouterr().err.splitlines() == [
        "warning: git cannot be run: files that it ignores are taken along with the others",
        "hint: install git, and put it on the PATH",
    ]


@pytest.mark.parametrize("git", [None, "#!/bin/sh\nexit 1\n"], ids=["missing", "broken"])
def test_program_without_a_working_git_walks_folders_and_names_what_needs_it(
    repository: Path, git: str | None
) -> None:
    """In a process of its own: the library for git tries git when it is imported."""
    programs = repository.parent / "programs"
    write_all(programs, {"git": git} if git else {"other": ""})
    for file in programs.iterdir():
        file.chmod(0o755)
    sealer = Path(sys.executable).parent / "sealer"
    codes = {}
    for command in ("inspect .", "git install", "diff HEAD:kept.yaml kept.yaml"):
        done = subprocess.run(
            [sealer, *command.split()],
            check=False,
            cwd=repository,
            env={"PATH": str(programs)},
            capture_output=True,
            text=True,
        )
        assert "git cannot be run" in done.stderr
        assert "hint: install git, and put it on the PATH\n" in done.stderr
        codes[command.split()[0]] = done.returncode
    assert codes == {"inspect": 0, "git": 3, "diff": 3}


def test_find_inputs_of_only_ignored_files_names_the_way(repository: Path) -> None:
    """Doing nothing is an error that says why."""
    write_all(repository, {"only/odd.yaml": "x"})
    with pytest.raises(InputError) as caught:
        _names("tree/only")
    assert "name the ignored files themselves" in caught.value.hint


def test_read_input_tells_what_the_system_said(tmp_path: Path) -> None:
    """Missing files and folders, with their names."""
    for path, said in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError) as caught:
            read_input(str(path))
        assert said in caught.value.message
        assert caught.value.where.path == str(path)


def test_read_input_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Size is bounded before anything is parsed."""
    monkeypatch.setattr(files, "MAXIMUM_SIZE", 1024 * 1024)
    (tmp_path / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(InputError, match="larger than 1 MiB"):
        read_input(str(tmp_path / "large"), maximum=files.MAXIMUM_SIZE)


def test_find_inputs_tells_all_that_is_wrong(tree: Path) -> None:
    """Two folders without manifests are two faults."""
    write_all(tree, {"x/readme": "", "y/readme": ""})
    with pytest.raises(SealerError) as caught:
        _names("tree/x", "tree/y")
    assert isinstance(caught.value, ManyErrors)
    assert len(caught.value.errors) == 2


def test_input_file_of_standard_input_has_no_path() -> None:
    """`-` is standard input and never a file of that name."""
    (file,) = find_inputs(("-",), Console(), example="x")
    assert file.path is None
    assert file.relative == PurePath("standard-input.yaml")
