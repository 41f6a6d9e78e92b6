"""How long the hook takes for a history and for a push, and how much memory it holds."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hook import harmless, readable
from measure import Figure, report, seconds
from scanners import HOOK, others_on_history, run

COMMITS = 10_000
FEW = COMMITS // 10
_FILES = 500
_EVERY = 20  # so many commits bring one Secret


def _stream(commits: int) -> Iterator[str]:
    """Yield a history for `git fast-import`: each commit gives one of many files a new content."""
    for number in range(commits):
        text = readable(number) if number % _EVERY == 0 else harmless(number)
        text = text.replace("name: ", f"name: x{number}-")  # on every line, as for a new file
        time = 1_700_000_000 + number
        yield f"commit refs/heads/main\ncommitter A <a@example.com> {time} +0000\ndata 1\nx\n"
        yield f"M 644 inline apps/{number % _FILES}.yaml\n"
        yield f"data {len(text)}\n{text}\n"


def _repository(folder: Path, commits: int) -> Path:
    folder.mkdir()
    run(["git", "init", "--quiet", "--initial-branch=main"], folder)
    run(["git", "fast-import", "--quiet"], folder, "".join(_stream(commits)).encode())
    return folder


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as temporary:
        many = _repository(Path(temporary, "many"), COMMITS)
        few = _repository(Path(temporary, "few"), FEW)
        recent = [HOOK, "--from-ref=main~100", "--to-ref=main"]
        rows = [
            (f"history of {COMMITS:,} commits", [HOOK, "--history"]),
            *((f"... {name}", command) for name, command in others_on_history().items()),
            ("the last 100 commits", recent),
        ]
        times = {name: seconds(partial(run, each, many), repeat=3) for name, each in rows}
        base = next(iter(times.values()))
        figures = [Figure(name, time, "s", time / base) for name, time in times.items()]
        held = {commits: run([HOOK, "--history"], folder).mebibytes
                for commits, folder in ((FEW, few), (COMMITS, many))}  # fmt: skip
        figures += [
            Figure(f"memory, {commits:,} commits", size, "MiB", size / held[FEW])
            for commits, size in held.items()
        ]
    report("History", figures)


if __name__ == "__main__":
    main()
