"""How long a whole process takes: what people and commit hooks wait for, every time."""

import sys
import tempfile
from functools import partial
from pathlib import Path

from measure import BIN, CERTIFICATE, Figure, report, run, seconds, secret

REPEAT = 15


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "secret.yaml")
        plain.write_text(secret(1))
        harmless = Path(folder, "deployment.yaml")
        harmless.write_text("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n")
        sealed = Path(folder, "sealed.yaml")
        run([BIN / "sealer", "seal", "--cert", CERTIFICATE, plain, "-w", sealed])
        rows: list[tuple[str, list[str | Path], int]] = [
            ("empty Python process", [sys.executable, "-I", "-c", ""], 0),
            ("sealer --help", [BIN / "sealer", "--help"], 0),
            ("sealer seal, 5 items", [BIN / "sealer", "seal", "--cert", CERTIFICATE, plain], 0),
            ("sealer inspect, one file", [BIN / "sealer", "inspect", sealed], 0),
            ("sealer-hook, harmless file", [BIN / "sealer-hook", harmless], 0),
            ("sealer-hook, SealedSecret", [BIN / "sealer-hook", sealed], 0),
            ("sealer-hook, readable Secret", [BIN / "sealer-hook", plain], 1),
        ]
        times = {
            name: seconds(partial(run, command, status=status), repeat=REPEAT)
            for name, command, status in rows
        }
    base = times["empty Python process"]
    report("Start-up", [Figure(n, 1000 * t, "ms", t / base) for n, t in times.items()])


if __name__ == "__main__":
    main()
