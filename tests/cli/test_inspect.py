"""`sealer inspect`: what can be told without a key."""

import base64
import json
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.program import run, write_all


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


def test_inspect_prints_a_row_for_each_object(sealed: Path) -> None:
    """File, document, object, scope, type, items, bytes and key size."""
    assert sealed == Path.cwd()
    done = run("inspect", "m/two.yaml")
    assert done.code == 0
    assert [" ".join(line.split()) for line in done.out.decode().splitlines()] == [
        "FILE DOC OBJECT SCOPE TYPE ITEMS BYTES RSA",
        "m/two.yaml 1 shop/db namespace-wide Opaque password 21 2048",
        "m/two.yaml 2 shop/api namespace-wide example.com/x password, token 24 2048",
    ]


def test_inspect_as_json_tells_every_item(sealed: Path) -> None:
    """What machines read."""
    (first, second) = json.loads(run("inspect", "--json", str(sealed / "m")).out)["objects"]
    assert (first["namespace"], first["name"], first["line"]) == ("shop", "db", 2)
    assert second["items"] == [
        {"key": "password", "length": 21, "bits": 2048, "fault": ""},
        {"key": "token", "length": 3, "bits": 2048, "fault": ""},
    ]


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
    assert line.startswith("bad.yaml:11:15: shop/db, item password: ")
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
