"""Files are shared out to be sealed anew: among threads, or among copies of this process.

Copies are for private-key work on many files. What they have to say comes back with each file.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sealer.cli.console import Console, Record, Words
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.ownership import Losses
from sealer.cli.files.pipeline import CORES
from sealer.cli.files.processes import Copies, can_copy, copied
from sealer.cli.files.temporary import TemporaryFiles
from sealer.cli.resealing.resealing import Means, Resealed, reseal_file
from sealer.errors import OutputError

# With fewer files, what the copies save is not worth making them.
_WORTH_COPIES = 24


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
    """What a copy has done and has to say."""

    resealed: Resealed
    words: list[Words]
    losses: Losses


Attempt = Callable[[InputFile], Resealed]


@contextmanager
def shared_out(
    inputs: Sequence[InputFile], work: Work, console: Console, temporaries: TemporaryFiles | None
) -> Iterator[Attempt]:
    """Give what seals a file anew and returns what is wrong; several threads may call it.

    Args:
        inputs: The files.
        work: How to work on them.
        console: Where to speak.
        temporaries: Those to write the files with; None writes nothing.
    """
    are_many = len(inputs) >= _WORTH_COPIES and all(file.path for file in inputs)
    if not (work.is_ours and are_many and CORES > 1 and can_copy()):
        means = work.means(console)
        yield lambda file: reseal_file(file, means, temporaries=temporaries)
        return
    if temporaries is not None:
        folders = {file.path.parent for file in inputs if file.path is not None}
        temporaries.guard(Path(os.path.realpath(folder)) for folder in folders)
    with copied(_done(work, console, temporaries), CORES) as copies:
        yield lambda file: _through(copies, file, console, temporaries)


def _done(
    work: Work, console: Console, temporaries: TemporaryFiles | None
) -> Callable[[InputFile], _Done]:
    """Return what a copy does with a file."""
    record = Record(console)
    means = work.means(record)

    def attempt(file: InputFile) -> _Done:
        resealed = reseal_file(file, means, temporaries=temporaries)
        losses = temporaries.losses.taken() if temporaries else Losses()
        return _Done(replace(resealed, data=None), record.taken(), losses)

    return attempt


def _through(
    copies: Copies[InputFile, _Done],
    file: InputFile,
    console: Console,
    temporaries: TemporaryFiles | None,
) -> Resealed:
    try:
        done = copies(file)
    except OutputError as error:
        lost = OutputError(f"{file.name}: not known to be done: {error.message}", hint=error.hint)
        return Resealed(file, faults=(lost,))
    console.repeat(done.words)
    if temporaries is not None:
        temporaries.losses.add(done.losses)
    return done.resealed
