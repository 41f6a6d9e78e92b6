"""Things that go wrong on demand: what the fake API server does instead of its work.

api.faults.add(Answer(429, "TooManyRequests", retry_after=7), verb="update", times=2)
api.faults.add(Cut(), verb="watch", resource="sealedsecrets")
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

__all__ = [
    "Act",
    "Answer",
    "Call",
    "Cut",
    "CutAfter",
    "CutInLine",
    "Denied",
    "ErrorLine",
    "Faults",
    "Line",
    "Noise",
    "Page",
    "Silent",
    "Slow",
]


@dataclass(frozen=True)
class Call:
    """One request that arrived.

    Attributes:
        verb: As RBAC has it: get, list, watch, create, update, patch, delete.
        resource: Such as `secrets` or `sealedsecrets/status`.
        namespace: Empty for all of them.
        name: Empty for a list, a watch or a create.
        query: What stands after the question mark.
        is_partial: Whether only the metadata of objects is asked for.
        agent: What the client calls itself.
    """

    verb: str
    resource: str
    namespace: str
    name: str
    query: dict[str, str]
    is_partial: bool = False
    agent: str = ""


@dataclass(frozen=True)
class Answer:
    """A `Status` that says no."""

    code: int
    reason: str = ""
    message: str = "on demand"
    retry_after: int | str | None = None
    causes: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Denied:
    """403, in the words of RBAC."""


@dataclass(frozen=True)
class Page:
    """An answer that is no `Status`, as a proxy in between gives it, perhaps a redirect."""

    code: int
    body: bytes = b"<html>sorry</html>"
    location: str = ""


@dataclass(frozen=True)
class Noise:
    """An answer that is no HTTP."""


@dataclass(frozen=True)
class Cut:
    """The connection is closed without an answer, and nothing is done."""


@dataclass(frozen=True)
class CutAfter:
    """The request is carried out, and the connection is closed before the answer."""


@dataclass(frozen=True)
class Silent:
    """No answer ever comes; a watch begins and then says nothing."""


@dataclass(frozen=True)
class Slow:
    """The answer waits until the test sets the event."""

    until: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class ErrorLine:
    """A watch that begins with an ERROR event and ends."""

    code: int = 410
    reason: str = "Expired"
    message: str = "too old resource version: 1 (2)"


@dataclass(frozen=True)
class Line:
    """A watch whose first line is this text."""

    text: bytes


@dataclass(frozen=True)
class CutInLine:
    """A watch that is cut in the middle of its first event."""


Act: TypeAlias = (
    Answer | Denied | Page | Noise | Cut | CutAfter | Silent | Slow | ErrorLine | Line | CutInLine
)


@dataclass
class _Rule:
    act: Act
    verb: str
    resource: str
    namespace: str
    name: str
    agent: str
    times: int
    skip: int
    share: float

    def fits(self, call: Call) -> bool:
        wanted = (
            (self.verb, call.verb),
            (self.resource, call.resource),
            (self.namespace, call.namespace),
            (self.name, call.name),
            (self.agent, call.agent),
        )
        return all(not want or want == have for want, have in wanted)


class Faults:
    """The faults in store, in the order they were added.

    Attributes:
        met: How many requests have met one.
    """

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        # The same dice in each run, though the order of requests is not.
        self._random = Random(4)  # noqa: S311 - nothing is secret here
        self.met = 0

    def add(
        self,
        act: Act,
        *,
        verb: str = "",
        resource: str = "",
        namespace: str = "",
        name: str = "",
        agent: str = "",
        times: int = 1,
        skip: int = 0,
        share: float = 1.0,
    ) -> None:
        """Let requests that fit meet this fault.

        Args:
            act: What happens to them.
            verb: Of the request; empty fits all, as for the next four.
            resource: Such as `secrets` or `sealedsecrets/status`.
            namespace: Of the request.
            name: Of the object.
            agent: What the client calls itself.
            times: How many requests meet it; -1 means for ever.
            skip: How many that fit are let through before.
            share: How many of those that come after meet it, by chance; 1 is all of them.
        """
        self._rules.append(_Rule(act, verb, resource, namespace, name, agent, times, skip, share))

    def clear(self) -> None:
        """Let everything work again."""
        self._rules.clear()

    def take(self, call: Call) -> Act | None:
        """Return the fault for a request and count it."""
        for rule in self._rules:
            if rule.fits(call):
                if rule.skip:
                    rule.skip -= 1
                    continue
                if self._random.random() >= rule.share:
                    continue
                self.met += 1
                rule.times -= 1
                if not rule.times:
                    self._rules.remove(rule)
                return rule.act
        return None
