"""The source folder: what is read, what is left out; and a doubt never looks like a removal."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sealer.errors import RetryableError
from sealer_controller.directory import parse as directoryparse
from sealer_controller.directory.parse import Content
from sealer_controller.directory.source import Snapshot, Source
from sealer_controller.objects import Key
from tests.controller.folders import sealed, text_of


def put(path: Path, *names: str) -> None:
    """Write a file with these SealedSecrets of namespace shop."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n".join(text_of(sealed(name=name)) for name in names))


def found(snapshot: Snapshot) -> dict[str, str]:
    """Return which object stands in which file."""
    return {each.key.name: each.source for each in snapshot.objects.values()}


def test_every_manifest_below_the_folder_is_read(tmp_path: Path) -> None:
    """In all three endings and at any depth, hidden folders too, `.git` and others left out."""
    for name in ("a.yaml", "deep/er/b.yml", "c.json", ".hidden/d.yaml", "e.txt", ".git/f.yaml"):
        put(tmp_path / name, Path(name).stem)
    assert found(Source(tmp_path).read()) == {
        "a": "a.yaml",
        "b": "deep/er/b.yml",
        "c": "c.json",
        "d": ".hidden/d.yaml",
    }


def test_first_by_path_wins(tmp_path: Path) -> None:
    """Two objects of one name are a problem that names both files; the first by path counts."""
    put(tmp_path / "b.yaml", "db")
    put(tmp_path / "a" / "z.yaml", "db", "db")
    snapshot = Source(tmp_path).read()
    assert found(snapshot) == {"db": "a/z.yaml"}
    assert [(each.source, each.message) for each in snapshot.problems] == [
        ("a/z.yaml", "shop/db stands in a/z.yaml too, which counts"),
        ("b.yaml", "shop/db stands in a/z.yaml too, which counts"),
    ]
    assert snapshot.unread == frozenset()


@pytest.mark.parametrize(
    "make",
    [
        Path.touch,
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path.name),
        None,
    ],
)
def test_missing_folder_is_an_error(tmp_path: Path, make: Callable[[Path], None] | None) -> None:
    """What is no folder is not an empty folder."""
    path = tmp_path / "source"
    if make:
        make(path)
    with pytest.raises(RetryableError) as raised:
        Source(path).read()
    assert raised.value.message.startswith(f"{path}: ")


def test_folder_that_cannot_be_listed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that may be opened and not listed must not look empty."""
    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(RetryableError, match="Permission denied"):
        Source(tmp_path).read()


def test_unreadable_folder_leaves_all_below_it_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may be in a folder that cannot be read may still be there."""
    put(tmp_path / "a.yaml", "a")
    put(tmp_path / "sub" / "deep" / "b.yaml", "b")
    below = (tmp_path / "sub").stat().st_ino
    honest = os.listdir

    def listdir(descriptor: int) -> list[str]:
        return denied() if os.fstat(descriptor).st_ino == below else honest(descriptor)

    monkeypatch.setattr(os, "listdir", listdir)
    snapshot = Source(tmp_path).read()
    assert found(snapshot) == {"a": "a.yaml"}
    assert [(each.source, each.message) for each in snapshot.problems] == [
        ("sub", "Permission denied")
    ]
    assert snapshot.may_hold("sub/deep/b.yaml")
    assert snapshot.may_hold("")
    assert not snapshot.may_hold("a.yaml")
    assert not snapshot.may_hold("subway/b.yaml")


def test_links_are_never_followed_out(tmp_path: Path) -> None:
    """A link to a file or folder outside is a problem; one inside leads to nothing new."""
    outside, source = tmp_path / "outside", tmp_path / "source"
    put(outside / "a.yaml", "a")
    put(source / "b.yaml", "b")
    (source / "file.yaml").symlink_to(outside / "a.yaml")
    (source / "folder").symlink_to(outside)
    (source / "notes.txt").symlink_to("/etc/hostname")
    (source / "inside.yaml").symlink_to("b.yaml")
    snapshot = Source(source).read()
    assert found(snapshot) == {"b": "b.yaml"}
    assert [(each.source, each.message) for each in snapshot.problems] == [
        ("file.yaml", "a link out of the source is not followed"),
        ("folder", "a link out of the source is not followed"),
    ]
    assert snapshot.unread == {"file.yaml", "folder"}


def test_links_that_go_in_circles_are_no_loss(tmp_path: Path) -> None:
    """They lead to nothing that could have been read."""
    put(tmp_path / "a.yaml", "a")
    (tmp_path / "round.yaml").symlink_to("and-round.yaml")
    (tmp_path / "and-round.yaml").symlink_to("round.yaml")
    snapshot = Source(tmp_path).read()
    assert found(snapshot) == {"a": "a.yaml"}
    assert snapshot.problems == ()


def test_names_that_are_no_utf_8_are_told_as_text(tmp_path: Path) -> None:
    """So that status file and log can hold them; what is in such a file counts like any other."""
    folder = os.path.join(os.fsencode(tmp_path), b"\xfe")  # noqa: PTH118 - a Path is text
    put(Path(os.fsdecode(folder)) / "a.yaml", "a")
    put(Path(os.fsdecode(os.path.join(folder, b"\xff.yaml"))), "b", "b")  # noqa: PTH118 - as above
    snapshot = Source(tmp_path).read()
    assert found(snapshot) == {"a": "\\xfe/a.yaml", "b": "\\xfe/\\xff.yaml"}
    (problem,) = snapshot.problems
    assert problem.source == "\\xfe/\\xff.yaml"


def test_folder_itself_may_be_a_link_that_moves(tmp_path: Path) -> None:
    """Some tools make a new revision a new folder, and move a link to it."""
    put(tmp_path / "1" / "a.yaml", "old")
    put(tmp_path / "2" / "a.yaml", "new")
    link = tmp_path / "current"
    link.symlink_to("1")
    source = Source(link)
    assert found(source.read()) == {"old": "a.yaml"}
    link.unlink()
    link.symlink_to("2")
    assert found(source.read()) == {"new": "a.yaml"}


@pytest.mark.parametrize("what", ["pipe", "socket"])
def test_special_file_is_a_problem_and_nobody_waits(tmp_path: Path, what: str) -> None:
    """A pipe with a manifest's name does not hang the controller."""
    os.mknod(tmp_path / "a.yaml", {"pipe": 0o010600, "socket": 0o140600}[what])
    snapshot = Source(tmp_path).read()
    (problem,) = snapshot.problems
    assert problem.source == "a.yaml"
    assert snapshot.may_hold("a.yaml")


def test_too_deep_a_tree_is_a_problem(tmp_path: Path) -> None:
    """Folders in folders without end take bounded memory."""
    put(tmp_path.joinpath(*"d" * 66) / "a.yaml", "a")
    snapshot = Source(tmp_path).read()
    assert found(snapshot) == {}
    (problem,) = snapshot.problems
    assert problem.message == "more than 64 folders deep"


def test_file_that_held_an_object_may_hold_it_still(tmp_path: Path) -> None:
    """Damaged beyond recognition, it still counts as the place of its object."""
    (tmp_path / "a.yaml").write_text("a: [")
    source = Source(tmp_path)
    snapshot = source.read()
    assert [each.is_harmless for each in snapshot.problems] == [True]
    assert not snapshot.may_hold("a.yaml")
    snapshot = source.read({"a.yaml"})
    assert [each.is_harmless for each in snapshot.problems] == [False]
    assert snapshot.may_hold("a.yaml")


def test_unchanged_file_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading again costs a look at each file; a change of size or time is seen."""
    parsed: list[str] = []

    def parse(data: bytes, source: str, *, is_known: bool = False) -> Content:
        parsed.append(source)
        return directoryparse.parse(data, source, is_known=is_known)

    monkeypatch.setattr("sealer_controller.directory.source.parse", parse)
    put(tmp_path / "a.yaml", "a")
    put(tmp_path / "b.yaml", "b")
    source = Source(tmp_path)
    first, second = source.read(), source.read()
    assert parsed == ["a.yaml", "b.yaml"]
    assert first == second
    put(tmp_path / "a.yaml", "changed")
    assert source.read().objects.keys() == {Key("shop", "changed"), Key("shop", "b")}
    assert parsed == ["a.yaml", "b.yaml", "a.yaml"]


def denied(*_arguments: object) -> list[str]:
    """Fail as for somebody without rights; the tests may run as root, who has them all."""
    raise PermissionError(13, "Permission denied")
