"""How many values are sealed per second, beside the bare primitives and beside the original."""

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from measure import BIN, CERTIFICATE, Figure, report, run, seconds, secret, size
from sealer.envelope import seal_value
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import load_certificate

SECRETS = size(1000, 5)
ITEMS = 5
VALUES = size(500, 5)
VALUE = b"a value of ordinary length, as passwords are"


def _primitives() -> None:
    key = load_certificate(CERTIFICATE.read_bytes()).public_key
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"bench/bench")
    for _ in range(VALUES):
        content_key = secrets.token_bytes(32)
        key.encrypt(content_key, oaep)
        AESGCM(content_key).encrypt(bytes(12), VALUE, None)


def _library() -> None:
    key = load_certificate(CERTIFICATE.read_bytes()).public_key
    identity = Identity(Scope.STRICT, "bench", "bench")
    for _ in range(VALUES):
        seal_value(SecretBytes(VALUE), key, identity)


def _programs(folder: Path) -> dict[str, float]:
    """Return values per second of whole runs of the command."""
    seal: list[str | Path] = [BIN / "sealer", "seal", "--cert", CERTIFICATE]
    one, stream = secret(1), "---\n".join(secret(number) for number in range(SECRETS))
    source, target = folder / "source", folder / "target"
    source.mkdir()
    for number in range(SECRETS):
        (source / f"secret-{number}.yaml").write_text(secret(number))
    rates = {
        "sealer seal, one file": ITEMS / seconds(lambda: run(seal, one.encode())),
        "sealer seal, one stream": SECRETS
        * ITEMS
        / seconds(lambda: run(seal, stream.encode()), repeat=3),
        "sealer seal, a folder": SECRETS
        * ITEMS
        / seconds(lambda: run([*seal, "--fresh", source, "-d", target]), repeat=3),
        "sealer seal, the same again": SECRETS
        * ITEMS
        / seconds(lambda: run([*seal, source, "-d", target]), repeat=3),
    }
    kubeseal = os.environ.get("KUBESEAL")
    if kubeseal:
        peer: list[str | Path] = [kubeseal, "--cert", CERTIFICATE, "-o", "yaml"]
        loop = 'for file in "$0"/*.yaml; do "$@" < "$file" > /dev/null; done'
        rates["kubeseal, one file"] = ITEMS / seconds(lambda: run(peer, one.encode()))
        rates["kubeseal, one stream"] = (
            SECRETS * ITEMS / seconds(lambda: run(peer, stream.encode()), repeat=3)
        )
        rates["kubeseal, a shell loop over files"] = (
            SECRETS * ITEMS / seconds(lambda: run(["sh", "-c", loop, source, *peer]), repeat=1)
        )
    return rates


def main() -> None:
    """Measure and report."""
    rates = {
        "bare primitives": VALUES / seconds(_primitives),
        "library": VALUES / seconds(_library),
    }
    with tempfile.TemporaryDirectory() as folder:
        rates |= _programs(Path(folder))
    base = rates["bare primitives"]
    title = f"Sealing, RSA-4096, {SECRETS} Secrets of {ITEMS} items"
    report(title, [Figure(name, rate, "values/s", rate / base) for name, rate in rates.items()])


if __name__ == "__main__":
    main()
