"""Metadata alone, and dry runs: what travels is no more than was asked for (platform.md 9)."""

import json

import pytest

from sealer_controller.kube.errors import AlreadyExistsError, InvalidError, NotFoundError
from sealer_controller.kube.objects import ObjectMeta, Resource
from tests.contract.api import SECRETS, Api, Secret, take

LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA = Resource(Secret, "secrets", is_partial=True)
LABELS = {"team": "a"}


async def test_partial_list_holds_metadata_and_no_data(api: Api) -> None:
    """The items have a version of their own, and nothing but their metadata."""
    made = await api.client.create(SECRETS, secret("a", LABELS), api.namespace)
    await api.client.create(SECRETS, secret("b"), api.namespace)
    api.headers["Accept"] = LIST
    code, found = await api.raw("GET", f"{api.secrets_path}?labelSelector=team%3Da")
    assert (code, found["kind"], found["apiVersion"]) == (
        200,
        "PartialObjectMetadataList",
        "meta.k8s.io/v1",
    )
    assert found["metadata"]["resourceVersion"]
    (item,) = found["items"]
    assert item["metadata"]["uid"] == made.metadata.uid
    assert not {"data", "type", "stringData"} & item.keys()


async def test_partial_watch_tells_metadata_and_no_data(api: Api) -> None:
    """Created, changed, no longer selected: each with its version, none with its data."""
    start = (await api.client.select(SECRETS, namespace=api.namespace).list()).resource_version
    made = await api.client.create(SECRETS, secret("a", LABELS), api.namespace)
    other = secret("a", version=made.metadata.resource_version)
    changed = await api.client.replace(SECRETS, other, "a", api.namespace)
    await api.client.create(SECRETS, secret("b", LABELS), api.namespace)
    api.headers["Accept"] = ONE
    query = f"watch=true&timeoutSeconds=1&labelSelector=team%3Da&resourceVersion={start}"
    _, text = await api.raw("GET", f"{api.secrets_path}?{query}")
    lines = [json.loads(line) for line in text.splitlines()]
    told = [(line["type"], line["object"]["metadata"].get("name")) for line in lines][:3]
    assert told == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "b")]
    assert lines[1]["object"]["metadata"]["resourceVersion"] == changed.metadata.resource_version
    assert {line["object"]["kind"] for line in lines} == {"PartialObjectMetadata"}
    assert not any("data" in line["object"] for line in lines)


async def test_client_reads_metadata_alone(api: Api) -> None:
    """Lists and watches of a partial kind give what a whole one gives, without the data."""
    start = await api.client.select(METADATA, namespace=api.namespace).list()
    made = await api.client.create(SECRETS, secret("a", LABELS), api.namespace)
    selection = api.client.select(METADATA, namespace=api.namespace)
    (event,) = await take(selection.watch(start.resource_version), 1)
    (listed,) = (await selection.list()).items
    for found in (event.object, listed):
        assert isinstance(found, Secret)
        assert (found.metadata, found.data) == (made.metadata, {})


async def test_dry_run_checks_and_stores_nothing(api: Api) -> None:
    """What would be refused is refused in the same words, and what would not is not there."""
    made = await api.client.create(SECRETS, secret("a"), api.namespace, is_dry_run=True)
    assert (made.metadata.name, made.data) == ("a", {"k": "dg=="})
    assert made.metadata.uid
    assert not made.metadata.resource_version
    with pytest.raises(NotFoundError):
        await api.client.get(SECRETS, "a", api.namespace)
    await api.client.create(SECRETS, secret("a"), api.namespace)
    with pytest.raises(AlreadyExistsError):
        await api.client.create(SECRETS, secret("a"), api.namespace, is_dry_run=True)
    wrong = Secret(metadata=ObjectMeta(name="b"), data={"a b": "dg=="})
    with pytest.raises(InvalidError, match="data\\[a b\\]"):
        await api.client.create(SECRETS, wrong, api.namespace, is_dry_run=True)


def secret(name: str, labels: dict[str, str] | None = None, version: str = "") -> Secret:
    """Return a Secret to send."""
    metadata = ObjectMeta(name=name, labels=labels or {}, resource_version=version)
    return Secret(metadata=metadata, data={"k": "dg=="})
