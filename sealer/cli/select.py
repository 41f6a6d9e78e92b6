"""Which SealedSecret of a file is meant: the only one, or the one that is named."""

from collections.abc import Sequence

from sealer.cli.errors import WrongUsageError
from sealer.cli.report import about
from sealer.errors import InputError, Where
from sealer.sealing.recovery import PlacedSealedSecret, find_sealed_secrets


def select_sealed_secret(
    path: str, data: bytes, *, namespace: str = "", name: str = ""
) -> PlacedSealedSecret:
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
        _, every = find_sealed_secrets(data)
    chosen = [
        each
        for each in every
        if name in ("", each.sealed.name) and namespace in ("", each.sealed.namespace)
    ]
    if not chosen:
        raise InputError(
            "the file holds no such SealedSecret",
            where=Where(path=path),
            hint=f"it holds {_listed(every)}" if every else "",
        )
    if len(chosen) > 1:
        raise WrongUsageError(
            f"{path} holds {len(chosen)} SealedSecrets: {_listed(chosen)}",
            hint="say which one: --name NAME, and -n NAMESPACE where that is not enough",
        )
    return chosen[0]


def _listed(objects: Sequence[PlacedSealedSecret]) -> str:
    return ", ".join(
        f"{each.sealed.namespace}/{each.sealed.name}".removeprefix("/") for each in objects
    )
