"""What the outputs of earlier runs hold, so that values which did not change stay as they are."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sealer.cli.console import Console
from sealer.cli.files.destination import Target
from sealer.cli.files.inputs import InputFile, read_input
from sealer.cli.sealing.digests import Digests
from sealer.errors import InputError, ManyErrors

if TYPE_CHECKING:
    from sealer.manifest import SealedSecret
    from sealer.scope import Identity
    from sealer.sealing.seal import Reuse
    from sealer.sealing.stream import ReadableSecret
    from sealer.sensitive import SecretBytes


_LINE_ENDS = {10: None, 13: None}


class EarlierSecret:
    """A SealedSecret that an earlier run, or another tool, left in an output.

    Attributes:
        items: The sealed texts by item key, without line ends.
    """

    def __init__(self, sealed: "SealedSecret") -> None:
        self.items = {
            item: text.translate(_LINE_ENDS) for item, text in sealed.encrypted_data.items()
        }
        self._sealed = sealed

    @cached_property
    def hints(self) -> dict[str, str]:
        """Which key sealed each item, as far as it is noted."""
        from sealer.sealing.hints import read_hints

        return read_hints(self._sealed)


Earlier = Mapping["Identity", Sequence[EarlierSecret]]


class EarlierOutputs:
    """The SealedSecrets of the files that are about to be written."""

    def __init__(self, target: Target, console: Console) -> None:
        self._target = target
        self._console = console
        self._last: tuple[Path | None, Earlier] = (None, {})

    def of(self, file: InputFile) -> Earlier:
        """Return the SealedSecrets that stand where the result of an input goes."""
        path = self._target.file_for(file)
        if path != self._last[0]:
            self._last = (path, self._read(path) if path and path.is_file() else {})
        return self._last[1]

    def _read(self, path: Path) -> Earlier:
        from sealer.sealing.recovery import find_sealed_secrets

        try:
            _, placed = find_sealed_secrets(read_input(str(path)))
        except (InputError, ManyErrors):
            self._console.remark(f"{path} cannot be read and is written anew")
            return {}
        secrets: dict[Identity, list[EarlierSecret]] = {}
        for each in placed:
            secrets.setdefault(each.sealed.identity, []).append(EarlierSecret(each.sealed))
        return secrets


class Unchanged:
    """Keeps the ciphertext of values that did not change, and remembers what is sealed.

    Attributes:
        kept: How many values kept their ciphertext.
    """

    def __init__(self, earlier: EarlierOutputs, digests: Digests, *, fresh: bool) -> None:
        """Take what there is.

        Args:
            earlier: What stands where results go.
            digests: What is known of earlier runs.
            fresh: Keep nothing.
        """
        self.kept = 0
        self._earlier = earlier
        self._digests = digests
        self._is_fresh = fresh
        self._known: set[str] = set()
        self._lock = Lock()  # files are sealed in several threads

    def reuse(self, file: InputFile, key: str) -> "Reuse | None":
        """Return what decides which ciphertext is kept where a file is sealed with a key."""
        with self._lock:
            earlier = {} if self._is_fresh else self._earlier.of(file)
        if not earlier:
            return None

        def keep(identity: "Identity", item: str, value: "SecretBytes") -> str | None:
            for secret in earlier.get(identity, ()):
                text = secret.items.get(item)
                if text and self._digests.keeps(identity, item, key, text, value):
                    with self._lock:
                        self.kept += 1
                        self._known.add(text)
                    return text
            return None

        return keep

    def take(
        self,
        file: InputFile,
        secrets: Sequence["ReadableSecret"],
        sealed: Sequence["SealedSecret"],
        key: str,
    ) -> None:
        """Remember what a file held, what became of each Secret, and the key."""
        for before, after in zip(secrets, sealed, strict=True):
            for item, text in after.encrypted_data.items():
                if text not in self._known:
                    value = before.secret.data[item]
                    self._digests.remember(after.identity, item, key, text, value)
