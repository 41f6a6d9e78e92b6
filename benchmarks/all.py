"""Run every benchmark, one after the other, and keep what they say: JSON, and pictures of it.

    benchmarks/all.py [--out FOLDER] [--page docs/performance.md] [--quick] [SCRIPT ...]

Each script writes `FOLDER/NAME.json`, with the machine that it ran on, and is drawn into
`FOLDER/NAME.svg`; `FOLDER/summary.json` has them all, and those that failed. With `--quick` each
does only as much as shows that it works, in a minute or two together.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import machine
from plot import Bars, bar_chart

HERE = Path(__file__).parent
# In the order of docs/performance.md.
SCRIPTS = (
    "startup",
    "sealing",
    "resealing",
    "inspecting",
    "unsealing",
    "hook",
    "history",
    "coldstart",
    "controller",
    "reconciling",
)
# These draw more than their figures: time over a growing load.
DRAWS_ITSELF = ("coldstart",)


@dataclass(frozen=True)
class Order:
    """What to do.

    Attributes:
        out: Where the results go.
        page: Where each script puts its figures into its table, if anywhere.
        is_quick: Whether only to show that everything works.
        folder: Where the scripts are.
    """

    out: Path
    page: Path | None = None
    is_quick: bool = False
    folder: Path = HERE


def run_all(scripts: Sequence[str], order: Order) -> bool:
    """Run scripts, keep what they say, and return whether all of them did their work."""
    order.out.mkdir(parents=True, exist_ok=True)
    before = machine.load()
    shown = _pictures(order.page)
    results = [_run(name, order) for name in scripts]
    if order.page is not None:
        for result in results:
            picture = f"{result['name']}.svg"
            if picture in shown and "failed" not in result:
                copyfile(order.out / picture, order.page.with_name(picture))
    summary = {"quick": order.is_quick, "machine": machine.facts(before), "scripts": results}
    (order.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    return not any("failed" in result for result in results)


def _run(name: str, order: Order) -> dict[str, Any]:
    """Run one script, and return what stands of it in the summary."""
    kept, picture = (order.out / f"{name}.{ending}" for ending in ("json", "svg"))
    for old in (kept, picture):
        old.unlink(missing_ok=True)
    command = [sys.executable, str(order.folder / f"{name}.py"), "--json", str(kept)]
    if name in DRAWS_ITSELF:
        command += ["--plot", str(picture)]
    if order.page is not None:
        command += ["--page", str(order.page)]
    environment = {key: text for key, text in os.environ.items() if key != "SEALER_BENCH_QUICK"}
    if order.is_quick:
        environment["SEALER_BENCH_QUICK"] = "1"
    print(f"{name} ...", file=sys.stderr)
    started = time.monotonic()
    done = subprocess.run(command, env=environment, check=False)
    result: dict[str, Any] = {"name": name, "seconds": round(time.monotonic() - started, 1)}
    if done.returncode or not kept.exists():
        return result | {"failed": f"exit status {done.returncode}"}
    try:
        said = json.loads(kept.read_text())
        drawn = picture_of(said)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        return result | {"failed": f"it wrote no figures: {error!r}"}
    if not picture.exists():
        picture.write_text(drawn)
    return result | {"title": said["title"], "figures": said["figures"]}


def _pictures(page: Path | None) -> set[str]:
    """Return the pictures beside a page that it shows."""
    text = page.read_text() if page is not None and page.exists() else ""
    return set(re.findall(r"\]\(([\w-]+\.svg)\)", text))


def picture_of(said: Mapping[str, Any]) -> str:
    """Return the figures of a script as bars, those of one unit together."""
    groups: dict[str, list[tuple[str, float]]] = {}
    for each in said["figures"]:
        bar = (each["name"], each["value"])
        groups.setdefault(each["unit"] or "number", []).append(bar)
    return bar_chart(said["title"], [Bars(unit, bars) for unit, bars in groups.items()])


def main() -> int:
    """Do what the command line says; return 1 if a script failed."""
    parser = argparse.ArgumentParser(description="Run the benchmarks one after the other.")
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help="only these, such as `hook`")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), metavar="FOLDER")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put figures into its tables")
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.scripts) - set(SCRIPTS)):
        parser.error(f"no such script: {', '.join(unknown)}; there are {', '.join(SCRIPTS)}")
    if chosen.quick and chosen.page:
        parser.error("the figures of a quick run belong on no page")
    scripts = [name for name in SCRIPTS if not chosen.scripts or name in chosen.scripts]
    return 0 if run_all(scripts, Order(chosen.out, chosen.page, chosen.quick)) else 1


if __name__ == "__main__":
    sys.exit(main())
