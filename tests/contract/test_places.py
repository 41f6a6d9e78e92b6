"""Namespaces that are followed live, each with a watch of its own (controller.md 5)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from sealer_controller.kube.objects import Key
from sealer_controller.kube.places import News, Places, follow
from sealer_controller.kube.reflector import Deleted, Synced, Upserted
from tests.contract.api import SEALED_SECRETS, Api, Sealed, sealed_body

Story = AsyncGenerator[News[Sealed], None]


@asynccontextmanager
async def followed(api: Api, *names: str, selector: str = "") -> AsyncIterator[Story]:
    """Follow the SealedSecrets of these namespaces for at most half a minute."""
    story = follow(api.client, SEALED_SECRETS, Places(names, selector))
    async with asyncio.timeout(30), aclosing(story):
        yield story


async def namespace(api: Api, ending: str, label: str = "") -> str:
    """Make a namespace with a SealedSecret `db` in it; return its name."""
    name = f"{api.namespace}-{ending}"
    labels = {"team": label} if label else {}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    code, answer = await api.raw("POST", "/api/v1/namespaces", body)
    assert code == 201, answer
    await api.client.create(SEALED_SECRETS, sealed_body("db"), name)
    return name


async def relabel(api: Api, name: str, label: str) -> None:
    """Give a namespace another label; an empty one takes it away."""
    path = f"/api/v1/namespaces/{name}"
    _, body = await api.raw("GET", path)
    body["metadata"]["labels"] = {"team": label} if label else {}
    code, answer = await api.raw("PUT", path, body)
    assert code == 200, answer


def place_of(change: News[Sealed]) -> str:
    """Return the namespace of the object that is new."""
    assert isinstance(change, Upserted)
    return change.object.metadata.namespace


async def test_namespaces_with_a_label_are_followed_as_they_come_and_go(api: Api) -> None:
    """One that gets the label is listed and watched; one that loses it takes its objects along."""
    label = api.namespace
    first = await namespace(api, "first", label)
    other = await namespace(api, "other", "else")
    async with followed(api, selector=f"team={label}") as story:
        assert place_of(await anext(story)) == first
        assert await anext(story) == Synced(1)
        await relabel(api, other, label)
        assert place_of(await anext(story)) == other
        assert await anext(story) == Synced(2)
        made = await api.client.create(SEALED_SECRETS, sealed_body("new"), other)
        assert await anext(story) == Upserted(made)
        await relabel(api, first, "")
        gone = await anext(story)
        assert isinstance(gone, Deleted)
        assert gone.key == Key(first, "db")
        assert await anext(story) == Synced(1)
        await api.client.create(SEALED_SECRETS, sealed_body("unseen"), first)
        await api.client.create(SEALED_SECRETS, sealed_body("last"), other)
        assert place_of(await anext(story)) == other


async def test_namespace_that_comes_back_is_told_again(api: Api) -> None:
    """Nothing is remembered of a namespace that was left."""
    label = api.namespace
    name = await namespace(api, "back", label)
    async with followed(api, selector=f"team={label}") as story:
        assert place_of(await anext(story)) == name
        assert await anext(story) == Synced(1)
        await relabel(api, name, "")
        assert isinstance(await anext(story), Deleted)
        assert await anext(story) == Synced(0)
        await relabel(api, name, label)
        assert place_of(await anext(story)) == name


async def test_named_namespaces_stay_whatever_their_labels(api: Api) -> None:
    """What is named is looked at besides what is selected, once, and is never left."""
    label = api.namespace
    named = await namespace(api, "named", label)
    selected = await namespace(api, "selected", label)
    async with followed(api, named, named, selector=f"team={label}") as story:
        assert {place_of(await anext(story)) for _ in range(2)} == {named, selected}
        assert await anext(story) == Synced(2)
        await relabel(api, named, "")
        await api.client.create(SEALED_SECRETS, sealed_body("new"), named)
        assert place_of(await anext(story)) == named


async def test_selector_that_nothing_matches_is_listed_at_once(api: Api) -> None:
    """No namespace is a complete list; the first one that matches is followed."""
    label = api.namespace
    async with followed(api, selector=f"team={label}") as story:
        assert await anext(story) == Synced(0)
        name = await namespace(api, "late", label)
        assert place_of(await anext(story)) == name
