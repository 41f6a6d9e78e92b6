"""Editors that fail, and the text meanwhile: in memory, for one user, removed at the end."""

import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealer.sealing.draft import SEALED
from tests.cli.edit.scripted import CERT, KILL, edit, load, opened, script
from tests.support.program import run, snapshot, write_all

needs_memory = pytest.mark.skipif(sys.platform != "linux", reason="folders in memory are Linux's")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("sys.exit(3)", 1, "ended with 3; nothing was changed"),
        ("file.write_text('')", 1, "the text is empty"),
        ("file.write_text('# only words\\n')", 1, "the text is empty"),
        ("file.unlink()", 1, "the text is empty"),
        (
            "if first: put('user:', 'u:')\nos.kill(os.getpid(), signal.SIGKILL)",
            1,
            "the editor was killed",
        ),
    ],
    ids=["failed", "emptied", "comments only", "deleted", "killed"],
)
def test_edit_editor_that_fails_changes_nothing(
    sealed: Path, body: str, code: int, words: str
) -> None:
    """That is a no (1), and every byte is as it was."""
    before = snapshot(sealed.parent)
    done = edit(body)
    assert done.code == code
    assert words in done.err
    after = snapshot(sealed.parent)
    assert {name: after[name] for name in before} == before


def test_edit_killed_editor_finds_the_text_again(sealed: Path) -> None:
    """What had been saved before the crash is what the second one opens."""
    body = f"""\
if first:
    put('password: {SEALED}', 'password: half done')
    {KILL}
put('half done', 'all done')
"""
    assert edit(body).code == 0
    assert opened(sealed)["password"] == b"all done"


@pytest.mark.parametrize(("wish", "words"), [
    ("no-such-program", "cannot be started: No such file"),
    ("'", "the quotes in the editor's command do not match"),
    ("  ", "there is no editor"),
])  # fmt: skip
def test_edit_without_a_usable_editor_says_so(
    sealed: Path, wish: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code 1, with what to do."""
    monkeypatch.setenv("EDITOR", wish)
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("PATH", str(sealed.parent))
    done = run("edit", "db.yaml", *CERT)
    assert done.code == 1
    assert words in done.err


def test_edit_visual_goes_before_editor(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere; arguments in it count."""
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", script("sys.exit(sys.argv[1:2] == ['--wait'])") + " --wait")
    assert "read_text" not in run("edit", sealed.name, *CERT).err
    monkeypatch.setenv("VISUAL", "true --wait")
    assert run("edit", sealed.name, *CERT).code == 0


def test_edit_vim_keeps_no_copies(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Swap files, undo files, backups and registers would come into the home folder."""
    fake = sealed.parent / "bin" / "vim"
    write_all(sealed.parent, {"bin/vim": '#!/bin/sh\nprintf "%s " "$@" > vim.arguments\n'})
    fake.chmod(0o700)
    (fake.parent / "vi").symlink_to(fake)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("vim", "vi"):
        monkeypatch.setenv("VISUAL", name)
        assert run("edit", "db.yaml", *CERT).code == 0
        assert Path("vim.arguments").read_text().startswith("-n -i NONE -c ")


@needs_memory
def test_edit_text_is_in_memory_for_the_owner_only_and_removed(sealed: Path) -> None:
    """Copies that the editor makes beside it go as well, and its temporary files come there."""
    body = """\
(file.parent / "copy~").write_text(text)
mounts = [line.split() for line in open("/proc/mounts")]
around = [m for m in mounts if str(file).startswith(m[1].rstrip("/") + "/")]
kind = max(around, key=lambda mount: len(mount[1]))[2]
modes = oct(file.stat().st_mode), oct(file.parent.stat().st_mode)
(here / "facts").write_text(f"{file} {kind} {' '.join(modes)} {os.environ['TMPDIR']}")
"""
    assert edit(body).code == 0
    name, kind, file_mode, folder_mode, temporary = Path("tools/facts").read_text().split()
    assert kind in ("tmpfs", "ramfs")
    assert stat.S_IMODE(int(file_mode, 8)) == 0o600
    assert stat.S_IMODE(int(folder_mode, 8)) == 0o700
    assert temporary == str(Path(name).parent)
    assert Path(name).name == "db.yaml"
    assert not Path(name).parent.exists()
    assert sealed.exists()


@needs_memory
def test_edit_without_memory_is_refused(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plaintext does not go to disk, not even for a moment (6)."""
    from sealer.cli.editing import memory

    monkeypatch.setattr(memory, "_IN_MEMORY", frozenset())
    done = edit("put('user:', 'u:')")
    assert done.code == 6
    assert "there is no folder in memory" in done.err
    assert not Path("tools/seen").exists()
    assert sealed.exists()


def test_edit_elsewhere_warns_and_overwrites(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no system offers memory, the file on disk is told of and leaves nothing behind."""
    from sealer.cli.editing import memory

    monkeypatch.setattr(memory, "_IN_MEMORY", frozenset())
    monkeypatch.setattr(sys, "platform", "darwin")
    body = "os.link(file, here / 'linked')\nput('user:', 'login:')"
    monkeypatch.setenv("TMPDIR", str(sealed.parent))
    monkeypatch.setattr("tempfile.tempdir", None)
    done = edit(body)
    assert done.code == 0
    assert "warning: this system has no folder in memory" in done.err
    assert Path("tools/linked").read_bytes().strip(b"\0") == b""
    assert "login" in load(sealed).encrypted_data


@dataclass(frozen=True)
class Running:
    """The real program while its editor is open.

    Attributes:
        process: The program.
        folder: Where the text is.
        editor: The process id of the editor.
    """

    process: "subprocess.Popen[bytes]"
    folder: Path
    editor: int


def _start(body: str, fifo: Path) -> Running:
    """Start the real program with an editor that tells where it is, and then runs `body`."""
    os.mkfifo(fifo)
    tell = f"open({str(fifo)!r}, 'w').write(f'{{file}}\\n{{os.getpid()}}')\n"
    program = "import sys; from sealer.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "edit", "db.yaml", *CERT]
    variables = {"VISUAL": script(tell + body), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=os.environ | variables, stderr=subprocess.PIPE)
    name, editor = fifo.read_text().splitlines()
    return Running(process, Path(name).parent, int(editor))


@needs_memory
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_edit_stopped_by_a_signal_removes_the_text(
    sealed: Path, number: signal.Signals, code: int
) -> None:
    """Nothing is written, and nothing stays in memory."""
    before = sealed.read_bytes()
    running = _start("signal.pause()", sealed.parent / "fifo")
    assert running.folder.exists()
    running.process.send_signal(number)
    running.process.communicate()
    assert running.process.returncode == code
    assert not running.folder.exists()
    assert sealed.read_bytes() == before


@needs_memory
def test_edit_what_a_killed_run_left_goes_with_the_next(sealed: Path) -> None:
    """`kill -9` cannot be caught; what it leaves in memory does not stay for long."""
    running = _start("signal.pause()", sealed.parent / "fifo")
    running.process.kill()
    os.kill(running.editor, signal.SIGKILL)
    running.process.communicate()
    assert running.folder.exists()
    assert edit("").code == 0
    assert not running.folder.exists()


@needs_memory
def test_edit_beside_another_one_leaves_its_text_alone(sealed: Path) -> None:
    """Two people, or one in two windows, do not lose each other's text."""
    second = sealed.parent / "go"
    os.mkfifo(second)
    running = _start(f"open({str(second)!r}).read()", sealed.parent / "fifo")
    assert run("edit", "db.yaml", "--editor", "true", *CERT).code == 0
    assert running.folder.exists()
    second.write_text("")
    running.process.communicate()
    assert running.process.returncode == 0


@needs_memory
def test_edit_interrupt_belongs_to_the_editor(sealed: Path) -> None:
    """Ctrl-C in an editor means something there; the text is taken all the same."""
    second = sealed.parent / "go"
    os.mkfifo(second)
    body = f"open({str(second)!r}).read()\nput('user:', 'login:')"
    running = _start(body, sealed.parent / "fifo")
    running.process.send_signal(signal.SIGINT)
    second.write_text("")
    _, words = running.process.communicate()
    assert running.process.returncode == 0, words
    assert "login" in load(sealed).encrypted_data


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_edit_real_vim_leaves_no_copy_behind(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own settings may ask for backups and undo files in the home folder."""
    home = sealed.parent / "home"
    settings = f"set undofile undodir={home} backup backupdir={home} directory={home}\n"
    write_all(sealed.parent, {"home/vimrc": settings})
    monkeypatch.setenv("HOME", str(home))
    change = "%s/password: .*/password: typed in vim/"
    vim = shlex.join(["vim", "-E", "-s", "-u", str(home / "vimrc"), "-c", change, "-c", "wq"])
    assert run("edit", "db.yaml", "--editor", vim, *CERT).code == 0
    assert opened(sealed)["password"] == b"typed in vim"
    assert snapshot(home).keys() == {"vimrc"}
