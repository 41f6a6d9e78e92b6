"""Many files are read, and what is wrong with one does not keep the others from being told."""

from collections.abc import Callable, Sequence

from sealer.cli.console import Console
from sealer.cli.files import InputFile
from sealer.cli.report import about
from sealer.faults import Faults


def read_each(
    inputs: Sequence[InputFile], console: Console, label: str, work: Callable[[InputFile], None]
) -> Faults:
    """Do something with each file, and return what went wrong.

    Args:
        inputs: The files.
        console: Where to show how far it is.
        label: What is done, for the progress bar.
        work: What to do; what it raises is about the file.
    """
    faults = Faults()
    with console.progress(inputs, len(inputs), label) as files:
        for file in files:
            with faults.collected(), about(file.name):
                work(file)
    return faults
