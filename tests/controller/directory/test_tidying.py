"""What is put right about a target without writing a Secret anew: leftovers, modes, the folder."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory import target as directorytarget
from sealer_controller.directory.files import Access
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.target import Target, TargetOptions, open_target
from sealer_controller.objects import Key

DB = Key("shop", "db")
OWNER = {"kind": "SealedSecret", "name": "db", "uid": "u", "controller": True}
SECRET = Secret("shop", "db", {"a": SecretBytes(b"1")}, type="Opaque", owner_references=(OWNER,))
Reopen = Callable[..., Target]


@pytest.fixture(params=list(TargetFormat))
def form(request: pytest.FixtureRequest) -> TargetFormat:
    """Both formats."""
    assert isinstance(request.param, TargetFormat)
    return request.param


@pytest.fixture
def reopen(tmp_path: Path, form: TargetFormat) -> Iterator[Reopen]:
    """Open the target, again and again, as after a restart."""
    with ExitStack() as stack:

        def again(form: TargetFormat = form, access: Access | None = None) -> Target:
            stack.close()
            options = TargetOptions(form, access or Access())
            target = stack.enter_context(open_target(tmp_path / "target", options))
            tidy(target)
            return target

        yield again


@pytest.fixture
def target(reopen: Reopen) -> Target:
    """An open target."""
    return reopen()


def tidy(target: Target) -> None:
    """Do what the store does when it begins."""
    target.tidy_namespaces()
    for key in target.made:
        target.tidy(key)


def modes(root: Path) -> set[int]:
    """Return the modes of all files of Secrets."""
    files = (path for path in root.glob("shop/**/*") if path.is_file() and not path.is_symlink())
    return {path.stat().st_mode & 0o777 for path in files}


def descriptors() -> int:
    """Return how many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def readable(root: Path) -> dict[str, str]:
    """Return every file of a Secret below the target that holds a plaintext."""
    files = (path for path in root.glob("shop/**/*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(root)): path.read_text() for path in files}


def test_whatever_a_killed_process_left_is_removed(reopen: Reopen, tmp_path: Path) -> None:
    """Temporary files and states that never counted hold plaintext; others' files stay."""
    reopen().create(SECRET)
    root, name = tmp_path / "target", ".sealer-0123456789abcdef"
    for folder in (".sealer", ".sealer/made/shop", "shop"):
        (root / folder / name).write_text("half")
    volume = root / "shop" / "db"
    if volume.exists():
        (volume / name).symlink_to("half")
        (volume / "..0123456789abcdef").mkdir()
        (volume / "..0123456789abcdef" / "a").write_text("half")
    (root / "shop" / ".sealer-notes").write_text("theirs")
    target = reopen()
    assert not [path for path in root.rglob("*") if path.name == name]
    assert "half" not in readable(root).values()
    assert (root / "shop" / ".sealer-notes").exists()
    found = target.read(DB)
    assert found is not None
    assert found.secret == SECRET


def test_another_mode_is_given_to_what_is_there(reopen: Reopen, tmp_path: Path) -> None:
    """After a change of `--target-mode`, without opening anything; others' folders stay as are."""
    root = tmp_path / "target"
    reopen()
    (root / "theirs").mkdir(mode=0o711)
    reopen().create(SECRET)
    reopen().create(replace(SECRET, namespace="theirs"))
    (root / "theirs" / "notes").touch(0o604)
    target = reopen(access=Access(0o640))
    assert modes(root) == {0o640}
    assert root.stat().st_mode & 0o777 == 0o750
    assert (root / "shop").stat().st_mode & 0o777 == 0o750
    assert (root / "theirs").stat().st_mode & 0o777 == 0o711
    assert (root / "theirs" / "notes").stat().st_mode & 0o777 == 0o604
    found = target.read(DB)
    assert found is not None
    assert found.secret == SECRET


@pytest.mark.parametrize("step", ["link", "rename", "mkdir", "symlink", "unlink", "rmdir"])
def test_change_of_the_format_that_is_cut_short_loses_and_leaves_nothing(
    reopen: Reopen, tmp_path: Path, form: TargetFormat, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any step there is a whole copy, in the old format or the new; in the end one only."""
    (other,) = set(TargetFormat) - {form}
    honest = getattr(os, step)
    for allowed in range(40):
        target = reopen()
        if target.read(DB) is None:
            target.create(SECRET)
        target = reopen(other)
        left = allowed

        def fails(*arguments: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.EIO, "Input/output error")
            return honest(*arguments, **named)

        is_done = False
        monkeypatch.setattr(os, step, fails)
        with suppress(SealerError):
            target.create(SECRET)
            is_done = True
        monkeypatch.setattr(os, step, honest)
        found = [reopen(each).read(DB) for each in (form, other)]
        assert SECRET in [each and each.secret for each in found]
        if is_done:
            break
    else:
        raise AssertionError("the change never went through")
    reopen(other)
    assert len(readable(tmp_path / "target")) == 1
    assert reopen(other).remove(DB)
    assert readable(tmp_path / "target") == {}


def test_record_of_what_is_not_there_means_nothing(reopen: Reopen, tmp_path: Path) -> None:
    """A process that was killed before it wrote, or a Secret that went while nobody ran."""
    target = reopen()
    target.delete(target.create(SECRET))
    assert target.made == {DB}
    assert reopen().made == frozenset()
    assert [path.name for path in (tmp_path / "target").iterdir()] == [".sealer"]


def test_target_that_others_made_keeps_its_mode(reopen: Reopen, tmp_path: Path) -> None:
    """Whoever made it knows who may enter."""
    (tmp_path / "target").mkdir(mode=0o711)
    reopen(access=Access(0o640))
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o711


def test_folder_of_a_namespace_that_was_left_empty_goes(
    reopen: Reopen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed between removing the last Secret and its folder."""
    target = reopen()
    target.create(SECRET)

    with monkeypatch.context() as patch:
        patch.setattr(directorytarget.Target, "_leave", lambda *_arguments: None)
        target.remove(DB)
    assert (tmp_path / "target" / "shop").exists()
    reopen()
    assert [path.name for path in (tmp_path / "target").iterdir()] == [".sealer"]


def test_target_that_was_removed_is_made_again(target: Target, tmp_path: Path) -> None:
    """While we run: nothing in it is ours any more, so all of it can be written anew."""
    target.create(SECRET)
    assert not target.reopen()
    shutil.rmtree(tmp_path / "target")
    assert target.reopen()
    assert target.made == frozenset()
    assert target.create(SECRET).secret == SECRET
    assert not target.reopen()


def test_target_that_was_replaced_is_taken_as_it_is(target: Target, tmp_path: Path) -> None:
    """What others have put there is theirs; the lock is on the new folder."""
    (tmp_path / "target").rename(tmp_path / "old")
    (tmp_path / "target" / "shop" / "db").mkdir(parents=True)
    assert target.reopen()
    assert target.made == frozenset()
    with pytest.raises(TerminalError, match="another controller"), open_target(tmp_path / "target"):
        pass
    with open_target(tmp_path / "old"):
        pass


def test_target_that_was_replaced_and_is_locked_is_taken_later(
    target: Target, tmp_path: Path
) -> None:
    """Until then all goes on in the folder that is open, and in no other."""
    target.create(SECRET)
    (tmp_path / "target").rename(tmp_path / "old")
    with open_target(tmp_path / "target"):
        for labels in ({"turn": "1"}, {"turn": "2"}):
            with pytest.raises(TerminalError, match="another controller"):
                target.reopen()
            found = target.read(DB)
            assert found is not None
            assert target.replace(found, replace(SECRET, labels=labels)).secret.labels == labels
        assert sorted(path.name for path in (tmp_path / "target").iterdir()) == [".sealer"]
    assert target.reopen()
    assert target.made == frozenset()
    assert target.create(SECRET).secret == SECRET
    assert readable(tmp_path / "target")


@pytest.mark.parametrize("step", ["_lock", "Records"])
def test_target_that_cannot_be_opened_again_costs_no_descriptor(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever step fails: what was open stays so, what was opened is closed, a next try works."""
    target.create(SECRET)
    shutil.rmtree(tmp_path / "target")
    opened = descriptors()

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(directorytarget, step, refuse)
        with pytest.raises(RetryableError, match="No space left"):
            target.reopen()
    assert descriptors() == opened
    assert target.read(DB) is None
    assert target.reopen()
    assert target.create(SECRET).secret == SECRET
    assert descriptors() == opened


def test_state_that_was_removed_is_made_again(target: Target, tmp_path: Path) -> None:
    """Without it nobody knows what is ours: the Secrets count as somebody else's."""
    target.create(SECRET)
    shutil.rmtree(tmp_path / "target" / ".sealer")
    assert target.reopen()
    assert target.made == frozenset()
    assert readable(tmp_path / "target")


def test_target_on_another_file_system_is_not_written_to(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was mounted there is gone: Secrets must not end up on the disk below it."""
    (tmp_path / "target").rename(tmp_path / "old")
    (tmp_path / "target").mkdir()
    honest = os.fstat

    def elsewhere(descriptor: int) -> os.stat_result:
        found = list(honest(descriptor))
        found[2] += 1  # st_dev
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", elsewhere)
    with pytest.raises(RetryableError, match="another file system"):
        target.reopen()
    assert list((tmp_path / "target").iterdir()) == []


def test_patched_manifest_keeps_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is somebody else's file, and they must go on reading it."""
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _file, *owner: owners.append(owner))
    with open_target(tmp_path) as target:
        (tmp_path / "shop").mkdir()
        file = tmp_path / "shop" / "db.yaml"
        file.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n")
        found = target.read(DB)
        assert found is not None
        target.replace(found, replace(SECRET, owner_references=()))
        assert owners == [(os.getuid(), os.getgid())]
        assert target.made == frozenset()
