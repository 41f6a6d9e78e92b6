"""What happens to the Secrets that we made: seen in whatever way somebody lays hands on them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pytest

from sealer.manifest import Secret
from sealer.sensitive import SecretBytes
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.survey import Survey, is_state
from sealer_controller.directory.target import Target, TargetOptions, open_target
from sealer_controller.errors import NotManagedError
from sealer_controller.objects import Key, SecretGone, SecretSeen

DB, OTHER = Key("shop", "db"), Key("shop", "other")
OWNER = {"kind": "SealedSecret", "name": "db", "uid": "u", "controller": True}
ITEMS = {"a": SecretBytes(b"1"), "b": SecretBytes(b"2")}
Hands = Callable[[Path], object]


@pytest.fixture(params=list(TargetFormat))
def form(request: pytest.FixtureRequest) -> TargetFormat:
    """Both formats."""
    assert isinstance(request.param, TargetFormat)
    return request.param


@pytest.fixture
def target(tmp_path: Path, form: TargetFormat) -> Iterator[Target]:
    """A target with two Secrets of ours."""
    with open_target(tmp_path, TargetOptions(form)) as opened:
        for key in (DB, OTHER):
            opened.create(Secret(*key, ITEMS, type="Opaque", owner_references=(OWNER,)))
        yield opened


@pytest.fixture
def survey(target: Target) -> Survey:
    """A survey that has looked once."""
    survey = Survey(target)
    survey.look(None)
    return survey


def version(target: Target, key: Key = DB) -> str:
    """Return the version of a Secret."""
    found = target.read(key)
    assert found is not None
    return found.resource_version


def test_first_look_tells_all_and_the_next_nothing(target: Target) -> None:
    """With the very versions that reading tells."""
    survey = Survey(target)
    assert survey.look(None) == [
        SecretSeen(key, str(key), version(target, key)) for key in (DB, OTHER)
    ]
    assert len(survey) == 2
    assert survey.look(None) == []


def test_foreign_things_are_not_told(target: Target, survey: Survey, tmp_path: Path) -> None:
    """They are nobody's business here."""
    (tmp_path / "shop" / "theirs.yaml").write_text("kind: Secret\n")
    (tmp_path / "theirs").mkdir()
    assert survey.look(None) == []
    assert target.made == {DB, OTHER}


MANIFEST_HANDS: dict[str, Hands] = {
    "written": lambda shop: (shop / "db.yaml").write_text("x"),
    "written back": lambda shop: rewritten(shop / "db.yaml"),
    "linked": lambda shop: replaced_by_link(shop / "db.yaml"),
}
FILES_HANDS: dict[str, Hands] = {
    "written": lambda shop: (shop / "db" / "a").write_text("x"),
    "written back": lambda shop: rewritten(shop / "db" / "a"),
    "item gone": lambda shop: (shop / "db" / "..data" / "a").unlink(),
    "link gone": lambda shop: (shop / "db" / "a").unlink(),
    "link replaced": lambda shop: put(shop / "x", "x").replace(shop / "db" / "a"),
    "state gone": lambda shop: (shop / "db" / "..data").unlink(),
    "linked": lambda shop: replaced_by_link(shop / "db"),
}


def put(path: Path, text: str) -> Path:
    """Write a file."""
    path.write_text(text)
    return path


def rewritten(path: Path) -> None:
    """Change a file in place and give it its old time, as who wants to hide it would."""
    found = path.stat()
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def replaced_by_link(path: Path) -> None:
    """Put a link to the same content in place of something."""
    path.rename(path.parent.parent / "moved")
    path.symlink_to("../moved")


@pytest.mark.parametrize(
    ("form", "hands"),
    [
        *((TargetFormat.MANIFEST, name) for name in MANIFEST_HANDS),
        *((TargetFormat.FILES, name) for name in FILES_HANDS),
    ],
)
def test_whatever_changes_a_secret_is_a_new_version_and_can_be_put_right(
    target: Target, survey: Survey, tmp_path: Path, form: TargetFormat, hands: str
) -> None:
    """Seen once; what is read then is not what we wrote, and what is written then counts."""
    right = target.read(DB)
    assert right is not None
    table = MANIFEST_HANDS if form is TargetFormat.MANIFEST else FILES_HANDS
    table[hands](tmp_path / "shop")
    assert survey.look(None) == [SecretSeen(DB, str(DB), version(target))]
    assert survey.look(None) == []
    found = target.read(DB)
    assert found is not None
    assert found.secret != right.secret
    target.replace(found, right.secret)
    healed = target.read(DB)
    assert healed is not None
    assert healed.secret == right.secret
    assert not (tmp_path / "shop" / "db").is_symlink()


@pytest.mark.parametrize("what", ["it", "its folder"])
def test_secret_that_goes_is_told_once(
    target: Target, survey: Survey, tmp_path: Path, what: str
) -> None:
    """Removed, or moved away with the folder of its namespace."""
    shop = tmp_path / "shop"
    gone = [DB] if what == "it" else [DB, OTHER]
    moved = shop if what == "its folder" else next(shop.glob("db*"))
    moved.rename(tmp_path / "away")
    assert survey.look(None) == [SecretGone(key, str(key)) for key in gone]
    assert survey.look(None) == []
    assert target.made == {DB, OTHER} - set(gone)


def test_secret_that_went_before_it_was_seen_is_gone(target: Target) -> None:
    """Whoever wrote it thinks that it is there."""
    survey = Survey(target)
    found = target.read(DB)
    assert found is not None
    target.delete(found)
    assert survey.look(None) == [
        SecretGone(DB, str(DB)),
        SecretSeen(OTHER, str(OTHER), version(target, OTHER)),
    ]
    assert survey.look(None) == []
    assert len(survey) == 1


def test_what_comes_into_the_place_of_a_secret_that_went_is_not_ours(
    target: Target, survey: Survey, tmp_path: Path, form: TargetFormat
) -> None:
    """As in a cluster, where it would have neither owner nor digest."""
    place = tmp_path / "shop" / ("db.yaml" if form is TargetFormat.MANIFEST else "db")
    place.rename(tmp_path / "away")
    assert survey.look(None) == [SecretGone(DB, str(DB))]
    assert target.made == {OTHER}
    place.mkdir()
    with pytest.raises(NotManagedError):
        target.read(DB)
    assert not target.remove(DB)
    assert place.exists()


def test_secret_in_the_other_format_is_not_forgotten(tmp_path: Path, form: TargetFormat) -> None:
    """It is ours until it has been written in the new one, which may take long."""
    (other,) = set(TargetFormat) - {form}
    with open_target(tmp_path, TargetOptions(other)) as target:
        target.create(Secret(*DB, ITEMS, type="Opaque", owner_references=(OWNER,)))
    with open_target(tmp_path, TargetOptions(form)) as target:
        assert Survey(target).look(None) == [SecretGone(DB, str(DB))]
        assert target.remove(DB)
    assert [path.name for path in tmp_path.iterdir()] == [".sealer"]


@pytest.mark.parametrize(
    ("path", "is_looked_at"),
    [
        ("shop", True),
        ("shop/db.yaml", True),
        ("shop/db", True),
        ("shop/db/..data/a", True),
        ("shop/other", False),
        ("else/db.yaml", False),
        (".", False),
    ],
)
def test_only_what_paths_name_is_looked_at(
    survey: Survey, tmp_path: Path, path: str, *, is_looked_at: bool
) -> None:
    """So that one change among thousands costs what one change costs."""
    (tmp_path / "shop").rename(tmp_path / "away")
    (tmp_path / "shop").mkdir()
    assert (SecretGone(DB, str(DB)) in survey.look([PurePath(path)])) == is_looked_at


def test_secret_that_we_removed_ourselves_is_gone(target: Target, survey: Survey) -> None:
    """Its record went with it, and it is told all the same."""
    assert target.remove(DB)
    assert survey.look([PurePath("shop/db.yaml")]) == [SecretGone(DB, str(DB))]


def test_mode_that_somebody_has_changed_is_mended_at_once(
    target: Target, survey: Survey, tmp_path: Path
) -> None:
    """It is no drift of the content, so nothing has to be opened and written for it."""
    for path in tmp_path.glob("shop/db*/..*/*"):
        path.chmod(0o644)
    for path in tmp_path.glob("shop/db*"):
        path.chmod(0o777)
    (seen,) = survey.look(None)
    assert seen == SecretSeen(DB, str(DB), version(target))
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("shop/db*/..*/*")} <= {0}
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("shop/db*")} == {0}
    assert survey.look(None) == []


def test_what_cannot_be_looked_at_is_as_it_was(
    survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails for a moment has removed nothing."""

    def fails(*_arguments: object, **_named: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", fails)
        assert survey.look(None) == []
    assert survey.look(None) == []


def test_own_state_is_told_from_secrets() -> None:
    """A Secret's item may have the name of our folder; that the folder itself goes is news."""
    assert is_state(PurePath(".sealer/status.json"))
    assert not is_state(PurePath("shop/db/.sealer"))
    assert not is_state(PurePath(".sealer"))
    assert not is_state(PurePath())
