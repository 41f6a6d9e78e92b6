"""The file that `sealer create` is to write: what stands there already, and may it go?"""

from dataclasses import dataclass

from sealer.cli.files.inputs import read_input
from sealer.cli.files.paths import is_file
from sealer.cli.sealing.createoptions import ENDING_LENGTH, Order
from sealer.cli.sealing.naming import is_random_name
from sealer.documents.nodes import plain
from sealer.errors import InputError, ManyErrors, OutputError
from sealer.manifest import SealedSecret
from sealer.sealing.recovery import PlacedSealedSecret, find_sealed_secrets


@dataclass(frozen=True, slots=True)
class Existing:
    """A file that holds the Secret to create, sealed, and nothing else.

    Attributes:
        data: The file.
        sealed: The SealedSecret in it.
        manifest: The same as JSON values, with whatever else it says.
    """

    data: bytes
    sealed: SealedSecret
    manifest: object


def find_existing(order: Order) -> Existing | None:
    """Return what stands in the file to write; None when there is no such file.

    Raises:
        OutputError: It is not the Secret to create. That is not replaced, whatever the options.
    """
    if order.target is None or not is_file(order.target):
        return None
    data = read_input(str(order.target))
    placed = _only_one(data)
    if placed is None or not _is_same(order, placed.sealed):
        raise OutputError(
            f"{order.target} exists, and is not the SealedSecret {order.namespace}/{order.name}",
            hint="write to another file, or remove this one first",
        )
    return Existing(data, placed.sealed, plain(placed.found.node))


def check_replaceable(order: Order, existing: Existing | None) -> None:
    """Refuse to replace a file that nobody said may be replaced.

    Raises:
        OutputError: The file exists.
    """
    if existing is not None and not order.force:
        raise OutputError(
            f"{order.target} exists, and would change",
            hint="replace it: --force; to change single items: sealer set",
        )


def _only_one(data: bytes) -> PlacedSealedSecret | None:
    try:
        surveyed, placed = find_sealed_secrets(data)
    except (InputError, ManyErrors):
        return None
    is_alone = len(surveyed.stream.documents) == 1 and len(placed) == 1
    return placed[0] if is_alone and placed[0].found.is_whole_document else None


def _is_same(order: Order, sealed: SealedSecret) -> bool:
    if sealed.namespace != order.namespace:
        return False
    if order.append_hash:
        return is_random_name(sealed.name, order.name, length=ENDING_LENGTH)
    return sealed.name == order.name
