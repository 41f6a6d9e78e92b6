"""How many values are opened per second: the private-key operation decides, so cores count."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from measure import VECTORS, Figure, report, seconds, size
from sealer.envelope import open_value, seal_value
from sealer.keysecret import load_keys
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.generate import generate_key_pair
from sealer_keys.keyring import Keyring

VALUES = size(200, 2)
IDENTITY = Identity(Scope.STRICT, "bench", "bench")
CORES = os.cpu_count() or 1


def _open_all(values: list[str], keyring: Keyring, threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for opened in pool.map(lambda text: open_value(text, keyring, IDENTITY), values):
            opened.plaintext.reveal()


def main() -> None:
    """Measure and report."""
    keys = load_keys((VECTORS / "keys" / "peer-a.secret.yaml").read_bytes())
    value = SecretBytes(b"a value of ordinary length, as passwords are")
    public_key = keys[0].private_key.public_key()
    values: list[str] = [seal_value(value, public_key, IDENTITY) for _ in range(VALUES)]
    keyring = Keyring(keys)
    newer = Keyring([*keys, *(generate_key_pair(datetime.now(UTC)) for _ in range(2))])
    rates = {
        "one thread": VALUES / seconds(lambda: _open_all(values, keyring, 1)),
        f"{CORES} threads": VALUES / seconds(lambda: _open_all(values, keyring, CORES)),
        "one thread, third newest key": VALUES / seconds(lambda: _open_all(values, newer, 1)),
    }
    base = rates["one thread"]
    title = f"Unsealing, RSA-4096, {VALUES} values"
    report(title, [Figure(name, rate, "values/s", rate / base) for name, rate in rates.items()])


if __name__ == "__main__":
    main()
