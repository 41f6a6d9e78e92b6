"""How much rendering may cost; counted, never timed, so that the same input always ends alike.

Every call of a function weighs its arguments first: their size bounds what the function can make of
them, except for the few that are given a number, which check it themselves.

Source: controller.md 8.
"""

from sealer.templates.faults import LimitFault
from sealer.templates.values import Interface

MAXIMUM_OUTPUT = 1024 * 1024
MAXIMUM_TEXT = 4 * 1024 * 1024
MAXIMUM_ITEMS = 100_000
MAXIMUM_STEPS = 300_000
MAXIMUM_DEPTH = 60
_DEEPEST = 100
_BYTES_A_STEP = 64
_ITEMS_A_STEP = 16


class Meter:
    """Counts what a rendering takes, over all entries of one object.

    Attributes:
        depth: How many levels of templates, branches and parentheses are open.
    """

    def __init__(self) -> None:
        self._steps = 0
        self.depth = 0

    @property
    def is_spent(self) -> bool:
        """Whether nothing more can be rendered."""
        return self._steps > MAXIMUM_STEPS

    def step(self, values: tuple[object, ...] = (), steps: int = 1, weight: int = 1) -> None:
        """Count steps, and more for large values: so many times what they weigh.

        Raises:
            LimitFault: There have been too many, or a value is too large.
        """
        self._steps += steps + _weight(values) * weight
        if self.is_spent:
            raise LimitFault(f"rendering takes more than {MAXIMUM_STEPS} steps")

    def enter(self) -> None:
        """Go one level deeper.

        Raises:
            LimitFault: That is too deep.
        """
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise LimitFault(f"templates nested more than {MAXIMUM_DEPTH} levels deep")

    def leave(self) -> None:
        """Come back from a level."""
        self.depth -= 1


def check_text(size: int) -> None:
    """Refuse to make a text of so many bytes.

    Raises:
        LimitFault: It is too long.
    """
    if size > MAXIMUM_TEXT:
        raise LimitFault(f"a text of more than {MAXIMUM_TEXT} bytes")


def check_items(count: int) -> None:
    """Refuse to make a list of so many items.

    Raises:
        LimitFault: It is too long.
    """
    if count > MAXIMUM_ITEMS:
        raise LimitFault(f"a list of more than {MAXIMUM_ITEMS} items")


def _weight(values: tuple[object, ...]) -> int:
    """Return how many steps values count for, what stands in them several times each time."""
    size = count = 0
    level: list[object] = [*values]
    depth = 0
    while level:
        below: list[object] = []
        for value in level:
            inside = value.value if isinstance(value, Interface) else value
            if isinstance(inside, bytes):
                size += len(inside)
            elif isinstance(inside, list):
                below += inside
            elif isinstance(inside, dict):
                below += dict.values(inside)  # to weigh a map is not to read it
                size += sum(map(len, inside))
            check_items(count + len(below))
        count += len(below)
        depth += 1
        if depth > _DEEPEST:
            raise LimitFault(f"a value nested more than {_DEEPEST} levels deep")
        level = below
    check_text(size)
    return size // _BYTES_A_STEP + count // _ITEMS_A_STEP
