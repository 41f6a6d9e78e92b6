"""The store of keyed digests: what it remembers and forgets, and that it never gets in the way."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sealer.cli.console import Console
from sealer.cli.sealing import digeststore
from sealer.cli.sealing.digests import FILE_NAME, Digests
from sealer.cli.sealing.statefolder import state_folder
from sealer.scope import Identity, Scope
from sealer.sealing.quiet import Verdict
from sealer.sensitive import SecretBytes

IDENTITY = Identity(Scope.STRICT, "shop", "db")
KEY = "SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
VALUE = SecretBytes(b"correct-horse-battery")
needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners on this system")


def _open() -> Digests:
    console = Console()
    console.is_verbose = True
    return Digests.open(console)


def _remember(*texts: str, value: SecretBytes = VALUE) -> None:
    digests = _open()
    for text in texts:
        digests.remember(IDENTITY, "password", KEY, text, value)
    digests.save()


def _verdict(text: str = "AAAA", value: SecretBytes = VALUE) -> Verdict:
    digests = _open()
    verdict = digests.compare(IDENTITY, "password", KEY, text, value)
    digests.save()
    return verdict


def _file() -> Path:
    return state_folder() / FILE_NAME


def _rows() -> int:
    with sqlite3.connect(_file()) as database:
        (count,) = database.execute("SELECT count(*) FROM digests").fetchone()
    database.close()
    return int(count)


def _at_day(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    monkeypatch.setattr("time.time", lambda: day * 86_400.0)


def test_digests_tell_same_changed_and_unknown() -> None:
    """The same ciphertext holds one value; another ciphertext says nothing."""
    _remember("AAAA")
    assert _verdict() is Verdict.SAME
    assert _verdict(value=SecretBytes(b"another")) is Verdict.CHANGED
    assert _verdict("BBBB") is Verdict.UNKNOWN
    assert _open().keeps(IDENTITY, "password", KEY, "AAAA", VALUE)


def test_digests_of_another_place_or_key_are_unknown() -> None:
    """Identity, item and certificate belong to what is remembered."""
    _remember("AAAA")
    elsewhere = Identity(Scope.NAMESPACE_WIDE, "shop", "db")
    digests = _open()
    assert not digests.keeps(elsewhere, "password", KEY, "AAAA", VALUE)
    assert not digests.keeps(IDENTITY, "user", KEY, "AAAA", VALUE)
    assert not digests.keeps(IDENTITY, "password", KEY[:-1], "AAAA", VALUE)


def test_digests_without_save_are_not_kept() -> None:
    """A run that fails leaves nothing behind."""
    _open().remember(IDENTITY, "password", KEY, "AAAA", VALUE)
    assert _verdict() is Verdict.UNKNOWN


def test_digests_that_are_off_touch_nothing() -> None:
    """Neither file nor folder is made."""
    digests = Digests.open(Console(), enabled=False)
    digests.remember(IDENTITY, "password", KEY, "AAAA", VALUE)
    assert not digests.keeps(IDENTITY, "password", KEY, "AAAA", VALUE)
    digests.save()
    assert not state_folder().exists()


def test_digests_hold_neither_value_nor_name() -> None:
    """Whoever reads the file learns how much was sealed, and not what."""
    _remember("AAAA")
    content = _file().read_bytes()
    for text in (VALUE.reveal(), b"shop", b"password", KEY.encode(), b"AAAA"):
        assert text not in content


@needs_owners
def test_digests_are_for_their_owner_only() -> None:
    """The file has mode 0600 in a folder of 0700, whatever the mask is."""
    before = os.umask(0)
    try:
        _remember("AAAA")
    finally:
        os.umask(before)
    assert stat.S_IMODE(_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(state_folder().stat().st_mode) == 0o700


def test_digests_expire_after_their_last_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A use prolongs; without any, an entry goes when something else is saved."""
    _at_day(monkeypatch, 1000)
    _remember("used", "unused")
    _at_day(monkeypatch, 1050)
    assert _verdict("used") is Verdict.SAME
    _at_day(monkeypatch, 1091)
    _remember("new")
    assert _verdict("used") is Verdict.SAME
    assert _verdict("unused") is Verdict.UNKNOWN


def test_digests_are_bounded_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file does not grow for ever."""
    monkeypatch.setattr(digeststore, "MAXIMUM_ENTRIES", 3)
    for day, text in enumerate(("a", "b", "c", "d"), start=1000):
        _at_day(monkeypatch, day)
        _remember(text)
    assert _rows() == 3
    assert _verdict("a") is Verdict.UNKNOWN
    assert _verdict("b") is Verdict.SAME


def test_digests_of_runs_at_the_same_time_all_stay() -> None:
    """Processes that begin with nothing agree on one key, and none loses what another saved."""
    program = (
        "import sys\n"
        "from sealer.cli.console import Console\n"
        "from sealer.cli.sealing.digests import Digests\n"
        "from sealer.scope import Identity, Scope\n"
        "from sealer.sensitive import SecretBytes\n"
        "sys.stdin.read()\n"
        "for part in range(5):\n"
        "    digests = Digests.open(Console())\n"
        "    for number in range(20):\n"
        "        text = f'{sys.argv[1]}-{part}-{number}'\n"
        "        identity = Identity(Scope.STRICT, 'shop', 'db')\n"
        f"        digests.remember(identity, 'password', {KEY!r}, text,"
        f" SecretBytes({VALUE.reveal()!r}))\n"
        "    digests.save()\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(number)], stdin=subprocess.PIPE)
        for number in range(4)
    ]
    for run in runs:
        assert run.stdin
        run.stdin.close()  # all begin at once
    assert [run.wait() for run in runs] == [0] * 4
    assert _rows() == 400
    assert all(_verdict(f"{run}-{part}-7") is Verdict.SAME for run in range(4) for part in range(5))


def test_digests_in_a_damaged_file_count_as_none_and_begin_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A damaged file costs new ciphertext once."""
    _remember("AAAA")
    _file().write_bytes(b"no database at all" * 100)
    assert _verdict() is Verdict.UNKNOWN
    assert "is damaged and was removed" in capsys.readouterr().err
    _remember("AAAA")
    assert _verdict() is Verdict.SAME


@pytest.mark.parametrize("at", range(0, 12_288, 512))
def test_digests_in_a_file_damaged_anywhere_raise_nothing(at: int) -> None:
    """Wherever it is damaged: an answer comes, and it is never a wrong yes."""
    _remember("AAAA", "BBBB")
    content = bytearray(_file().read_bytes())
    content[at : at + 512] = os.urandom(len(content[at : at + 512]))
    _file().write_bytes(content)
    assert _verdict(value=SecretBytes(b"another")) is not Verdict.SAME
    _remember("CCCC")
    _remember("CCCC")


def test_digests_in_an_empty_file_begin_anew() -> None:
    """A run that was killed after making the file has done no harm."""
    state_folder().mkdir(mode=0o700, parents=True)
    _file().touch(mode=0o600)
    _remember("AAAA")
    assert _verdict() is Verdict.SAME


def _replace_by_link() -> None:
    moved = _file().rename(_file().with_suffix(".moved"))
    _file().symlink_to(moved)


def _replace_by_folder() -> None:
    _file().unlink()
    _file().mkdir()


def _open_file() -> None:
    _file().chmod(0o644)


def _open_folder() -> None:
    state_folder().chmod(0o770)


@needs_owners
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_open_file, "is open to other users\nhint: chmod 600 "),
        (_open_folder, "is open to other users\nhint: chmod 700 "),
        (_replace_by_link, "is no regular file"),
        (_replace_by_folder, "is no regular file"),
    ],
)
def test_digests_that_others_could_write_count_as_none(
    capsys: pytest.CaptureFixture[str], make: Callable[[], None], said: str
) -> None:
    """They would decide which values count as unchanged."""
    _remember("AAAA")
    make()
    assert _verdict() is Verdict.UNKNOWN
    assert said in capsys.readouterr().err


@needs_owners
def test_digests_of_another_user_count_as_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that someone else made is theirs; that is said without -v."""
    _remember("AAAA")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert not Digests.open(Console()).keeps(IDENTITY, "password", KEY, "AAAA", VALUE)
    assert "warning: unchanged values are sealed anew: " in capsys.readouterr().err


def test_digests_that_another_program_locks_do_not_stop_anything(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After waiting for a while the run goes on without them."""
    _remember("AAAA")
    monkeypatch.setattr(digeststore, "_LONGEST_WAIT_SECONDS", 0.01)
    other = sqlite3.connect(_file(), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert _verdict() is Verdict.UNKNOWN
    other.close()
    assert "unchanged values are sealed anew: " in capsys.readouterr().err
    assert _verdict() is Verdict.SAME


def test_digests_without_a_place_to_keep_them_do_not_stop_anything(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file where the folder should be, and no home at all."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    _remember("AAAA")
    assert "cannot be used: Not a directory" in capsys.readouterr().err
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", _no_home)
    _remember("AAAA")
    assert "there is no home folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "state_home", "expected"),
    [
        ("linux", "/x", "/x/sealer"),
        ("linux", "relative", "/home/u/.local/state/sealer"),
        ("linux", "", "/home/u/.local/state/sealer"),
        ("darwin", "", "/home/u/Library/Application Support/sealer"),
        ("win32", "", "/local/sealer"),
    ],
)
def test_state_folder_is_where_the_system_wants_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, state_home: str, expected: str
) -> None:
    """XDG on Linux, and where the variable is set; the system's own places elsewhere."""
    monkeypatch.setenv("XDG_STATE_HOME", state_home)
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/u"))
    monkeypatch.setattr(sys, "platform", platform)
    assert state_folder() == Path(expected)


def _no_home() -> Path:
    raise RuntimeError
