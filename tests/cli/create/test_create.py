"""`sealer create`: what all types have in common: identity, metadata, files that are there."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sealer.scope import Scope
from sealer.sealing.hints import SEALING_KEYS, read_hints
from sealer_keys.fingerprint import short
from tests.cli.create.opening import CERT, FOR_SHOP, created, opened, sealed, values
from tests.support import vectors
from tests.support.program import Done, run, snapshot, write_all

VALUE = "correct-horse-battery"
SOURCE = ("--from-file", "password")
GENERIC = ("create", "generic", "db", *FOR_SHOP, *SOURCE)
INTO = (*GENERIC, "-w", "db.yaml")
pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(folder: Path) -> Path:
    """Return a folder with a value in it."""
    write_all(folder, {"password": VALUE, "other": "another-value"})
    return folder


def _name(data: bytes) -> str:
    return sealed(data).name


def test_create_writes_what_kubectl_would_sealed() -> None:
    """Name, namespace, labels, annotations and immutability reach the Secret."""
    done = run(
        *(*GENERIC, "--immutable", "--label", "app=db", "--label", "example.com/x="),
        *("--annotation", "note=a text, with = and ,", "--type", "example.com/mine"),
    )
    secret = created(done)
    assert (secret.namespace, secret.name, secret.type) == ("shop", "db", "example.com/mine")
    assert (secret.immutable, secret.labels) == (True, {"app": "db", "example.com/x": ""})
    assert secret.annotations == {"note": "a text, with = and ,"}
    assert values(secret) == {"password": VALUE.encode()}
    assert VALUE.encode() not in done.out


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
def test_create_seals_for_the_scope(scope: str) -> None:
    """As an option, or as the annotation that means it."""
    done = run(*GENERIC, "--scope", scope)
    assert sealed(done.out).identity.scope is Scope(scope)
    assert values(created(done)) == {"password": VALUE.encode()}
    if scope != "strict":
        mark = f"sealedsecrets.bitnami.com/{scope}=true"
        assert sealed(run(*GENERIC, "--annotation", mark).out).identity.scope is Scope(scope)


def test_create_without_a_namespace_only_cluster_wide() -> None:
    """Whatever else binds it, needs it."""
    command = ("create", "generic", "db", *CERT, *SOURCE)
    done = run(*command)
    assert (done.code, done.out) == (2, b"")
    assert "scope strict needs --namespace" in done.err
    done = run(*command, "--scope", "cluster-wide")
    assert created(done).namespace == ""


def test_create_notes_the_key_unless_told_not_to() -> None:
    """The annotation of `seal`, on the SealedSecret alone."""
    done = run(*GENERIC)
    fingerprint = vectors.key_pair("rsa2048").fingerprint
    assert read_hints(sealed(done.out)) == {"password": short(fingerprint)}
    assert SEALING_KEYS not in created(done).annotations
    assert SEALING_KEYS.encode() not in run(*GENERIC, "--no-hints").out


def test_create_writes_json_for_a_name_or_an_option(here: Path) -> None:
    """As `seal` does."""
    assert json.loads(run(*GENERIC, "-o", "json").out)["kind"] == "SealedSecret"
    assert run(*GENERIC, "-w", "db.json").code == 0
    assert json.loads((here / "db.json").read_text())["kind"] == "SealedSecret"
    assert run(*GENERIC).out.startswith(b"---\n")
    assert run(*GENERIC, "-d", "new/folder").code == 0
    assert run(*GENERIC, "-d", "new/folder", "-o", "json").code == 0
    assert sorted(path.name for path in (here / "new/folder").iterdir()) == ["db.json", "db.yaml"]


def test_create_that_changes_nothing_leaves_the_file_alone(here: Path) -> None:
    """Known from keyed digests; comments and layout of the file survive."""
    assert run(*INTO).code == 0
    file = here / "db.yaml"
    file.write_text("# mine\n" + file.read_text())
    before = file.stat().st_mtime_ns, file.read_bytes()
    done = run(*INTO)
    assert (done.code, done.out) == (0, b"")
    assert "note: db.yaml stays as it is" in done.err
    assert before == (file.stat().st_mtime_ns, file.read_bytes())


@pytest.mark.parametrize(
    "change",
    [
        ("--label", "a=b"),
        ("--from-file", "other"),
        ("--immutable",),
        ("--type", "x"),
        ("--fresh",),
        ("--no-cache",),
        ("--scope", "namespace-wide"),
        ("--no-hints",),
    ],
)
def test_create_that_would_change_a_file_needs_force(here: Path, change: tuple[str, ...]) -> None:
    """Without it, code 6 and nothing touched."""
    run(*INTO)
    before = snapshot(here)
    done = run(*INTO, *change)
    assert (done.code, done.out) == (6, b"")
    assert "error: db.yaml exists, and would change\nhint: replace it: --force" in done.err
    assert snapshot(here) == before
    assert run(*INTO, *change, "--force").code == 0
    assert snapshot(here) != before
    assert values(opened((here / "db.yaml").read_bytes()))["password"] == VALUE.encode()


def test_create_with_force_keeps_the_ciphertext_of_unchanged_values(here: Path) -> None:
    """So that the difference shows what changed."""
    run(*INTO, "--from-file", "other")
    file = here / "db.yaml"
    file.chmod(0o640)
    before = sealed(file.read_bytes()).encrypted_data
    write_all(here, {"other": "a new value"})
    assert run(*INTO, "--from-file", "other", "--force").code == 0
    after = sealed(file.read_bytes()).encrypted_data
    assert after["password"] == before["password"]
    assert after["other"] != before["other"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert run(*INTO, "--from-file", "other", "--force", "--fresh").code == 0
    assert sealed(file.read_bytes()).encrypted_data["password"] != before["password"]


@pytest.mark.parametrize(
    "content",
    [
        "precious",
        "",
        "a: [\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db, namespace: shop}\n",
        "{sealed}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
        "{sealed}{sealed}",
        "{other-name}",
        "{other-namespace}",
        "apiVersion: v1\nkind: List\nitems: []\n",
    ],
)
def test_create_never_replaces_what_is_something_else(here: Path, content: str) -> None:
    """Whatever the options: it would be lost."""
    text = run(*GENERIC).out.decode()
    for mark, kept in (
        ("{sealed}", text),
        ("{other-name}", text.replace("name: db", "name: web")),
        ("{other-namespace}", text.replace("namespace: shop", "namespace: web")),
    ):
        content = content.replace(mark, kept)
    write_all(here, {"db.yaml": content})
    for force in ((), ("--force",)):
        done = run(*INTO, *force)
        assert (done.code, done.out) == (6, b"")
        assert "error: db.yaml exists, and is not the SealedSecret shop/db" in done.err
        assert (here / "db.yaml").read_text() == content


def test_create_refuses_a_file_that_changed_meanwhile(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing it, someone may have edited it."""
    run(*INTO)
    file = here / "db.yaml"
    from sealer.sealing import seal

    def meddle(*arguments: Any) -> dict[str, str]:  # noqa: ANN401 - whatever it takes
        file.write_text("edited")
        return original(*arguments)

    original = seal._seal_items  # noqa: SLF001 - where the time passes
    monkeypatch.setattr(seal, "_seal_items", meddle)
    done = run(*INTO, "--label", "a=b", "--force")
    assert done.code == 6
    assert "db.yaml was changed meanwhile" in done.err
    assert file.read_text() == "edited"


def test_create_where_it_cannot_write_leaves_nothing(here: Path) -> None:
    """Code 6, and no temporary file."""
    before = snapshot(here)
    for target in ("no/such/db.yaml", "."):
        assert run(*GENERIC, "-w", target).code == 6
        assert snapshot(here) == before


def test_append_hash_is_random_and_kept_while_the_content_is() -> None:
    """Known through the digests of earlier runs, and never made from a value."""
    hashed = (*INTO, "--append-hash")
    assert run(*hashed).code == 0
    first = Path("db.yaml").read_bytes()
    assert _name(first).startswith("db-")
    assert len(_name(first)) == len("db-") + 10
    assert opened(first).name == _name(first)
    done = run(*hashed)
    assert (done.code, Path("db.yaml").read_bytes()) == (0, first)
    for change in (("--label", "a=b"), ("--scope", "namespace-wide"), ("--fresh",)):
        assert run(*hashed, *change, "--force").code == 0
        now = Path("db.yaml").read_bytes()
        assert _name(now) == _name(first)
        assert values(opened(now)) == {"password": VALUE.encode()}


@pytest.mark.parametrize(
    "change",
    [
        ("--from-file", "other"),
        ("--type", "example.com/mine"),
        ("--no-cache",),
    ],
)
def test_append_hash_is_new_when_the_content_is_or_may_be(change: tuple[str, ...]) -> None:
    """What is not known counts as new: an immutable Secret would refuse to change."""
    hashed = (*INTO, "--append-hash")
    run(*hashed)
    first = Path("db.yaml").read_bytes()
    assert run(*hashed, *change, "--force").code == 0
    assert _name(Path("db.yaml").read_bytes()) != _name(first)
    assert values(opened(Path("db.yaml").read_bytes()))["password"] == VALUE.encode()


def test_append_hash_is_new_when_an_item_is_gone() -> None:
    """What is left is unchanged, and the content is not."""
    hashed = (*INTO, "--append-hash", "--force")
    assert run(*hashed, "--from-file", "other").code == 0
    first = Path("db.yaml").read_bytes()
    assert run(*hashed).code == 0
    after = Path("db.yaml").read_bytes()
    assert _name(after) != _name(first)
    assert list(values(opened(after))) == ["password"]


def test_append_hash_is_new_when_a_value_is(here: Path) -> None:
    """Also when it is put back to what it was before."""
    hashed = (*INTO, "--append-hash", "--force")
    names = set()
    for value in ("one-value", "two-values", "one-value"):
        write_all(here, {"password": value})
        assert run(*hashed).code == 0
        names.add(_name((here / "db.yaml").read_bytes()))
    assert len(names) == 3


def test_append_hash_is_another_for_everyone() -> None:
    """Two people, or two runs without a file, cannot compare their values by it."""
    names = {_name(run(*GENERIC, "--append-hash").out) for _ in range(5)}
    assert len(names) == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Bad_Name", *FOR_SHOP), "'NAME': it takes lower-case letters"),
        (("db", "-n", "Bad_Name", *CERT), "'--namespace': it takes lower-case letters"),
        (("db", *FOR_SHOP, "-w", "a.yaml", "-d", "b"), "-w and -d exclude each other"),
        (("db", *FOR_SHOP, "--label", "a"), "it takes KEY=VALUE"),
        (("db", *FOR_SHOP, "--label", "a=1", "--label", "a=2"), "a is there twice"),
        (("db", *FOR_SHOP, "--label", "a b=1"), "'--label': it takes letters, digits"),
        (("db", *FOR_SHOP, "--label", "a=b c"), "'--label': it takes letters, digits"),
        (("db", *FOR_SHOP, "--annotation", "-=x"), "'--annotation': it takes letters, digits"),
        (("a" * 243, *FOR_SHOP, "--append-hash"), "a name has at most 242 characters"),
        (FOR_SHOP, "Missing argument 'NAME'"),
    ],
)
def test_create_wrong_usage_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """Code 2."""
    done = run("create", "generic", *arguments, *SOURCE)
    assert (done.code, done.out) == (2, b"")
    assert said in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--type", "kubernetes.io/tls"), "data[tls.crt]: Required value"),
        (("--type", "kubernetes.io/service-account-token"), "is made by the cluster"),
        (("--from-file", "big1", "--from-file", "big2"), "may not be more than 1048576 bytes"),
    ],
)
def test_create_of_what_the_cluster_would_refuse_is_refused(
    here: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Code 3, in the API server's words."""
    write_all(here, dict.fromkeys(("big1", "big2"), b"x" * 600000))
    done = run(*GENERIC, *arguments)
    assert (done.code, done.out) == (3, b"")
    assert said in done.err


def test_create_of_nothing_needs_to_be_meant() -> None:
    """An empty Secret is a mistake, most of the time."""
    command = ("create", "generic", "db", *FOR_SHOP)
    assert run(*command).code == 2
    assert values(created(run(*command, "--allow-empty-data"))) == {}


def test_create_leaves_annotations_out_that_tell_a_value() -> None:
    """With a warning, as `seal` does."""
    done = run(*GENERIC, "--annotation", f"note=it is {VALUE}")
    assert "annotation note holds a copy of a value and is left out" in done.err
    assert VALUE not in done.err + done.out.decode()
    assert created(done).annotations == {}


def test_create_takes_the_certificate_of_the_target(here: Path) -> None:
    """The policy's rules are about the file that is written."""
    policy = "version: 1\nclusters:\n  prod: {certificate: rsa2048.crt.pem, paths: ['prod/**']}\n"
    write_all(here, {".sealer.yaml": policy})
    command = ("create", "generic", "db", "-n", "shop", *SOURCE)
    assert run(*command, "-d", "prod").code == 0
    assert values(opened((here / "prod/db.yaml").read_bytes())) == {"password": VALUE.encode()}


def test_create_writes_what_the_hook_lets_pass(here: Path) -> None:
    """Its file can be committed as it is."""
    from tests.support.terminal import without_terminal

    subprocess.run(["git", "init", "-q"], cwd=here, check=True)
    run(*INTO)
    assert without_terminal("inspect", "db.yaml").returncode == 0
    found = run("seal", "--check", "db.yaml")
    assert (found.code, found.out) == (0, b"")


def test_create_is_quiet_when_asked(here: Path) -> None:
    """Data on standard output, words on standard error, none of them under -q."""
    done: Done = run(*GENERIC, "-q")
    assert done.err == ""
    assert run(*INTO).err.count("note: ") == 2
    assert (here / "db.yaml").exists()
