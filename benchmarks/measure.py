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

import machine
from page import short, with_rows

BIN = Path(sys.executable).parent
VECTORS = Path(__file__).parent.parent / "tests" / "vectors"
CERTIFICATE = VECTORS / "keys" / "peer-a.crt.pem"
_TIMES = "\N{MULTIPLICATION SIGN}"
# What programs remember of earlier runs is not the user's own; it goes when the script ends.
_STATE = tempfile.TemporaryDirectory()
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["XDG_STATE_HOME"] = _STATE.name
_LOAD = machine.load()
# A run that shows that everything works, with figures that are worth nothing.
IS_QUICK = bool(os.environ.get("SEALER_BENCH_QUICK"))


def size(usual: int, quick: int) -> int:
    """Return how much of something to measure with."""
    return quick if IS_QUICK else usual


@dataclass(frozen=True)
class Figure:
    """One measured row.

    Attributes:
        name: What was measured.
        value: The figure.
        unit: Its unit, such as `ms` or `values/s`.
        ratio: The figure beside that of the row it is compared with; 1 for that row.
        budget: What it ought to be, where it is compared with that instead.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    budget: str = ""

    @property
    def beside(self) -> str:
        """What stands beside the figure."""
        return self.budget if self.ratio is None else f"{short(self.ratio)}{_TIMES}"


def seconds(work: Callable[[], object], *, repeat: int = 5) -> float:
    """Return the median duration of `work`, after one run that warms caches up."""
    work()
    durations = []
    for _ in range(size(repeat, 1)):
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
    """Print a table; put the figures where the command line says."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put them into the page's table")
    chosen = parser.parse_args()
    if IS_QUICK and chosen.page is not None:
        parser.error("the figures of a quick run belong on no page")
    width = max(len(figure.name) for figure in figures)
    print(f"{title} ({platform.python_version()}, {os.cpu_count()} cores)")
    for figure in figures:
        row = f"{figure.name:<{width}}  {figure.value:>10,.1f} {figure.unit:<8}"
        print(f"  {row} {figure.beside:>8}")
    if chosen.json is not None:
        rows = [asdict(figure) for figure in figures]
        content = {
            "title": title,
            "quick": IS_QUICK,
            "machine": machine.facts(_LOAD),
            "figures": rows,
        }
        chosen.json.write_text(json.dumps(content, indent=2) + "\n")
    if chosen.page is not None:
        script = f"benchmarks/{Path(sys.argv[0]).name}"
        cells = [
            (figure.name, f"{short(figure.value)} {figure.unit}", figure.beside)
            for figure in figures
        ]
        chosen.page.write_text(with_rows(chosen.page.read_text(), script, cells))
