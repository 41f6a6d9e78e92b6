"""A second implementation in Go opens what we seal, and we open what it seals.

It stands for the original, whose programs are not here: the same language, the same primitives of
its standard library. What the original itself sealed is opened in `tests/core`.
"""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sealer.envelope import open_value, seal_value
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import private_key_pem
from tests.support import vectors

FOLDER = Path(__file__).parent
KEYS = ("peer-a", "rsa2048", "rsa3072")
PLAINTEXTS = (b"", b"hunter2", bytes(range(256)), b"x" * 70_000)
CASES = [(key, scope) for key in KEYS for scope in Scope]


@pytest.fixture(scope="module")
def crosscheck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the Go program."""
    if shutil.which("go") is None:
        if os.environ.get("SEALER_REQUIRE_CLUSTER") == "1":
            pytest.fail("Go is missing, and SEALER_REQUIRE_CLUSTER=1 allows no skip")
        pytest.skip("needs Go, as `make cluster` does")
    program = tmp_path_factory.mktemp("go") / "crosscheck"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=FOLDER, check=True)
    return program


def _ask(program: Path, tasks: list[dict[str, str]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(program)], input=json.dumps(tasks), capture_output=True, text=True, check=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def _task(key: str, identity: Identity, **fields: str) -> dict[str, str]:
    pem = private_key_pem(vectors.key_pair(key).private_key).decode()
    return {"Key": pem, "Label": identity.label.decode(), **fields}


@pytest.mark.parametrize(("key", "scope"), CASES, ids=lambda part: getattr(part, "value", part))
def test_values_sealed_by_us_open_in_go(crosscheck: Path, key: str, scope: Scope) -> None:
    """Every scope, key size and length of value."""
    identity = Identity(scope, "shop", "db")
    public_key = vectors.key_pair(key).private_key.public_key()
    sealed = [seal_value(SecretBytes(text), public_key, identity) for text in PLAINTEXTS]
    answers = _ask(crosscheck, [_task(key, identity, Sealed=text) for text in sealed])
    assert [answer["Error"] for answer in answers] == [""] * len(PLAINTEXTS)
    opened = [base64.b64decode(answer["Plaintext"] or "") for answer in answers]
    assert opened == list(PLAINTEXTS)


@pytest.mark.parametrize(("key", "scope"), CASES, ids=lambda part: getattr(part, "value", part))
def test_values_sealed_in_go_open_with_us(crosscheck: Path, key: str, scope: Scope) -> None:
    """The other way round."""
    identity = Identity(scope, "shop", "db")
    tasks = [_task(key, identity, Plaintext=base64.b64encode(text).decode()) for text in PLAINTEXTS]
    keyring = Keyring([vectors.key_pair(key)])
    opened = [
        open_value(answer["Sealed"], keyring, identity).plaintext
        for answer in _ask(crosscheck, tasks)
    ]
    assert opened == [SecretBytes(text) for text in PLAINTEXTS]


def test_values_sealed_by_us_do_not_open_in_go_elsewhere(crosscheck: Path) -> None:
    """The second implementation holds us to the label, too."""
    here = Identity(Scope.STRICT, "shop", "db")
    text = seal_value(SecretBytes(b"x"), vectors.key_pair("rsa2048").private_key.public_key(), here)
    elsewhere = Identity(Scope.STRICT, "shop", "other")
    (answer,) = _ask(crosscheck, [_task("rsa2048", elsewhere, Sealed=text)])
    assert "decryption error" in answer["Error"]
