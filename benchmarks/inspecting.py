"""How long `sealer inspect` and `sealer lint` take for a repository of sealed files."""

import tempfile
from pathlib import Path

from measure import BIN, CERTIFICATE, Figure, report, run, seconds, secret, size

FILES = size(1000, 5)
SEALER = BIN / "sealer"


def _write(folder: Path, count: int) -> None:
    """Write sealed files, alike but for their names: these commands open no value."""
    sealed = run([SEALER, "seal", "--cert", CERTIFICATE, "-q"], secret(0).encode()).decode()
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.yaml").write_text(sealed.replace("bench-0", f"bench-{number}"))


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as temporary:
        one, many = Path(temporary, "one"), Path(temporary, "many")
        _write(one, 1)
        _write(many, FILES)
        rows = {
            "inspect, 1 file": ["inspect", one],
            f"inspect, {FILES} files": ["inspect", many],
            f"lint, {FILES} files": ["lint", many],
        }
        times = {
            name: seconds(lambda command=command: run([SEALER, *command, "-q"]), repeat=3)  # type: ignore[misc] # bound now
            for name, command in rows.items()
        }
    base = times["inspect, 1 file"]
    report("Inspect", [Figure(n, 1000 * t, "ms", t / base) for n, t in times.items()])


if __name__ == "__main__":
    main()
