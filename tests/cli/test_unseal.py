"""`sealer unseal`: recovery with private keys, loud, and never into git by accident."""

import base64
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, SECRET, VALUE
from tests.support import vectors
from tests.support.program import run, snapshot, write_all

KEYS = ("--keys", "rsa2048.key.pem")
BASE64 = b"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Return a folder with a sealed file and one of another kind."""
    write_all(folder, {"m/config.yaml": CONFIG})
    run("seal", "secret.yaml", "config.yaml", "--cert", "rsa2048.crt.pem", "-w", "m/sealed.yaml")
    return folder


def test_unseal_prints_the_secret_and_says_what_that_means(sealed: Path) -> None:
    """The Secret is on standard output, the warning on standard error."""
    assert sealed == Path.cwd()
    done = run("unseal", "m/sealed.yaml", *KEYS)
    assert done.code == 0
    assert BASE64 in done.out
    assert CONFIG.encode() in done.out
    assert "warning: 1 Secret can be read by anyone who gets the output" in done.err
    assert VALUE not in done.err


def test_unseal_quietly_is_quiet(sealed: Path) -> None:
    """`-q` is for scripts that know."""
    assert run("unseal", str(sealed / "m" / "sealed.yaml"), *KEYS, "-q").err == ""


@pytest.mark.parametrize("option", ["-w", "-d"])
def test_unseal_writes_for_the_owner_only(sealed: Path, option: str) -> None:
    """Whatever was there before, the result has mode 0600."""
    target = sealed / "out" / "sealed.yaml"
    write_all(sealed, {"out/sealed.yaml": "old"})
    target.chmod(0o644)
    done = run("unseal", "m/sealed.yaml", *KEYS, option, str(target if option == "-w" else "out"))
    assert done.code == 0
    assert BASE64 in target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_unseal_into_a_git_work_tree_needs_force(sealed: Path) -> None:
    """The next commit would take it along."""
    subprocess.run(["git", "init", "-q", "repo"], check=True, cwd=sealed)
    before = snapshot(sealed)
    for target in (("-w", "repo/plain.yaml"), ("-d", "repo/new/folder")):
        done = run("unseal", "m/sealed.yaml", *KEYS, *target)
        assert done.code == 2
        assert "lies in the git work tree" in done.err
        assert snapshot(sealed) == before
        assert run("unseal", "m/sealed.yaml", *KEYS, *target, "--force").code == 0
        before = snapshot(sealed)


def test_unseal_with_the_wrong_keys_tells_all_and_writes_nothing(sealed: Path) -> None:
    """The answer is no (1); each item is named with what was tried."""
    shutil.copy(vectors.KEYS / "stranger.key.pem", sealed)
    write_all(sealed, {"m/moved.yaml": _moved(sealed)})
    before = snapshot(sealed)
    done = run("unseal", "m", *KEYS, "--keys", "stranger.key.pem", "-d", "out")
    assert done.code == 1
    assert snapshot(sealed) == before
    assert "error: m/moved.yaml:11:15: shop/moved, item password: no key opens the" in done.err
    assert f"hint: tried {vectors.key_pair('rsa2048').fingerprint}" in done.err


def _moved(folder: Path) -> bytes:
    text = (folder / "m" / "sealed.yaml").read_bytes()
    return text.replace(b"name: db", b"name: moved")


@pytest.mark.parametrize(
    "keys",
    [
        ("--keys", "backup"),
        ("--keys", "backup/stranger.key.pem,backup/both.yaml"),
        ("--keys", "backup/stranger.key.pem", "--keys", "backup/both.yaml"),
        ("--keys", "backup/both.json"),
    ],
)
def test_unseal_takes_keys_in_every_form(sealed: Path, keys: tuple[str, ...]) -> None:
    """Files, folders, comma lists, key Secrets and `List`s of them."""
    write_all(sealed, {"for-a.yaml": SECRET})
    certificate = str(vectors.KEYS / "peer-a.crt.pem")
    run("seal", "for-a.yaml", "--cert", certificate, "-w", "a.yaml")
    (sealed / "backup").mkdir()
    for source, target in (
        ("stranger.key.pem", "stranger.key.pem"),
        ("stranger.crt.pem", "stranger.pem"),
        ("both.list.yaml", "both.yaml"),
        ("both.list.json", "both.json"),
    ):
        shutil.copy(vectors.KEYS / source, sealed / "backup" / target)
    done = run("unseal", "a.yaml", *keys)
    assert done.code == 0, done.err
    assert "left alone" not in done.err


def test_unseal_keys_in_the_environment(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comma list in SEALER_KEYS, blanks in names included."""
    shutil.copy(sealed / "rsa2048.key.pem", sealed / "my key.pem")
    shutil.copy(vectors.KEYS / "stranger.key.pem", sealed)
    monkeypatch.setenv("SEALER_KEYS", "stranger.key.pem,my key.pem")
    assert run("unseal", "m/sealed.yaml").code == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.pem", None, "error: missing.pem: cannot be read: No such file"),
        ("empty.pem", b"", "error: empty.pem: no private key found"),
        ("crt.pem", (vectors.KEYS / "rsa2048.crt.pem").read_bytes(), "no private key found"),
        ("a.yaml", b"kind: Pod\napiVersion: v1\n", "error: a.yaml:1:1: a Pod is no key Secret"),
        ("bad.yaml", b"a: [\n", "error: bad.yaml:2:1: "),
        ("dir", b"", "error: dir: no private key found in the folder"),
    ],
)
def test_unseal_with_unusable_keys_is_a_key_error(
    sealed: Path, name: str, content: bytes | None, said: str
) -> None:
    """Code 4 names the file, and the line where there is one."""
    if name == "dir":
        (sealed / name).mkdir()
    elif content is not None:
        write_all(sealed, {name: content})
    done = run("unseal", "m/sealed.yaml", "--keys", name)
    assert (done.code, done.out) == (4, b"")
    assert said in done.err


def test_unseal_folder_of_keys_leaves_a_damaged_one_alone(sealed: Path) -> None:
    """One damaged key does not keep the others from opening anything; it is told."""
    good = (sealed / "rsa2048.key.pem").read_bytes()
    write_all(sealed, {"k/good.pem": good, "k/cut.pem": good[:900]})
    write_all(sealed, {"k/notes.txt": "x", "k/bad.yaml": "a: [\n"})
    done = run("unseal", "m/sealed.yaml", "--keys", "k")
    assert done.code == 0
    assert "warning: k/cut.pem: left alone: no private key found" in done.err
    assert "warning: k/bad.yaml:2:1: left alone: " in done.err


def test_unseal_renders_templates(sealed: Path) -> None:
    """Beside the items, as the controller would; hashes fit whatever their salt."""
    file = sealed / "m" / "sealed.yaml"
    text = file.read_text()
    entry = "  template:\n    data: {{url: '{}'}}\n"
    file.write_text(text.replace("  template:\n", entry.format("https://{{ .password }}@x")))
    done = run("unseal", "m/sealed.yaml", *KEYS)
    assert done.code == 0, done.err
    assert base64.b64encode(f"https://{VALUE}@x".encode()) in done.out
    assert BASE64 in done.out


def test_unseal_of_a_template_that_fails_is_no(sealed: Path) -> None:
    """The object does not unseal (1): the entry is named with its line, no value is."""
    file = sealed / "m" / "sealed.yaml"
    entry = "  template:\n    data: {url: '{{ fail .password }}'}\n"
    file.write_text(file.read_text().replace("  template:\n", entry))
    before = snapshot(sealed)
    done = run("unseal", "m/sealed.yaml", *KEYS, "-w", "out.yaml")
    assert (done.code, snapshot(sealed)) == (1, before)
    assert "error: m/sealed.yaml:13:17: shop/db: template: url:1:3: executing" in done.err
    assert VALUE not in done.err


def test_unseal_without_keys_is_wrong_usage(sealed: Path) -> None:
    """Nothing is guessed."""
    assert "Missing option '--keys'" in run("unseal", str(sealed / "m")).err


def test_unseal_without_a_sealed_secret_passes_all_and_says_so(sealed: Path) -> None:
    """Success after doing nothing is told."""
    done = run("unseal", "config.yaml", *KEYS)
    assert (done.code, done.out) == (0, (sealed / "config.yaml").read_bytes())
    assert "there is no SealedSecret to unseal" in done.err
