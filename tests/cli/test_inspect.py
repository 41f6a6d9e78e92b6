"""`sealer inspect`: what can be told without a key."""

import base64
import json
from pathlib import Path

import pytest

from sealer_keys.fingerprint import fingerprint, short
from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.program import run, write_all

KEY = short(fingerprint(vectors.key_pair("rsa2048").private_key.public_key()))


@pytest.fixture
def sealed(folder: Path) -> Path:
    """Return a folder with two sealed objects in a file."""
    (folder / "m").mkdir()
    other = SECRET.replace("name: db", "name: api") + "  token: abc\ntype: example.com/x\n"
    text = f"{SECRET}---\n{other}".encode()
    run(
        "seal",
        "--cert",
        "rsa2048.crt.pem",
        "-w",
        "m/two.yaml",
        "--scope",
        "namespace-wide",
        stdin=text,
    )
    return folder


def _rows(out: bytes) -> list[str]:
    """Return the lines of a table with single blanks between the cells."""
    return [" ".join(line.split()) for line in out.decode().splitlines()]


HEADINGS = "FILE DOC OBJECT SCOPE TYPE ITEMS BYTES RSA KEY NEWEST EXPIRES"


def test_inspect_prints_a_row_for_each_object(sealed: Path) -> None:
    """File, document, object, scope, type, items, bytes and key; no certificate is at hand."""
    assert sealed == Path.cwd()
    done = run("inspect", "m/two.yaml")
    assert done.code == 0
    assert _rows(done.out) == [
        HEADINGS,
        f"m/two.yaml 1 shop/db namespace-wide Opaque password 21 2048 {KEY} - -",
        f"m/two.yaml 2 shop/api namespace-wide example.com/x password, token 24 2048 {KEY} - -",
    ]


def test_inspect_as_json_tells_every_item(sealed: Path) -> None:
    """What machines read."""
    (first, second) = json.loads(run("inspect", "--json", str(sealed / "m")).out)["objects"]
    assert (first["namespace"], first["name"], first["line"]) == ("shop", "db", 2)
    common = {"bits": 2048, "sealedWith": KEY, "isNewest": None, "fault": ""}
    common["otherCluster"] = None
    assert second["items"] == [
        {"key": "password", "length": 21, **common},
        {"key": "token", "length": 3, **common},
    ]
    assert (second["isNewest"], second["certificate"]) == (None, None)


@pytest.mark.parametrize(
    ("certificate", "answer"), [("rsa2048", "yes"), ("stranger", "no"), ("peer-a", "no")]
)
def test_inspect_compares_with_the_certificate_that_is_named(
    sealed: Path, certificate: str, answer: str
) -> None:
    """Whether the newest key sealed it, and when that one's certificate expires."""
    path = vectors.KEYS / f"{certificate}.crt.pem"
    done = run("inspect", str(sealed / "m"), "--cert", str(path))
    expires = vectors.key_pair(certificate).certificate
    assert expires is not None
    assert all(
        row.endswith(f" {answer} {expires.not_after:%Y-%m-%d}") for row in _rows(done.out)[1:]
    )


def test_inspect_value_of_another_key_size_is_not_the_newest(sealed: Path) -> None:
    """Where no key is noted, the size of the modulus may still tell; else nobody knows."""
    text = (sealed / "m" / "two.yaml").read_text()
    write_all(sealed, {"plain.yaml": text.replace("sealer.dev/sealing-keys", "other")})
    for name, answer in (("rsa2048", "?"), ("peer-a", "no")):
        done = run("inspect", "plain.yaml", "--cert", str(vectors.KEYS / f"{name}.crt.pem"))
        assert [row.split()[-2] for row in _rows(done.out)[1:]] == [answer, answer]


def _policy(certificate: str) -> str:
    return f"version: 1\nclusters: {{prod: {{certificate: {certificate}, paths: ['m/**']}}}}\n"


def test_inspect_compares_with_the_policys_certificate(sealed: Path) -> None:
    """Without a word on the command line the policy's file is used."""
    write_all(sealed, {".sealer.yaml": _policy("rsa2048.crt.pem")})
    facts = json.loads(run("inspect", "--json", "m").out)["objects"][0]
    pair = vectors.key_pair("rsa2048")
    assert facts["isNewest"] is True
    assert facts["certificate"]["fingerprint"] == fingerprint(pair.private_key.public_key())


def test_inspect_missing_certificate_of_the_policy_is_a_warning(sealed: Path) -> None:
    """Nobody asked for it, so that the rest is told all the same, and the warning once."""
    write_all(sealed, {".sealer.yaml": _policy("gone.pem")})
    done = run("inspect", "m")
    assert done.code == 0
    assert done.err.count("warning: gone.pem: no item can be compared") == 1
    assert len(_rows(done.out)) == 3


def test_inspect_expired_certificate_is_compared_with_all_the_same(sealed: Path) -> None:
    """Nothing is sealed with it; when it expired stands in the table, and a warning says it."""
    done = run("inspect", str(sealed / "m"), "--cert", str(vectors.KEYS / "expired.crt.pem"))
    assert done.code == 0
    assert "the certificate expired on " in done.err
    assert all(" yes 20" in row for row in _rows(done.out)[1:])


def test_inspect_missing_certificate_that_is_named_is_an_error(sealed: Path) -> None:
    """Who asks gets an answer or a reason."""
    done = run("inspect", str(sealed / "m"), "--cert", "gone.pem")
    assert done.code == 4
    assert "gone.pem" in done.err


def test_inspect_asks_no_cluster_of_itself(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy whose certificate would come from a cluster leaves the question open."""
    monkeypatch.setenv("PATH", "")
    write_all(sealed, {".sealer.yaml": "version: 1\nclusters: {prod: {paths: ['m/**']}}\n"})
    done = run("inspect", "m")
    assert (done.code, done.err) == (0, "")


def test_inspect_unreadable_file_does_not_hide_the_others(sealed: Path) -> None:
    """The others are told, and the exit code is that of the fault."""
    write_all(sealed, {"m/broken.yaml": "kind: SealedSecret\na: [\n"})
    done = run("inspect", "m")
    assert done.code == 3
    assert len(_rows(done.out)) == 3
    assert "error: m/broken.yaml:" in done.err


def test_inspect_standard_input_cannot_be_both() -> None:
    """Manifests and certificate do not fit through one pipe."""
    done = run("inspect", "-", "--cert", "-", stdin=b"kind: Pod\napiVersion: v1\n")
    assert done.code == 2


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("not base64!", "illegal base64 data at input byte 3"),
        ("", "a sealed value has more than 0 bytes"),
        (base64.b64encode(b"correct-horse").decode(), "cut or was never sealed"),
        (base64.b64encode(b"\0\x10" + bytes(40)).decode(), "no RSA key has 16 bytes"),
        (base64.b64encode(b"\x90" + bytes(40)).decode(), "newer format"),
    ],
)
def test_inspect_malformed_value_is_told_with_its_line(sealed: Path, value: str, said: str) -> None:
    """The answer is no (1), below the table; other values are shown all the same."""
    text = (sealed / "m" / "two.yaml").read_text()
    start = text.index("password: ") + len("password: ")
    end = text.index("\n", start)
    write_all(sealed, {"bad.yaml": text[:start] + json.dumps(value) + text[end:]})
    done = run("inspect", "bad.yaml")
    assert done.code == 1
    (line,) = [each for each in done.out.decode().splitlines() if each.startswith("bad.yaml:")]
    assert line.startswith("bad.yaml:12:15: shop/db, item password: ")
    facts = json.loads(run("inspect", "--json", "bad.yaml", "--cert", "rsa2048.crt.pem").out)
    assert [each["isNewest"] for each in facts["objects"][0]["items"]] == [None]
    assert said in line


@pytest.mark.parametrize("name", ["v1-data", "template", "cluster-wide", "no-data"])
def test_inspect_shows_the_originals_objects(name: str) -> None:
    """Objects made by the original are told as well as ours."""
    file = vectors.OBJECTS / name / "sealed.yaml"
    done = run("inspect", "--json", str(file))
    assert done.code == 0
    (facts,) = json.loads(done.out)["objects"]
    assert all(item["bits"] >= 2048 for item in facts["items"])


def test_inspect_without_a_sealed_secret_says_so() -> None:
    """An empty table is no table."""
    done = run("inspect", stdin=b"kind: Pod\napiVersion: v1\n")
    assert (done.code, done.out) == (0, b"")
    assert "there is no SealedSecret in the input" in done.err
    done = run("inspect", "--json", stdin=b"kind: Pod\napiVersion: v1\n")
    assert json.loads(done.out) == {"objects": []}


def test_inspect_unusable_input_is_told() -> None:
    """A value that is no string is a fault of the file."""
    text = b"kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nspec: {encryptedData: {a: 1}}\n"
    done = run("inspect", stdin=text)
    assert done.code == 3
    assert "error: -:3:27: spec.encryptedData.a must be a string" in done.err
