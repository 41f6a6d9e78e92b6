"""What came of files that were sealed anew: told file by file, and counted."""

from dataclasses import dataclass
from typing import Protocol

from sealer.cli.console import Console, counted, printable
from sealer.cli.files.output import write_standard_output
from sealer.cli.jsontext import json_text
from sealer.cli.report import flatten
from sealer.cli.resealing.resealing import Resealed
from sealer.errors import Where
from sealer.faults import Faults
from sealer.sealing.reseal import Renewal, RenewedObject


@dataclass(slots=True)
class Tally:
    """How much was done.

    Attributes:
        files: How many files changed.
        objects: How many SealedSecrets there are.
        failed: How many of them are left alone, because an item could not be sealed anew.
        resealed: How many items were sealed anew, or would be.
        renewed: How many SealedSecrets these belong to.
        kept: How many items the newest key sealed already.
        unknown: Of how many items nobody can tell.
    """

    files: int = 0
    objects: int = 0
    failed: int = 0
    resealed: int = 0
    renewed: int = 0
    kept: int = 0
    unknown: int = 0

    def add(self, resealed: Resealed) -> None:
        """Count a file."""
        self.files += resealed.is_changed
        for each in resealed.objects:
            renewal = each.renewal or Renewal()
            self.objects += 1
            self.failed += each.renewal is None
            self.resealed += len(renewal.values)
            self.renewed += bool(renewal.values)
            self.kept += len(renewal.kept)
            self.unknown += len(renewal.unknown)


class Report(Protocol):
    """Tells what came of files.

    Attributes:
        tally: How much was done.
    """

    tally: Tally

    def add(self, resealed: Resealed) -> None:
        """Take in what came of a file."""

    def finish(self) -> None:
        """Say the rest.

        Raises:
            SealerError: There were faults; these.
        """


class TextReport:
    """Tells people: what is to do on standard output, what was done on standard error.

    Args:
        console: Says what was done.
        check: Nothing was done, only looked at.
    """

    def __init__(self, console: Console, *, check: bool) -> None:
        self.tally = Tally()
        self._console = console
        self._check = check
        self._faults = Faults()

    def add(self, resealed: Resealed) -> None:
        """Take in what came of a file."""
        self.tally.add(resealed)
        for fault in resealed.faults:
            self._faults.add(fault)
        for each in resealed.objects:
            where = each.where._replace(path=resealed.file.name)
            self._tell(where, each.renewal or Renewal())
        is_output = resealed.file.path is None and not self._check
        if is_output and resealed.data is not None and not resealed.faults:
            write_standard_output(resealed.data)

    def finish(self) -> None:
        """Say what was done in all, and raise what went wrong."""
        tally = self.tally
        if tally.unknown:
            self._console.warn(
                f"of {counted(tally.unknown, 'item')} nobody can tell which key sealed them: the "
                "controller seals everything anew, and there are no hints",
                hint="give the private keys: --keys FILE",
            )
        if tally.objects > tally.failed:
            self._console.note(self._summary())
        elif not self._faults.errors:
            self._console.warn("there is no SealedSecret in the input")
        self._faults.check()

    def _summary(self) -> str:
        tally = self.tally
        what = f"{counted(tally.resealed, 'item')} of {counted(tally.renewed, 'object')}"
        done = f"sealed anew: {what} in {counted(tally.files, 'file')}"
        failed = f"; left as before: {counted(tally.failed, 'object')}" if tally.failed else ""
        return (
            f"{f'to be sealed anew: {what}' if self._check else done}; the newest key sealed "
            f"{counted(tally.kept, 'item')} already{failed}"
        )

    def _tell(self, where: Where, renewal: Renewal) -> None:
        resealed = ", ".join(sorted(renewal.values))
        if not self._check:
            if resealed:
                self._console.remark(f"sealed anew: {resealed}", where=where)
            return
        for items, text in (
            (resealed, "not sealed with the newest key"),
            (", ".join(renewal.unknown), "sealed with nobody knows which key"),
        ):
            if items:
                line = printable(f"{where}: {where.subject}: {text}: {items}")
                write_standard_output(f"{line}\n".encode())


class JsonReport:
    """Tells machines: one JSON object on standard output, written as the files are done."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._faults = Faults()
        self._lead = '{"objects": [\n'

    def add(self, resealed: Resealed) -> None:
        """Take in what came of a file."""
        self.tally.add(resealed)
        for fault in resealed.faults:
            self._faults.add(fault)
        for each in resealed.objects:
            text = json_text(_described(each, resealed.file.name), indent=None)
            write_standard_output(f"{self._lead}  {text}".encode())
            self._lead = ",\n"

    def finish(self) -> None:
        """Write the rest, and raise what went wrong."""
        tally = self.tally
        numbers = {
            "resealed": tally.resealed,
            "kept": tally.kept,
            "unknown": tally.unknown,
            "files": tally.files,
        }
        lead = self._lead if self._lead[0] == "{" else "\n"
        write_standard_output(f"{lead}], {json_text(numbers, indent=None)[1:]}\n".encode())
        self._faults.check()


def _described(each: RenewedObject, path: str) -> dict[str, object]:
    renewal = each.renewal or Renewal()
    where = each.where
    return {
        "path": path,
        "line": where.line,
        "document": where.document,
        "namespace": where.namespace,
        "name": where.name,
        "scope": each.scope.value,
        "resealed": sorted(renewal.values),
        "kept": list(renewal.kept),
        "unknown": list(renewal.unknown),
        "faults": [fault.message for error in each.faults for fault in flatten(error)],
    }
