"""A second implementation in Go opens what we seal, and we open what it seals.

It was written from docs/format.md and stands for the original, whose programs are not here: the
same language, the same primitives of its standard library. What the original itself sealed is
opened in `tests/core`.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealer.envelope import open_value, seal_value
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import private_key_pem
from tests.support import vectors

VECTORS = Path(__file__).parent.parent / "vectors"
KEYS = ("peer-a", "rsa2048", "rsa3072")
PLAINTEXTS = (b"", b"hunter2", bytes(range(256)), b"x" * 70_000)
CASES = [(key, scope) for key in KEYS for scope in Scope]
Content = dict[str, Any]
Change = Callable[[Content], None]


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the Go program, with the tool chain and the standard library that are here."""
    if shutil.which("go") is None:
        if os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
            pytest.fail("Go is missing, and SEALER_REQUIRE_CLUSTER=1 allows no skip")
        pytest.skip("needs Go, as `make cluster` does")
    program = tmp_path_factory.mktemp("go") / "verify"
    subprocess.run(
        ["go", "build", "-o", str(program), "."],
        cwd=VECTORS / "verify",
        env={**os.environ, "GOTOOLCHAIN": "local", "GOPROXY": "off"},
        check=True,
    )
    return program


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Change], Path]:
    """Return a way to copy the vectors with something changed."""

    def change(how: Change) -> Path:
        folder = shutil.copytree(VECTORS / "format", tmp_path / "format")
        content = json.loads((folder / "vectors.json").read_text())
        how(content)
        (folder / "vectors.json").write_text(json.dumps(content))
        return folder

    return change


def _verify(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def _ask(program: Path, tasks: list[Content]) -> list[Content]:
    done = subprocess.run(
        [str(program), "-tasks"],
        input=json.dumps(tasks),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[Content] = json.loads(done.stdout)
    return answers


def _task(key: str, identity: Identity, **fields: str) -> Content:
    return {
        "key": private_key_pem(vectors.key_pair(key).private_key).decode(),
        "namespace": identity.namespace,
        "name": identity.name,
        "annotations": identity.scope.annotations,
        **fields,
    }


def _first(content: Content, expect: str) -> Content:
    entry: Content = next(value for value in content["values"] if value["expect"] == expect)
    return entry


def test_go_answers_every_vector_as_it_is_written(verify: Path) -> None:
    """The page is enough to write an implementation that agrees in every case."""
    done = _verify(verify, VECTORS / "format")
    assert (done.returncode, done.stderr) == (0, "")
    content = json.loads((VECTORS / "format" / "vectors.json").read_text())
    counts = f"{len(content['labels'])} labels and {len(content['values'])} values"
    assert done.stdout == f"{counts}, 0 answered otherwise\n"


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("plaintext", "00", "another plaintext comes out"),
        ("content_key", "00", "another content key comes out"),
        ("key", "stranger", "another key opens it"),
        ("label", "shop/other", 'the label is "shop/db", not "shop/other"'),
        ("seed", "00" * 32, "sealing it again gives the same text: false, not true"),
        ("name", "other", "no-key, not ok"),
        ("expect", "frame", "ok, not frame"),
    ],
)
def test_go_names_the_vector_that_it_answers_otherwise(
    verify: Path,
    changed: Callable[[Change], Path],
    field: str,
    text: str,
    said: str,
) -> None:
    """A vector with any field wrong is found: the program compares all of them."""
    folder = changed(lambda content: content["values"][0].update({field: text}))
    done = _verify(verify, folder)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:-1] == [f"value length-0: {said}"]


@pytest.mark.parametrize("expect", ["identity", "encoding", "frame", "no-key", "corrupt"])
def test_go_tells_the_classes_of_failure_apart(
    verify: Path, changed: Callable[[Change], Path], expect: str
) -> None:
    """A failure of another class than the one written is an answer otherwise."""
    folder = changed(lambda content: _first(content, expect).update(expect="ok"))
    done = _verify(verify, folder)
    assert done.returncode == 1
    (line, _) = done.stdout.splitlines()
    assert line.endswith(f": {expect}, not ok")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda content: content.update(version=2), "vectors.json has version 2, not 1"),
        (lambda content: content.update(values=[]), "holds no labels or no values"),
        (lambda content: content["keys"][0].update(id="lost"), "key lost: "),
        (lambda content: content["keys"][0].update(size=1), "key rsa2048: has 256 bytes, not 1"),
    ],
    ids=["version", "no values", "no key", "size"],
)
def test_go_without_usable_vectors_does_not_agree(
    verify: Path,
    changed: Callable[[Change], Path],
    how: Change,
    said: str,
) -> None:
    """What cannot be compared is neither a yes nor a no."""
    done = _verify(verify, changed(how))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_go_program_uses_the_standard_library_alone() -> None:
    """It was written from the page: nothing in it can have come from elsewhere."""
    folder = VECTORS / "verify"
    assert "require" not in (folder / "go.mod").read_text()
    assert not (folder / "go.sum").exists()


@pytest.mark.parametrize(("key", "scope"), CASES, ids=lambda part: getattr(part, "value", part))
def test_values_sealed_by_us_open_in_go(verify: Path, key: str, scope: Scope) -> None:
    """Every scope, key size and length of value."""
    identity = Identity(scope, "shop", "db")
    public_key = vectors.key_pair(key).private_key.public_key()
    sealed = [seal_value(SecretBytes(text), public_key, identity) for text in PLAINTEXTS]
    answers = _ask(verify, [_task(key, identity, sealed=text) for text in sealed])
    assert [answer["error"] for answer in answers] == [""] * len(PLAINTEXTS)
    opened = [base64.b64decode(answer["plaintext"] or "") for answer in answers]
    assert opened == list(PLAINTEXTS)


@pytest.mark.parametrize(("key", "scope"), CASES, ids=lambda part: getattr(part, "value", part))
def test_values_sealed_in_go_open_with_us(verify: Path, key: str, scope: Scope) -> None:
    """The other way round."""
    identity = Identity(scope, "shop", "db")
    tasks = [_task(key, identity, plaintext=base64.b64encode(text).decode()) for text in PLAINTEXTS]
    keyring = Keyring([vectors.key_pair(key)])
    opened = [
        open_value(answer["sealed"], keyring, identity).plaintext for answer in _ask(verify, tasks)
    ]
    assert opened == [SecretBytes(text) for text in PLAINTEXTS]


def test_values_sealed_by_us_do_not_open_in_go_elsewhere(verify: Path) -> None:
    """The second implementation holds us to the label, too."""
    here = Identity(Scope.STRICT, "shop", "db")
    text = seal_value(SecretBytes(b"x"), vectors.key_pair("rsa2048").private_key.public_key(), here)
    elsewhere = Identity(Scope.STRICT, "shop", "other")
    (answer,) = _ask(verify, [_task("rsa2048", elsewhere, sealed=text)])
    assert answer["error"] == "no-key"
