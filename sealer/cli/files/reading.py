"""Many files are read, and what is wrong with one does not keep the others from being told."""

from collections.abc import Callable, Sequence

from sealer.cli.console import Console, counted
from sealer.cli.files.inputs import InputFile
from sealer.cli.report import about, flatten
from sealer.errors import DocumentError, SealerError
from sealer.faults import Faults


def read_each(
    inputs: Sequence[InputFile],
    console: Console,
    label: str,
    work: Callable[[InputFile, bytes], None],
) -> Faults:
    """Do something with each file, and return what went wrong.

    What was found in a folder may be anything: files that do not parse and do not seem to hold a
    SealedSecret are left out, and counted.

    Args:
        inputs: The files.
        console: Where to show how far it is.
        label: What is done, for the progress bar.
        work: What to do with a file and its bytes; what it raises is about the file.
    """
    faults = Faults()
    skipped = 0
    with console.progress(inputs, len(inputs), label) as files:
        for file in files:
            with faults.collected(), about(file.name):
                data = file.read()
                try:
                    work(file, data)
                except SealerError as error:
                    if file.is_named or not _is_no_manifest(data, error):
                        raise
                    skipped += 1
    if skipped:
        console.note(f"{counted(skipped, 'file')} without a SealedSecret left out: no YAML or JSON")
    return faults


def _is_no_manifest(data: bytes, error: SealerError) -> bool:
    from sealer.sealing.objects import seems_sealed

    does_not_parse = all(isinstance(fault, DocumentError) for fault in flatten(error))
    return does_not_parse and not seems_sealed(data)
