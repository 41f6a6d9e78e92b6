"""Follow the objects of a kind wherever they are to be looked for.

That is everywhere, or in some namespaces, or in those with certain labels, which come and go. Each
has a watch of its own, all of them start at the same time, and together they are one story with the
promises of `reflector`. A namespace that is no longer looked at takes its objects along.
"""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeAlias

from msgspec import Struct

from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.merge import Streams
from sealer_controller.kube.notes import note
from sealer_controller.kube.objects import ObjectMeta, ObjectT, Resource
from sealer_controller.kube.reflector import (
    Change,
    Deleted,
    Interrupted,
    Known,
    Pace,
    Progress,
    Synced,
    Undecodable,
    Upserted,
    reflect,
)
from sealer_controller.objects import Key
from sealer_controller.observer import Observer

__all__ = ["EVERYWHERE", "News", "Places", "follow"]

News: TypeAlias = Upserted[ObjectT] | Undecodable | Deleted | Synced


class _Namespace(Struct, frozen=True):
    """A namespace, of which only the name matters: the API server looks at the labels."""

    metadata: ObjectMeta


_NAMESPACES = Resource(_Namespace, "namespaces", is_partial=True)


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    Attributes:
        names: Namespaces; the empty name means all of them.
        selector: Labels of further namespaces, as the API server reads them; empty for none.
    """

    names: tuple[str, ...] = ()
    selector: str = ""


EVERYWHERE = Places(("",))


async def follow(
    client: KubeClient,
    resource: Resource[ObjectT],
    places: Places,
    *,
    label_selector: str = "",
    kind: str = "",
    observer: Observer | None = None,
    pace: Callable[[], Pace] = Pace,
) -> AsyncGenerator[News[ObjectT], None]:
    """Report all objects of a kind in these places and everything that happens to them, for ever.

    `Synced` comes when every place has been listed, and again when one was listed anew. Where
    namespaces come and go, an object whose namespace is no longer looked at is reported as deleted.

    Args:
        client: Reaches the API server.
        resource: The kind.
        places: Where to look.
        label_selector: Which objects; empty for all.
        kind: What metrics and log call them; the resource's name in URLs when empty.
        observer: Told how the watches fare.
        pace: Makes what decides how long a broken watch pauses, one for each watch.
    """
    watching = observer or Observer()

    def objects(namespace: str, known: Known) -> AsyncGenerator[News[ObjectT], None]:
        source = client.select(resource, namespace=namespace, label_selector=label_selector)
        changes = reflect(source, pace(), known)
        return _told(changes, watching, kind or resource.plural, namespace)

    def namespaces() -> AsyncGenerator[News[_Namespace], None]:
        source = client.select(_NAMESPACES, label_selector=places.selector)
        return _told(reflect(source, pace()), watching, _NAMESPACES.plural)

    following = _Following(objects)
    for name in dict.fromkeys(places.names):
        following.enter(name)
    if places.selector:
        following.follow(_borders(namespaces(), frozenset(places.names)))
    async with aclosing(following.news()) as news:
        async for change in news:
            yield change


@dataclass(frozen=True, slots=True)
class _Entered:
    """A namespace is to be looked at from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class _Left:
    """A namespace is not to be looked at any more."""

    name: str


@dataclass(frozen=True, slots=True)
class _Complete:
    """All namespaces that there are have been told."""


_Border: TypeAlias = _Entered | _Left | _Complete


class _Following(Generic[ObjectT]):
    """The namespaces that are looked at, and how far each has come.

    Args:
        watch: Follows the objects of one namespace and notes in a `Known` what it has reported.
    """

    def __init__(self, watch: Callable[[str, Known], AsyncGenerator[News[ObjectT], None]]) -> None:
        self._watch = watch
        self._streams = Streams[str | None, News[ObjectT] | _Border]()
        self._known: dict[str, Known] = {}
        self._counts: dict[str, int] = {}
        self._is_complete = True

    def enter(self, name: str) -> None:
        """Begin to look at a namespace."""
        known = self._known[name] = Known()
        self._streams.add(name, self._watch(name, known))

    def follow(self, borders: AsyncGenerator[_Border, None]) -> None:
        """Let more namespaces come and go."""
        self._is_complete = False
        self._streams.add(None, borders)

    async def news(self) -> AsyncGenerator[News[ObjectT], None]:
        """Yield what happens in all namespaces."""
        async with aclosing(self._streams.items()) as items:
            async for name, item in items:
                for change in await self._taken(name or "", item):
                    yield change

    async def _taken(self, name: str, item: News[ObjectT] | _Border) -> Iterable[News[ObjectT]]:
        match item:
            case _Entered(entered):
                self.enter(entered)
                return ()
            case _Left(left):
                await self._streams.remove(left)
                self._counts.pop(left, None)
                return (*self._known.pop(left).retain(()), *self._synced())
            case _Complete():
                self._is_complete = True
                return self._synced()
            case Synced(count):
                self._counts[name] = count
                return self._synced()
            case _:
                return (item,)

    def _synced(self) -> Iterable[Synced]:
        """Return that everything is listed, if it is."""
        if self._is_complete and len(self._counts) == len(self._known):
            return (Synced(sum(self._counts.values())),)
        return ()


async def _told(
    changes: AsyncGenerator[Change[ObjectT], None], observer: Observer, kind: str, where: str = ""
) -> AsyncGenerator[News[ObjectT], None]:
    """Pass on what is about objects, and tell metrics and log of all the rest."""
    async with aclosing(changes):
        async for change in changes:
            note(observer, kind, where, change)
            if not isinstance(change, Progress | Interrupted):
                yield change


async def _borders(
    changes: AsyncGenerator[News[_Namespace], None], fixed: frozenset[str]
) -> AsyncGenerator[_Border, None]:
    """Turn what happens to namespaces into comings and goings; fixed ones do neither."""
    looked_at = set(fixed)
    async with aclosing(changes):
        async for change in changes:
            match change:
                case Synced():
                    yield _Complete()
                case Deleted(key) if key.name not in fixed:
                    looked_at.discard(key.name)
                    yield _Left(key.name)
                case Upserted(_Namespace(ObjectMeta(name=name))) | Undecodable(Key(name=name)):
                    if name not in looked_at:
                        looked_at.add(name)
                        yield _Entered(name)
                case _:
                    pass
