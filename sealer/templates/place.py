"""Where in a template the work is, for messages in Go's form."""

from typing import NoReturn, Protocol

from sealer.templates.faults import ExecutionFault
from sealer.templates.nodes import Dot
from sealer.templates.parse import Template
from sealer.templates.quoting import go_quote


class _Node(Protocol):
    @property
    def at(self) -> int: ...


class Place:
    """Where in a template the work is.

    Attributes:
        at: The part that was looked at last.
    """

    def __init__(self, template: Template, name: str) -> None:
        self._template = template
        self._name = name
        self.at: _Node = Dot(0)

    def refuse(self, message: str) -> NoReturn:
        """Say what is wrong, and where.

        Raises:
            ExecutionFault: Always.
        """
        before = self._template.text[: self.at.at]
        line = before.count("\n") + 1
        column = len(before[before.rfind("\n") + 1 :].encode())
        raise ExecutionFault(
            f"template: {self._template.name}:{line}:{column}: executing "
            f"{go_quote(self._name)} at <{self.at}>: {message}"
        )
