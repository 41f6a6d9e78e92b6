"""What can be changed in a mapping: a value is put, an entry dropped, a key renamed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from sealer.documents.compare import AnyLines

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """Add a string, or put it in the place of the scalar that is there.

    Attributes:
        path: The keys that lead to it. Mappings that are missing on the way are made.
        value: The string.
        any_lines: Whoever reads the string ignores line ends in it, as in base64, so that a block
            scalar keeps its header, whatever line end that adds.
    """

    path: Path
    value: str = field(repr=False)
    any_lines: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Take an entry out. A mapping that loses its last one becomes `{}`.

    Attributes:
        path: The keys that lead to it.
    """

    path: Path


@dataclass(frozen=True, slots=True)
class Rename:
    """Give an entry another key, where it stands.

    Attributes:
        path: The keys that lead to it.
        name: Its new last key.
    """

    path: Path
    name: str


Change = Put | Drop | Rename


def independent(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Yield runs of changes, in order, in which none touches what another one does.

    Within a run, the order makes no difference to what the file says.
    """
    run: list[Change] = []
    touched: set[Path] = set()
    around: set[Path] = set()
    for change in changes:
        paths = _touched(change)
        if any(path in around or not touched.isdisjoint(_to(path)) for path in paths):
            yield run
            run, touched, around = [], set(), set()
        run.append(change)
        touched.update(paths)
        around.update(outer for path in paths for outer in _to(path[:-1]))
    if run:
        yield run


def apply_to_meaning(values: dict[str, object], change: Change) -> None:
    """Do to values what is done to the text that they were read from."""
    *way, name = change.path
    for key in way:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    match change:
        case Put(value=text, any_lines=any_lines):
            values[name] = AnyLines(text) if any_lines else text
        case Drop():
            del values[name]
        case Rename(name=new):
            values[new] = values.pop(name)


def _touched(change: Change) -> list[Path]:
    new = [(*change.path[:-1], change.name)] if isinstance(change, Rename) else []
    return [change.path, *new]


def _to(path: Path) -> Iterator[Path]:
    """Yield a path and all that lead to it."""
    return accumulate(((key,) for key in path), lambda way, key: way + key)
