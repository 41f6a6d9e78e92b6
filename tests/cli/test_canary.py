"""A marked value goes through every command and every error, and shows up nowhere it should not."""

import base64
import tempfile
from pathlib import Path

import pytest

from tests.support import vectors
from tests.support.program import Done, run, write_all

CANARY = "cAnArY-7f3a9c-value"
# In base64 a text looks different at each of three offsets; the ends depend on what is around.
ENCODED = [base64.b64encode(b"x" * offset + CANARY.encode())[4:-4].decode() for offset in range(3)]
CERT = ("--cert", "rsa2048.crt.pem")
KEYS = ("--keys", "rsa2048.key.pem")
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: {CANARY}
data:
  other: {base64.b64encode(CANARY.encode()).decode()}
"""


def _faulty() -> dict[str, str]:
    """Return Secrets that hold the value, each with another thing wrong."""
    encoded = base64.b64encode(CANARY.encode()).decode()
    return {
        "syntax": SECRET + "  x: [\n",
        "tab": SECRET + "\tx: y\n",
        "template": SECRET + "{{ if }}\n",
        "duplicate": SECRET + "stringData:\n  a: b\n",
        "key-twice": SECRET.replace("data:\n  other", f"  password: {CANARY}2\ndata:\n  other"),
        "value-as-key": SECRET.replace("password:", f"{CANARY}:").replace("db", "D B"),
        "no-base64": SECRET.replace(encoded, f"{CANARY}!"),
        "cut-base64": SECRET.replace(encoded, encoded[:-1]),
        "number": SECRET.replace("password: ", "password: 1 #"),
        "mapping": SECRET.replace(f"password: {CANARY}", f"password: {{{CANARY}: {CANARY}}}"),
        "list": SECRET.replace(f"password: {CANARY}", f"password: [{CANARY}]"),
        "as-name": SECRET.replace("name: db", "name: 1"),
        "no-name": SECRET.replace("  name: db\n", ""),
        "no-namespace": SECRET.replace("  namespace: shop\n", ""),
        "bad-name": SECRET.replace("name: db", "name: D_B"),
        "bad-key": SECRET.replace("password:", "pass word:"),
        "no-kind": SECRET.replace("kind: Secret\n", ""),
        "lower": SECRET.replace("kind: Secret", "kind: secret"),
        "tls": SECRET + "type: kubernetes.io/tls\n",
        "docker": SECRET.replace("other", ".dockercfg") + "type: kubernetes.io/dockercfg\n",
        "token": SECRET + "type: kubernetes.io/service-account-token\n",
        "sops": SECRET + "sops: {mac: x}\n",
        "binary": SECRET + f"  z: !!binary {CANARY}\n",
        "alias": f"- &a\n  {SECRET}".replace("\n", "\n  ") + "\n- *a\n",
        "anchor": f"- {SECRET}".replace("\n", "\n  ").replace("password: ", "password: &v ")
        + "\n- kind: Pod\n  apiVersion: v1\n  x: *v\n",
        "json": '{"kind": "Secret", "stringData": {"a": "' + CANARY + '"},}',
        "comment": f"# {CANARY}\n{SECRET}# {CANARY}\n",
        "annotation": SECRET.replace("name: db", f"name: db\n  annotations: {{a: '{CANARY}'}}"),
        "unknown-field": SECRET + f"stringdata: {{a: {CANARY}}}\n",
        "odd-key": SECRET.replace("password:", "yes:"),
        "controls": SECRET.replace("name: db", 'name: "\\e]0;x\\a"'),
    }


FAULTY = _faulty()


def _check(done: Done, *, may_print: bool = False) -> None:
    said = done.err if may_print else done.err + done.out.decode("utf-8", "replace")
    for form in (CANARY, CANARY[4:], *ENCODED):
        assert form not in said
        assert form not in said.replace("\n", "").replace(" ", "")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is also where temporary files would go."""
    write_all(folder, {"secret.yaml": SECRET, "value.txt": CANARY, "tmp/keep": ""})
    run("seal", "secret.yaml", *CERT, "-w", "sealed.yaml")
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return folder


def _new_files(folder: Path, before: set[Path]) -> set[Path]:
    return set(folder.rglob("*")) - before


@pytest.mark.parametrize("verbose", [(), ("-v",)])
@pytest.mark.parametrize("name", FAULTY)
def test_canary_of_a_faulty_secret_stays_where_it_is(
    here: Path, name: str, verbose: tuple[str, ...]
) -> None:
    """Through files, standard input, checks and folders, whatever is wrong with it."""
    write_all(here, {"faulty.yaml": FAULTY[name], "m/faulty.yaml": FAULTY[name]})
    before = set(here.rglob("*"))
    for arguments in (
        ("seal", "faulty.yaml", *CERT),
        ("seal", "-", *CERT, "-o", "json"),
        ("seal", "--check", "faulty.yaml"),
        ("seal", "m", "-d", "out", *CERT),
        ("inspect", "faulty.yaml"),
        ("unseal", "faulty.yaml", *KEYS),
        ("value", "--like", "faulty.yaml", *CERT, "value.txt"),
        ("cert", "show", "faulty.yaml"),
        ("seal", "secret.yaml", "--cert", "faulty.yaml"),
        ("unseal", "sealed.yaml", "--keys", "faulty.yaml"),
    ):
        done = run(*arguments, *verbose, stdin=FAULTY[name].encode())
        passes = arguments[0] == "unseal" and done.code == 0
        _check(done, may_print=passes)
    for file in _new_files(here, before):
        assert CANARY not in file.name
        assert file.is_dir() or CANARY.encode() not in file.read_bytes()


@pytest.mark.parametrize("verbose", [(), ("-v",)])
@pytest.mark.parametrize(
    "arguments",
    [
        ("seal", "secret.yaml", *CERT),
        ("seal", "secret.yaml"),
        ("seal", "secret.yaml", *CERT, "-w", "no/such"),
        ("seal", "secret.yaml", *CERT, "-n", "other"),
        ("seal", "--in-place", "secret.yaml", *CERT),
        ("seal", "--check", "secret.yaml"),
        ("seal", "secret.yaml", "--cert", str(vectors.KEYS / "expired.crt.pem")),
        ("value", "value.txt", *CERT, "-n", "shop", "--name", "db"),
        ("value", "value.txt", *CERT, "-n", "shop"),
        ("value", *CERT, "-n", "shop", "--name", "db"),
        ("value", "value.txt", "-n", "shop", "--name", "db"),
        ("inspect", "sealed.yaml"),
        ("inspect", "--json", "sealed.yaml"),
        ("unseal", "sealed.yaml", *KEYS, "-w", "no/such"),
        ("unseal", "moved.yaml", *KEYS),
        ("unseal", "sealed.yaml", "--keys", str(vectors.KEYS / "stranger.key.pem")),
    ],
)
def test_canary_of_a_good_secret_stays_where_it_is(
    here: Path, arguments: tuple[str, ...], verbose: tuple[str, ...]
) -> None:
    """Sealing, asking and failing to write say nothing of what is sealed."""
    text = (here / "sealed.yaml").read_text()
    write_all(here, {"moved.yaml": text.replace("name: db", "name: moved")})
    before = set(here.rglob("*"))
    _check(run(*arguments, *verbose, stdin=CANARY.encode()))
    assert not _new_files(here, before)


@pytest.mark.parametrize("target", [("-w", "out.yaml"), ("-d", "out")])
def test_canary_is_unsealed_into_the_target_and_nowhere_else(
    here: Path, target: tuple[str, ...]
) -> None:
    """Recovery writes one readable file, and says nothing of it."""
    before = set(here.rglob("*"))
    _check(run("unseal", "sealed.yaml", *KEYS, "-v", *target))
    assert sum(file.is_file() for file in _new_files(here, before)) == 1


PLACES = [
    "sealer.sealing.stream.read_secret",
    "sealer.sealing.stream.check_secret_type",
    "sealer.sealing.stream.seal_secret",
    "sealer.sealing.stream.replace_objects",
    "sealer.sealing.splice.check_unchanged",
    "sealer.sealing.recovery.unseal_secret",
    "sealer.envelope.AESGCM",
    "sealer.cli.files.output.Outputs.commit",
    "sealer.cli.files.rewrite.about",
]


@pytest.mark.parametrize(
    "command",
    [
        ("seal", "secret.yaml", *CERT, "-w", "out.yaml"),
        ("unseal", "sealed.yaml", *KEYS, "-w", "out.yaml"),
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_canary_survives_a_bug_anywhere(
    here: Path, monkeypatch: pytest.MonkeyPatch, place: str, command: tuple[str, ...]
) -> None:
    """A bug whose message quotes what it worked on shows its type and its place, under `-v` too."""

    def fail(*arguments: object, **_: object) -> None:
        secret = next((each for each in arguments if isinstance(each, bytes)), CANARY.encode())
        raise ValueError(f"{CANARY} {secret!r}")

    monkeypatch.setattr(place, fail)
    before = set(here.rglob("*"))
    done = run(*command, "-v")
    _check(done)
    if done.code:
        assert done.code == 70
        assert "a bug in sealer: ValueError" in done.err
        assert not _new_files(here, before)
