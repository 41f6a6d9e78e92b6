"""Each command works on a marked value, and the mark is nowhere it should not be."""

import base64
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealer.cli.reference import example_of
from tests.cli.test_exit_codes import COMMANDS
from tests.docs.test_reference import BEFORE
from tests.support import vectors
from tests.support.scratch import make_scratch

WATCH = Path(__file__).parent.parent / "support" / "watch"
VALUE = "correct horse battery staple"
PRIVATE = (vectors.KEYS / "rsa2048.key.pem").read_text().splitlines()[5]
# A text looks different in base64 at each of three offsets; the ends depend on what is around.
ENCODED = [base64.b64encode(b"x" * at + VALUE.encode())[4:-4].decode() for at in range(3)]
MARKS = [VALUE, PRIVATE, *ENCODED]
# What is there to print or to write a value or a private key.
PRINTS = {"unseal", "demo"}  # the demo shows a Secret of its own
WRITES = {"keys restore": "restored", "keys generate": "prod.key"}
HARDER = [
    "sealer seal -v --in-place secret.yaml",
    "sealer seal -v secret.yaml -d out",
    "sealer seal -v -o json - < secret.yaml",
    "sealer seal -v secret.yaml --cert key.yaml",
    "sealer seal -v secret.yaml -n other",
    "sealer create generic -v a -n shop --from-file=. -w out.yaml",
    "sealer create generic -v a -n shop --from-file=password.txt --from-file=password.txt",
    "sealer create generic -v a -n shop --from-env-file=password.txt",
    'PASSWORD="$(cat password.txt)" sealer create generic -v a -n shop --from-env p=PASSWORD',
    "sealer create docker-registry -v a -n shop --docker-username ci < password.txt",
    "sealer create tls -v a -n shop --tls-cert prod.pem --tls-key key.yaml",
    "sealer create ssh-auth -v a -n shop --ssh-key password.txt",
    "sealer value -v -n shop < password.txt",
    "sealer value -v --like db.yaml < password.txt",
    "sealer set -v db.yaml 'pass word' < password.txt",
    "sealer set -v db.yaml --from-file password.txt --from-file other=secret.yaml",
    "sealer set -v secret.yaml password < password.txt",
    "EDITOR='cp secret.yaml' sealer edit -v db.yaml",
    "EDITOR='sh -c \"cat secret.yaml > $0; exit 1\"' sealer edit -v db.yaml",
    "EDITOR='sh -c \"cat password.txt password.txt > $0\"' sealer edit -v db.yaml",
    "EDITOR='cp secret.yaml' sealer edit -v new.yaml -n shop --name db",
    "sealer unseal -v db.yaml --keys secret.yaml",
    "sealer unseal -v clusters --keys key.yaml -d secret.yaml",
    "sealer verify -v secret.yaml --keys key.yaml",
    "sealer verify -v db.yaml --keys secret.yaml",
    "sealer reseal -v db.yaml --keys key.yaml --cert prod.pem",
    "sealer reseal -v secret.yaml --keys key.yaml",
    "sealer inspect -v secret.yaml",
    "sealer inspect -v --json secret.yaml",
    "sealer lint -v .",
    "sealer lint -v --json secret.yaml",
    "sealer diff -v secret.yaml db.yaml",
    "sealer usage -v .",
    "sealer cert show -v key.yaml",
    "sealer keys backup -v -w out.backup --keys key.yaml --recipient prod.pem",
    "sealer keys verify-backup -v secret.yaml --passphrase-fd 0 < password.txt",
    "sealer keys list -v --keys secret.yaml",
    "sealer kubeseal --cert prod.pem < secret.yaml -v 9",
    "sealer kubeseal --cert prod.pem --raw --name db -n shop --from-file password.txt",
    "sealer kubeseal --cert prod.pem --merge-into db.yaml < secret.yaml",
    "sealer kubeseal --cert prod.pem --merge-into secret.yaml < secret.yaml",
    "sealer kubeseal --recovery-unseal --recovery-private-key secret.yaml < db.yaml",
    "sealer kubeseal --cert key.yaml < secret.yaml",
    "sealer git textconv -v secret.yaml",
    "sealer git merge-driver secret.yaml secret.yaml db.yaml 7 db.yaml",
    "sealer kustomize -v secret.yaml",
    "sealer kustomize -v < secret.yaml",
]


def _verbose(path: str) -> str:
    """Return a command's example, told to say all that it can."""
    flag = "-v 9" if path == "kubeseal" else "-v"
    return example_of(COMMANDS[path]).replace(f"sealer {path}", f"sealer {path} {flag}", 1)


@dataclass(frozen=True)
class _Trace:
    """What a command said, and where a mark is that was not there before."""

    done: subprocess.CompletedProcess[str]
    leaks: list[str]


def _run(command: str, before: str, folder: Path, *, writes: str = "") -> _Trace:
    folder.mkdir()
    log, temporary = folder.parent / "log", folder.parent / "temporary"
    temporary.mkdir()
    environment = make_scratch(folder) | {"TMPDIR": str(temporary)}
    watched = environment | {
        "PYTHONPATH": str(WATCH),
        "SEALER_WATCH_LOG": str(log),
        "SEALER_WATCH_MARKS": "\n".join(MARKS),
    }
    subprocess.run(["sh", "-c", before], cwd=folder, env=environment, check=True)
    known = set(_files(folder.parent).values())
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=watched,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    leaks = log.read_text().splitlines() if log.exists() else []
    leaks += [
        str(path)
        for path, data in _files(folder.parent).items()
        if data not in known
        and not (writes and writes in path.parts)
        and _has_mark(data.decode("utf-8", "replace"))
    ]
    return _Trace(done, leaks + ["standard error"] * _has_mark(done.stderr))


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _has_mark(text: str) -> bool:
    flat = text.replace("\n", "").replace(" ", "")
    return any(mark in text or mark.replace(" ", "") in flat for mark in MARKS)


@pytest.mark.parametrize("path", COMMANDS)
def test_canary_of_each_command_stays_where_it_is(path: str, tmp_path: Path) -> None:
    """No file, command line, message or traceback holds the value or the private key."""
    folder = tmp_path / "scratch"
    trace = _run(_verbose(path), BEFORE.get(path, ":"), folder, writes=WRITES.get(path, ""))
    assert trace.done.returncode in (0, 1), trace.done.stderr
    # The demo's Secret is its own, and its folder is gone when it ends.
    leaks = [each for each in trace.leaks if path != "demo" or not each.startswith("os.remove")]
    assert not leaks
    assert path in PRINTS or not _has_mark(trace.done.stdout)


@pytest.mark.parametrize("command", HARDER)
def test_canary_stays_where_it_is_when_things_go_wrong(command: str, tmp_path: Path) -> None:
    """The same for other ways to give the value, and for what does not work."""
    trace = _run(command, ":", tmp_path / "scratch")
    assert trace.done.returncode in range(7), trace.done.stderr
    assert not trace.leaks
    # What is no object of ours passes through byte for byte: there the mark is the user's own.
    passes = shlex.split(command)[:3] == ["sealer", "git", "textconv"]
    assert passes or not _has_mark(trace.done.stdout), trace.done.stdout


def test_watch_notes_what_holds_a_mark(tmp_path: Path) -> None:
    """The watch itself sees a command line, and a file that is gone when one looks."""
    log, file = tmp_path / "log", tmp_path / "file"
    script = (
        "import os, subprocess, pathlib\n"
        f"subprocess.run(['true', 'the mark'])\n"
        f"path = pathlib.Path({str(file)!r})\n"
        "path.write_text('the mark')\n"
        "path.unlink()\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(WATCH),
        "SEALER_WATCH_LOG": str(log),
        "SEALER_WATCH_MARKS": "the mark",
    }
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert log.read_text().splitlines() == ["subprocess.Popen", f"os.remove {file}"]
