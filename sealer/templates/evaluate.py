"""Pipelines, commands and operands of a template are worked out to values.

Source: Go's text/template. The place in each message is that of the part that was looked at last,
as there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from sealer.templates.faults import FunctionFault, LimitFault
from sealer.templates.function import ANY, VALUE, Function
from sealer.templates.limits import Meter
from sealer.templates.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Number,
    Operand,
    Pipeline,
    String,
    Variable,
)
from sealer.templates.place import Place
from sealer.templates.values import (
    INVALID,
    MISSING,
    Int64,
    Interface,
    NoList,
    NoMap,
    NoStrings,
    Struct,
    bare,
    concrete,
    is_loose,
    truth,
    type_name,
)

# What nil is for a parameter of a type.
_NILS: Mapping[str, Callable[[], object]] = {
    ANY: lambda: Interface(None),
    VALUE: lambda: INVALID,
    "map[string]interface {}": NoMap,
    "[]interface {}": NoList,
    "[]string": NoStrings,
    "*semver.Version": lambda: Interface(None),
}
_POINTED = frozenset(".eEpP")
_METHOD_STEPS = 40


class Evaluator:
    """Works out values within one definition of a template.

    Attributes:
        place: Where the work is.
        variables: Names and values, the innermost last.
    """

    def __init__(
        self, functions: Mapping[str, Function], place: Place, meter: Meter, data: object
    ) -> None:
        self.place = place
        self.variables: list[tuple[str, object]] = [("$", data)]
        self._functions = functions
        self._meter = meter

    def refuse(self, message: str) -> NoReturn:
        """Say what is wrong where the work is.

        Raises:
            ExecutionFault: Always.
        """
        self.place.refuse(message)

    @staticmethod
    def type_of(value: object) -> str:
        """Return the name of a value's Go type."""
        return type_name(value)

    def assign(self, name: str, value: object) -> None:
        """Give an existing variable another value."""
        for at in range(len(self.variables) - 1, -1, -1):
            if self.variables[at][0] == name:
                self.variables[at] = (name, value)
                return
        self.refuse(f"undefined variable: {name}")

    def pipeline(self, dot: object, pipeline: Pipeline) -> object:
        """Return the value of a pipeline, and set the variables that it declares."""
        self.place.at = pipeline
        value: object = MISSING
        for command in pipeline.commands:
            value = self._command(dot, command, value)
            if isinstance(value, Interface):
                value = concrete(value)
        for variable in pipeline.declared:
            if pipeline.assigns:
                self.assign(variable.names[0], value)
            else:
                self.variables.append((variable.names[0], value))
        return value

    def _command(self, dot: object, command: Command, final: object) -> object:
        self._meter.step()
        first, *arguments = command.arguments
        match first:
            case Field():
                return self._field(dot, first, arguments, final)
            case Chain():
                return self._chain(dot, first, arguments, final)
            case Identifier():
                return self._function(dot, first, command, arguments, final)
            case Pipeline():
                self._check_no_arguments(first, arguments, final)
                return self._nested(dot, first)
            case Variable():
                return self._variable(dot, first, arguments, final)
        self.place.at = first
        self._check_no_arguments(first, arguments, final)
        match first:
            case Dot():
                return dot
            case Nil():
                self.refuse("nil is not a command")
            case Number():
                return self._constant(first)
            case Bool():
                return first.value
            case String():
                return first.text

    def _check_no_arguments(
        self, first: Operand, arguments: Sequence[Operand], final: object
    ) -> None:
        if arguments or final is not MISSING:
            text = f"({first})" if isinstance(first, Pipeline) else str(first)
            self.refuse(f"can't give argument to non-function {text}")

    def _nested(self, dot: object, pipeline: Pipeline) -> object:
        self._meter.enter()
        value = self.pipeline(dot, pipeline)
        self._meter.leave()
        return value

    def _constant(self, number: Number) -> object:
        if number.imaginary is not None:
            return number.imaginary
        is_hex = number.text.lstrip("+-")[:2] in ("0x", "0X") and not {"p", "P"} & set(number.text)
        is_float = bool(_POINTED & set(number.text)) and number.text[0] != "'" and not is_hex
        if number.floating is not None and is_float:
            return number.floating
        if number.integer is None:
            self.refuse(f"{number.text} overflows int")
        return number.integer

    # Fields

    def _field(
        self, dot: object, node: Field, arguments: Sequence[Operand], final: object
    ) -> object:
        self.place.at = node
        return self._fields(dot, node.names, arguments, final)

    def _chain(
        self, dot: object, node: Chain, arguments: Sequence[Operand], final: object
    ) -> object:
        self.place.at = node
        if isinstance(node.node, Nil):
            self.refuse(f"indirection through explicit nil in {node}")
        value = self._argument(dot, "", node.node)
        return self._fields(value, node.names, arguments, final)

    def _variable(
        self, dot: object, node: Variable, arguments: Sequence[Operand], final: object
    ) -> object:
        del dot
        self.place.at = node
        known = [value for name, value in self.variables if name == node.names[0]]
        if not known:
            self.refuse(f"undefined variable: {node.names[0]}")
        value = known[-1]
        if len(node.names) == 1:
            self._check_no_arguments(node, arguments, final)
            return value
        return self._fields(value, node.names[1:], arguments, final)

    def _fields(
        self, value: object, names: Sequence[str], arguments: Sequence[Operand], final: object
    ) -> object:
        for name in names[:-1]:
            value = self._member(value, name, has_arguments=False)
        has_arguments = bool(arguments) or final is not MISSING
        return self._member(value, names[-1], has_arguments=has_arguments, arguments=arguments)

    def _member(
        self,
        value: object,
        name: str,
        *,
        has_arguments: bool,
        arguments: Sequence[Operand] = (),
    ) -> object:
        if value is INVALID or value is MISSING:
            return INVALID
        inside = value.value if isinstance(value, Interface) else value
        if inside is None:
            self.refuse(f"nil pointer evaluating {type_name(value)}.{name}")
        if isinstance(inside, dict):
            if has_arguments:
                self.refuse(f"{name} is not a method but has arguments")
            key = name.encode()
            if key not in inside:
                return INVALID
            return Interface(inside[key]) if is_loose(inside) else inside[key]
        if isinstance(inside, Struct):
            found = self._method(inside, name, arguments, has_arguments=has_arguments)
            if found is not INVALID:
                return found
        self.refuse(f"can't evaluate field {name} in type {type_name(value)}")

    def _method(
        self,
        value: Struct,
        name: str,
        arguments: Sequence[Operand],
        *,
        has_arguments: bool,
    ) -> object:
        member = value.member(name)
        if not isinstance(member, Function):
            if has_arguments and member is not INVALID:
                self.refuse(f"{name} has arguments but cannot be invoked as function")
            return member
        wanted = len(member.parameters)
        if len(arguments) != wanted:
            given = len(arguments)
            self.refuse(f"wrong number of args for {name}: want {wanted} got {given}")
        values = [
            self._argument(INVALID, kind, each)
            for kind, each in zip(member.parameters, arguments, strict=True)
        ]
        self._meter.step(steps=_METHOD_STEPS)
        try:
            return member.call(*map(bare, values))
        except FunctionFault as fault:
            self.refuse(f"error calling {name}: {fault.message}")

    # Functions

    def _function(
        self,
        dot: object,
        node: Identifier,
        command: Command,
        arguments: Sequence[Operand],
        final: object,
    ) -> object:
        self.place.at = node
        function = self._functions[node.name]
        self._check_count(node.name, function, arguments, final)
        if node.name in ("and", "or"):
            return self._decide(dot, arguments, final, until=node.name == "or")
        kinds = [*function.parameters]
        kinds += [function.rest] * (len(arguments) - len(kinds))
        values = [
            self._argument(dot, kind, each) for kind, each in zip(kinds, arguments, strict=False)
        ]
        if final is not MISSING:
            at = len(arguments)
            kind = function.parameters[at] if at < len(function.parameters) else function.rest
            values.append(self._fitting(final, kind or function.parameters[-1]))
        return self._call(node.name, function, tuple(values), command)

    def _check_count(
        self, name: str, function: Function, arguments: Sequence[Operand], final: object
    ) -> None:
        given = len(arguments) + (final is not MISSING)
        wanted = len(function.parameters)
        if function.rest and given < wanted:
            self.refuse(
                f"wrong number of args for {name}: want at least {wanted} got {len(arguments)}"
            )
        if not function.rest and given != wanted:
            self.refuse(f"wrong number of args for {name}: want {wanted} got {given}")

    def _decide(
        self, dot: object, arguments: Sequence[Operand], final: object, *, until: bool
    ) -> object:
        """Return the first argument that decides `and` or `or`; later ones are not looked at."""
        value: object = INVALID
        for argument in arguments:
            value = self._argument(dot, VALUE, argument)
            if truth(value) is until:
                return value
        return value if final is MISSING else self._fitting(final, VALUE)

    def _call(
        self, name: str, function: Function, values: tuple[object, ...], command: Command
    ) -> object:
        kinds = (*function.parameters, *[function.rest] * len(values))
        taken = [
            concrete(value) if kind == VALUE else bare(value)
            for kind, value in zip(kinds, values, strict=False)
        ]
        try:
            self._meter.step(values, 1 + function.steps, function.weight)
            result = function.call(*taken)
        except LimitFault as fault:
            self.place.at = command
            self.refuse(f"error calling {name}: {fault.message}")
        except FunctionFault as fault:
            self.place.at = command
            self.refuse(f"error calling {name}: {_words(fault, name, command)}")
        return Interface(result) if function.is_loose else result

    # Arguments

    def _argument(self, dot: object, kind: str, node: Operand) -> object:
        """Return the value of an argument, fit for a parameter of a type; any type for none."""
        self.place.at = node
        match node:
            case Dot():
                return self._fitting(dot, kind)
            case Nil():
                if kind in _NILS:
                    return _NILS[kind]()
                self.refuse(f"cannot assign nil to {kind}")
            case Field():
                return self._fitting(self._field(dot, node, (), MISSING), kind)
            case Variable():
                return self._fitting(self._variable(dot, node, (), MISSING), kind)
            case Pipeline():
                return self._fitting(self._nested(dot, node), kind)
            case Identifier():
                command = Command(node.at, (node,))
                return self._fitting(self._function(dot, node, command, (), MISSING), kind)
            case Chain():
                return self._fitting(self._chain(dot, node, (), MISSING), kind)
            case Bool() | Number() | String():
                return self._literal(kind, node)

    def _literal(self, kind: str, node: Bool | Number | String) -> object:
        if kind in (ANY, VALUE, ""):
            return self._constant(node) if isinstance(node, Number) else _text_or_bool(node)
        match kind, node:
            case "string", String():
                return node.text
            case "bool", Bool():
                return node.value
            case "int" | "int64" | "uint32", Number() if node.integer is not None:
                return node.integer if kind == "int" else Int64(node.integer)
            case "float64", Number() if node.floating is not None:
                return node.floating
        names = {"int": "integer", "int64": "integer", "uint32": "unsigned integer"}
        names["float64"] = "float"
        if kind in ("string", "bool", *names):
            self.refuse(f"expected {names.get(kind, kind)}; found {node}")
        self.refuse(f"can't handle {node} for arg of type {kind}")

    def _fitting(self, value: object, kind: str) -> object:
        """Return a value where it is of a type, or is inside of an interface."""
        if not kind:
            return value
        if value is INVALID or value is MISSING:
            if kind in _NILS:
                return _NILS[kind]()
            self.refuse(f"invalid value; expected {kind}")
        if kind in (ANY, VALUE) or type_name(value) == kind:
            return value
        if isinstance(value, Interface) and value.value is not None:
            value = value.value
        if type_name(value) == kind:
            return value
        self.refuse(f"wrong type for value; expected {kind}; got {type_name(value)}")


def _words(fault: FunctionFault, name: str, command: Command) -> str:
    """Return what a function says; the text of `fail` only where the template itself has it."""
    if name == "fail" and not isinstance(command.arguments[-1], String):
        return "the template stops here"
    if name == "call":
        return f"non-function {command.arguments[-1]} of type {fault.message}"
    return fault.message


def _text_or_bool(node: Bool | String) -> object:
    return node.text if isinstance(node, String) else node.value
