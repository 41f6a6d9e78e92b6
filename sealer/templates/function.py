"""A function of templates: what it takes, in Go's types, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ANY, VALUE = "interface {}", "reflect.Value"
_SHORT = {
    "any": ANY,
    "value": VALUE,
    "float": "float64",
    "map": "map[string]interface {}",
    "list": "[]interface {}",
    "texts": "[]string",
    "time": "time.Time",
    "version": "*semver.Version",
}


@dataclass(frozen=True, slots=True, init=False)
class Function:
    """A function that templates may call.

    Attributes:
        parameters: The Go types of what it takes.
        rest: The type of any number of further arguments; empty for none.
        call: What it does; raises `FunctionFault` when it refuses.
        is_loose: Go knows the result as an `interface {}` only.
        steps: What a call counts besides the size of its arguments.
        weight: How many times their size counts; more than 1 for what takes each character in turn.
    """

    parameters: tuple[str, ...]
    rest: str
    call: Callable[..., Any]
    is_loose: bool
    steps: int
    weight: int

    def __init__(
        self, signature: str, call: Callable[..., Any], *, steps: int = 0, weight: int = 1
    ) -> None:
        """Take the parameters' types in short, such as `string any... -> any`."""
        taken, _, given = signature.partition("->")
        types = taken.split()
        rest = ""
        if types and types[-1].endswith("..."):
            rest = types.pop().removesuffix("...")
        object.__setattr__(self, "parameters", tuple(_SHORT.get(t, t) for t in types))
        object.__setattr__(self, "rest", _SHORT.get(rest, rest))
        object.__setattr__(self, "call", call)
        object.__setattr__(self, "is_loose", given.strip() == "any")
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "weight", weight)


Table = dict[str, Function]
