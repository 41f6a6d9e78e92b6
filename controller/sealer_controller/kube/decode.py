"""Turn the bytes of the API server's answers into objects, pages and events."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from sealer_controller.kube import depth as kubedepth
from sealer_controller.kube.errors import AnswerError, AnswerTooLargeError, Status, error_for
from sealer_controller.kube.objects import ObjectMeta, ObjectT, Unreadable

__all__ = ["Event", "EventType", "Page", "event", "lines", "page", "single", "whole"]

StructT = TypeVar("StructT")

_TOO_DEEP = "it is nested too deeply"


class EventType(Enum):
    """What a watch says has happened to an object."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@dataclass(frozen=True, slots=True)
class Event(Generic[ObjectT]):
    """One event of a watch.

    Attributes:
        type: What happened.
        object: The object after it, or as it was last; a bookmark has only a version.
    """

    type: EventType
    object: ObjectT | Unreadable

    @property
    def resource_version(self) -> str:
        """The version to resume the watch from."""
        return self.object.metadata.resource_version


@dataclass(frozen=True, slots=True)
class Page(Generic[ObjectT]):
    """A part of a list.

    Attributes:
        items: The objects; one that does not fit its Struct is `Unreadable`.
        resource_version: The state that the whole list shows; a watch goes on from it.
        token: Asks for the next page; empty after the last.
    """

    items: tuple[ObjectT | Unreadable, ...]
    resource_version: str
    token: str = ""


class _Line(Struct, frozen=True):
    type: str
    object: Raw


class _Identity(Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class _Identified(Struct, frozen=True):
    metadata: _Identity


class _ListMeta(
    Struct, frozen=True, rename={"resource_version": "resourceVersion", "token": "continue"}
):
    resource_version: str = ""
    token: str = ""


class _List(Struct, frozen=True):
    metadata: _ListMeta
    items: tuple[Raw, ...] | None = None


def whole(text: bytes, kind: type[ObjectT]) -> ObjectT:
    """Return the one object that an answer holds.

    Raises:
        AnswerError: It does not fit; the message names the path and no value.
    """
    try:
        found = _tried(text, kind)
    except RecursionError:
        found = _TOO_DEEP
    return _usable(found)


def single(text: bytes, kind: type[ObjectT]) -> ObjectT | Unreadable:
    """Return the one object that an answer holds; one that does not fit is `Unreadable`.

    Raises:
        AnswerError: It is no object at all.
    """
    try:
        return _object(Raw(text), kind)
    except RecursionError:
        return _object(Raw(kubedepth.cut(text)), kind)


def page(text: bytes, kind: type[ObjectT]) -> Page[ObjectT]:
    """Return one page of a list.

    Raises:
        AnswerError: The list itself cannot be read.
    """
    listed = _outer(text, _List)
    items = tuple(_object(raw, kind) for raw in listed.items or ())
    return Page(items, listed.metadata.resource_version, listed.metadata.token)


def event(line: bytes, kind: type[ObjectT]) -> Event[ObjectT]:
    """Return the event of one line of a watch.

    Raises:
        ApiRetryableError, ApiTerminalError: The line says that the watch is over and why.
        AnswerError: It is no event.
    """
    outer = _outer(line, _Line)
    if outer.type == "ERROR":
        raise error_for(_usable(_tried(outer.object, Status)))
    if outer.type == "BOOKMARK":
        return Event(EventType.BOOKMARK, _identified(outer.object, ""))
    try:
        return Event(EventType(outer.type), _object(outer.object, kind))
    except ValueError:
        raise AnswerError("a watch sent an event of an unknown type") from None


async def lines(chunks: AsyncIterator[bytes], limit: int) -> AsyncGenerator[bytes, None]:
    """Split a stream into its lines, whatever its chunks; an unfinished last line is dropped.

    Raises:
        AnswerTooLargeError: A line is longer than `limit` bytes.
    """
    pending = bytearray()
    async for chunk in chunks:
        for number, part in enumerate(chunk.split(b"\n")):
            if number:
                if pending:
                    yield bytes(pending)
                pending.clear()
            pending += part
            if len(pending) > limit:
                raise AnswerTooLargeError(f"a watch sent a line longer than {limit} bytes")


def _object(raw: Raw, kind: type[ObjectT]) -> ObjectT | Unreadable:
    if kubedepth.MARK in bytes(raw):
        return _identified(raw, _TOO_DEEP)
    found = _tried(raw, kind)
    return _identified(raw, found) if isinstance(found, str) else found


def _identified(raw: Raw, problem: str) -> Unreadable:
    found = _usable(_tried(raw, _Identified)).metadata
    metadata = ObjectMeta(
        name=found.name,
        namespace=found.namespace,
        uid=found.uid,
        resource_version=found.resource_version,
    )
    return Unreadable(metadata, problem)


def _outer(text: bytes, kind: type[StructT]) -> StructT:
    """Decode a wrapper around objects, with what is nested too deeply in them cut off."""
    try:
        return _usable(_tried(text, kind))
    except RecursionError:
        return _usable(_tried(kubedepth.cut(text), kind))


def _usable(found: StructT | str) -> StructT:
    if isinstance(found, str):
        raise AnswerError(f"the API server's answer cannot be used: {found}")
    return found


def _tried(text: bytes | Raw, kind: type[StructT]) -> StructT | str:
    """Return what the text holds, or what is wrong with it.

    No error leaves here, because ours would carry it along, and its repr can show the text.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        return str(error)
    except UnicodeDecodeError:  # of a string that was skipped before
        return "it is not UTF-8"
