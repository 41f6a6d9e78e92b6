"""Watches: what they tell, where they begin, how they end (platform.md 8 and 9)."""

import asyncio
import json
from contextlib import aclosing

import pytest

from sealer_controller.kube.decode import Event, EventType
from sealer_controller.kube.errors import ExpiredError
from sealer_controller.kube.objects import Unreadable
from sealer_controller.kube.reflector import Deleted, Synced, Undecodable, Upserted, reflect
from tests.contract.api import SEALED_SECRETS, SECRETS, Api, Sealed, sealed_body, take


def told(events: list[Event[Sealed]]) -> list[tuple[str, str]]:
    """Return type and name of events."""
    return [(event.type.value, event.object.metadata.name) for event in events]


async def version_now(api: Api) -> str:
    """Return the version of the present."""
    return (
        await api.client.select(SEALED_SECRETS, namespace=api.namespace).list()
    ).resource_version


async def test_watch_tells_what_happened_since_a_version(api: Api) -> None:
    """Also what happened before the watch began, in order, each with its own version."""
    start = await version_now(api)
    made = await api.seal("a")
    body = sealed_body("a", resourceVersion=made.metadata.resource_version, labels={"t": "x"})
    put = await api.client.replace(SEALED_SECRETS, body, "a", api.namespace)
    await api.client.delete(SEALED_SECRETS, "a", api.namespace)
    selection = api.client.select(SEALED_SECRETS, namespace=api.namespace)
    events = await take(selection.watch(start), 3)
    assert told(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    versions = [int(event.resource_version) for event in events]
    assert versions[0] == int(made.metadata.resource_version)
    assert versions[1] == int(put.metadata.resource_version)
    assert versions[2] > versions[1]
    assert events[2].object.metadata.uid == made.metadata.uid


async def test_watch_tells_what_happens_while_it_is_open(api: Api) -> None:
    """And only of its namespace and kind."""
    selection = api.client.select(SEALED_SECRETS, namespace=api.namespace)
    watch = selection.watch(await version_now(api))
    async with asyncio.timeout(10), aclosing(watch):
        waiting = asyncio.ensure_future(anext(watch))
        await api.secret("other")
        await api.seal("a")
        assert told([await waiting]) == [("ADDED", "a")]


async def test_watch_with_a_selector_tells_who_comes_and_goes(api: Api) -> None:
    """An object that no longer matches is deleted for this watch, one that now does is added."""
    first = await api.seal("a", labels={"t": "x"})
    second = await api.seal("b", labels={"t": "y"})
    start = await version_now(api)
    for obj, label in ((first, "y"), (second, "x")):
        name, version = obj.metadata.name, obj.metadata.resource_version
        body = sealed_body(name, resourceVersion=version, labels={"t": label})
        await api.client.replace(SEALED_SECRETS, body, name, api.namespace)
    selection = api.client.select(SEALED_SECRETS, namespace=api.namespace, label_selector="t=x")
    events = await take(selection.watch(start), 2)
    assert told(events) == [("DELETED", "a"), ("ADDED", "b")]
    assert isinstance(events[0].object, Sealed)
    assert events[0].object.metadata.labels == {"t": "x"}
    assert int(events[0].resource_version) > int(start)


async def test_watch_from_a_forgotten_version_is_an_error_event(api: Api) -> None:
    """HTTP 200 and a line that says 410: the client raises it as if it were an answer."""
    await api.seal("a")
    _, text = await api.raw("GET", f"{api.sealed_path}?watch=true&resourceVersion=1")
    event = text if isinstance(text, dict) else json.loads(text)
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
    assert event["object"]["reason"] == "Expired"
    with pytest.raises(ExpiredError, match="too old resource version: 1"):
        await take(api.client.select(SEALED_SECRETS, namespace=api.namespace).watch("1"), 1)


@pytest.mark.parametrize("version", ["", "0", "99999999"])
async def test_watch_begins_where_it_is_told(api: Api, version: str) -> None:
    """Without a version it tells all objects first, from the future nothing; it ends in time."""
    await api.seal("a")
    query = f"watch=true&timeoutSeconds=1&resourceVersion={version}"
    code, text = await api.raw("GET", f"{api.sealed_path}?{query}")
    assert code == 200
    lines = [text] if isinstance(text, dict) else [json.loads(one) for one in text.splitlines()]
    added = [one["object"]["metadata"]["name"] for one in lines if one["type"] == "ADDED"]
    assert added == ([] if version == "99999999" else ["a"])


async def test_reflector_keeps_up(api: Api) -> None:
    """List, then changes; a deletion carries the uid."""
    made = await api.seal("a")
    changes = reflect(api.client.select(SEALED_SECRETS, namespace=api.namespace))
    async with asyncio.timeout(10), aclosing(changes):
        assert await anext(changes) == Upserted(made)
        assert await anext(changes) == Synced(1)
        assert await _after(api.seal("b"), changes) == Upserted(
            await api.client.get(SEALED_SECRETS, "b", api.namespace)
        )
        gone = await _after(api.client.delete(SEALED_SECRETS, "a", api.namespace), changes)
        assert isinstance(gone, Deleted)
        assert (gone.key.name, gone.uid) == ("a", made.metadata.uid)


async def _after(act: object, changes: object) -> object:
    """Do something and return the next change."""
    await act  # type: ignore[misc] # any coroutine
    return await anext(changes)  # type: ignore[call-overload] # any stream


@pytest.mark.cluster
async def test_nested_object_does_not_hide_the_others(real_api: Api) -> None:
    """An object that no recursive decoder can read is stored, and is reported; others are read."""
    depth = 5000
    spec = (
        b'{"apiVersion":"bitnami.com/v1alpha1","kind":"SealedSecret","metadata":{"name":"deep"},'
        b'"spec":{"encryptedData":{},"template":{"metadata":{"x":%b%b}}}}'
    )
    selection = real_api.client.select(SEALED_SECRETS, namespace=real_api.namespace)
    await real_api.seal("a")
    start = await version_now(real_api)
    code, _ = await real_api.raw("POST", real_api.sealed_path, spec % (b"[" * depth, b"]" * depth))
    assert code == 201
    await real_api.seal("z")
    first, second = await take(selection.watch(start), 2)
    assert isinstance(first.object, Unreadable)
    assert told([first, second]) == [("ADDED", "deep"), ("ADDED", "z")]
    one, two, three, synced = await take(reflect(selection), 4)
    assert isinstance(one, Upserted)
    assert isinstance(two, Undecodable)
    assert (two.key.name, two.problem) == ("deep", "it is nested too deeply")
    assert isinstance(three, Upserted)
    assert synced == Synced(3)
    found = await real_api.client.find(SEALED_SECRETS, "deep", real_api.namespace)
    assert found == first.object
    await real_api.client.delete(SEALED_SECRETS, "deep", real_api.namespace)


async def test_large_object_passes(api: Api) -> None:
    """An object near the limit of etcd comes through a list and a watch."""
    start = await version_now(api)
    body = sealed_body("a", {"encryptedData": {"k": "A" * 1_400_000}})
    made = await api.client.create(SEALED_SECRETS, body, api.namespace)
    selection = api.client.select(SEALED_SECRETS, namespace=api.namespace)
    assert (await selection.list()).items == (made,)
    (event,) = await take(selection.watch(start), 1)
    assert (event.type, event.object) == (EventType.ADDED, made)


async def test_secret_watch_skips_what_is_not_asked_for(api: Api) -> None:
    """`managedFields`, which the real server adds, never become Python objects."""
    page = await api.client.select(SECRETS, namespace=api.namespace).list()
    made = await api.secret("a", data={"k": "dg=="})
    selection = api.client.select(SECRETS, namespace=api.namespace)
    (event,) = await take(selection.watch(page.resource_version), 1)
    assert event.object == made
