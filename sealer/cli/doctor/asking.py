"""Questions to the API server, whose answers become facts: known, or not known and why."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode

from sealer.cli.cluster.gateway import JSON, METADATA, METADATA_OF_LIST, Gateway
from sealer.cli.errors import ClusterError, ForbiddenError, NotFoundError
from sealer.doctor.facts import Fact, Object, Right, unknown
from sealer.manifest.cursor import Cursor

T = TypeVar("T")
PAGE_SIZE = 500
_PARTIAL = {"PartialObjectMetadata", "PartialObjectMetadataList"}


def fact(question: Callable[[], T], right: Right | str) -> Fact[T]:
    """Return the answer to a question; where it is refused, with the right that is missing.

    Args:
        question: Asks.
        right: What whoever asks has to be allowed.
    """
    try:
        return Fact(question())
    except ForbiddenError:
        return unknown(f"you may not {right}", right)
    except ClusterError as error:
        return unknown(error.message)


def path_of(right: Right) -> str:
    """Return where to send what a right is about: one object, or the list of all."""
    root = f"/apis/{right.group}/v1" if right.group else "/api/v1"
    place = f"/namespaces/{quote(right.namespace, safe='')}" if right.namespace else ""
    kind, _, part = right.resource.partition("/")
    named = "".join(f"/{quote(each, safe=':')}" for each in (right.name, part) if each)
    return f"{root}{place}/{kind}{named}"


def one(gateway: Gateway, right: Right, *, is_bare: bool = False) -> Fact[Object | None]:
    """Return one object, None where there is none.

    Args:
        gateway: Reaches the API server.
        right: To `get` that object.
        is_bare: Ask for nothing but its metadata.
    """

    def ask() -> Object | None:
        try:
            answer = gateway.get(path_of(right), METADATA if is_bare else JSON).json()
        except NotFoundError:
            return None
        return _bare(answer) if is_bare else answer

    return fact(ask, right)


def every(
    gateway: Gateway,
    right: Right,
    kind: str = "",
    *,
    labels: Mapping[str, str] | str = "",
    name: str = "",
    is_bare: bool = False,
) -> Fact[list[Object]]:
    """Return the objects of a list.

    Args:
        gateway: Reaches the API server.
        right: To `list` them.
        kind: What they are; the API server leaves it out in lists.
        labels: Which of them.
        name: The only one of them; whoever may list them need not be allowed to get one.
        is_bare: Ask for nothing but their metadata.
    """
    chosen = labels if isinstance(labels, str) else ",".join(map("=".join, labels.items()))

    def ask() -> list[Object]:
        pages = listing(gateway, path_of(right), labels=chosen, name=name, is_bare=is_bare)
        return [{**each, "kind": kind} for each in pages]

    return fact(ask, right)


def listing(
    gateway: Gateway, path: str, *, labels: str = "", name: str = "", is_bare: bool = False
) -> Iterator[Object]:
    """Yield the objects of a list, page by page.

    Args:
        gateway: Reaches the API server.
        path: Where they are listed.
        labels: A label selector.
        name: The only one of them.
        is_bare: Ask for nothing but their metadata.

    Raises:
        ClusterError: They cannot be listed; the type says why.
    """
    form = METADATA_OF_LIST if is_bare else JSON
    query = {"limit": str(PAGE_SIZE)} | ({"labelSelector": labels} if labels else {})
    query |= {"fieldSelector": f"metadata.name={name}"} if name else {}
    while True:
        answer = gateway.get(f"{path}?{urlencode(query)}", form).json()
        page = Cursor(_bare(answer) if is_bare else answer)
        for item in page.each("items"):
            yield item.fields()
        query["continue"] = page.text("metadata", "continue")
        if not query["continue"]:
            return


def _bare(answer: Object) -> Object:
    """Refuse more than was asked for: it might hold private keys, which nobody is to see."""
    if answer.get("kind") not in _PARTIAL:
        raise ClusterError("the API server does not send metadata alone")
    return answer
