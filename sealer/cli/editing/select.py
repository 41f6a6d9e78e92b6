"""Which SealedSecret of a file is meant: the only one, or the one that is named."""

from collections.abc import Sequence
from dataclasses import dataclass

from sealer.cli.errors import WrongUsageError
from sealer.cli.report import about
from sealer.documents import Stream
from sealer.errors import InputError, Where
from sealer.manifest import SealedSecret
from sealer.manifest.fields import Path
from sealer.manifest.places import place
from sealer.sealing.recovery import PlacedSealedSecret, find_sealed_secrets


@dataclass(frozen=True, slots=True)
class Selected:
    """The SealedSecret that is meant, and the file that it stands in.

    Attributes:
        path: What to call the file.
        data: The file.
        stream: The same, read.
        placed: The object.
    """

    path: str
    data: bytes
    stream: Stream
    placed: PlacedSealedSecret

    @property
    def sealed(self) -> SealedSecret:
        """What the object says."""
        return self.placed.sealed

    def where(self, path: Path = ()) -> Where:
        """Return the place of the object, or of a field of it."""
        return place(self.stream, self.placed.found, path)._replace(path=self.path)


def select_sealed_secret(
    path: str, data: bytes, *, namespace: str = "", name: str = ""
) -> Selected:
    """Return the SealedSecret that is meant.

    Args:
        path: What to call the file.
        data: The file.
        namespace: The object's namespace; empty for any.
        name: The object's name; empty for any.

    Raises:
        InputError: The file cannot be used, or holds no such object.
        WrongUsageError: It holds several.
    """
    with about(path):
        surveyed, every = find_sealed_secrets(data)
    chosen = [
        each
        for each in every
        if name in ("", each.sealed.name) and namespace in ("", each.sealed.namespace)
    ]
    if not chosen:
        raise InputError(
            "the file holds no such SealedSecret" if every else "the file holds no SealedSecret",
            where=Where(path=path),
            hint=f"it holds {_listed(every)}" if every else "",
        )
    if len(chosen) > 1:
        raise WrongUsageError(
            f"{path} holds {len(chosen)} SealedSecrets: {_listed(chosen)}",
            hint="say which one: --name NAME, and -n NAMESPACE where that is not enough",
        )
    return Selected(path, data, surveyed.stream, chosen[0])


def _listed(objects: Sequence[PlacedSealedSecret]) -> str:
    return ", ".join(
        f"{each.sealed.namespace}/{each.sealed.name}".removeprefix("/") for each in objects
    )
