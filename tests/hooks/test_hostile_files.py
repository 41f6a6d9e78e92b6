"""Files that mean harm are answered by the program within little time and memory, and never passed.

The limits are the system's own: what goes past them is ended, and that is no answer.
"""

import subprocess
from pathlib import Path

import pytest

from tests.hooks.repository import HOOK, SECRET

_SECONDS_OF_WORK, _KIBIBYTES = 40, 1_500_000
_LIMITED = f'ulimit -t {_SECONDS_OF_WORK} && ulimit -v {_KIBIBYTES} && exec "$@"'

_BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
_FILES = {
    "bomb": f"a0: &a0 [x]\n{_BOMB}kind: Secret\ndata: *a11\n".encode(),
    "deep": b"kind: Secret\ndata: " + b"{a: " * 10_000,
    "deep list": b"kind: Secret\ndata:\n" + b"- " * 10_000 + b"a\n",
    "deep json": b'{"kind":"Secret","data":' + b'{"a":' * 10_000,
    "invalid": b"kind: Secret\nstringData: {a: \xff\xfe\xc0\x80}\n",
    "binary": SECRET.encode() + bytes(range(256)) * 4_000,
    "lines": b"kind: Secret\nstringData:\n" + b"\ta: b\n" * 60_000,
    "one line": b"kind: Secret\nstringData: {a: " + b"x" * 10_000_000,
    "many": SECRET.encode() + b"---\na: b\n" * 200_000,
    "breaks": b"# " + b"x" * 8_000_000 + b"\n" + b"...\n" * 20_000 + SECRET.encode(),
    "findings": b"".join(b"---\n" + SECRET.encode() for _ in range(5_000)),
    "base64": b"kind: ConfigMap\ndata:\n  a: " + b"QUFB" * 1_000_000 + b"\n---\n" + SECRET.encode(),
    "commands": b"kubectl create secret generic a --from-literal=a=b \\\n" * 20_000,
    "fences": b"```yaml\nkind: Secret\nstringData: {a: b}\n" * 10_000,
    "actions": b"kind: Secret\nstringData:\n  a: " + b"{{if " * 300_000,
}


def _answer(path: Path) -> "subprocess.CompletedProcess[bytes]":
    command = ["sh", "-c", _LIMITED, "sh", str(HOOK), "--format=json", str(path)]
    return subprocess.run(command, capture_output=True, check=False)


@pytest.mark.parametrize("name", sorted(_FILES))
def test_hostile_file_is_refused(name: str, tmp_path: Path) -> None:
    """Whatever is done to a Secret to keep it from being read."""
    path = tmp_path / "file.yaml"
    path.write_bytes(_FILES[name])
    done = _answer(path)
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert b"a bug in sealer" not in done.stderr


@pytest.mark.parametrize("begins", [b"", SECRET.encode()], ids=["nothing", "secret"])
def test_huge_file_is_looked_at_as_far_as_a_limit(begins: bytes, tmp_path: Path) -> None:
    """Of 200 MB the first part is looked at; with a Secret there, nobody takes it for clean."""
    path = tmp_path / "file.yaml"
    with path.open("wb") as file:
        file.write(begins)
        file.truncate(200_000_000)
    done = _answer(path)
    assert done.returncode == (2 if begins else 0)
    assert b"is larger than" in done.stdout
