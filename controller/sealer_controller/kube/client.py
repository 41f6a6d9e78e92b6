"""A small client of the Kubernetes API: typed objects in, typed objects out.

    async with KubeClient(in_cluster(os.environ)) as client:
        secret = await client.get(SECRETS, "db", "shop")
        await client.replace(SECRETS, changed, "db", "shop")
        async for event in client.select(SECRETS, namespace="shop").watch(version):
            ...

Objects are msgspec Structs that the caller defines (`objects`); errors are ours (`errors`). Whether
and when to repeat a request is decided where the consequences are known: in `reflector` and in the
queue.
"""

import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self

import msgspec

from sealer.errors import IdentityError
from sealer_controller.kube import decode as kubedecode
from sealer_controller.kube.access import Access
from sealer_controller.kube.decode import Event, Page
from sealer_controller.kube.errors import AnswerTooLargeError, ExpiredError
from sealer_controller.kube.http import Limits, Request, Transport
from sealer_controller.kube.objects import ObjectT, Resource, Unreadable
from sealer_controller.kube.throttle import Throttle

__all__ = ["KubeClient", "Limits", "Selection"]

# What every API server since Kubernetes 1.15 makes of its objects when it is asked to.
_PARTIAL = "application/json;as={};g=meta.k8s.io;v=v1"


class KubeClient:
    """Gets, lists, watches, creates, replaces, patches and deletes objects.

    Every method raises the errors of `errors`: a subclass of `RetryableError` when trying again
    can help, of `TerminalError` when it cannot; and `NotLeadingError` instead of a write that may
    not be begun. Without a namespace, a request is about all
    namespaces (lists and watches) or about a kind that has none.

    Args:
        access: Where the server is and who we are.
        limits: How long to wait and how much to hold.
        throttle: Limits our requests per second; the default does not.
        manager: The name under which the server books the fields that we write.
        may_write: Tells whether a write may be begun now, be it a dry run.
        chance: Returns a random number from 0 up to 1; it spreads the ends of watches.

    Raises:
        AccessError: The CA file cannot be used.
    """

    def __init__(
        self,
        access: Access,
        *,
        limits: Limits | None = None,
        throttle: Throttle | None = None,
        manager: str = "sealer-controller",
        may_write: Callable[[], bool] = lambda: True,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.limits = limits or Limits()
        throttle = throttle or Throttle()
        self._transport = Transport(access, self.limits, throttle, manager, may_write)
        self._manager = manager
        self._chance = chance

    async def __aenter__(self) -> Self:
        """Open the connection pool.

        Raises:
            AccessError: The token file cannot be used.
        """
        await self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections; what is under way ends with an error."""
        await self._transport.close()

    async def get(self, resource: Resource[ObjectT], name: str, namespace: str = "") -> ObjectT:
        """Return one object as it is now."""
        path = _object_path(resource, namespace, name)
        return await self._one(resource, Request("GET", path))

    async def find(
        self, resource: Resource[ObjectT], name: str, namespace: str = ""
    ) -> ObjectT | Unreadable:
        """Return one object as it is now, as far as it can be read, as lists and watches do."""
        path = _object_path(resource, namespace, name)
        return kubedecode.single(await self._transport.ask(Request("GET", path)), resource.type)

    async def create(
        self,
        resource: Resource[ObjectT],
        body: object,
        namespace: str = "",
        *,
        is_dry_run: bool = False,
    ) -> ObjectT:
        """Create an object and return it as stored.

        Args:
            resource: The kind.
            body: Anything msgspec encodes, with `apiVersion`, `kind` and `metadata`.
            namespace: Where it goes.
            is_dry_run: Have it checked as if, and nothing stored.
        """
        request = self._writing("POST", resource.path(namespace), body, is_dry_run=is_dry_run)
        return await self._one(resource, request)

    async def replace(
        self, resource: Resource[ObjectT], body: object, name: str, namespace: str = ""
    ) -> ObjectT:
        """Replace an object whole (PUT) and return it as stored.

        With `metadata.resourceVersion` in the body it is a `ConflictError` if the object has
        changed since; leave it out only to overwrite blindly.
        """
        path = _object_path(resource, namespace, name)
        return await self._one(resource, self._writing("PUT", path, body))

    async def merge_patch(
        self, resource: Resource[ObjectT], patch: object, name: str, namespace: str = ""
    ) -> ObjectT:
        """Merge a patch (RFC 7386) into an object and return it as stored.

        With `metadata.resourceVersion` in the patch it is a `ConflictError` if the object has
        changed since.
        """
        path = _object_path(resource, namespace, name)
        return await self._one(resource, self._writing("PATCH", path, patch))

    async def replace_status(
        self, resource: Resource[ObjectT], body: object, name: str, namespace: str = ""
    ) -> ObjectT:
        """Replace an object's status; the server checks the rest of the body and ignores it."""
        path = _object_path(resource, namespace, name, "status")
        return await self._one(resource, self._writing("PUT", path, body))

    async def delete(
        self,
        resource: Resource[ObjectT],
        name: str,
        namespace: str = "",
        *,
        uid: str = "",
        resource_version: str = "",
    ) -> None:
        """Delete an object; a `ConflictError` if it is not the one, or the version, named.

        Args:
            resource: The kind.
            name: The object's name.
            namespace: Its namespace.
            uid: Delete only the object of this UID.
            resource_version: Delete only this version of it.
        """
        wanted = {"uid": uid, "resourceVersion": resource_version}
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {key: value for key, value in wanted.items() if value},
        }
        path = _object_path(resource, namespace, name)
        body = msgspec.json.encode(options)
        await self._transport.ask(Request("DELETE", path, body=body))

    def select(
        self,
        resource: Resource[ObjectT],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> "Selection[ObjectT]":
        """Return the objects of a kind that a namespace and selectors name, to list or watch."""
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        query = {key: value for key, value in query.items() if value}
        return Selection(self, resource, resource.path(namespace), query)

    async def page(
        self, resource: Resource[ObjectT], path: str, query: Mapping[str, str]
    ) -> Page[ObjectT]:
        """Return one page of a list; `Selection` knows path and query."""
        accept = _PARTIAL.format("PartialObjectMetadataList") if resource.is_partial else ""
        request = Request("GET", path, query, accept=accept)
        return kubedecode.page(await self._transport.ask(request), resource.type)

    async def events(
        self, resource: Resource[ObjectT], path: str, query: Mapping[str, str]
    ) -> AsyncGenerator[Event[ObjectT], None]:
        """Yield the events of one watch until it ends; `Selection` knows path and query."""
        # 300 to 600 seconds, so that the watches of many clients do not end together.
        query = {**query, "timeoutSeconds": str(300 + int(301 * self._chance()))}
        accept = _PARTIAL.format("PartialObjectMetadata") if resource.is_partial else ""
        chunks = self._transport.stream(Request("GET", path, query, accept=accept))
        lines = kubedecode.lines(chunks, self.limits.event_bytes)
        async with aclosing(chunks), aclosing(lines):
            async for line in lines:
                yield kubedecode.event(line, resource.type)

    async def _one(self, resource: Resource[ObjectT], request: Request) -> ObjectT:
        return kubedecode.whole(await self._transport.ask(request), resource.type)

    def _writing(
        self, method: str, path: str, body: object, *, is_dry_run: bool = False
    ) -> Request:
        query = {"fieldManager": self._manager} | ({"dryRun": "All"} if is_dry_run else {})
        return Request(method, path, query, msgspec.json.encode(body))


@dataclass(frozen=True, slots=True)
class Selection(Generic[ObjectT]):
    """Some objects of one kind, to list or to watch. Made by `KubeClient.select`."""

    client: KubeClient
    resource: Resource[ObjectT]
    path: str
    query: Mapping[str, str]

    async def pages(self) -> AsyncGenerator[Page[ObjectT], None]:
        """Yield the list page by page; it is the state at one moment, the pages' version.

        A page that is longer than the client's limit is asked for again with fewer objects.

        Raises:
            ExpiredError: The list took too long; start again.
        """
        limit, token = self.client.limits.page_objects, ""
        while True:
            query = {**self.query, "limit": str(limit)}
            if token:
                query["continue"] = token
            try:
                page = await self.client.page(self.resource, self.path, query)
            except AnswerTooLargeError:
                if limit == 1:
                    raise
                limit = max(1, limit // 8)
                continue
            yield page
            token = page.token
            if not token:
                return

    async def list(self) -> Page[ObjectT]:
        """Return the whole list as one page; it starts again if it expires on the way.

        Raises:
            ExpiredError: It expires every time.
        """
        for last in (False, False, True):
            items: list[ObjectT | Unreadable] = []
            version = ""
            try:
                async with aclosing(self.pages()) as pages:
                    async for page in pages:
                        items += page.items
                        version = page.resource_version
            except ExpiredError:
                if last:
                    raise
            else:
                break
        return Page(tuple(items), version)

    def watch(self, resource_version: str) -> AsyncGenerator[Event[ObjectT], None]:
        """Yield what happens after a version, bookmarks included, until the server ends the watch.

        Raises:
            ExpiredError: The version is too old: list again.
            UnreachableError: The connection was cut, or silent for too long.
        """
        query = {
            **self.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
        }
        return self.client.events(self.resource, self.path, query)


def _object_path(
    resource: Resource[ObjectT], namespace: str, name: str, subresource: str = ""
) -> str:
    """Return an object's path; without a name it would be the path of all of them."""
    if not name:
        raise IdentityError(f"{resource.plural}: an object without a name")
    return resource.path(namespace, name, subresource)
