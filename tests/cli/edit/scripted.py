"""Runs `sealer edit` with editors that are scripts, and looks at what comes of it."""

import shlex
import sys
from pathlib import Path

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import SealedSecret, read_sealed_secret
from sealer.sealing import unseal_secret
from sealer_keys.keyring import Keyring
from tests.cli.conftest import VALUE
from tests.support import vectors
from tests.support.program import Done, run, write_all

CERT = ("--cert", "rsa2048.crt.pem")
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
PAIR = vectors.key_pair("rsa2048")
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop, labels: {{app: web}}, annotations: {{note: old}}}}
type: Opaque
stringData: {{password: {VALUE}, user: admin}}
"""
# What every scripted editor begins with: `file` is the text, `first` whether it is opened anew.
PRELUDE = """\
import os, pathlib, signal, sys
file = pathlib.Path(sys.argv[-1])
text = file.read_text(errors="replace")
first = not text.startswith("#!")
here = pathlib.Path(__file__).parent
with (here / "seen").open("a") as seen:
    seen.write(text if "--blind" not in sys.argv else "")
def put(old, new):
    assert old in text, old
    file.write_text(text.replace(old, new))
"""


def script(body: str, *options: str) -> str:
    """Write an editor and return its command."""
    file = Path("tools") / "editor.py"
    write_all(Path(), {str(file): PRELUDE + body})
    return shlex.join([sys.executable, str(file.resolve()), *options])


def edit(body: str, *options: str, file: str = "db.yaml", **streams: str) -> Done:
    """Run `sealer edit` with an editor that does what a script says."""
    stdin = streams.get("stdin", "").encode()
    terminals = streams.get("terminals", "")
    arguments = ("edit", file, "--editor", script(body), *CERT, *options)
    return run(*arguments, stdin=stdin, terminals=terminals)


def seen() -> str:
    """Return all that the editor was shown."""
    return Path("tools/seen").read_text()


def load(file: Path) -> SealedSecret:
    """Return the only SealedSecret of a file."""
    (document,) = read_stream(file.read_bytes()).documents
    assert document.root is not None
    return read_sealed_secret(plain(document.root))


def opened(file: Path) -> dict[str, bytes]:
    """Return the values of a file."""
    secret = unseal_secret(load(file), Keyring([PAIR])).secret
    return {key: value.reveal() for key, value in secret.data.items()}
