"""`sealer keys generate`: a key that the controller accepts, never where git would take it."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sealer.cli.commands import keys_generate
from sealer.documents import read_stream
from sealer.keysecret import ACTIVE, DEFAULT_PREFIX, KEY_LABEL, load_keys
from sealer.manifest import find_objects
from sealer_keys.certificate import load_certificate
from sealer_keys.generate import DEFAULT_BITS, DEFAULT_VALIDITY, MAXIMUM_BITS
from tests.support.program import run, snapshot

SMALL = ("--bits", "2048")
GENERATE = ("keys", "generate", *SMALL)
pytestmark = pytest.mark.usefixtures("folder")


def test_generate_writes_key_and_certificate_beside_each_other(folder: Path) -> None:
    """Both are for the owner only, and belong together."""
    done = run(*GENERATE, "-w", "prod.key", "--days", "7")
    assert (done.code, done.out) == (0, b"")
    for name in ("prod.key", "prod.crt"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    (pair,) = load_keys((folder / "prod.key").read_bytes() + (folder / "prod.crt").read_bytes())
    assert pair.certificate is not None
    left = pair.certificate.not_after - datetime.now(UTC)
    assert timedelta(days=6) < left <= timedelta(days=7)
    assert f"new key {pair.fingerprint}, valid until" in done.err


def test_generate_as_secret_makes_what_the_controller_loads() -> None:
    """Label, type and a name that kubectl can apply."""
    done = run(*GENERATE, "--as-secret", "-n", "sealing")
    (document,) = read_stream(done.out).documents
    (found,) = find_objects(document)
    assert (found.api_version, found.kind) == ("v1", "Secret")
    assert f"{KEY_LABEL}: {ACTIVE}".encode() in done.out
    assert b"  namespace: sealing\n" in done.out
    assert f"  name: {DEFAULT_PREFIX}-".encode() in done.out
    (pair,) = load_keys(done.out)
    assert pair.certificate is not None
    assert pair.certificate.bits == 2048


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(("--name", "mine"), b"  name: mine\n"), (("--prefix", "key"), b"  name: key-")],
)
def test_generate_as_secret_under_another_name(arguments: tuple[str, ...], name: bytes) -> None:
    """A fixed name, or a prefix with a random ending."""
    assert name in run(*GENERATE, "--as-secret", *arguments).out


def test_generate_on_standard_output_gives_both_as_pem() -> None:
    """One stream that `--keys` can read back; said aloud on a terminal."""
    done = run(*GENERATE, terminals="out")
    (pair,) = load_keys(done.out)
    assert load_certificate(done.out).fingerprint == pair.fingerprint
    assert "warning: a private key follows" in done.err
    assert "PRIVATE KEY" not in done.err


def test_generate_into_a_git_work_tree_needs_force(folder: Path) -> None:
    """A private key in a repository is what all of this is against."""
    subprocess.run(["git", "init", "-q", "repo"], check=True, cwd=folder)
    before = snapshot(folder)
    done = run(*GENERATE, "-w", "repo/prod.key")
    assert done.code == 2
    assert "lies in the git work tree" in done.err
    assert snapshot(folder) == before
    assert run(*GENERATE, "-w", "repo/prod.key", "--force").code == 0


def test_generate_takes_the_controllers_namespace_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The variable for where Secrets go does not count; that would hide the key from it."""
    monkeypatch.setenv("SEALER_NAMESPACE", "shop")
    assert b"  namespace: kube-system\n" in run(*GENERATE, "--as-secret").out
    monkeypatch.setenv("SEALED_SECRETS_CONTROLLER_NAMESPACE", "sealing")
    assert b"  namespace: sealing\n" in run(*GENERATE, "--as-secret").out


@pytest.mark.parametrize("existing", ["prod.key", "prod.crt"])
def test_generate_never_replaces_a_key_by_accident(folder: Path, existing: str) -> None:
    """What only the old key opens would be lost."""
    (folder / existing).write_text("precious")
    done = run(*GENERATE, "-w", "prod.key")
    assert done.code == 6
    assert f"error: {existing} exists" in done.err
    assert (folder / existing).read_text() == "precious"
    assert run(*GENERATE, "-w", "prod.key", "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bits", "1024"), "'--bits'"),
        (("--days", "0"), "'--days'"),
        (("--name", "x"), "--name is for key Secrets"),
        (("-n", "x"), "--namespace is for key Secrets"),
        (("--as-secret", "-n", "X_Y"), "it takes lower-case letters"),
        (("-w", "prod.crt"), "is the name for the certificate"),
    ],
)
def test_generate_wrong_usage_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """Code 2, before any key is made."""
    done = run("keys", "generate", *arguments)
    assert done.code == 2
    assert said in done.err


def test_generate_where_it_cannot_write_leaves_nothing(folder: Path) -> None:
    """Neither the key nor half of the pair."""
    before = snapshot(folder)
    done = run(*GENERATE, "-w", "no/such/prod.key")
    assert done.code == 6
    assert "error: cannot write no/such/prod.key: No such file or directory" in done.err
    assert snapshot(folder) == before


def test_generate_defaults_are_the_librarys() -> None:
    """The help shows what the library does; it does not import it to do so."""
    options = {option.name: option for option in keys_generate.command.params}
    assert options["bits"].default == DEFAULT_BITS
    assert options["days"].default == DEFAULT_VALIDITY.days
    assert options["prefix"].default == DEFAULT_PREFIX
    assert getattr(options["bits"].type, "max", None) == MAXIMUM_BITS


def test_generate_that_cannot_write_the_key_leaves_no_certificate(folder: Path) -> None:
    """What nobody has the key to must not be sealed with: the key goes first."""
    (folder / "prod.key").mkdir()
    done = run(*GENERATE, "-w", "prod.key")
    assert done.code == 6
    assert not (folder / "prod.crt").exists()
