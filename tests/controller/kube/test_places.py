"""Many places, one story: they start together, and one that is broken holds up no other."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.places import EVERYWHERE, News, Places, follow
from sealer_controller.kube.reflector import Deleted, Pace, Synced, Upserted
from tests.contract.api import SEALED_SECRETS, Sealed, sealed_body
from tests.controller.watching import Recorder
from tests.fake import kinds
from tests.fake.faults import Answer, ErrorLine, Slow
from tests.fake.server import FakeApi
from tests.fake.watches import Command

Story = AsyncGenerator[News[Sealed], None]


@pytest.fixture
def observer() -> Recorder:
    """An observer that keeps what it is told."""
    return Recorder()


@asynccontextmanager
async def followed(
    api: FakeApi, places: Places, observer: Recorder | None = None
) -> AsyncIterator[Story]:
    """Follow the SealedSecrets of places; a broken watch does not pause."""
    async with KubeClient(Access(api.url)) as client:
        pace = lambda: Pace(base=0.0)  # noqa: E731 - a factory of paces
        story = follow(client, SEALED_SECRETS, places, observer=observer, pace=pace)
        async with asyncio.timeout(30), aclosing(story):
            yield story


def make_namespaces(api: FakeApi, *names: str) -> None:
    """Make namespaces of the team a, each with a SealedSecret in it."""
    for name in names:
        body = {"metadata": {"name": name, "labels": {"team": "a"}}}
        api.store.create(kinds.NAMESPACES, body)
        api.store.create(kinds.SEALED_SECRETS, sealed_body("db"), name)


async def test_places_are_listed_at_the_same_time(fake_api: FakeApi) -> None:
    """Three hundred namespaces do not wait for one that is slow (compat.md 3.2)."""
    names = [f"shop-{number}" for number in range(20)]
    make_namespaces(fake_api, *names)
    slow = Slow()
    fake_api.faults.add(slow, verb="list", resource="sealedsecrets")
    async with followed(fake_api, Places(tuple(names))) as story:
        for _ in range(19):
            assert isinstance(await anext(story), Upserted)
        slow.until.set()
        assert isinstance(await anext(story), Upserted)
        assert await anext(story) == Synced(20)


async def test_all_namespaces_are_one_watch(fake_api: FakeApi) -> None:
    """Everywhere is one list and one watch, and no namespace is asked for."""
    make_namespaces(fake_api, "shop", "rival")
    async with followed(fake_api, EVERYWHERE) as story:
        assert [type(await anext(story)) for _ in range(3)] == [Upserted, Upserted, Synced]
    assert {(call.resource, call.namespace) for call in fake_api.calls} == {("sealedsecrets", "")}


async def test_place_that_is_refused_holds_back_only_the_list(fake_api: FakeApi) -> None:
    """The others are told meanwhile; all are listed when the last one answers."""
    make_namespaces(fake_api, "open", "shut")
    shut = Slow()
    fake_api.faults.add(shut, verb="list", resource="sealedsecrets", namespace="shut")
    async with followed(fake_api, Places(("open", "shut"))) as story:
        assert isinstance(await anext(story), Upserted)
        fake_api.store.create(kinds.SEALED_SECRETS, sealed_body("new"), "open")
        assert isinstance(await anext(story), Upserted)
        shut.until.set()
        assert isinstance(await anext(story), Upserted)
        assert await anext(story) == Synced(2)


async def test_namespace_that_is_left_while_it_is_refused_completes_the_list(
    fake_api: FakeApi,
) -> None:
    """What can never be listed must not hold back readiness when it is no longer wanted."""
    make_namespaces(fake_api, "open", "shut")
    fake_api.faults.add(Slow(), verb="list", resource="sealedsecrets", namespace="shut")
    async with followed(fake_api, Places((), "team=a")) as story:
        assert isinstance(await anext(story), Upserted)
        await fake_api.called("list", "sealedsecrets", 2)
        fake_api.store.delete(kinds.NAMESPACES, "shut")
        assert await anext(story) == Synced(1)


@pytest.mark.parametrize("act", [ErrorLine(), Answer(403, "Forbidden"), Answer(500)])
async def test_namespaces_that_changed_in_a_gap_are_found_out(
    fake_api: FakeApi, observer: Recorder, act: Answer | ErrorLine
) -> None:
    """The watch of namespaces breaks: one went, one came, one was made again, and all is told."""
    make_namespaces(fake_api, "gone", "again")
    async with followed(fake_api, Places((), "team=a"), observer) as story:
        assert [type(await anext(story)) for _ in range(3)] == [Upserted, Upserted, Synced]
        await fake_api.watched("namespaces")
        fake_api.faults.add(act, verb="watch", resource="namespaces")
        fake_api.store.delete(kinds.NAMESPACES, "gone")
        fake_api.store.delete(kinds.NAMESPACES, "again")
        fake_api.store.delete(kinds.SEALED_SECRETS, "db", "again")
        make_namespaces(fake_api, "again", "new")
        fake_api.store.forget()
        fake_api.command(Command.CUT, "namespaces")
        seen = {"gone", "again"}
        while seen != {"again", "new"}:
            change = await anext(story)
            if isinstance(change, Upserted):
                seen.add(change.object.metadata.namespace)
            elif isinstance(change, Deleted):
                seen.discard(change.key.namespace)
    assert any(kind == "namespaces" and why for kind, *why in observer.watches)
    assert any(kind == "sealedsecrets" for kind, *_ in observer.watches)


async def test_namespace_that_is_left_closes_its_watch(fake_api: FakeApi) -> None:
    """Nothing stays open for a namespace that is gone."""
    make_namespaces(fake_api, "shop", "gone")
    async with followed(fake_api, Places((), "team=a")) as story:
        assert [type(await anext(story)) for _ in range(3)] == [Upserted, Upserted, Synced]
        await fake_api.called("watch", "sealedsecrets", 2)
        fake_api.store.delete(kinds.NAMESPACES, "gone")
        assert isinstance(await anext(story), Deleted)
        await fake_api.until(
            lambda: {watch.namespace for watch in fake_api.watches} == {"", "shop"}
        )
