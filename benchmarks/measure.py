"""What all benchmarks share: timing, a table, a JSON file, and the programs to measure."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
VECTORS = Path(__file__).parent.parent / "tests" / "vectors"
CERTIFICATE = VECTORS / "keys" / "peer-a.crt.pem"
# What programs remember of earlier runs is not the user's own; it goes when the script ends.
_STATE = tempfile.TemporaryDirectory()
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["XDG_STATE_HOME"] = _STATE.name


@dataclass(frozen=True)
class Figure:
    """One measured row.

    Attributes:
        name: What was measured.
        value: The figure.
        unit: Its unit, such as `ms` or `values/s`.
        ratio: The figure beside that of the row it is compared with; 1 for that row.
    """

    name: str
    value: float
    unit: str
    ratio: float


def seconds(work: Callable[[], object], *, repeat: int = 5) -> float:
    """Return the median duration of `work`, after one run that warms caches up."""
    work()
    durations = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def run(command: Sequence[str | Path], stdin: bytes = b"", *, status: int = 0) -> bytes:
    """Run a program and return its standard output; another exit status is an error."""
    done = subprocess.run(command, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)
    if done.returncode != status:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def secret(number: int, items: int = 5) -> str:
    """Return a Secret manifest with generated items, the same for the same number."""
    lines = [
        "apiVersion: v1",
        "kind: Secret",
        "metadata:",
        f"  name: bench-{number}",
        "  namespace: bench",
        "type: Opaque",
        "stringData:",
        *(
            f"  item-{item}: value {number} of item {item}, of ordinary length"
            for item in range(items)
        ),
    ]
    return "\n".join(lines) + "\n"


def report(title: str, figures: Sequence[Figure]) -> None:
    """Print a table; with `--json FILE` on the command line write the figures too."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    target = parser.parse_args().json
    width = max(len(figure.name) for figure in figures)
    print(f"{title} ({platform.python_version()}, {os.cpu_count()} cores)")
    for figure in figures:
        row = f"{figure.name:<{width}}  {figure.value:>10,.1f} {figure.unit:<8}"
        print(f"  {row} {figure.ratio:6.2f}x")
    if target is not None:
        content = {"title": title, "figures": [asdict(figure) for figure in figures]}
        target.write_text(json.dumps(content, indent=2) + "\n")
