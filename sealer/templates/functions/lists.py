"""Functions over lists."""

from collections.abc import Callable, Iterable

from sealer.templates.faults import FunctionFault
from sealer.templates.function import Function, Table
from sealer.templates.functions.numbers import to_int
from sealer.templates.limits import check_items
from sealer.templates.values import Ints, Lists, NoList, kind_name, truth, type_name

_PLAIN = (bytes, int, float, complex, type(None))


def _list(value: object, words: str) -> list[object]:
    """Return a value that has to be a list; the words tell what else it is."""
    if value is None:
        raise FunctionFault("runtime error: invalid memory address or nil pointer dereference")
    if not isinstance(value, list):
        raise FunctionFault(words.format(kind_name(value)))
    return value


def same(one: object, other: object) -> bool:
    """Tell what Go's reflect.DeepEqual tells: the same types, and the same values."""
    if type_name(one) != type_name(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


def is_empty(value: object) -> bool:
    """Tell whether a value is nil, zero or has nothing in it."""
    return not truth(value)


class _Seen:
    """Values that were met, as `same` tells them apart; plain ones are found at once."""

    def __init__(self, values: Iterable[object] = ()) -> None:
        self._plain: set[object] = set()
        self._others: list[object] = []
        self._compared = 0
        for value in values:
            self.add(value)

    def add(self, value: object) -> None:
        """Take in a value."""
        if isinstance(value, _PLAIN):
            self._plain.add((type_name(value), value))
        else:
            self._others.append(value)

    def __contains__(self, value: object) -> bool:
        """Tell whether a value was met; no number is NaN.

        Raises:
            LimitFault: There are too many comparisons.
        """
        if isinstance(value, _PLAIN):
            return value == value and (type_name(value), value) in self._plain  # noqa: PLR0124
        self._compared += len(self._others)
        check_items(self._compared)
        return any(same(value, each) for each in self._others)


def _first(value: object) -> object:
    values = _list(value, "Cannot find first on type {}")
    return values[0] if values else None


def _last(value: object) -> object:
    values = _list(value, "Cannot find last on type {}")
    return values[-1] if values else None


def _rest(value: object) -> list[object]:
    values = _list(value, "Cannot find rest on type {}")
    return values[1:] if values else NoList()


def _initial(value: object) -> list[object]:
    values = _list(value, "Cannot find initial on type {}")
    return values[:-1] if values else NoList()


def _push(value: object, item: object) -> list[object]:
    values = _list(value, "Cannot push on type {}")
    check_items(len(values) + 1)
    return [*values, item]


def _prepend(value: object, item: object) -> list[object]:
    values = _list(value, "Cannot prepend on type {}")
    check_items(len(values) + 1)
    return [item, *values]


def _concat(*lists: object) -> list[object]:
    parts = [_list(each, "Cannot concat type {} as list") for each in lists]
    check_items(sum(map(len, parts)))
    return [item for part in parts for item in part] if any(parts) else NoList()


def _reverse(value: object) -> list[object]:
    return list(reversed(_list(value, "Cannot find reverse on type {}")))


def _unique(value: object) -> list[object]:
    kept: list[object] = []
    seen = _Seen()
    for item in _list(value, "Cannot find uniq on type {}"):
        if item not in seen:
            kept.append(item)
            seen.add(item)
    return kept


def _without(value: object, *omitted: object) -> list[object]:
    values = _list(value, "Cannot find without on type {}")
    unwanted = _Seen(omitted)
    return [item for item in values if item not in unwanted]


def _has(item: object, value: object) -> bool:
    return value is not None and item in _Seen(_list(value, "Cannot find has on type {}"))


def _compact(value: object) -> list[object]:
    return [item for item in _list(value, "Cannot compact on type {}") if not is_empty(item)]


def _slice(value: object, *bounds: object) -> object:
    values = _list(value, "list should be type of slice or array but {}")
    if not values:
        return None
    start = to_int(bounds[0]) if bounds else 0
    end = to_int(bounds[1]) if len(bounds) > 1 else len(values)
    if not 0 <= start <= end <= len(values):
        raise FunctionFault("reflect.Value.Slice: slice index out of bounds")
    return type(values)(values[start:end])


def _chunk(size: int, value: object) -> Lists:
    values = _list(value, "Cannot chunk type {}")
    if size > 0:
        return Lists(list(values[at : at + size]) for at in range(0, len(values), size))
    # A negative size makes no sense, but some lengths pass through the original's calculation.
    if size < -1 and len(values) == 1:
        return Lists([list(values)])
    if size and len(values) > 1 and len(values) - 1 <= -size:
        return Lists()
    raise FunctionFault("runtime error: makeslice: len out of range")


def steps(start: int, stop: int, step: int) -> Ints:
    """Return the numbers from one up or down to another, which is not among them."""
    if (step <= 0) if stop >= start else (step >= 0):
        return Ints()
    check_items(abs((stop - start) // step))
    return Ints(range(start, stop, step))


def _until(count: int) -> Ints:
    return steps(0, count, -1 if count < 0 else 1)


def _sequence(*bounds: int) -> bytes:
    match bounds:
        case (end,):
            start, step = 1, -1 if end < 1 else 1
        case (start, end):
            step = -1 if end < start else 1
        case (start, step, end):
            if end < start and step > 0:
                return b""
        case _:
            return b""
    numbers = steps(start, end + (-1 if end < start else 1), step)
    return b" ".join(str(number).encode() for number in numbers)


def _all(*values: object) -> bool:
    return not any(map(is_empty, values))


def _any(*values: object) -> bool:
    return any(not is_empty(each) for each in values)


def _listed(*values: object) -> list[object]:
    check_items(len(values))
    return list(values)


_FREE: dict[str, tuple[str, Callable[..., object]]] = {
    "append": ("any any", _push),
    "push": ("any any", _push),
    "prepend": ("any any", _prepend),
    "first": ("any -> any", _first),
    "last": ("any -> any", _last),
    "rest": ("any", _rest),
    "initial": ("any", _initial),
    "reverse": ("any", _reverse),
    "uniq": ("any", _unique),
    "without": ("any any...", _without),
    "has": ("any any", _has),
    "compact": ("any", _compact),
    "slice": ("any any... -> any", _slice),
    "chunk": ("int any", _chunk),
}

TABLE: Table = {
    "list": Function("any...", _listed),
    "tuple": Function("any...", _listed),
    "concat": Function("any... -> any", _concat),
    "all": Function("any...", _all),
    "any": Function("any...", _any),
    "until": Function("int", _until),
    "untilStep": Function("int int int", steps),
    "seq": Function("int...", _sequence),
    **{name: Function(*parts) for name, parts in _FREE.items()},
    **{f"must{name[0].upper()}{name[1:]}": Function(*parts) for name, parts in _FREE.items()},
}
