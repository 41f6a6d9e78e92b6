"""How fast a folder is sealed anew with private keys, and in how much memory.

The private-key operation is to decide, so the bare primitives stand beside it; and memory is not
to grow with the number of files.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from measure import BIN, CERTIFICATE, VECTORS, Figure, report, run, secret, size
from sealer.documents.emit import emit_yaml
from sealer.envelope import open_value, seal_value
from sealer.keysecret import key_secret, load_keys
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.generate import generate_key_pair
from sealer_keys.keyring import Keyring

FILES = size(1000, 5)
MORE_FILES = 4 * FILES
ITEMS = 5
CORES = os.cpu_count() or 1
VALUE = b"a value of ordinary length, as passwords are"
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"bench/bench")
_LOOK_SECONDS = 0.1


def _on_all_cores(renew: Callable[[int], object]) -> float:
    """Return how many values per second can be renewed."""
    with ThreadPoolExecutor(CORES) as pool:
        started = time.perf_counter()
        for _ in pool.map(renew, range(FILES * ITEMS)):
            pass
        return FILES * ITEMS / (time.perf_counter() - started)


def _library() -> float:
    """Return values per second opened and sealed by the library, sealed text to sealed text."""
    keyring = Keyring(load_keys((VECTORS / "keys" / "peer-a.secret.yaml").read_bytes()))
    public_key = keyring.active.private_key.public_key()
    identity = Identity(Scope.STRICT, "bench", "bench")
    sealed = seal_value(SecretBytes(VALUE), public_key, identity)
    return _on_all_cores(
        lambda _: seal_value(open_value(sealed, keyring, identity).plaintext, public_key, identity)
    )


def _primitives() -> float:
    """Return values per second opened and sealed on all cores, with nothing around."""
    private_key = load_keys((VECTORS / "keys" / "peer-a.secret.yaml").read_bytes())[0].private_key
    public_key = private_key.public_key()
    sealed = public_key.encrypt(secrets.token_bytes(32), OAEP)
    value = AESGCM(bytes(32)).encrypt(bytes(12), VALUE, None)

    def renew(_: int) -> None:
        private_key.decrypt(sealed, OAEP)
        plaintext = AESGCM(bytes(32)).decrypt(bytes(12), value, None)
        content_key = secrets.token_bytes(32)
        public_key.encrypt(content_key, OAEP)
        AESGCM(content_key).encrypt(bytes(12), plaintext, None)

    return _on_all_cores(renew)


def _folder(parent: Path, files: int) -> Path:
    """Return a folder of files sealed with the older of two keys, without hints."""
    source, folder = parent / f"source-{files}", parent / f"sealed-{files}"
    source.mkdir()
    for number in range(files):
        (source / f"secret-{number}.yaml").write_text(secret(number, ITEMS))
    run([BIN / "sealer", "seal", "--no-hints", "--cert", CERTIFICATE, source, "-d", folder])
    return folder


def _reseal(folder: Path, keys: Path) -> float:
    """Return how many seconds a run takes."""
    started = time.perf_counter()
    run([BIN / "sealer", "reseal", folder, "--keys", keys, "--quiet"])
    return time.perf_counter() - started


def _memory(folder: Path, keys: Path) -> float:
    """Return the largest memory of a run in MiB: of all its processes, what they share once."""
    command: list[str | Path] = [BIN / "sealer", "reseal", folder, "--keys", keys, "--quiet"]
    largest = 0
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            with suppress(OSError):
                numbers = [str(process.pid), *children.read_text().split()]
                largest = max(largest, sum(map(_share, numbers)))
            time.sleep(_LOOK_SECONDS)
    if process.returncode:
        raise SystemExit(f"sealer reseal ended with {process.returncode}")
    return largest / 1024


def _share(number: str) -> int:
    """Return the share of a process in the memory that is used, in KiB; 0 when it is gone."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


def main() -> None:
    """Measure and report."""
    title = f"Re-sealing, RSA-4096, {CORES} cores, files of {ITEMS} items"
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary)
        newest = key_secret(generate_key_pair(datetime.now(UTC)), namespace="bench", name="newest")
        older = (VECTORS / "keys" / "peer-a.secret.yaml").read_text()
        keys = parent / "keys.yaml"
        keys.write_text(emit_yaml(newest.to_object()) + "---\n" + older)
        folder, more = _folder(parent, FILES), _folder(parent, MORE_FILES)
        fewer = Path(shutil.copytree(folder, parent / "fewer"))
        before = _primitives()
        taken = _reseal(folder, keys)
        after = _primitives()
        library = _library()
        skipped = _reseal(folder, keys)
        memory, more_memory = _memory(fewer, keys), _memory(more, keys)
    base = (before + after) / 2
    rate, again = FILES * ITEMS / taken, FILES * ITEMS / skipped
    figures = [
        Figure("bare primitives", base, "values/s", 1),
        Figure("unseal + seal of the library", library, "values/s", library / base),
        Figure(f"sealer reseal, {FILES} files", rate, "values/s", rate / base),
        Figure("... again, with nothing to do", again, "values/s", again / base),
        Figure(f"memory, {FILES} files", memory, "MiB", 1),
        Figure(f"memory, {MORE_FILES} files", more_memory, "MiB", more_memory / memory),
    ]
    report(title, figures)


if __name__ == "__main__":
    main()
