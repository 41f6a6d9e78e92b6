"""`.sealer-baseline`: what an old repository holds passes, and nothing new hides behind it."""

import re
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import OutputError, PolicyError
from sealer_hooks.baseline import blob_id, read, text_of, write
from sealer_hooks.deadline import DeadlinePassed
from sealer_hooks.main import main
from sealer_hooks.sources import Content
from sealer_hooks.sources.files import FileSource
from sealer_hooks.sources.revisions import between, history
from tests.hooks.repository import HARMLESS, SECRET, Repository, examine

NAME = ".sealer-baseline"
TWO = "kind: Secret\nstringData:\n  a: hunter2\n  b: hunter3\n"


@pytest.fixture
def old(repository: Repository) -> Repository:
    """Return a repository with three old values in two files, and their baseline committed."""
    repository.write("a.yaml")
    repository.write("sub/b.yaml", TWO)
    repository.write("c.yaml", HARMLESS)
    assert main(["--write-baseline"]) == 0
    repository.git("add", NAME)
    repository.commit()
    return repository


def _end_at_once(*_: object, **__: object) -> None:
    raise DeadlinePassed


def _lines(repository: Repository) -> list[str]:
    return (repository.folder / NAME).read_text().splitlines()


def test_baseline_has_a_line_for_each_value(old: Repository) -> None:
    """Blob, rule and place, sorted; no line number, no value, no digest of one."""
    blobs = {"a.yaml": old.id("HEAD:a.yaml"), "b.yaml": old.id("HEAD:sub/b.yaml")}
    assert _lines(old) == sorted(
        [
            f"{blobs['a.yaml']} SH001 /1/stringData/password",
            f"{blobs['b.yaml']} SH001 /1/stringData/a",
            f"{blobs['b.yaml']} SH001 /1/stringData/b",
        ]
    )


def test_baseline_says_what_it_did(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever wrote it is told to commit it; it is a file like others."""
    repository.write("a.yaml")
    assert main(["--write-baseline"]) == 0
    assert re.search(r"entries in \.sealer-baseline: 1; commit it", capsys.readouterr().err)
    assert (repository.folder / NAME).stat().st_mode & 0o777 == 0o644
    assert [path.name for path in repository.folder.glob(".sealer*")] == [NAME]


def test_baseline_lets_known_values_pass_in_every_mode(old: Repository) -> None:
    """As files, staged, in a range and in the history; they are counted."""
    old.git("mv", "a.yaml", "moved.yaml")
    for source in (
        FileSource(["moved.yaml", "sub/b.yaml"], str(old.folder)),
        history(old.opened(), ""),
    ):
        verdict = examine(source)
        assert (verdict.exit_code, verdict.findings) == (0, [])
        assert {each.by for each in verdict.allowed} == {"baseline"}
        assert len(verdict.allowed) == 3
    assert (old.staged().exit_code, len(old.staged().allowed)) == (0, 1)


def test_baseline_lets_no_other_value_pass(old: Repository) -> None:
    """A file that changes is examined anew: its old values come up as well."""
    old.write("a.yaml", SECRET + "# a comment\n")
    old.write("new.yaml", SECRET.replace("hunter2", "hunter3"))
    old.write("sub/b.yaml", TWO + "  c: hunter4\n")
    assert [each.key for each in old.staged().findings] == ["password", "password", "a", "b", "c"]


def test_baseline_comes_from_the_index_or_the_base(old: Repository) -> None:
    """What a change brings along lets nothing of it pass."""
    old.git("checkout", "--quiet", "-b", "work")
    old.write("d.yaml", TWO.replace("  a:", "  d:"))
    main(["--write-baseline"])
    assert old.staged().exit_code == 1
    old.git("add", NAME)
    assert old.staged().exit_code == 0
    old.commit()
    assert examine(between(old.opened(), "main", "work")).exit_code == 1
    assert examine(between(old.opened(), "work~0", "work")).exit_code == 0


def test_baseline_of_everything_is_written_anew(old: Repository) -> None:
    """What was sealed since then is not allowed to come back."""
    old.git("rm", "--quiet", "a.yaml")
    assert main(["--write-baseline"]) == 0
    assert len(_lines(old)) == 2


@pytest.mark.parametrize("how", [["--staged"], ["d.yaml"], ["--history", "HEAD~0..HEAD"]])
def test_baseline_of_a_part_keeps_the_rest(old: Repository, how: list[str]) -> None:
    """Only what was looked at can be added."""
    old.write("d.yaml", TWO)
    before = set(_lines(old))
    main(["--write-baseline", *how])
    assert set(_lines(old)) >= before


def test_baseline_of_the_history_has_what_is_gone(old: Repository) -> None:
    """So that a nightly audit tells only what is new."""
    (old.folder / NAME).unlink()
    old.git("rm", "--quiet", "a.yaml", NAME)
    old.commit()
    assert main(["--history"]) == 1
    assert main(["--write-baseline", "--history"]) == 0
    assert len(_lines(old)) == 3
    old.git("add", NAME)
    old.commit()
    assert main(["--history"]) == 0


def test_baseline_of_a_sha256_repository_has_its_ids(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written from the index or from files, and found in both."""
    made = Repository.create(tmp_path / "sha256", environment, "--object-format=sha256")
    monkeypatch.chdir(made.folder)
    made.write("a.yaml")
    assert main(["--write-baseline"]) == 0
    first = _lines(made)
    assert main(["a.yaml"]) == 0
    (made.folder / NAME).unlink()
    assert main(["--write-baseline", "a.yaml"]) == 0
    assert _lines(made) == first
    assert len(first[0].split()[0]) == 64


def test_baseline_knows_a_file_with_other_line_ends(old: Repository) -> None:
    """A checkout on Windows has other bytes than git has."""
    (old.folder / "a.yaml").write_bytes(SECRET.replace("\n", "\r\n").encode())
    assert main(["a.yaml"]) == 0
    (old.folder / "a.yaml").write_bytes(SECRET.replace("hunter2", "hunter3").encode())
    assert main(["a.yaml"]) == 1


def test_baseline_of_files_has_the_ids_that_git_holds(repository: Repository) -> None:
    """With the line ends that git keeps; of a file that it does not know, with both."""
    windows = SECRET.replace("\n", "\r\n")
    repository.write("kept.yaml", windows)
    repository.git("config", "core.autocrlf", "true")
    repository.write("changed.yaml", windows)
    repository.write("unknown.yaml", windows.replace("db", "web"), add=False)
    assert main(["--write-baseline", "kept.yaml", "changed.yaml"]) == 0
    noted = sorted(line.split()[0] for line in _lines(repository))
    assert noted == sorted((repository.id(":kept.yaml"), repository.id(":changed.yaml")))
    assert main(["--write-baseline", "unknown.yaml"]) == 0
    repository.git("add", "unknown.yaml", NAME)
    assert repository.id(":unknown.yaml") in (repository.folder / NAME).read_text()
    assert repository.staged().exit_code == 0


def test_baseline_hashes_a_file_once(old: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values it has, and however many entries there are."""
    old.write("many.yaml", TWO + "".join(f"  k{n}: hunter{n}\n" for n in range(50)))
    asked: list[int] = []

    def count(data: bytes, length: int = 40) -> str:
        asked.append(length)
        return blob_id(data, length)

    monkeypatch.setattr("sealer_hooks.baseline.blob_id", count)
    assert len(examine(FileSource(["many.yaml"], str(old.folder))).findings) == 52
    assert asked == [40, 64]


def test_baseline_of_a_run_that_ended_early_keeps_what_is_there(
    old: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And stays where it is, wherever somebody stands."""
    before = _lines(old)
    monkeypatch.chdir(old.folder / "sub")

    def end(*_: object) -> Generator[Content, None, None]:
        yield Content("x")
        raise DeadlinePassed

    monkeypatch.setattr("sealer_hooks.sources.index.IndexSource.contents", end)
    assert main(["--write-baseline", "--deadline=10m"]) == 2
    assert _lines(old) == before
    monkeypatch.setattr("sealer_hooks.main.load", _end_at_once)
    assert main(["--write-baseline", "--deadline=10m"]) == 2
    assert _lines(old) == before
    assert not (old.folder / "sub" / NAME).exists()


def test_baseline_leaves_faulty_comments_out(repository: Repository) -> None:
    """They are mended, and not known."""
    repository.write("a.yaml", SECRET + "# sealer:allow SH001 here is nothing\n")
    assert main(["--write-baseline"]) == 0
    assert [line.split()[1] for line in _lines(repository)] == ["SH001"]


def test_baseline_leaves_what_is_said_about_new_comments_out(old: Repository) -> None:
    """It is about the change, and nothing that stays."""
    base = old.id("HEAD")
    comment = "# sealer:allow SH001 of the tests\nstringData"
    old.write("new.yaml", SECRET.replace("stringData", comment))
    old.commit()
    before = _lines(old)
    assert main(["--write-baseline", "--from-ref", base, "--to-ref", "HEAD"]) == 0
    assert _lines(old) == before


def test_baseline_below_the_root_is_not_made(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one, at the root, wherever somebody stands."""
    repository.write("sub/a.yaml")
    monkeypatch.chdir(repository.folder / "sub")
    assert main(["--write-baseline"]) == 0
    assert main(["--staged"]) == 1
    repository.git("add", NAME)
    assert main(["--staged"]) == 0
    assert main(["a.yaml"]) == 0


@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< HEAD",
        "x SH001 /1/a",
        f"{'a' * 40} SH001",
        f"{'a' * 41} SH001 /a",
        f"{'a' * 40} 1 /a",
    ],
)
def test_broken_baseline_is_no_decision(old: Repository, line: str) -> None:
    """A conflict in it is told at its line, and nothing passes meanwhile."""
    old.write(NAME, f"# made by hand\n\n{line}\n")
    old.write("sub/b.yaml", TWO + "# more\n")
    verdict = old.staged()
    assert (verdict.exit_code, len(verdict.findings)) == (2, 2)
    ((path, number, _, reason),) = verdict.undecided
    assert (path, number) == (NAME, 3)
    assert "no entry of a baseline" in reason
    assert "--write-baseline writes it anew" in reason


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", ""])
def test_broken_baseline_that_comes_is_no_decision(
    old: Repository, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though nothing asks for it yet: once merged, it would stop everybody."""
    base = old.id("HEAD")
    old.write(NAME, f"{(old.folder / NAME).read_text()}{line}\n")
    code = 2 if line else 0
    assert main(["--staged"]) == code
    assert main([NAME]) == code
    old.commit("--no-verify")
    assert main(["--from-ref", base, "--to-ref", "HEAD"]) == code
    assert main(["--history"]) == code
    assert capsys.readouterr().out.count(f"{NAME}:4:1: could not decide") == 2 * code
    old.git("checkout", "--quiet", base, "--", NAME)  # mended on the way
    old.commit()
    assert main(["--from-ref", base, "--to-ref", "HEAD"]) == 0


def test_broken_baseline_below_the_root_is_a_file_like_others(old: Repository) -> None:
    """Nobody asks for it."""
    old.write(f"sub/{NAME}", "words\n")
    assert main(["--staged"]) == 0


def test_broken_baseline_can_be_written_anew(old: Repository) -> None:
    """As its message says."""
    old.write(NAME, "<<<<<<< HEAD\n")
    assert main(["--write-baseline"]) == 0
    assert len(_lines(old)) == 3


def test_broken_baseline_is_not_added_to(old: Repository) -> None:
    """What it held is unknown."""
    old.write(NAME, "<<<<<<< HEAD\n")
    assert main(["--write-baseline", "a.yaml"]) == 2
    assert _lines(old) == ["<<<<<<< HEAD"]


def test_baseline_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Nothing is half there."""
    (tmp_path / NAME).mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / NAME, [("a" * 40, "SH001", "/1/a")])
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("target", ["/dev/zero", "sub", "missing"])
def test_baseline_that_is_no_file_is_no_decision(
    old: Repository, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it holds is not known; a repository may bring a link to anywhere."""
    (old.folder / NAME).unlink()
    (old.folder / NAME).symlink_to(target)
    for arguments in (["--write-baseline", "a.yaml"], ["a.yaml"]):
        assert main(arguments) == 2
        said = "".join(capsys.readouterr())
        assert "No such file" in said if target == "missing" else "is no regular file" in said
        assert "bug" not in said
    assert (old.folder / NAME).is_symlink()


def test_baseline_is_written_though_something_is_undecided(old: Repository) -> None:
    """That is not in it, so the exit code stays 2; what it had stays."""
    old.write("a.yaml", SECRET * 2)
    old.write("deep.yaml", "kind: Secret\ndata: " + "[" * 5000)
    before = set(_lines(old))
    assert main(["--write-baseline"]) == 2
    assert before < set(_lines(old))


@given(
    st.sets(
        st.tuples(
            st.sampled_from(("a" * 40, "b" * 64)),
            st.sampled_from(("SH001", "SH999")),
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n")).map("/".__add__),
        )
    )
)
def test_baseline_says_what_was_written(entries: set[tuple[str, str, str]]) -> None:
    """Whatever a pointer holds."""
    text = text_of(entries)
    assert read(text.encode()) == entries
    assert text.splitlines() == sorted(text.splitlines()) or len(text.splitlines()) > len(entries)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_baseline_or_an_error(data: bytes) -> None:
    """And nothing else happens."""
    with suppress(PolicyError):
        assert read(text_of(read(data)).encode()) == read(data)


def test_blob_id_is_that_of_git(repository: Repository) -> None:
    """The very id that git gives."""
    repository.write("a.yaml")
    assert blob_id(SECRET.encode()) == repository.id(":a.yaml")
