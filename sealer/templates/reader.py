"""Tokens are taken one by one, looked at ahead and put back; faults are told with their line."""

from typing import NoReturn

from sealer.templates.faults import ParseFault
from sealer.templates.lex import Kind, Token, tokens


class TokenReader:
    """The tokens of a template. A space is a token, so up to three are looked at ahead.

    Attributes:
        name: What the template is called.
        line: The line of the token that was read last, be it put back again since.
        action_line: The line where the present action began; 0 outside of actions.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.line = 1
        self.action_line = 0
        self._source = tokens(text)
        self._ahead: list[Token] = []

    def put_back(self, token: Token) -> None:
        """Make a token the next one again."""
        self._ahead.insert(0, token)

    def next(self) -> Token:
        """Return the next token."""
        return self._ahead.pop(0) if self._ahead else self._read()

    def peek(self) -> Token:
        """Return the next token, and leave it there."""
        if not self._ahead:
            self._ahead.append(self._read())
        return self._ahead[0]

    def _read(self) -> Token:
        token = next(self._source)
        self.line = token.line
        return token

    def next_word(self) -> Token:
        """Return the next token that is no space."""
        while (token := self.next()).kind is Kind.SPACE:
            pass
        return token

    def peek_word(self) -> Token:
        """Return the next token that is no space, and leave it there."""
        token = self.next_word()
        self.put_back(token)
        return token

    def expect(self, kind: Kind, context: str) -> Token:
        """Return the next word, which has to be of a kind.

        Raises:
            ParseFault: It is of another one.
        """
        token = self.next_word()
        if token.kind is not kind:
            self.unexpected(token, context)
        return token

    def fault(self, message: str) -> ParseFault:
        """Return a fault with the name and line of the template."""
        return ParseFault(f"template: {self.name}:{self.line}: {message}")

    def refuse(self, message: str) -> NoReturn:
        """Raise a fault with the name and line of the template."""
        raise self.fault(message)

    def unexpected(self, token: Token, context: str) -> NoReturn:
        """Raise a fault about a token that has no place here, or about what the lexer met."""
        if token.kind is not Kind.FAULT:
            self.refuse(f"unexpected {token} in {context}")
        extra = ""
        if self.action_line and self.action_line != token.line:
            action = "" if token.text.endswith(" action") else " in action"
            extra = f"{action} started at {self.name}:{self.action_line}"
        self.refuse(f"{token}{extra}")
