"""What a template consists of; every node knows where it stands and how it is written."""

from dataclasses import dataclass, field

from sealer.templates.quoting import go_quote


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is copied."""

    at: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Number:
    """A number constant; what does not fit a Go type is None.

    Attributes:
        text: As it is written.
        integer: As a signed 64-bit integer.
        unsigned: As an unsigned 64-bit integer.
        floating: As a floating-point number.
        imaginary: As a complex number, for constants that end in `i`.
    """

    at: int
    text: str
    integer: int | None = None
    unsigned: int | None = None
    floating: float | None = None
    imaginary: complex | None = None

    def __str__(self) -> str:
        """Return the constant as it is written."""
        return self.text


@dataclass(frozen=True, slots=True)
class String:
    """A string constant: as it is written, and what it says."""

    at: int
    quoted: str
    text: bytes

    def __str__(self) -> str:
        """Return the constant as it is written."""
        return self.quoted


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`."""

    at: int
    value: bool

    def __str__(self) -> str:
        """Return the constant."""
        return "true" if self.value else "false"


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`, the present value."""

    at: int

    def __str__(self) -> str:
        """Return the dot."""
        return "."


@dataclass(frozen=True, slots=True)
class Nil:
    """`nil`."""

    at: int

    def __str__(self) -> str:
        """Return the word."""
        return "nil"


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`, fields of the present value."""

    at: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        """Return the fields as they are written."""
        return "".join("." + name for name in self.names)


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.a`, a variable or fields of it; the first name has its `$`."""

    at: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        """Return the variable as it is written."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of a function."""

    at: int
    name: str

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Chain:
    """`(…).a.b`, fields of something in parentheses."""

    at: int
    node: "Operand"
    names: tuple[str, ...]

    def __str__(self) -> str:
        """Return the chain as it is written."""
        return _operand_text(self.node) + "".join("." + name for name in self.names)


@dataclass(frozen=True, slots=True)
class Command:
    """A function or value with its arguments."""

    at: int
    arguments: tuple["Operand", ...]

    def __str__(self) -> str:
        """Return the command as it is written."""
        return " ".join(map(_operand_text, self.arguments))


@dataclass(slots=True)
class Pipeline:
    """Commands, each with the result of the one before as its last argument.

    Attributes:
        declared: The variables that get the result.
        assigns: They exist already (`=`, not `:=`).
    """

    at: int
    commands: list[Command] = field(default_factory=list)
    declared: list[Variable] = field(default_factory=list)
    assigns: bool = False

    def __str__(self) -> str:
        """Return the pipeline as it is written."""
        head = ", ".join(map(str, self.declared))
        sign = " = " if self.assigns else " := "
        return (head + sign if head else "") + " | ".join(map(str, self.commands))


Operand = Number | String | Bool | Dot | Nil | Field | Variable | Identifier | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is printed."""

    at: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`."""

    at: int
    word: str
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body | None"


@dataclass(frozen=True, slots=True)
class Include:
    """`template "name" pipeline`."""

    at: int
    name: str
    pipeline: Pipeline | None

    def __str__(self) -> str:
        """Return the action as it is written."""
        tail = f" {self.pipeline}" if self.pipeline else ""
        return f"{{{{template {go_quote(self.name)}{tail}}}}}"


@dataclass(frozen=True, slots=True)
class Break:
    """`break`: leave the innermost range."""

    at: int


@dataclass(frozen=True, slots=True)
class Continue:
    """`continue`: go on with the next value of the innermost range."""

    at: int


Statement = Text | Action | Branch | Include | Break | Continue
Body = list[Statement]


def is_empty(body: Body) -> bool:
    """Tell whether nothing but blanks is in a template; such a definition does not count."""
    return all(isinstance(node, Text) and not node.text.strip() for node in body)


def _operand_text(node: Operand) -> str:
    return f"({node})" if isinstance(node, Pipeline) else str(node)
