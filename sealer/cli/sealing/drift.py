"""How outputs differ from what sealing their inputs now would write."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sealer.cli.files.destination import Target
from sealer.cli.files.inputs import InputFile
from sealer.cli.sealing.digests import Digests
from sealer.cli.sealing.earlier import EarlierOutputs, EarlierSecret

if TYPE_CHECKING:
    from sealer.manifest import SealedSecret
    from sealer.scope import Identity
    from sealer.sealing.seal import Reuse
    from sealer.sealing.stream import ReadableSecret
    from sealer.sensitive import SecretBytes


class Drift:
    """Compares values with what outputs hold.

    Without a record of how a ciphertext came about nobody can tell what it holds: such a value is
    taken for unchanged, and counted.

    Attributes:
        known: What is known to have changed, a sentence each, by output.
        unknown: The items that nothing is known about, by output.
    """

    def __init__(self, target: Target, earlier: EarlierOutputs, digests: Digests) -> None:
        self.known: dict[Path, list[str]] = {}
        self.unknown: dict[Path, list[str]] = {}
        self._target = target
        self._earlier = earlier
        self._digests = digests

    def reuse(self, file: InputFile, key: str) -> "Reuse":
        """Return what compares the values of a file that would be sealed with a key."""
        from sealer.sealing.quiet import Verdict
        from sealer_keys.fingerprint import Fingerprint, short

        own = short(Fingerprint(key))

        def compare(identity: "Identity", item: str, value: "SecretBytes") -> str | None:
            before = self._counterpart(file, identity)
            text = before.items.get(item) if before else None
            if before is None or text is None:
                return None
            if before.hints.get(item, own) != own:
                self._note(file, identity, f"item {item} is sealed with another key")
                return None
            verdict = self._digests.compare(identity, item, key, text, value)
            if verdict is Verdict.CHANGED:
                self._note(file, identity, f"item {item} has another value")
                return None
            if verdict is Verdict.UNKNOWN:
                subject = f"{_named(identity)}, item {item}"
                self.unknown.setdefault(self._output(file), []).append(subject)
            return text

        return compare

    def take(
        self,
        file: InputFile,
        secrets: Sequence["ReadableSecret"],
        sealed: Sequence["SealedSecret"],
        key: str,
    ) -> None:
        """Note which objects of a file are new, and which items of the others come or go."""
        for after in sealed:
            identity = after.identity
            before = self._counterpart(file, identity)
            if before is None and not self._output(file).exists():
                continue
            if before is None:
                self._note(file, identity, "is not there under this name and scope")
                continue
            for item in sorted(before.items.keys() ^ after.encrypted_data.keys()):
                change = "gone" if item in before.items else "new"
                self._note(file, identity, f"item {item} is {change}")

    def _counterpart(self, file: InputFile, identity: "Identity") -> EarlierSecret | None:
        return next(iter(self._earlier.of(file).get(identity, ())), None)

    def _note(self, file: InputFile, identity: "Identity", text: str) -> None:
        lines = self.known.setdefault(self._output(file), [])
        lines.append(f"{_named(identity)}: {text}")

    def _output(self, file: InputFile) -> Path:
        return self._target.file_for(file) or Path(file.name)


def _named(identity: "Identity") -> str:
    return f"{identity.namespace}/{identity.name}".removeprefix("/")
