"""`seal --check`: what is not sealed, or would be sealed otherwise than it is. Writes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sealer.cli.console import counted, printable
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.output import Comparison, write_standard_output
from sealer.cli.files.rewrite import Work, rewrite
from sealer.cli.report import about
from sealer.cli.sealing.digests import Digests
from sealer.cli.sealing.drift import Drift
from sealer.cli.sealing.earlier import EarlierOutputs
from sealer.faults import Faults

if TYPE_CHECKING:
    from sealer.cli.sealing.sealfiles import Sealer


def check_inputs(inputs: Sequence[InputFile]) -> int:
    """Print every Secret that is not sealed, and return the exit code.

    Raises:
        InputError: An input cannot be used.
    """
    from sealer.manifest.places import place
    from sealer.sealing.stream import find_secrets

    lines: list[str] = []
    faults = Faults()
    for file in inputs:
        with faults.collected(), about(file.name):
            readable = find_secrets(file.read(), lenient=not file.is_named)
            for secret in readable.secrets:
                where = place(readable.survey.stream, secret.found)._replace(path=file.name)
                lines.append(f"{where}: {where.subject} is not sealed")
    _print(lines)
    faults.check()
    return 1 if lines else 0


def check_outputs(
    inputs: Sequence[InputFile], work: Work, sealer: "Sealer", digests: Digests
) -> int:
    """Print what sealing would change about the outputs, and return the exit code.

    Values that nothing is known about are told on standard error and do not count.

    Raises:
        SealerError: An input or a certificate cannot be used.
    """
    console = sealer.console
    drift = Drift(work.target, EarlierOutputs(work.target, console), digests)
    sealer.judge = drift
    sealer.one_by_one = True  # so that drift is told in the order of the files
    comparison = Comparison()
    rewrite(inputs, replace(work, one_by_one=True), sealer.transform, console, comparison)
    lines: list[str] = []
    for path in comparison.differing:
        known = drift.known.get(path)
        lines += [f"{path}: {text}" for text in known] if known else [_in_short(path)]
    _print(lines)
    for path, items in drift.unknown.items():
        console.note(f"{path}: nobody here can tell whether {counted(len(items), 'value')} changed")
        for item in items:
            console.remark(f"{path}: {item}: there is no record of how it was sealed")
    return 1 if lines else 0


def _in_short(path: Path) -> str:
    return f"{path} would be written otherwise" if path.exists() else f"{path} is missing"


def _print(lines: Sequence[str]) -> None:
    write_standard_output("".join(printable(line) + "\n" for line in lines).encode())
