"""Files are read one by one, something is made of each, and the results are written together."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sealer.cli.console import Console, counted
from sealer.cli.files.destination import Target, destination_for
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.output import Outputs
from sealer.cli.files.paths import is_file
from sealer.cli.report import about
from sealer.errors import InputError, SealerError
from sealer.faults import Faults

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file.

    Attributes:
        data: The new content; the old one where nothing had to be done.
        count: How many objects were replaced.
        others: The kinds of the objects that were passed through.
        told: Says what should be known of it; called when all files before it have been told.
    """

    data: bytes
    count: int
    others: tuple[str, ...]
    told: Callable[[], None] | None = None

    @property
    def is_manifest(self) -> bool:
        """Whether the file holds any Kubernetes object."""
        return bool(self.count or self.others)


@dataclass(slots=True)
class Summary:
    """What came of all files.

    Attributes:
        objects: How many objects were replaced.
        files: How many files held them.
        others: How many objects of each other kind were passed through.
        left_alone: How many files of folders are no manifests.
    """

    objects: int = 0
    files: int = 0
    others: Counter[str] = field(default_factory=Counter)
    left_alone: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count a file."""
        self.objects += outcome.count
        self.files += bool(outcome.count)
        self.others.update(outcome.others)
        self.left_alone += not outcome.is_manifest

    @property
    def rest(self) -> str:
        """The files and objects that nothing was done to, in words; empty when there are none."""
        parts = []
        if self.others:
            kinds = ", ".join(f"{kind} {count}" for kind, count in self.others.most_common())
            parts.append(f"passed through as they are: {kinds}")
        if self.left_alone:
            parts.append(f"left alone, being no manifest: {counted(self.left_alone, 'file')}")
        return "; ".join(parts)


Transform = Callable[[InputFile, bytes, bool], Outcome]


@dataclass(frozen=True, slots=True)
class Work:
    """What to do with files.

    Attributes:
        label: What to call it while it takes long.
        target: Where results go.
        form: `yaml` or `json`; None where the name of a target decides.
        is_private: Results are for their owner only.
        one_by_one: Files are taken one after the other, and not in threads.
    """

    label: str
    target: Target
    form: str | None = None
    is_private: bool = False
    one_by_one: bool = False


def rewrite(
    inputs: Sequence[InputFile],
    work: Work,
    transform: Transform,
    console: Console,
    outputs: Outputs | None = None,
) -> Summary:
    """Make something of every file, and write all results or none.

    Args:
        inputs: The files.
        work: What to do with them.
        transform: Takes a file, its content and whether to write JSON; returns what comes of it.
            Called in threads where there are several files.
        console: Shows progress.
        outputs: What takes the results instead of files.

    Raises:
        SealerError: A file cannot be used, or a result not written.
        WrongUsageError: Target and inputs do not fit together.
    """
    summary = Summary()
    faults = Faults()
    makes_folders = bool(work.target.folder)
    outputs = outputs or Outputs(
        is_private=work.is_private, makes_folders=makes_folders, console=console
    )
    with outputs:
        destination = destination_for(work.target, inputs, outputs)

        def attempt(file: InputFile) -> tuple[bytes, Outcome] | SealerError:
            try:
                with about(file.name):
                    before = file.read()
                    is_json = work.form == "json" if work.form else destination.is_json(file)
                    return before, transform(file, before, is_json)
            except SealerError as error:
                return error

        results = zip(inputs, _spread(attempt, inputs, work), strict=True)
        with console.progress(results, len(inputs), work.label) as told:
            for file, result in told:
                if isinstance(result, SealerError):
                    faults.add(result)
                    continue
                before, outcome = result
                if outcome.told is not None:
                    outcome.told()
                summary.add(outcome)
                if outcome.is_manifest and not faults.errors:
                    destination.put(file, before, outcome.data)
        faults.check()
        if summary.left_alone == len(inputs):
            message = f"none of {counted(len(inputs), 'file')} is a Kubernetes manifest"
            raise InputError(message, hint="name the files themselves to see why")
        destination.finish()
    return summary


def _spread(
    attempt: Callable[[InputFile], T], inputs: Sequence[InputFile], work: Work
) -> Iterable[T]:
    """Return what comes of each file, in order; of several files on all cores.

    A thread that waits for a pipe could not be interrupted.
    """
    is_alone = len(inputs) == 1 or work.one_by_one
    if is_alone or not all(file.path and is_file(file.path) for file in inputs):
        return map(attempt, inputs)
    from sealer.cli.files.pipeline import CORES, in_order

    return in_order(attempt, inputs, threads=CORES)
