"""Gets and lists: pages, selectors, and what is not there (platform.md 9)."""

import base64
import json

import pytest

from sealer_controller.kube.client import KubeClient, Limits
from sealer_controller.kube.errors import ApiTerminalError, ExpiredError, NotFoundError
from sealer_controller.kube.objects import Resource
from tests.contract.api import SEALED_SECRETS, SECRETS, Api, Sealed


async def names(api: Api, **selectors: str) -> list[str]:
    """Return the names of the SealedSecrets that selectors name."""
    selection = api.client.select(SEALED_SECRETS, namespace=api.namespace, **selectors)
    return [obj.metadata.name for obj in (await selection.list()).items]


async def test_get_of_a_missing_object_is_refused(api: Api) -> None:
    """404 `NotFound`, in a namespace that exists or not."""
    for namespace in (api.namespace, "nowhere"):
        with pytest.raises(NotFoundError) as caught:
            await api.client.get(SECRETS, "x", namespace)
        assert caught.value.message == 'secrets "x" not found'


async def test_kind_that_is_not_served_is_not_found(api: Api) -> None:
    """404 in plain text, as before the CRD is installed."""
    missing = Resource(Sealed, "sealedsecrets", "v1", "example.com")
    with pytest.raises(NotFoundError) as caught:
        await api.client.get(missing, "x", api.namespace)
    assert caught.value.message == "the API server answered 404 Not Found"


async def test_list_of_an_empty_namespace_is_empty(api: Api) -> None:
    """It has a version to watch from all the same."""
    page = await api.client.select(SECRETS, namespace=api.namespace).list()
    assert page.items == ()
    assert page.resource_version


async def test_list_in_pages_shows_one_moment(api: Api) -> None:
    """What is made between two pages is in neither, what is deleted is still in the second."""
    for name in "abcde":
        await api.seal(name)
    async with KubeClient(api.access, limits=Limits(page_objects=2)) as client:
        pages = client.select(SEALED_SECRETS, namespace=api.namespace).pages()
        first = await anext(pages)
        await api.client.delete(SEALED_SECRETS, "d", api.namespace)
        await api.seal("f")
        rest = [page async for page in pages]
    assert [[obj.metadata.name for obj in page.items] for page in (first, *rest)] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    assert {page.resource_version for page in rest} == {first.resource_version}
    assert rest[-1].token == ""


async def test_list_says_how_many_remain_unless_selected(api: Api) -> None:
    """`remainingItemCount` is there without a selector, and a token whenever there is more."""
    for name in "abc":
        await api.seal(name, labels={"t": "x"})
    _, answer = await api.raw("GET", f"{api.sealed_path}?limit=2")
    assert answer["metadata"]["remainingItemCount"] == 1
    assert answer["metadata"]["continue"]
    _, answer = await api.raw("GET", f"{api.sealed_path}?limit=2&labelSelector=t%3Dx")
    assert "remainingItemCount" not in answer["metadata"]
    assert answer["metadata"]["continue"]


async def test_expired_page_is_refused_with_a_token_for_the_rest(api: Api) -> None:
    """410: the client starts again; the token offered would give an inconsistent rest."""
    await api.seal("a")
    await api.seal("b")
    api.forget()
    old = json.dumps({"v": "meta.k8s.io/v1", "rv": 1, "start": "a\0"})
    token = base64.urlsafe_b64encode(old.encode()).decode().rstrip("=")
    code, answer = await api.raw("GET", f"{api.sealed_path}?limit=1&continue={token}")
    assert (code, answer["reason"]) == (410, "Expired")
    assert answer["metadata"]["continue"]
    with pytest.raises(ExpiredError):
        await api.client.page(SEALED_SECRETS, api.sealed_path, {"limit": "1", "continue": token})


async def test_continue_token_that_is_none_is_refused(api: Api) -> None:
    """400, not an empty list."""
    with pytest.raises(ApiTerminalError, match="continue key is not valid") as caught:
        await api.client.page(SEALED_SECRETS, api.sealed_path, {"continue": "zzzz"})
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("t", ["a", "b", "c"]),
        ("!t", ["d"]),
        ("t=x", ["a", "c"]),
        ("t==x", ["a", "c"]),
        ("t!=x", ["b", "d"]),
        ("t in (x,y)", ["a", "b", "c"]),
        ("t notin (x)", ["b", "d"]),
        ("t=x,u", ["c"]),
        ("u=", ["c"]),
        ("t in (x, y),!u", ["a", "b"]),
        ("example.com/t=z", ["d"]),
    ],
)
async def test_label_selector_names_objects(api: Api, selector: str, found: list[str]) -> None:
    """All forms of selectors, as users write them into the controller's flags."""
    await api.seal("a", labels={"t": "x"})
    await api.seal("b", labels={"t": "y"})
    await api.seal("c", labels={"t": "x", "u": ""})
    await api.seal("d", labels={"example.com/t": "z"})
    assert await names(api, label_selector=selector) == found


@pytest.mark.parametrize("selector", ["(", ",", "a b", "t=x y", "t in x"])
async def test_label_selector_that_cannot_be_read_is_refused(api: Api, selector: str) -> None:
    """400 for lists, so that nobody takes an error for an empty list."""
    with pytest.raises(ApiTerminalError) as caught:
        await names(api, label_selector=selector)
    assert (caught.value.code, caught.value.reason) == (400, "BadRequest")


async def test_field_selector_knows_names_and_namespaces(api: Api) -> None:
    """On a custom resource these two work, and nothing else."""
    await api.seal("a")
    await api.seal("b")
    assert await names(api, field_selector="metadata.name=a") == ["a"]
    assert await names(api, field_selector="metadata.name!=a") == ["b"]
    assert await names(api, field_selector=f"metadata.namespace={api.namespace}") == ["a", "b"]
    with pytest.raises(ApiTerminalError, match=r"field label not supported: spec\.foo"):
        await names(api, field_selector="spec.foo=1")


async def test_list_of_all_namespaces_holds_this_one(api: Api) -> None:
    """Without a namespace the list is about all of them."""
    await api.seal("a")
    page = await api.client.select(SEALED_SECRETS).list()
    assert (api.namespace, "a") in [(o.metadata.namespace, o.metadata.name) for o in page.items]


async def test_list_items_need_no_kind_of_their_own(api: Api) -> None:
    """Items of built-in kinds come without apiVersion and kind; they decode all the same."""
    await api.secret("a", data={"k": "dg=="})
    (item,) = (await api.client.select(SECRETS, namespace=api.namespace).list()).items
    assert item == await api.client.get(SECRETS, "a", api.namespace)
