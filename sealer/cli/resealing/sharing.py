"""Files are shared out to be sealed anew: among threads, or among copies of this process.

Copies are for private-key work on many files. What they have to say comes back with each file.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from sealer.cli.console import Console, Record, Words
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.ownership import Losses
from sealer.cli.files.pipeline import CORES, in_order
from sealer.cli.files.processes import Copies, can_copy, copied
from sealer.cli.files.temporary import TemporaryFiles
from sealer.cli.resealing.resealing import Means, Resealed, reseal_file
from sealer.errors import OutputError

# With fewer files, what the copies save is not worth making them.
_WORTH_COPIES = 24
# While one waits for the disk, another one can use its core.
_COPIES = 2 * CORES
# To hand over a file costs more than to name it.
_AT_ONCE = 4
_NO_FILE = InputFile("", PurePath())


@dataclass(frozen=True, slots=True)
class Work:
    """How files are worked on.

    Attributes:
        means: Makes what renews their objects, and speaks through a console.
        threads: How many files at once.
        on_stop: Called when the run ends early.
        is_ours: The private-key work is done here.
    """

    means: Callable[[Console], Means]
    threads: int
    on_stop: Callable[[], None] | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """What a copy has done and has to say.

    Attributes:
        resealed: What came of each file, without what is known already or needed no more.
        words: What is to be said.
        losses: What could not be kept of the files.
    """

    resealed: list[Resealed]
    words: list[Words]
    losses: Losses


def reseal_all(
    inputs: Sequence[InputFile], work: Work, console: Console, temporaries: TemporaryFiles | None
) -> Generator[Resealed]:
    """Seal files anew; yield what came of each, in their order. To be closed at the end.

    Args:
        inputs: The files.
        work: How to work on them.
        console: Where to speak.
        temporaries: Those to write the files with; None writes nothing.
    """
    are_many = len(inputs) >= _WORTH_COPIES and all(file.path for file in inputs)
    if work.is_ours and are_many and CORES > 1 and can_copy():
        yield from _by_copies(inputs, work, console, temporaries)
        return
    means = work.means(console)

    def attempt(file: InputFile) -> Resealed:
        return reseal_file(file, means, temporaries=temporaries)

    results = in_order(attempt, inputs, threads=work.threads, on_stop=work.on_stop)
    with closing(results):
        yield from results


def _by_copies(
    inputs: Sequence[InputFile], work: Work, console: Console, temporaries: TemporaryFiles | None
) -> Iterator[Resealed]:
    if temporaries is not None:
        folders = {file.path.parent for file in inputs if file.path is not None}
        temporaries.guard(Path(os.path.realpath(folder)) for folder in folders)
    starts = range(0, len(inputs), _AT_ONCE)
    parts = [range(start, min(start + _AT_ONCE, len(inputs))) for start in starts]
    with (
        copied(_worker(inputs, work, console, temporaries), _COPIES) as copies,
        closing(in_order(_asker(copies, inputs), parts, threads=_COPIES)) as results,
    ):
        for part, done in zip(parts, results, strict=True):
            console.repeat(done.words)
            if temporaries is not None:
                temporaries.losses.add(done.losses)
            for number, resealed in zip(part, done.resealed, strict=True):
                yield replace(resealed, file=inputs[number])


def _worker(
    inputs: Sequence[InputFile], work: Work, console: Console, temporaries: TemporaryFiles | None
) -> Callable[[range], _Done]:
    """Return what a copy does with some of the files."""
    record = Record(console)
    means = work.means(record)

    def attempt(part: range) -> _Done:
        resealed = [
            replace(
                reseal_file(inputs[number], means, temporaries=temporaries),
                file=_NO_FILE,
                data=None,
            )
            for number in part
        ]
        losses = temporaries.losses.taken() if temporaries else Losses()
        return _Done(resealed, record.taken(), losses)

    return attempt


def _asker(copies: Copies[range, _Done], inputs: Sequence[InputFile]) -> Callable[[range], _Done]:
    def ask(part: range) -> _Done:
        try:
            return copies(part)
        except OutputError as error:
            return _Done([_lost(inputs[number], error) for number in part], [], Losses())

    return ask


def _lost(file: InputFile, error: OutputError) -> Resealed:
    lost = OutputError(f"{file.name}: not known to be done: {error.message}", hint=error.hint)
    return Resealed(file, faults=(lost,))
