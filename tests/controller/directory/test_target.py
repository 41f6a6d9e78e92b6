"""The target folder, in both formats: what is ours, what is not, and what survives a crash."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.files import Access
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.target import Target, TargetOptions, open_target
from sealer_controller.errors import (
    ChangedMeanwhileError,
    ImmutableSecretError,
    NotManagedError,
    RejectedError,
)
from sealer_controller.objects import Key

DB = Key("shop", "db")
OWNER = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": "u"}
OWNED = ({**OWNER, "controller": True},)
Reopen = Callable[..., Target]


def secret(**items: str) -> Secret:
    """Return the Secret shop/db, owned by a SealedSecret."""
    data = {key: SecretBytes(value.encode()) for key, value in items.items()}
    return Secret("shop", "db", data, type="Opaque", owner_references=OWNED)


@pytest.fixture(params=list(TargetFormat))
def form(request: pytest.FixtureRequest) -> TargetFormat:
    """Both formats."""
    assert isinstance(request.param, TargetFormat)
    return request.param


@pytest.fixture
def reopen(tmp_path: Path, form: TargetFormat) -> Iterator[Reopen]:
    """Open the target, again and again, as after a restart; no temporary file ever stays."""
    with ExitStack() as stack:

        def again(form: TargetFormat = form, mode: int = 0o600) -> Target:
            stack.close()
            options = TargetOptions(form, Access(mode))
            return stack.enter_context(open_target(tmp_path / "target", options))

        yield again
    assert not list(tmp_path.rglob(".sealer-*"))


@pytest.fixture
def target(reopen: Reopen) -> Target:
    """An open target."""
    return reopen()


@pytest.fixture
def place(tmp_path: Path, form: TargetFormat) -> Path:
    """Where the Secret shop/db is written."""
    name = "db.yaml" if form is TargetFormat.MANIFEST else "db"
    return tmp_path / "target" / "shop" / name


def seen(place: Path) -> dict[str, str]:
    """Return what somebody who reads the files of a volume finds."""
    paths = (path for path in place.iterdir() if not path.name.startswith(".."))
    return {path.name: path.read_text() for path in paths if path.exists()}


def items(target: Target) -> dict[str, str] | None:
    """Return what the Secret shop/db holds."""
    found = target.read(DB)
    if found is None:
        return None
    return {key: value.reveal().decode() for key, value in found.secret.data.items()}


def test_created_secret_reads_back_as_it_was(target: Target, reopen: Reopen) -> None:
    """Labels, type, owner and all the rest survive, in a format that has no place for them too."""
    whole = replace(
        secret(a="1", b=""),
        type="kubernetes.io/basic-auth",
        data={"username": SecretBytes(b"\0\xff"), "b": SecretBytes(b"")},
        labels={"app": "db"},
        annotations={"note": "x\ny"},
        immutable=True,
        finalizers=("example.com/f",),
    )
    assert target.read(DB) is None
    created = target.create(whole)
    assert created.secret == whole
    assert target.read(DB) == created
    after = reopen().read(DB)
    assert after == created


def test_create_where_something_is_says_so_and_changes_nothing(target: Target, place: Path) -> None:
    """Somebody else was faster: read again, plan again."""
    place.parent.mkdir()
    place.write_text("theirs")
    with pytest.raises(ChangedMeanwhileError):
        target.create(secret(a="1"))
    assert place.read_text() == "theirs"
    assert target.made == frozenset()


def test_replace_changes_all_items_at_once(target: Target) -> None:
    """Items that are gone from the Secret are gone from the target."""
    before = target.create(secret(a="1", b="1"))
    after = target.replace(before, secret(b="2", c="2"))
    assert items(target) == {"b": "2", "c": "2"}
    assert after.resource_version != before.resource_version


def test_replace_of_an_older_version_is_refused(target: Target) -> None:
    """Who plans with old knowledge has to plan again."""
    before = target.create(secret(a="1"))
    target.replace(before, secret(a="2"))
    with pytest.raises(ChangedMeanwhileError):
        target.replace(before, secret(a="3"))
    target.remove(DB)
    with pytest.raises(ChangedMeanwhileError):
        target.replace(before, secret(a="3"))


def test_remove_takes_what_is_owned_and_nothing_else(target: Target, place: Path) -> None:
    """A Secret goes with its record, and with the last one the folder that we made for it."""
    target.create(secret(a="1"))
    target.create(replace(secret(a="1"), name="other"))
    assert target.made == {DB, Key("shop", "other")}
    assert target.remove(DB)
    assert not place.exists()
    assert place.parent.exists()
    assert not target.remove(DB)
    assert target.remove(Key("shop", "other"))
    assert target.made == frozenset()
    assert [path.name for path in place.parent.parent.iterdir()] == [".sealer"]


@pytest.mark.parametrize("is_ours", [True, False])
def test_folder_of_others_stays(target: Target, place: Path, *, is_ours: bool) -> None:
    """Only what we made goes, and only when nothing of others is in it."""
    if not is_ours:
        place.parent.mkdir()
    target.create(secret(a="1"))
    if is_ours:
        (place.parent / "notes").write_text("theirs")
    assert target.remove(DB)
    assert [path.name for path in place.parent.iterdir()] == (["notes"] if is_ours else [])


def test_remove_leaves_a_secret_without_owner(target: Target) -> None:
    """`skip-set-owner-references`: the Secret outlives its SealedSecret, and is still ours."""
    target.create(replace(secret(a="1"), owner_references=()))
    assert not target.remove(DB)
    assert items(target) == {"a": "1"}
    assert target.made == {DB}


def test_remove_forgets_a_secret_without_owner_that_is_gone(target: Target) -> None:
    """What comes into its place is somebody else's."""
    created = target.create(replace(secret(a="1"), owner_references=()))
    target.delete(created)
    assert not target.remove(DB)
    assert target.made == frozenset()


def test_remove_leaves_a_foreign_one(target: Target, place: Path) -> None:
    """Without a record it is not ours."""
    place.parent.mkdir()
    place.write_text("theirs")
    assert not target.remove(DB)
    assert place.read_text() == "theirs"


def test_foreign_thing_is_seen_and_has_no_owner(target: Target, place: Path) -> None:
    """So the plan refuses to touch it; a folder of files cannot even say `managed`."""
    place.parent.mkdir()
    if place.suffix:
        place.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: odd}\n")
        found = target.read(DB)
        assert found is not None
        assert found.secret.owner_references == ()
        assert (found.secret.namespace, found.secret.name) == ("shop", "db")
    else:
        place.mkdir()
        with pytest.raises(NotManagedError) as raised:
            target.read(DB)
        assert raised.value.hint == "move shop/db away, or rename the SealedSecret"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"type": "kubernetes.io/tls"}, RejectedError),
        ({"data": {"a b": SecretBytes(b"")}}, RejectedError),
        ({"data": {"..": SecretBytes(b"")}}, RejectedError),
        ({"data": {"../../x": SecretBytes(b"")}}, RejectedError),
    ],
)
def test_secret_that_no_api_server_takes_is_refused(
    target: Target, place: Path, change: dict[str, object], error: type[Exception]
) -> None:
    """Item keys and types are checked before any path is built."""
    bad = replace(secret(a="1"), **change)  # type: ignore[arg-type] # fields of a Secret
    with pytest.raises(error):
        target.create(bad)
    assert not place.parent.exists()
    before = target.create(secret(a="1"))
    with pytest.raises(error):
        target.replace(before, bad)
    assert items(target) == {"a": "1"}


def test_immutable_secret_is_not_changed(target: Target) -> None:
    """As an API server does it."""
    before = target.create(replace(secret(a="1"), immutable=True))
    with pytest.raises(ImmutableSecretError):
        target.replace(before, replace(secret(a="2"), immutable=True))
    assert items(target) == {"a": "1"}


@pytest.mark.parametrize("step", ["fsync", "rename", "link", "symlink", "mkdir", "fchmod"])
def test_write_that_fails_at_any_step_is_all_or_nothing(
    target: Target, reopen: Reopen, place: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever call a full disk hits, and however often: old or new, never a part of one.

    The call fails for the first time, the second time and so on, until the write goes through.
    """
    honest = getattr(os, step)
    for allowed in range(60):
        before = target.create(secret(a="1", b="1"))
        left = allowed

        def fails(*arguments: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return honest(*arguments, **named)

        monkeypatch.setattr(os, step, fails)
        try:
            target.replace(before, secret(b="2", c="2"))
            is_done = True
        except SealerError as error:
            assert isinstance(error, RetryableError)  # noqa: PT017 - either ending is right
            is_done = False
        monkeypatch.setattr(os, step, honest)
        target = reopen()
        found = items(target)
        assert found in ({"a": "1", "b": "1"}, {"b": "2", "c": "2"})
        if place.is_dir():
            assert seen(place) == found
        assert target.remove(DB)
        if is_done:
            return
    raise AssertionError("the write never went through")


def test_create_that_fails_can_be_tried_again(
    target: Target, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves neither a Secret nor a record; with space, everything is as it should."""
    honest = os.fsync
    calls = 0

    def fails_later(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:  # the record is written by then
            raise OSError(errno.ENOSPC, "No space left on device")
        honest(descriptor)

    monkeypatch.setattr(os, "fsync", fails_later)
    with pytest.raises(RetryableError, match="No space left") as raised:
        target.create(secret(a="1"))
    assert raised.value.hint == "free space on the disk"
    monkeypatch.undo()
    assert items(target) is None
    assert not place.exists()
    target.create(secret(a="1"))
    assert items(target) == {"a": "1"}


def test_link_in_the_way_is_not_followed(target: Target, place: Path, tmp_path: Path) -> None:
    """Somebody who may make links in the target cannot have us read or write elsewhere."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "db.yaml").write_text("precious")
    place.parent.symlink_to(victim)
    with pytest.raises(RetryableError, match="a symbolic link is where a folder should be"):
        target.read(DB)
    with pytest.raises(RetryableError, match="a symbolic link is where a folder should be"):
        target.create(secret(a="1"))
    assert [path.name for path in victim.iterdir()] == ["db.yaml"]
    assert (victim / "db.yaml").read_text() == "precious"


def test_mode_is_given_to_files_and_their_folders(reopen: Reopen, place: Path) -> None:
    """A group that may read the files may enter the folders, and our own state stays private."""
    reopen(mode=0o640).create(secret(a="1"))
    files = [path for path in place.parent.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o750
    root = place.parent.parent
    assert stat.S_IMODE(root.stat().st_mode) == 0o750
    assert stat.S_IMODE((root / ".sealer").stat().st_mode) == 0o700


def test_other_format_takes_the_place_of_the_first(
    reopen: Reopen, form: TargetFormat, place: Path
) -> None:
    """After a change of `--target-format` no readable copy in the old one is left behind."""
    reopen().create(secret(a="1"))
    (other,) = set(TargetFormat) - {form}
    target = reopen(other)
    assert target.read(DB) is None
    target.create(secret(a="1"))
    assert not place.exists()
    assert items(target) == {"a": "1"}
    assert target.remove(DB)
    assert not place.parent.exists()


def test_record_that_cannot_be_read_makes_the_secret_foreign(
    target: Target, tmp_path: Path, place: Path
) -> None:
    """What is not known to be ours is kept, and not touched."""
    target.create(secret(a="1"))
    record = tmp_path / "target" / ".sealer" / "made" / "shop" / "db.json"
    for damage in ("", "[]", "{}", '{"version": 2}', '{"version": 1, "secret": 5}'):
        record.parent.mkdir(exist_ok=True)
        record.write_text(damage)
        with suppress(NotManagedError):
            found = target.read(DB)
            assert found is not None
            assert found.secret.owner_references == ()
        assert not target.remove(DB)
        assert place.exists()


def test_target_that_is_in_use_is_refused(target: Target, tmp_path: Path) -> None:
    """One controller for one folder."""
    del target
    with pytest.raises(TerminalError, match="another controller"), open_target(tmp_path / "target"):
        pass


@pytest.mark.parametrize("name", ["a-file", "missing/target"])
def test_target_that_cannot_be_made_says_why(tmp_path: Path, name: str) -> None:
    """A file is no target, and no folders are made above it: that is a typing error."""
    (tmp_path / "a-file").touch()
    with pytest.raises(RetryableError) as raised, open_target(tmp_path / name):
        pass
    assert raised.value.message.startswith(f"{tmp_path / name}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


def test_name_too_long_for_a_file_is_an_error_that_lasts(target: Target) -> None:
    """Kubernetes takes 253 characters, file systems 255 bytes with the ending."""
    long = replace(secret(a="1"), name="n" * 253)
    with pytest.raises(RejectedError, match="255 bytes"):
        target.create(long)


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "a disk"), BlockingIOError(errno.EAGAIN, "a socket")]
)
def test_fault_of_the_user_of_the_target_is_not_taken_for_its_own(
    tmp_path: Path, error: OSError
) -> None:
    """What goes wrong elsewhere while the target is open is told as what it is."""
    with pytest.raises(OSError, match="a ") as raised:
        use(tmp_path / "target", error)
    assert raised.value is error


def use(path: Path, error: OSError) -> None:
    """Open a target and fail."""
    with open_target(path):
        raise error
