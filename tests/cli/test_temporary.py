"""What a run that was killed left goes with the next one, and nothing of a run that lives."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from sealer.cli.files.output import Outputs
from sealer.cli.files.temporary import TemporaryFiles
from tests.cli.conftest import VALUE
from tests.support import vectors
from tests.support.program import run, snapshot, write_all

# The process kills itself where the first file would be put in its place.
_KILLED = """\
import os, signal, sys
from sealer.cli.main import main
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""
SEALER = str(Path(sys.executable).parent / "sealer")
SEAL = ("seal", "--in-place", "secret.yaml", "--cert", "rsa2048.crt.pem")
UNSEAL = ("unseal", "-d", "open", "--keys", "rsa2048.key.pem", "secret.yaml")
RESEAL = (
    *("reseal", "secret.yaml", "--cert", "peer-a.crt.pem"),
    *("--keys", "rsa2048.key.pem,peer-a.key.pem"),
)


def left_behind(folder: Path) -> list[Path]:
    """Return the temporary files below a folder."""
    return list(folder.rglob(".*.sealer-*"))


def kill(*arguments: str) -> None:
    """Run the program, and kill it when everything is ready and nothing is in place."""
    done = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False)
    assert done.returncode == -9


@pytest.mark.parametrize("command", [SEAL, UNSEAL, RESEAL], ids=lambda command: command[0])
def test_what_a_killed_run_left_goes_with_the_next(folder: Path, command: tuple[str, ...]) -> None:
    """`kill -9` cannot be answered; the next run into the same folder clears up, plaintext too."""
    for name in ("peer-a.crt.pem", "peer-a.key.pem"):
        shutil.copy(vectors.KEYS / name, folder / name)
    if command != SEAL:
        assert run(*SEAL).code == 0
    before = snapshot(folder)
    kill(*command)
    (left,) = left_behind(folder)
    assert (b64encode(VALUE.encode()) in left.read_bytes()) == (command == UNSEAL)
    assert before.items() <= snapshot(folder).items()
    assert run(*command).code == 0
    assert left_behind(folder) == []


def test_what_a_killed_run_left_is_no_input(folder: Path) -> None:
    """A folder with it in is walked as if it were not there."""
    kill(*SEAL)
    assert len(left_behind(folder)) == 1
    done = run("seal", ".", "-d", "out", "--cert", "rsa2048.crt.pem")
    assert sorted(snapshot(folder / "out")) == ["config.yaml", "secret.yaml"]
    assert done.code == 0


def test_temporary_files_of_a_run_that_lives_are_left_alone(folder: Path) -> None:
    """Two runs at once in one folder: both finish."""
    os.mkfifo(folder / "z.yaml")
    shutil.copy("secret.yaml", "other.yaml")
    command = [SEALER, "seal", "--in-place", "secret.yaml", "z.yaml", "--cert", "rsa2048.crt.pem"]
    # Opening the pipe to write waits until the program reads it: the first file is done then.
    with (
        subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE) as process,
        (folder / "z.yaml").open("wb") as pipe,
    ):
        (theirs,) = left_behind(folder)
        assert run("seal", "--in-place", "other.yaml", "--cert", "rsa2048.crt.pem").code == 0
        assert left_behind(folder) == [theirs]
        pipe.close()
        process.wait()
    assert b"Secret" in (folder / "secret.yaml").read_bytes()
    assert left_behind(folder) == []


def test_temporary_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """Names that are not quite ours, links and folders."""
    write_all(tmp_path, {".a.12345678.tmp": "", "a.12345678.sealer-tmp": "", "mine": "x"})
    (tmp_path / ".b.12345678.sealer-tmp").symlink_to("mine")
    (tmp_path / ".c.12345678.sealer-tmp").mkdir()
    before = sorted(tmp_path.iterdir())
    with Outputs() as outputs:
        outputs.write(tmp_path / "mine", b"new")
        outputs.commit()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make files of somebody else")
def test_temporary_files_of_another_user_are_for_root_to_remove(tmp_path: Path) -> None:
    """Root gives its temporary files to the owners of their targets."""
    left = tmp_path / ".a.12345678.sealer-tmp"
    left.touch()
    os.chown(left, 4321, 1234)
    with TemporaryFiles() as files:
        files.make(tmp_path / "x")
    assert not left.exists()


def test_temporary_files_in_a_folder_that_somebody_locked_have_another_name(
    tmp_path: Path,
) -> None:
    """`flock FOLDER sealer …` is not waited for; what nobody can tell apart is never removed."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with TemporaryFiles() as files:
        opened, made = files.make(tmp_path / "a")
        os.close(opened)
    os.close(descriptor)
    assert re.fullmatch(r"\.a\..{8}\.sealer-new", made.name)
    with TemporaryFiles() as files:
        os.close(files.make(tmp_path / "a")[0])
    assert made.exists()


def test_temporary_files_in_many_folders_leave_room_for_other_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may not have more than some files open."""
    monkeypatch.setattr(os, "sysconf", lambda _: 4)
    names = []
    with TemporaryFiles() as files:
        for number in range(4):
            (tmp_path / str(number)).mkdir()
            descriptor, made = files.make(tmp_path / str(number) / "a")
            os.close(descriptor)
            names.append(made.suffix)
    assert names == [".sealer-tmp", ".sealer-tmp", ".sealer-new", ".sealer-new"]
