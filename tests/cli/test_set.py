"""`sealer set`, `unset` and `rename`: items change where they stand, and nothing else does."""

import subprocess
from pathlib import Path

import pytest

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.envelope import open_value
from sealer.manifest import SealedSecret, read_sealed_secret
from sealer.sealing import unseal_secret
from sealer.sealing.hints import SEALING_KEYS, read_hints
from sealer_keys.keyring import Keyring
from tests.cli.conftest import VALUE
from tests.support import vectors
from tests.support.program import Done, run, snapshot, write_all

CERT = ("--cert", "rsa2048.crt.pem")
PAIR = vectors.key_pair("rsa2048")
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop}}
type: kubernetes.io/basic-auth
stringData: {{password: {VALUE}, username: admin}}
"""


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Return a file with a SealedSecret as kubeseal writes it: without hints."""
    write_all(folder, {"secret.yaml": SECRET})
    assert run("seal", "secret.yaml", "-w", "db.yaml", "--no-hints", *CERT).code == 0
    return folder / "db.yaml"


def objects(file: Path) -> list[SealedSecret]:
    """Return the SealedSecrets of a file."""
    roots = [document.root for document in read_stream(file.read_bytes()).documents]
    return [read_sealed_secret(plain(root)) for root in roots if root is not None]


def opened(file: Path) -> dict[str, bytes]:
    """Return the values of a SealedSecret in a file."""
    secret = unseal_secret(objects(file)[0], Keyring([PAIR])).secret
    return {key: value.reveal() for key, value in secret.data.items()}


def set_item(key: str, value: bytes, *options: str, file: str = "db.yaml") -> Done:
    """Run `sealer set` with a value on standard input."""
    return run("set", file, key, *CERT, *options, stdin=value)


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_set_one_value_is_a_diff_of_two_lines(sealed: Path) -> None:
    """In a real repository: one line goes, one line comes, without any private key."""
    (sealed.parent / "rsa2048.key.pem").unlink()
    _git(sealed.parent, "init", "-q")
    _git(sealed.parent, "add", "db.yaml")
    _git(sealed.parent, "commit", "-qm", "sealed")

    assert set_item("password", b"new\n", "--trim").code == 0

    diff = _git(sealed.parent, "diff", "-U0").splitlines()
    changed = [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert [line[:15] for line in changed] == ["-    password: ", "+    password: "]
    assert opened(sealed) == {"password": b"new", "username": b"admin"}


def test_set_new_item_comes_to_its_place(sealed: Path) -> None:
    """Sorted items stay sorted, and no other line changes."""
    before = sealed.read_text().splitlines()
    assert set_item("token", b"\x00\xff").code == 0
    after = sealed.read_text().splitlines()
    new = [line for line in after if line not in before]
    assert [line for line in after if line in before] == before
    assert len(new) == 1
    assert new[0].startswith("    token: A")
    assert list(objects(sealed)[0].encrypted_data) == ["password", "token", "username"]
    assert opened(sealed)["token"] == b"\x00\xff"


def test_set_unchanged_value_keeps_its_ciphertext(sealed: Path) -> None:
    """What this user sealed before is known; `--fresh` and `--no-cache` seal anew."""
    set_item("password", b"secret words")
    before = sealed.read_bytes()
    done = set_item("password", b"secret words")
    assert done.code == 0
    assert "nothing to change" in done.err
    assert sealed.read_bytes() == before
    for option in ("--fresh", "--no-cache"):
        assert set_item("password", b"secret words", option).code == 0
        assert sealed.read_bytes() != before
        before = sealed.read_bytes()


def test_set_from_several_sources_together(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of items at once, from the places that `create` knows too."""
    monkeypatch.setenv("TOKEN", "from the environment")
    write_all(sealed.parent, {"pw.txt": "from a file", "vars.env": "mode=fast\n"})
    done = run(
        *("set", "db.yaml", *CERT, "--from-file", "password=pw.txt", "--from-env-file", "vars.env"),
        *("--from-env", "token=TOKEN", "--generate", "pin=hex:16"),
    )
    assert done.code == 0
    values = opened(sealed)
    assert len(values.pop("pin")) == 16
    assert values == {
        "password": b"from a file",
        "username": b"admin",
        "mode": b"fast",
        "token": b"from the environment",
    }


def test_set_trailing_line_end_is_warned_of(sealed: Path) -> None:
    """Bytes are taken as they are, and that one is hardly ever meant."""
    done = set_item("password", b"new\n")
    assert "warning: -: the value ends with a line end" in done.err
    assert opened(sealed)["password"] == b"new\n"


def test_set_hints_stay_right_and_are_never_added(sealed: Path) -> None:
    """The annotation goes along where it is."""
    set_item("password", b"new words")
    assert SEALING_KEYS not in objects(sealed)[0].annotations
    run("seal", "secret.yaml", "-w", "db.yaml", *CERT)
    set_item("password", b"other words")
    set_item("token", b"other words")
    run("rename", "db.yaml", "username", "user")
    assert read_hints(objects(sealed)[0]).keys() == {"password", "token", "user"}
    run("unset", "db.yaml", "token")
    assert read_hints(objects(sealed)[0]).keys() == {"password", "user"}


def test_set_chooses_by_name_and_leaves_the_rest(sealed: Path) -> None:
    """Of several objects only the named one changes; unnamed, they are listed."""
    other = sealed.read_text().replace("name: db", "name: web")
    write_all(sealed.parent, {"both.yaml": sealed.read_text() + "# between\n" + other})
    done = set_item("password", b"new words", file="both.yaml")
    assert done.code == 2
    assert "2 SealedSecrets: shop/db, shop/web" in done.err
    assert set_item("password", b"new words", "--name", "web", file="both.yaml").code == 0
    text = (sealed.parent / "both.yaml").read_text()
    assert text.startswith(sealed.read_text() + "# between\n")
    before, after = (each.encrypted_data for each in objects(sealed.parent / "both.yaml"))
    assert after["username"] == before["username"]
    identity = objects(sealed.parent / "both.yaml")[1].identity
    plaintext = open_value(after["password"], Keyring([PAIR]), identity).plaintext
    assert plaintext.reveal() == b"new words"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["db.yaml", "a=hunter2"], 2, "KEY=VALUE is refused"),
        (["db.yaml", "a", "b"], 2, "only one KEY"),
        (["db.yaml"], 2, "one KEY is needed"),
        (["db.yaml", "a", "--from-file", "x=secret.yaml"], 2, "--from-file KEY=PATH"),
        (["-", "a"], 2, "standard input has no place"),
        (["db.yaml", "a b"], 3, "the item key is not legal"),
        (["missing.yaml", "a"], 3, "missing.yaml: cannot be read"),
        (["config.yaml", "a"], 3, "the file holds no SealedSecret"),
        (["db.yaml", "a", "--name", "other"], 3, "it holds shop/db"),
        (["v1.yaml", "a"], 3, "v1.yaml:4:14: shop/db: the object has spec.data"),
        (["anchored.yaml", "a"], 3, "a is shared with another place through an anchor"),
        (["nowhere.yaml", "a"], 3, "nowhere.yaml:3:1: db: the object has no"),
        (["db.yaml", "a", "--cert", "missing.pem"], 4, "missing.pem"),
    ],
)
def test_set_refusals_change_nothing(
    sealed: Path, arguments: list[str], code: int, words: str
) -> None:
    """Each says what is wrong and never repeats a value."""
    head = "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nmetadata: {name: db"
    write_all(
        sealed.parent,
        {
            "v1.yaml": head + ", namespace: shop}\nspec: {data: AgBB}\n",
            "anchored.yaml": head
            + ", namespace: shop}\nspec: {encryptedData: {a: &a x, b: *a }}\n",
            "nowhere.yaml": head + "}\nspec: {encryptedData: {a: x}}\n",
        },
    )
    before = snapshot(sealed.parent)
    done = run("set", *CERT, *arguments, stdin=b"hunter2")
    assert done.code == code
    assert words in done.err
    assert "hunter2" not in done.err
    assert snapshot(sealed.parent) == before


def test_set_at_a_terminal_tells_what_to_type(sealed: Path) -> None:
    """Nobody is left waiting for input that they do not know of."""
    done = run("set", sealed.name, "password", *CERT, terminals="in")
    assert done.code == 2
    assert "hint: type the value: sealer set db.yaml --prompt KEY" in done.err


def test_set_pinned_certificate_counts(sealed: Path) -> None:
    """A certificate that is not the pinned one is refused, as by `seal`."""
    pin = vectors.key_pair("stranger").fingerprint
    policy = f"version: 1\nclusters:\n  p: {{fingerprint: '{pin}', paths: ['**']}}\n"
    write_all(sealed.parent, {".sealer.yaml": policy})
    assert set_item("password", b"new words").code == 4


def test_unset_takes_the_line_and_tells_what_is_there(sealed: Path) -> None:
    """A missing key is an error that names the others, and then nothing is removed."""
    before = sealed.read_bytes()
    done = run("unset", "db.yaml", "password", "pasword")
    assert done.code == 3
    assert "there is no item pasword" in done.err
    assert "hint: there are: password, username" in done.err
    assert sealed.read_bytes() == before
    assert run("unset", "db.yaml", "password").code == 0
    kept = [line for line in before.splitlines() if not line.startswith(b"    password: ")]
    assert sealed.read_bytes().splitlines() == kept


def test_unset_all_items_leaves_an_empty_object_and_warns(sealed: Path) -> None:
    """It is legal, and rarely meant; the type's demands are told too."""
    done = run("unset", "db.yaml", "password", "username")
    assert done.code == 0
    assert b"\n  encryptedData: {}\n" in sealed.read_bytes()
    assert "the object has no item left" in done.err
    assert "type kubernetes.io/basic-auth demands username or password" in done.err


def test_set_items_of_a_type_one_at_a_time_warns_of_what_is_missing(folder: Path) -> None:
    """Each step is possible; an item that a template makes counts as there."""
    text = (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
        "metadata: {name: web, namespace: shop}\nspec: {template: {type: kubernetes.io/tls}}\n"
    )
    made = text.replace("/tls", "/tls, data: {tls.key: x}")
    write_all(folder, {"web.yaml": text, "made.yaml": made})
    for file, key, missing in (
        ("web.yaml", "tls.crt", ["tls.key"]),
        ("web.yaml", "tls.key", []),
        ("made.yaml", "tls.crt", []),
    ):
        done = run("set", file, key, *CERT, stdin=b"x" * 99)
        assert done.code == 0, done.err
        said = [line for line in done.err.splitlines() if " demands " in line]
        assert [line.partition(" demands ")[2] for line in said] == missing
    done = run("rename", "web.yaml", "tls.key", "key")
    assert (done.code, "type kubernetes.io/tls demands tls.key" in done.err) == (0, True)


def test_rename_keeps_the_value_sealed(sealed: Path) -> None:
    """The ciphertext is the same, and opens still."""
    text = objects(sealed)[0].encrypted_data["password"]
    done = run("rename", "db.yaml", "password", "pass.word")
    assert done.code == 0
    assert objects(sealed)[0].encrypted_data["pass.word"] == text
    assert opened(sealed) == {"pass.word": VALUE.encode(), "username": b"admin"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("password", "username", "there is an item username already"),
        ("password", "password", "there is an item password already"),
        ("pass", "username", "there is no item pass"),
        ("password", "a/b", "the item key is not legal"),
    ],
)
def test_rename_refusals_change_nothing(sealed: Path, old: str, new: str, words: str) -> None:
    """Unusable input is 3."""
    before = sealed.read_bytes()
    done = run("rename", "db.yaml", old, new)
    assert done.code == 3
    assert words in done.err
    assert sealed.read_bytes() == before


def test_templates_that_name_what_is_gone_are_warned_of(sealed: Path) -> None:
    """A template breaks when its item has another key."""
    data = "  template:\n    data:\n      url: 'pg://{{ .username }}:{{index . \"password\"}}'\n"
    write_all(sealed.parent, {"db.yaml": sealed.read_text().replace("  template:\n", data)})
    words = "the template url speaks of {}, which is gone"
    assert words.format("username") in run("rename", "db.yaml", "username", "user").err
    assert words.format("password") in run("unset", "db.yaml", "password").err


def test_immutable_secret_is_warned_of(sealed: Path) -> None:
    """The cluster will not take the new values."""
    text = sealed.read_text().replace("    type:", "    immutable: true\n    type:")
    write_all(sealed.parent, {"db.yaml": text})
    assert "the Secret is immutable" in set_item("password", b"new words").err


def test_set_file_changed_meanwhile_is_refused(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What someone else wrote while the value was read stays (6)."""
    from sealer.cli.editing.amending import ItemSealer

    real = ItemSealer.seal

    def meddle(self: ItemSealer, *arguments: object) -> dict[str, str]:
        sealed.write_text("theirs")
        return real(self, *arguments)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(ItemSealer, "seal", meddle)
    done = set_item("password", b"new words")
    assert done.code == 6
    assert sealed.read_text() == "theirs"
