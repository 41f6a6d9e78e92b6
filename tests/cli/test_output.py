"""Files are written all or none, with their modes, through links, and nothing is left behind."""

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sealer.cli.console import Console
from sealer.cli.errors import ChangedMeanwhileError
from sealer.cli.files.output import Comparison, Outputs
from sealer.errors import OutputError
from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.program import run, snapshot, write_all


def test_outputs_without_commit_leave_everything_as_it_was(tmp_path: Path) -> None:
    """Temporary files and new folders go."""
    write_all(tmp_path, {"old": "old"})
    before = snapshot(tmp_path)
    with Outputs(makes_folders=True) as outputs:
        outputs.write(tmp_path / "old", b"new")
        outputs.write(tmp_path / "a" / "b" / "c", b"new")
        assert len(snapshot(tmp_path)) == 3
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "a").exists()


def test_outputs_that_hold_the_data_already_are_not_touched(tmp_path: Path) -> None:
    """The modification time stays; private files are written all the same, for their mode."""
    write_all(tmp_path, {"same": "data", "private": "data"})
    for name in ("same", "private"):
        (tmp_path / name).chmod(0o644)
        os.utime(tmp_path / name, ns=(0, 0))
    with Outputs() as outputs:
        outputs.write(tmp_path / "same", b"data")
        outputs.commit()
    with Outputs(is_private=True) as outputs:
        outputs.write(tmp_path / "private", b"data")
        outputs.commit()
    assert (tmp_path / "same").stat().st_mtime_ns == 0
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_comparison_writes_nothing_and_tells_what_differs(tmp_path: Path) -> None:
    """A missing file, another content of the same length, and a folder."""
    write_all(tmp_path, {"same": "data", "other": "DATA"})
    before = snapshot(tmp_path)
    with Comparison() as comparison:
        for name in ("same", "other", "no/such", "."):
            comparison.write(tmp_path / name, b"data")
        comparison.commit()
    assert comparison.differing == [tmp_path / "other", tmp_path / "no/such", tmp_path]
    assert snapshot(tmp_path) == before


def test_outputs_of_a_failed_run_leave_everything_as_it_was(tmp_path: Path) -> None:
    """Whatever is raised, interrupts too."""

    def work() -> None:
        with Outputs(makes_folders=True) as outputs:
            outputs.write(tmp_path / "a" / "b", b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not snapshot(tmp_path)
    assert not (tmp_path / "a").exists()


def test_outputs_keep_the_mode_of_what_they_replace(tmp_path: Path) -> None:
    """New files are 0600; private ones are so even where the old was not."""
    write_all(tmp_path, {"old": "", "private": ""})
    (tmp_path / "old").chmod(0o644)
    (tmp_path / "private").chmod(0o644)
    with Outputs() as outputs:
        outputs.write(tmp_path / "old", b"x")
        outputs.write(tmp_path / "new", b"x")
        outputs.commit()
    with Outputs(is_private=True) as outputs:
        outputs.write(tmp_path / "private", b"x")
        outputs.commit()
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in snapshot(tmp_path)}
    assert modes == {"old": 0o644, "new": 0o600, "private": 0o600}


def test_outputs_write_through_links(tmp_path: Path) -> None:
    """The link stays a link; one to nowhere makes the file that it names."""
    write_all(tmp_path, {"real/file": "old"})
    (tmp_path / "link").symlink_to("real/file")
    (tmp_path / "dangling").symlink_to("real/new")
    with Outputs() as outputs:
        outputs.write(tmp_path / "link", b"a")
        outputs.write(tmp_path / "dangling", b"b")
        outputs.commit()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"a"
    assert (tmp_path / "real" / "new").read_bytes() == b"b"


def test_outputs_to_what_is_no_file_go_straight_in(tmp_path: Path) -> None:
    """A pipe is never replaced by a file, and so a device is not."""
    # Never try this on a real device: whoever breaks the code would break the machine.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with Outputs() as outputs:
        outputs.write(pipe, b"through")
        outputs.commit()
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_outputs_to_a_target_that_changed_meanwhile_are_refused(tmp_path: Path) -> None:
    """Nobody's edit is overwritten; no other file is written either."""
    write_all(tmp_path, {"a": "a", "b": "b"})
    with Outputs() as outputs:
        outputs.write(tmp_path / "a", b"new", expected=b"a")
        outputs.write(tmp_path / "b", b"new", expected=b"b")
        (tmp_path / "b").write_bytes(b"edited")
        with pytest.raises(ChangedMeanwhileError, match="was changed meanwhile"):
            outputs.commit()
    assert snapshot(tmp_path) == {"a": b"a", "b": b"edited"}


def test_outputs_to_a_target_that_went_away_are_refused(tmp_path: Path) -> None:
    """A file that was removed meanwhile is not brought back."""
    write_all(tmp_path, {"a": "a"})
    with Outputs() as outputs:
        outputs.write(tmp_path / "a", b"new", expected=b"a")
        (tmp_path / "a").unlink()
        with pytest.raises(ChangedMeanwhileError):
            outputs.commit()
    assert not snapshot(tmp_path)


@pytest.mark.parametrize("target", ["missing/file", "file/inside", "folder"])
def test_outputs_that_cannot_be_written_name_the_file(tmp_path: Path, target: str) -> None:
    """No folder, no folder either, or a folder itself."""
    write_all(tmp_path, {"file": "x", "folder/x": "x"})
    before = snapshot(tmp_path)

    def work() -> None:
        with Outputs() as outputs:
            outputs.write(tmp_path / target, b"x")
            outputs.commit()

    with pytest.raises(OutputError) as caught:
        work()
    assert str(tmp_path / target) in caught.value.message
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_seal_on_a_full_disk_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Code 6, and every byte as it was."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = snapshot(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        done = run("seal", "--in-place", ".", "--cert", "rsa2048.crt.pem")
    assert done.code == 6
    assert "secret.yaml: No space left on device" in done.err
    assert snapshot(folder) == before


def test_outputs_that_fail_half_way_say_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renames cannot be undone by anyone; which are done is told, and each file is whole."""
    real = os.replace

    def fail_later(source: str, target: str) -> None:
        if Path(target).name == "b":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    write_all(tmp_path, {"a": "a", "b": "b"})
    with monkeypatch.context() as patch, Outputs() as outputs:
        patch.setattr(os, "replace", fail_later)
        outputs.write(tmp_path / "a", b"new")
        outputs.write(tmp_path / "b", b"new")
        with pytest.raises(OutputError) as caught:
            outputs.commit()
    assert str(tmp_path / "a") in caught.value.hint
    assert snapshot(tmp_path) == {"a": b"new", "b": b"b"}


SEALER = str(Path(sys.executable).parent / "sealer")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_seal_to_a_full_standard_output_is_an_output_error(folder: Path) -> None:
    """No success that nobody received."""
    command = [SEALER, "seal", "secret.yaml", "--cert", "rsa2048.crt.pem"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 6
    assert b"cannot write to standard output: No space left on device" in done.stderr


def test_seal_into_a_closed_pipe_ends_without_a_traceback(folder: Path) -> None:
    """`sealer … | head -1` is everyday."""
    write_all(folder, {"many.yaml": f"{SECRET}---\n" * 200})
    command = [SEALER, "seal", "many.yaml", "--cert", "rsa2048.crt.pem", "-q"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 6
    assert said == b"error: cannot write to standard output: Broken pipe\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_seal_that_is_stopped_leaves_no_temporary_file(
    folder: Path, number: signal.Signals, code: int
) -> None:
    """Stopped between the temporary files and the renames, everything is as it was."""
    os.mkfifo(folder / "z.yaml")
    before = {name: data for name, data in snapshot(folder).items() if name != "z.yaml"}
    command = [SEALER, "seal", "--in-place", "secret.yaml", "z.yaml", "--cert", "rsa2048.crt.pem"]
    # Opening the pipe to write waits until the program reads it: the first file is done then.
    with (
        subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE) as process,
        (folder / "z.yaml").open("wb"),
    ):
        assert len(list(folder.glob(".secret.yaml.*"))) == 1
        process.send_signal(number)
        process.wait()
    assert process.returncode == code
    (folder / "z.yaml").unlink()
    assert snapshot(folder) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_outputs_keep_owner_and_group_of_what_they_replace(tmp_path: Path) -> None:
    """Mode too, without the setuid bits; what is private is for whoever runs the program."""
    write_all(tmp_path, {"a": "old", "private": "old"})
    for name in ("a", "private"):
        os.chown(tmp_path / name, 4321, 1234)
    (tmp_path / "a").chmod(0o6664)
    with Outputs() as outputs, Outputs(is_private=True) as private:
        outputs.write(tmp_path / "a", b"new")
        private.write(tmp_path / "private", b"new")
        outputs.commit()
        private.commit()
    facts = (tmp_path / "a").stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (4321, 1234, 0o664)
    assert (tmp_path / "private").stat().st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of somebody else")
@pytest.mark.parametrize(
    ("permitted", "expected"),
    [((-1,), (1234, 0o664)), ((), (os.getegid(), 0o644))],
    ids=["group", "nothing"],
)
def test_outputs_that_cannot_keep_the_owner_keep_the_group_and_say_so_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    permitted: tuple[int, ...],
    expected: tuple[int, int],
) -> None:
    """A group that is another one now may do no more than everybody."""
    real = os.fchown

    def fchown(descriptor: int, owner: int, group: int) -> None:
        if owner not in permitted:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        real(descriptor, owner, group)

    monkeypatch.setattr(os, "fchown", fchown)
    write_all(tmp_path, {"a": "old", "b": "old"})
    with Outputs(console=Console()) as outputs:
        for name in ("a", "b"):
            os.chown(tmp_path / name, 4321, 1234)
            (tmp_path / name).chmod(0o664)
            outputs.write(tmp_path / name, b"new")
        outputs.commit()
    facts = (tmp_path / "a").stat()
    assert (facts.st_gid, stat.S_IMODE(facts.st_mode)) == expected
    said = f"warning: {tmp_path}/a and 1 other file: owner or group could not be kept\n"
    assert capsys.readouterr().err == said + "hint: it is yours now; chown and chmod put it right\n"


@pytest.mark.parametrize(
    "command",
    [
        "seal --in-place a.yaml --cert rsa2048.crt.pem",
        "reseal a.yaml --keys rsa2048.key.pem --keys peer-a.key.pem --cert peer-a.crt.pem",
        "unset a.yaml extra",
    ],
    ids=lambda command: command.split()[0],
)
def test_a_file_with_several_names_keeps_the_old_content_under_the_others(
    folder: Path, command: str
) -> None:
    """To be whole at any moment is worth more; it is said, once."""
    for name in ("peer-a.crt.pem", "peer-a.key.pem"):
        shutil.copy(vectors.KEYS / name, folder / name)
    write_all(folder, {"a.yaml": f"{SECRET}  extra: text\n"})
    if not command.startswith("seal"):
        assert run("seal", "--in-place", "a.yaml", "--cert", "rsa2048.crt.pem").code == 0
    before = (folder / "a.yaml").read_bytes()
    (folder / "b.yaml").hardlink_to(folder / "a.yaml")
    done = run(*command.split())
    assert done.code == 0
    assert (folder / "a.yaml").read_bytes() != before
    assert (folder / "b.yaml").read_bytes() == before
    assert done.err.count("a.yaml: other names (hard links) keep the old content") == 1


@pytest.mark.parametrize("count", [1, 3, 20])
def test_outputs_are_on_the_disk_before_any_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Each of them, be they few or many: after a power cut a file is the old or the new one."""
    done: list[str] = []
    sync, put = os.fsync, os.replace

    def note_sync(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            done.append("sync")
        sync(descriptor)

    def note_put(source: str, target: str) -> None:
        done.append("put")
        put(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_put)
    with Outputs() as outputs:
        for number in range(count):
            outputs.write(tmp_path / str(number), b"x")
        outputs.commit()
    assert done == ["sync"] * count + ["put"] * count


@pytest.mark.parametrize("mode", [0o444, 0o200, 0o000])
def test_outputs_replace_what_nobody_may_write_or_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """As long as the folder allows it; the mode stays, and the file is on the disk before."""
    target = tmp_path / "a"
    target.write_bytes(b"old")
    target.chmod(mode)
    synced: list[bool] = []
    real_open, real_sync = os.open, os.fsync

    def refuse(path: Path, flags: int, *arguments: int) -> int:
        allowed = stat.S_IMODE(Path(path).stat().st_mode) if Path(path).exists() else 0o600
        needed = 0o200 if flags & os.O_WRONLY else 0o600 if flags & os.O_RDWR else 0o400
        if allowed & needed != needed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real_open(path, flags, *arguments)

    def note_sync(descriptor: int) -> None:
        synced.append(stat.S_ISREG(os.fstat(descriptor).st_mode))
        real_sync(descriptor)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "fsync", note_sync)
    with Outputs() as outputs:
        outputs.write(target, b"new")
        outputs.commit()
    assert synced.count(True) == 1
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == mode
