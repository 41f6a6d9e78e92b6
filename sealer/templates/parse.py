"""A template's tokens become a tree, or a message in Go's words that says where they do not.

Source: the grammar of Go's text/template. A name that is no function is an error here already.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sealer.templates import literals
from sealer.templates.faults import LimitFault, ParseFault
from sealer.templates.lex import Kind, Token
from sealer.templates.nodes import (
    Action,
    Body,
    Bool,
    Branch,
    Break,
    Chain,
    Command,
    Continue,
    Dot,
    Field,
    Identifier,
    Include,
    Nil,
    Number,
    Operand,
    Pipeline,
    Statement,
    String,
    Text,
    Variable,
    is_empty,
)
from sealer.templates.quoting import go_quote
from sealer.templates.reader import TokenReader

MAXIMUM_DEPTH = 60
_OPERANDS = frozenset(
    (
        *(Kind.BOOL, Kind.CHARACTER_CONSTANT, Kind.COMPLEX, Kind.DOT, Kind.FIELD),
        *(Kind.IDENTIFIER, Kind.NUMBER, Kind.NIL, Kind.STRING, Kind.VARIABLE, Kind.OPEN),
    )
)
_CONTROLS = {Kind.IF: "if", Kind.RANGE: "range", Kind.WITH: "with"}


@dataclass(frozen=True, slots=True)
class Template:
    """A template, read.

    Attributes:
        name: The entry that it comes from.
        text: The entry's text.
        bodies: What it defines by name; its own body under its own name.
    """

    name: str
    text: str
    bodies: dict[str, Body]


def parse(name: str, text: str, functions: Collection[str]) -> Template:
    """Read a template.

    Args:
        name: What to call it.
        text: The template.
        functions: The names that are functions.

    Raises:
        ParseFault: It is no template; the message begins with its name and line.
        LimitFault: It is nested too deeply.
    """
    parser = _Parser(name, text, functions)
    return parser.read()


@dataclass(frozen=True, slots=True)
class _End:
    """What ends a list of statements: `{{end}}` or `{{else}}`."""

    is_else: bool

    def __str__(self) -> str:
        return "{{else}}" if self.is_else else "{{end}}"


@dataclass(slots=True)
class _Scope:
    """What is known while one definition is read."""

    variables: list[str] = field(default_factory=lambda: ["$"])
    ranges: int = 0


class _Parser(TokenReader):
    """Recursive descent, one method for each thing of the grammar."""

    def __init__(self, name: str, text: str, functions: Collection[str]) -> None:
        super().__init__(name, text)
        self._text = text
        self._functions = functions
        self._scope = _Scope()
        self._bodies: dict[str, Body] = {}
        self._depth = 0

    def read(self) -> Template:
        body: Body = []
        while self.peek().kind is not Kind.END_OF_TEXT:
            if self.peek().kind is Kind.LEFT:
                left = self.next()
                word = self.next_word()
                if word.kind is Kind.DEFINE:
                    self._definition()
                    continue
                self.put_back(word)
                self.put_back(left)
            node = self._statement()
            if isinstance(node, _End):
                raise self.fault(f"unexpected {node}")
            body.append(node)
        self._define(self.name, body)
        return Template(self.name, self._text, self._bodies)

    # Definitions

    def _define(self, name: str, body: Body) -> None:
        before = self._bodies.get(name)
        if before is None or is_empty(before):
            self._bodies[name] = body
        elif not is_empty(body):
            self.refuse(f"template: multiple definition of template {go_quote(name)}")

    def _definition(self) -> None:
        context = "define clause"
        name = self._template_name(self.next_word(), context)
        self.expect(Kind.RIGHT, context)
        self._define(name, self._body_of_its_own(context))

    def _body_of_its_own(self, context: str) -> Body:
        """Read a body that sees nothing of the variables around it."""
        outer, self._scope = self._scope, _Scope()
        line, self.action_line = self.action_line, 0
        head = self.line
        body, end = self._body()
        self._scope, self.action_line = outer, line
        if end.is_else:
            self.line = head if context == "block clause" else self.line  # as Go tells it
            self.refuse(f"unexpected {end} in {context}")
        return body

    def _template_name(self, token: Token, context: str) -> str:
        if token.kind is not Kind.STRING:
            self.unexpected(token, context)
        return self._unquoted(token).decode("utf-8", "replace")

    def _unquoted(self, token: Token) -> bytes:
        try:
            return literals.unquote(token.text)
        except ParseFault as fault:
            self.refuse(fault.message)

    # Statements

    def _body(self) -> tuple[Body, _End]:
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise LimitFault(f"template: {self.name}:{self.line}: nested too deeply")
        body: Body = []
        while self.peek_word().kind is not Kind.END_OF_TEXT:
            node = self._statement()
            if isinstance(node, _End):
                self._depth -= 1
                return body, node
            body.append(node)
        self.refuse("unexpected EOF")

    def _statement(self) -> Statement | _End:
        token = self.next_word()
        if token.kind is Kind.TEXT:
            return Text(token.at, token.text.encode())
        if token.kind is not Kind.LEFT:
            self.unexpected(token, "input")
        self.action_line = token.line
        try:
            return self._action()
        finally:
            self.action_line = 0

    def _action(self) -> Statement | _End:
        token = self.next_word()
        match token.kind:
            case Kind.BLOCK:
                return self._block()
            case Kind.BREAK | Kind.CONTINUE:
                return self._leave(token)
            case Kind.ELSE:
                return self._else()
            case Kind.END:
                self.expect(Kind.RIGHT, "end")
                return _End(is_else=False)
            case Kind.IF | Kind.RANGE | Kind.WITH:
                return self._control(_CONTROLS[token.kind])
            case Kind.TEMPLATE:
                return self._include()
        self.put_back(token)
        return Action(token.at, self._pipeline("command", Kind.RIGHT))

    def _leave(self, token: Token) -> Statement:
        word = f"{{{{{token.kind.value}}}}}"
        end = self.next_word()
        if end.kind is not Kind.RIGHT:
            self.unexpected(end, word)
        if not self._scope.ranges:
            self.refuse(f"{word} outside {{{{range}}}}")
        return Break(token.at) if token.kind is Kind.BREAK else Continue(token.at)

    def _else(self) -> _End:
        if self.peek_word().kind not in (Kind.IF, Kind.WITH):
            self.expect(Kind.RIGHT, "else")
        return _End(is_else=True)

    def _control(self, word: str) -> Branch:
        known = len(self._scope.variables)
        pipeline = self._pipeline(word, Kind.RIGHT)
        is_range = word == "range"
        self._scope.ranges += is_range
        body, end = self._body()
        self._scope.ranges -= is_range
        otherwise: Body | None = None
        if end.is_else:
            again = {"if": Kind.IF, "with": Kind.WITH}.get(word)
            if again is not None and self.peek().kind is again:
                self.next()
                self._depth += 1
                otherwise = [self._control(word)]
                self._depth -= 1
            else:
                otherwise, end = self._body()
                if end.is_else:
                    self.refuse(f"expected end; found {end}")
        del self._scope.variables[known:]
        return Branch(pipeline.at, word, pipeline, body, otherwise)

    def _block(self) -> Include:
        context = "block clause"
        token = self.next_word()
        name = self._template_name(token, context)
        pipeline = self._pipeline(context, Kind.RIGHT)
        self._define(name, self._body_of_its_own(context))
        return Include(token.at, name, pipeline)

    def _include(self) -> Include:
        context = "template clause"
        token = self.next_word()
        name = self._template_name(token, context)
        pipeline = None
        end = self.next_word()
        if end.kind is not Kind.RIGHT:
            self.put_back(end)
            pipeline = self._pipeline(context, Kind.RIGHT)
        return Include(token.at, name, pipeline)

    # Pipelines

    def _pipeline(self, context: str, end: Kind) -> Pipeline:
        pipeline = Pipeline(self.peek_word().at)
        while self._declaration(pipeline, context):
            pass
        while True:
            token = self.next_word()
            if token.kind is end:
                self._check(pipeline, context)
                return pipeline
            if token.kind not in _OPERANDS:
                self.unexpected(token, context)
            self.put_back(token)
            pipeline.commands.append(self._command())

    def _declaration(self, pipeline: Pipeline, context: str) -> bool:
        """Read a variable that the pipeline sets; tell whether another one has to follow."""
        variable = self.peek_word()
        if variable.kind is not Kind.VARIABLE:
            return False
        self.next_word()
        behind = self.peek()
        sign = self.peek_word()
        is_comma = sign.kind is Kind.CHARACTER and sign.text == ","
        if not is_comma and sign.kind not in (Kind.ASSIGN, Kind.DECLARE):
            if behind.kind is Kind.SPACE:
                self.put_back(behind)
            self.put_back(variable)
            return False
        self.next_word()
        pipeline.assigns = sign.kind is Kind.ASSIGN
        pipeline.declared.append(Variable(variable.at, (variable.text,)))
        self._scope.variables.append(variable.text)
        if not is_comma:
            return False
        if context == "range" and len(pipeline.declared) == 1:
            if self.peek_word().kind in (Kind.VARIABLE, Kind.RIGHT, Kind.CLOSE):
                return True
            self.refuse("range can only initialize variables")
        self.refuse(f"too many declarations in {context}")

    def _check(self, pipeline: Pipeline, context: str) -> None:
        if not pipeline.commands:
            self.refuse(f"missing value for {context}")
        for stage, command in enumerate(pipeline.commands[1:], 2):
            if isinstance(command.arguments[0], Bool | Dot | Nil | Number | String):
                self.refuse(f"non executable command in pipeline stage {stage}")

    def _command(self) -> Command:
        at = self.peek_word().at
        arguments: list[Operand] = []
        while True:
            self.peek_word()
            operand = self._operand()
            if operand is not None:
                arguments.append(operand)
            token = self.next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in (Kind.RIGHT, Kind.CLOSE):
                self.put_back(token)
            elif token.kind is not Kind.PIPE:
                self.unexpected(token, "operand")
            break
        if not arguments:
            self.refuse("empty command")
        return Command(at, tuple(arguments))

    def _operand(self) -> Operand | None:
        node = self._term()
        token = self.peek()
        if node is None or token.kind is not Kind.FIELD:
            return node
        names: list[str] = []
        while self.peek().kind is Kind.FIELD:
            names.append(self.next().text[1:])
        match node:
            case Field():
                return Field(token.at, (*node.names, *names))
            case Variable():
                return Variable(token.at, (*node.names, *names))
            case Bool() | String() | Number() | Nil() | Dot():
                self.refuse(f"unexpected . after term {go_quote(str(node))}")
        return Chain(token.at, node, tuple(names))

    def _term(self) -> Operand | None:
        token = self.next_word()
        match token.kind:
            case Kind.IDENTIFIER:
                if token.text not in self._functions:
                    self.refuse(f"function {go_quote(token.text)} not defined")
                return Identifier(token.at, token.text)
            case Kind.DOT:
                return Dot(token.at)
            case Kind.NIL:
                return Nil(token.at)
            case Kind.VARIABLE:
                if token.text not in self._scope.variables:
                    self.refuse(f"undefined variable {go_quote(token.text)}")
                return Variable(token.at, (token.text,))
            case Kind.FIELD:
                return Field(token.at, (token.text[1:],))
            case Kind.BOOL:
                return Bool(token.at, token.text == "true")
            case Kind.STRING:
                return String(token.at, token.text, self._unquoted(token))
            case Kind.OPEN:
                return self._in_parentheses()
            case Kind.NUMBER | Kind.COMPLEX | Kind.CHARACTER_CONSTANT:
                return self._number(token)
        self.put_back(token)
        return None

    def _in_parentheses(self) -> Pipeline:
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise LimitFault(f"template: {self.name}:{self.line}: nested too deeply")
        pipeline = self._pipeline("parenthesized pipeline", Kind.CLOSE)
        self._depth -= 1
        return pipeline

    def _number(self, token: Token) -> Number:
        readers = {
            Kind.NUMBER: literals.number,
            Kind.COMPLEX: literals.complex_number,
            Kind.CHARACTER_CONSTANT: literals.character,
        }
        try:
            return readers[token.kind](token.at, token.text)
        except ParseFault as fault:
            self.refuse(fault.message)
