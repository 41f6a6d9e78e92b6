"""How long the hook takes for a history and for a push, and how much memory it holds."""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from hook import harmless, readable
from measure import Figure, report, seconds, size
from scanners import HOOK, others_on_history, run

COMMITS = size(10_000, 1_000)
FEW = COMMITS // 10
_FILES = 500
_EVERY = 20  # so many commits bring one Secret


def _written(number: int) -> str:
    """Return a file all of whose lines are new, as of one that is added."""
    text = readable(number) if number % _EVERY == 0 else harmless(number)
    return text.replace("name: ", f"name: x{number}-")


def _edited(number: int) -> str:
    """Return a file of which one line changes from commit to commit."""
    at = number % _FILES
    text = readable(at) if at % _EVERY == 0 else harmless(at)
    return f"{text}# {number}\n"


def _stream(commits: int, content: Callable[[int], str]) -> Iterator[str]:
    """Yield a history for `git fast-import`: each commit gives one of many files a new content."""
    for number in range(commits):
        text = content(number)
        time = 1_700_000_000 + number
        yield f"commit refs/heads/main\ncommitter A <a@example.com> {time} +0000\ndata 1\nx\n"
        yield f"M 644 inline apps/{number % _FILES}.yaml\n"
        yield f"data {len(text)}\n{text}\n"


def _repository(folder: Path, commits: int, content: Callable[[int], str] = _written) -> Path:
    folder.mkdir()
    run(["git", "init", "--quiet", "--initial-branch=main"], folder)
    run(["git", "fast-import", "--quiet"], folder, "".join(_stream(commits, content)).encode())
    return folder


def _times(folder: Path, name: str) -> dict[str, float]:
    """Return how long each scanner takes for a whole history."""
    rows = {name: [HOOK, "--history"]}
    rows |= {f"... {other}": each for other, each in others_on_history().items()}
    return {row: seconds(partial(run, each, folder), repeat=3) for row, each in rows.items()}


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as temporary:
        many = _repository(Path(temporary, "many"), COMMITS)
        few = _repository(Path(temporary, "few"), FEW)
        edited = _repository(Path(temporary, "edited"), COMMITS, _edited)
        times = _times(many, f"{COMMITS:,} commits that each write a file")
        base = next(iter(times.values()))
        recent = [HOOK, "--from-ref=main~100", "--to-ref=main"]
        rows = [
            *times.items(),
            *_times(edited, f"{COMMITS:,} commits that each change a line").items(),
            ("the last 100 commits", seconds(partial(run, recent, many), repeat=3)),
        ]
        figures = [Figure(name, time, "s", time / base) for name, time in rows]
        held = {commits: run([HOOK, "--history"], folder).mebibytes
                for commits, folder in ((FEW, few), (COMMITS, many))}  # fmt: skip
        figures += [
            Figure(f"memory, {commits:,} commits", size, "MiB", size / held[FEW])
            for commits, size in held.items()
        ]
    report("History", figures)


if __name__ == "__main__":
    main()
