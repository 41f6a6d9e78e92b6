"""`sealer edit`: real editors, all of them scripts, on a text in memory that shows no value."""

import base64
import os
import shlex
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import SealedSecret, read_sealed_secret
from sealer.sealing import unseal_secret
from sealer.sealing.draft import SEALED
from sealer_keys.keyring import Keyring
from tests.cli.conftest import VALUE
from tests.support import vectors
from tests.support.program import Done, run, snapshot, write_all

CERT = ("--cert", "rsa2048.crt.pem")
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
PAIR = vectors.key_pair("rsa2048")
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop, labels: {{app: web}}, annotations: {{note: old}}}}
type: Opaque
stringData: {{password: {VALUE}, user: admin}}
"""
# What every scripted editor begins with: `file` is the text, `first` whether it is opened anew.
PRELUDE = """\
import os, pathlib, signal, sys
file = pathlib.Path(sys.argv[-1])
text = file.read_text(errors="replace")
first = not text.startswith("#!")
here = pathlib.Path(__file__).parent
with (here / "seen").open("a") as seen:
    seen.write(text if "--blind" not in sys.argv else "")
def put(old, new):
    assert old in text, old
    file.write_text(text.replace(old, new))
"""
needs_memory = pytest.mark.skipif(sys.platform != "linux", reason="folders in memory are Linux's")


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Return a file with a SealedSecret; no private key is near."""
    write_all(folder, {"secret.yaml": SECRET})
    assert run("seal", "secret.yaml", "-w", "db.yaml", "--no-hints", *CERT).code == 0
    (folder / "secret.yaml").unlink()
    (folder / "rsa2048.key.pem").unlink()
    return folder / "db.yaml"


def script(body: str, *options: str) -> str:
    """Write an editor and return its command."""
    file = Path("tools") / "editor.py"
    write_all(Path(), {str(file): PRELUDE + body})
    return shlex.join([sys.executable, str(file.resolve()), *options])


def edit(body: str, *options: str, file: str = "db.yaml", **streams: str) -> Done:
    """Run `sealer edit` with an editor that does what a script says."""
    stdin = streams.get("stdin", "").encode()
    terminals = streams.get("terminals", "")
    arguments = ("edit", file, "--editor", script(body), *CERT, *options)
    return run(*arguments, stdin=stdin, terminals=terminals)


def seen() -> str:
    """Return all that the editor was shown."""
    return Path("tools/seen").read_text()


def load(file: Path) -> SealedSecret:
    """Return the only SealedSecret of a file."""
    (document,) = read_stream(file.read_bytes()).documents
    assert document.root is not None
    return read_sealed_secret(plain(document.root))


def opened(file: Path) -> dict[str, bytes]:
    """Return the values of a file."""
    secret = unseal_secret(load(file), Keyring([PAIR])).secret
    return {key: value.reveal() for key, value in secret.data.items()}


def test_edit_shows_a_secret_without_values(sealed: Path) -> None:
    """Each value is a mark; name, type, labels and annotations are there to see."""
    before = sealed.read_bytes()
    done = edit("")
    assert done.code == 0
    assert "db.yaml: nothing was changed" in done.err
    assert sealed.read_bytes() == before
    lines = [line for line in seen().splitlines() if not line.startswith("#")]
    assert lines[-3:] == ["stringData:", f"  password: {SEALED}", f"  user: {SEALED}"]
    (document,) = read_stream(seen().encode()).documents
    assert document.root is not None
    assert plain(document.root) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "labels": {"app": "web"},
            "annotations": {"note": "old"},
        },
        "type": "Opaque",
        "stringData": {"password": SEALED, "user": SEALED},
    }


def test_edit_changed_value_touches_its_line_only(sealed: Path) -> None:
    """The other item keeps its ciphertext, and every other line its bytes."""
    before = sealed.read_bytes().splitlines()
    assert edit(f"put('password: {SEALED}', 'password: brand new')").code == 0
    after = sealed.read_bytes().splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line[:14] for line in changed] == [b"    password: "]
    assert opened(sealed) == {"password": b"brand new", "user": b"admin"}


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (f"put('  user: {SEALED}', '')", ["password"]),
        (f"put('  user: {SEALED}', '  user: {SEALED}\\n  x: words')", ["password", "user", "x"]),
        ("put('user:', 'login:')", ["password", "login"]),
        ("file.write_text(text + 'data: {bin: AP8=}\\n')", ["bin", "password", "user"]),
    ],
    ids=["removed", "added", "renamed", "binary"],
)
def test_edit_items_come_go_and_change_their_names(
    sealed: Path, body: str, items: list[str]
) -> None:
    """Whatever stays sealed keeps its ciphertext, under a new name too."""
    before = load(sealed).encrypted_data
    assert edit(body).code == 0
    after = load(sealed).encrypted_data
    assert list(after) == items
    assert after["password"] == before["password"]
    if "login" in after:
        assert after["login"] == before["user"]
    if "bin" in after:
        assert opened(sealed)["bin"] == b"\x00\xff"


def test_edit_metadata_and_type_are_spliced(sealed: Path) -> None:
    """Labels, annotations and type go into the template; ciphertext stays."""
    before = load(sealed)
    body = """\
text = text.replace("app: web", "app: shop\\n    tier: data").replace("    note: old\\n", "")
file.write_text(text.replace("annotations:", "annotations: {}").replace("Opaque", "example.com/x"))
"""
    assert edit(body).code == 0
    after = load(sealed)
    assert after.template.labels == {"app": "shop", "tier": "data"}
    assert after.template.annotations == {}
    assert after.template.type == "example.com/x"
    assert after.encrypted_data == before.encrypted_data


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("put('name: db', 'name: web')", "the name cannot be changed from 'db'"),
        ("put('namespace: shop', 'namespace: other')", "the namespace cannot be changed"),
        (
            "put('note: old', 'sealedsecrets.bitnami.com/cluster-wide: \"true\"')",
            "the scope cannot be changed",
        ),
        ("put('type: Opaque', 'immutable: true')", "immutable cannot be edited here"),
        ("put('type: Opaque', 'typ: Opaque')", "a Secret has no field typ"),
        ("put('  labels:', '  finalizers: [a/b]\\n  labels:')", "metadata.finalizers cannot be"),
        (f"put('{SEALED}', '017')", "must be a string and is a number"),
        (f"put('{SEALED}', '[')", "the edited text:"),
        (f"put('user: {SEALED}', 'user: {SEALED[:4]}')", "holds a part of"),
        (f"put('user: {SEALED}', 'a b: c')", "'a b' is no item key"),
        ("put('user:', 'user: x\\n  user:')", "stands twice"),
        ("put('user:', 'x: 1\\n  user:')", "must be a string"),
        (f"put('user:', 'x: {SEALED}\\n  user:')", "x has no sealed value that could stay"),
        (
            "file.write_text(text.replace('user:', 'x:').replace('password:', 'y:'))",
            "it is not clear whether it was password or user",
        ),
        (
            f"text = text.replace('note: old', 'note: words!')\nput('{SEALED}', 'words!')",
            "annotation note holds a copy of a value",
        ),
        ("file.write_text(text + '---\\n' + text)", "there must be one Secret"),
        ("file.write_text('kind: ConfigMap\\napiVersion: v1\\n')", "there must be one Secret"),
        ("file.write_text(text[:-90])", "the text was cut off"),
        ("file.write_bytes(b'\\xff\\xff')", "is not UTF-8 text"),
    ],
)  # fmt: skip
def test_edit_unusable_text_is_opened_once_more_and_changes_nothing(
    sealed: Path, body: str, words: str
) -> None:
    """With the reason on top; where nobody is at a terminal, the second time is the last."""
    before = sealed.read_bytes()
    done = edit(f"if not first: sys.exit()\n{body}")
    assert done.code == 3
    assert words in done.err
    assert "nothing was changed" in done.err
    assert seen().count("#! error:") >= 1
    assert words.removeprefix("the edited text:") in seen()
    assert sealed.read_bytes() == before


def test_edit_mended_text_is_taken(sealed: Path) -> None:
    """The reason tells the line as it is counted then, and is not part of the text."""
    body = f"""\
if first:
    put('password: {SEALED}', 'password: 0123')
else:
    place = int(text.split("error: line ")[1].split(":")[0])
    assert "0123" in text.splitlines()[place - 1]
    put('0123', '"0123"')
"""
    assert edit(body).code == 0
    assert opened(sealed)["password"] == b"0123"


def test_edit_at_a_terminal_is_opened_until_it_is_left_alone(sealed: Path) -> None:
    """People may try as often as they like."""
    body = "count = text.count('bad')\nif count < 3: file.write_text(text + f'bad{count}: [\\n')"
    done = edit(body, terminals="in err")
    assert done.code == 3
    assert seen().count("mend it and save") == 3
    assert sealed.exists()


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
    from sealer.cli import memory

    monkeypatch.setattr(memory, "_IN_MEMORY", frozenset())
    done = edit("put('user:', 'u:')")
    assert done.code == 6
    assert "there is no folder in memory" in done.err
    assert not Path("tools/seen").exists()
    assert sealed.exists()


def test_edit_elsewhere_warns_and_overwrites(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no system offers memory, the file on disk is told of and leaves nothing behind."""
    from sealer.cli import memory

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


MEDDLE = """\
theirs = here.parent / "db.yaml"
if first: theirs.write_text(theirs.read_text().replace("spec:", "# theirs\\nspec:"))
"""


def test_edit_file_changed_meanwhile_is_refused(sealed: Path) -> None:
    """What the other one wrote stays (6)."""
    before = sealed.read_text()
    done = edit(MEDDLE + "put('user:', 'login:')")
    assert done.code == 6
    assert "db.yaml was changed meanwhile; nothing was written" in done.err
    assert sealed.read_text() == before.replace("spec:", "# theirs\nspec:")


def test_edit_file_changed_meanwhile_is_edited_on_top_when_asked(sealed: Path) -> None:
    """At a terminal the text is not lost: it is opened again, for the file as it is now."""
    body = f"""\
{MEDDLE}
if first: put('user: {SEALED}', 'user: from the editor')
else: file.write_text(text.partition("give up\\n")[2])
"""
    done = edit(body, terminals="in err", stdin="y\n")
    assert done.code == 0
    assert "Open your text again?" in done.err
    assert "# theirs" in sealed.read_text()
    assert opened(sealed)["user"] == b"from the editor"


def test_edit_item_that_others_added_meanwhile_stays(sealed: Path) -> None:
    """Only what was shown can be removed by leaving it out."""
    body = f"""\
theirs = here.parent / "db.yaml"
if first:
    theirs.write_text(theirs.read_text().replace("    user:", "    token: AgB\\n    user:"))
    put('  user: {SEALED}\\n', '')
else: file.write_text(text.partition("give up\\n")[2])
"""
    assert edit(body, terminals="in err", stdin="y\n").code == 0
    assert load(sealed).encrypted_data.keys() == {"password", "token"}


def test_edit_unsafe_file_is_told_and_left_alone(sealed: Path) -> None:
    """What cannot be spliced is refused with its place in the file (3)."""
    text = sealed.read_text().replace("    user: ", "    user: &u ") + "x: *u\n"
    sealed.write_text(text)
    done = edit(f"if first: put('user: {SEALED}', 'user: new words')")
    assert done.code == 3
    assert "db.yaml:1" in done.err
    assert "through an anchor: unsafe to edit" in done.err
    assert sealed.read_text() == text


def test_edit_one_of_several_documents(sealed: Path) -> None:
    """Named, it is edited; the others stay as they are."""
    both = sealed.read_text() + sealed.read_text().replace("name: db", "name: web")
    sealed.write_text(both)
    assert edit("").code == 2
    assert edit("put('user:', 'login:')", "--name", "web").code == 0
    assert sealed.read_text() == "login:".join(both.rsplit("user:", 1))


def test_edit_json_keeps_its_layout(sealed: Path) -> None:
    """A file of minified JSON stays one."""
    import json

    manifest = json.dumps(load(sealed).to_object(), separators=(",", ":"))
    write_all(sealed.parent, {"db.json": manifest})
    assert edit(f"put('user: {SEALED}', 'a: new words')", file="db.json").code == 0
    after = (sealed.parent / "db.json").read_text()
    assert after == json.dumps(json.loads(after), separators=(",", ":"))
    assert opened(sealed.parent / "db.json")["a"] == b"new words"


def test_edit_text_saved_as_utf_16_is_read(sealed: Path) -> None:
    """As some editors do on Windows."""
    body = f"file.write_text(text.replace('user: {SEALED}', 'user: é'), encoding='utf-16')"
    assert edit(body).code == 0
    assert opened(sealed)["user"] == "é".encode()


def test_edit_same_value_typed_again_keeps_its_ciphertext(sealed: Path) -> None:
    """Known from the digests of this user; `--fresh` seals it anew."""
    body = f"put('user: {SEALED}', 'user: same words')"
    edit(body)
    before = sealed.read_bytes()
    assert "nothing to change" in edit(body).err
    assert sealed.read_bytes() == before
    assert edit(body, "--fresh").code == 0
    assert sealed.read_bytes() != before


FILL = "put('# key: value', 'key: some words')"


def test_edit_new_file_begins_with_a_template_and_is_sealed(folder: Path) -> None:
    """Name from the file, the rest from options; what is written opens."""
    done = edit(FILL, "-n", "shop", "--scope", "namespace-wide", file="web.yaml")
    assert done.code == 0
    assert "name: web\n" in seen()
    assert opened(folder / "web.yaml") == {"key": b"some words"}
    assert load(folder / "web.yaml").identity.scope.value == "namespace-wide"
    assert b"some words" not in (folder / "web.yaml").read_bytes()
    assert edit(FILL, "-n", "shop", "--name", "x", file="x.json").code == 0
    assert (folder / "x.json").read_text().startswith('{\n  "kind"')


@pytest.mark.parametrize(
    ("body", "options", "file", "code"),
    [
        ("", ["-n", "shop"], "web.yaml", 0),
        (FILL, [], "web.yaml", 3),
        ("put('# key: value', 'key: 1')", ["-n", "shop"], "web.yaml", 3),
        (f"put('# key: value', 'key: {SEALED}')", ["-n", "shop"], "web.yaml", 3),
        ("(here.parent / 'web.yaml').write_text('theirs')\n" + FILL, ["-n", "s"], "web.yaml", 6),
        (FILL, ["-n", "shop"], "missing/web.yaml", 6),
        (FILL, ["--scope", "cluster-wide"], "config.yaml", 3),
        (FILL, [], "-", 2),
    ],
)
def test_edit_new_file_is_not_made_without_need(
    folder: Path, body: str, options: list[str], file: str, code: int
) -> None:
    """Unchanged, incomplete or invalid texts write nothing, and no file is overwritten."""
    before = snapshot(folder)
    assert edit(f"if not first: sys.exit()\n{body}", *options, file=file).code == code
    after = snapshot(folder)
    assert {name for name in after if not name.startswith("tools")} - before.keys() <= {"web.yaml"}
    assert after.get("web.yaml", b"theirs") == b"theirs"


def test_edit_scope_of_an_existing_file_is_refused(sealed: Path) -> None:
    """It is the file's own."""
    assert edit("", "--scope", "strict", file=sealed.name).code == 2


CANARY = "cAnArY-4d7e21-value"
HIDDEN = CANARY.encode().hex()


@pytest.mark.parametrize("mishap", ["", "put_twice", "bug", "full"])
def test_edit_value_shows_up_nowhere(
    sealed: Path, mishap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a file, a message, an argument or a traceback, whatever goes wrong."""
    from sealer.cli import editsession

    def fail(*_: object) -> bool:
        raise RuntimeError(CANARY) if mishap == "bug" else OSError(28, CANARY)

    if mishap in ("bug", "full"):
        monkeypatch.setattr(editsession, "write_amended", fail)
    line = f"'user: ' + bytes.fromhex('{HIDDEN}').decode()"
    twice = f"{line} + '\\n  ' + {line}" if mishap == "put_twice" else line
    editor = script(f"if first: put('user: {SEALED}', {twice})", "--blind")
    done = run("edit", "db.yaml", "--editor", editor, "-v", "--fresh", *CERT)
    assert done.code == {"": 0, "put_twice": 3, "bug": 70, "full": 70}[mishap]
    everything = b"".join(snapshot(sealed.parent).values())
    forms = [CANARY.encode(), base64.b64encode(CANARY.encode())]
    assert not any(form in everything for form in forms)
    assert CANARY not in done.err
    assert CANARY.encode() not in done.out
