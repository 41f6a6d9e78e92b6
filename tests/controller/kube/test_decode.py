"""Bytes of the API server become objects, or one of our own errors and nothing else."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import SealerError
from sealer_controller.kube import decode as kubedecode
from sealer_controller.kube.decode import EventType
from sealer_controller.kube.errors import (
    AnswerError,
    AnswerTooLargeError,
    ExpiredError,
    UnavailableError,
)
from sealer_controller.kube.objects import Unreadable
from tests.contract.api import Sealed

DEEP = b'{"metadata":{"name":"deep"},"spec":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}"
NESTED = "it is nested too deeply"


def sealed(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a SealedSecret as the server would send it."""
    return {"metadata": {"name": name, "uid": "u", "resourceVersion": "7"}, "spec": {}, **more}


async def chunked(chunks: list[bytes]) -> AsyncIterator[bytes]:
    """Yield chunks as a connection would."""
    for chunk in chunks:
        yield chunk


@given(
    st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line)),
    st.lists(st.integers(min_value=1, max_value=9)),
)
async def test_lines_do_not_depend_on_chunks(wanted: list[bytes], sizes: list[int]) -> None:
    """However a stream is cut into chunks, its lines are the same."""
    text = b"".join(line + b"\n" for line in wanted)
    chunks = []
    for size in sizes:
        chunks.append(text[:size])
        text = text[size:]
    found = [line async for line in kubedecode.lines(chunked([*chunks, text]), 1000)]
    assert found == wanted


async def test_lines_drop_an_unfinished_end() -> None:
    """Half a line is never decoded, even if it happens to be JSON; blank lines are none."""
    found = [line async for line in kubedecode.lines(chunked([b"a\n\nb\n1", b"2"]), 10)]
    assert found == [b"a", b"b"]


@pytest.mark.parametrize("chunks", [[b"x" * 11], [b"x" * 6, b"x" * 5], [b"x" * 11 + b"\n"]])
async def test_lines_refuse_one_that_is_too_long(chunks: list[bytes]) -> None:
    """A line above the limit is an error as soon as it is seen, and memory stays bounded."""
    with pytest.raises(AnswerTooLargeError, match="longer than 10 bytes"):
        [line async for line in kubedecode.lines(chunked([b"ok\n", *chunks]), 10)]


async def test_lines_hand_out_what_came_before_one_that_is_too_long() -> None:
    """Nothing that is fine is lost to a line after it."""
    stream = kubedecode.lines(chunked([b"ok\n" + b"x" * 11]), 10)
    assert await anext(stream) == b"ok"
    with pytest.raises(AnswerTooLargeError):
        await anext(stream)


@given(st.binary() | st.text().map(str.encode))
def test_junk_is_an_error_of_ours(text: bytes) -> None:
    """No foreign exception leaves the module, whatever arrives, inside of an object too."""
    listed = b'{"metadata":{},"items":[{"metadata":{"name":"a"},"spec":{"k":"%b"}}]}' % text
    for decode in (kubedecode.whole, kubedecode.single, kubedecode.page, kubedecode.event):
        for answer in (text, listed):
            with suppress(SealerError):
                decode(answer, Sealed)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(_JSON | st.fixed_dictionaries({"metadata": _JSON, "spec": _JSON})))
def test_odd_items_are_errors_of_ours(items: list[Any]) -> None:
    """Any JSON in the place of an object is read, reported as odd, or refused by us."""
    listed = {"metadata": {"resourceVersion": "7"}, "items": items}
    with suppress(SealerError):
        kubedecode.page(json.dumps(listed).encode(), Sealed)
    for item in items:
        with suppress(SealerError):
            text = json.dumps({"type": "ADDED", "object": item}).encode()
            kubedecode.event(text, Sealed)


def test_error_names_the_path_and_no_value() -> None:
    """A value that does not fit is never repeated."""
    with pytest.raises(AnswerError) as caught:
        kubedecode.whole(json.dumps(sealed("a") | {"spec": "canary"}).encode(), Sealed)
    assert "`$.spec`" in caught.value.message
    assert "canary" not in repr(caught.value)


def test_page_reads_items_version_and_token() -> None:
    """The three things a list consists of."""
    listed = {"metadata": {"resourceVersion": "7", "continue": "t"}, "items": [sealed("a")]}
    page = kubedecode.page(json.dumps(listed).encode(), Sealed)
    assert [item.metadata.name for item in page.items] == ["a"]
    assert (page.resource_version, page.token) == ("7", "t")


def test_page_without_items_is_empty() -> None:
    """Some servers write null for no items."""
    assert kubedecode.page(b'{"metadata":{},"items":null}', Sealed).items == ()


def test_odd_item_of_a_page_is_marked_and_the_others_are_read() -> None:
    """One object that does not fit hides no other."""
    items = [sealed("a"), sealed("odd", spec="canary"), sealed("b")]
    text = json.dumps({"metadata": {"resourceVersion": "7"}, "items": items}).encode()
    first, odd, last = kubedecode.page(text, Sealed).items
    assert isinstance(first, Sealed)
    assert isinstance(last, Sealed)
    assert isinstance(odd, Unreadable)
    assert (odd.metadata.name, odd.metadata.uid, odd.metadata.resource_version) == ("odd", "u", "7")
    assert "`$.spec`" in odd.problem
    assert "canary" not in odd.problem


def test_item_that_is_no_text_is_marked_and_the_others_are_read() -> None:
    """A decoder that skips does not look into strings; who reads them may be surprised."""
    odd = b'{"metadata":{"name":"odd"},"spec":{"k":"\xff"}}'
    text = b'{"metadata":{},"items":[%b,%b]}' % (odd, json.dumps(sealed("a")).encode())
    first, other = kubedecode.page(text, Sealed).items
    assert isinstance(first, Unreadable)
    assert first.problem == "it is not UTF-8"
    assert isinstance(other, Sealed)
    with pytest.raises(AnswerError, match="it is not UTF-8") as caught:
        kubedecode.whole(odd, Sealed)
    assert caught.value.__context__ is None


def test_deep_item_of_a_page_is_marked_and_the_others_are_read() -> None:
    """One object that no recursive decoder can read hides no other."""
    one = json.dumps(sealed("a")).encode()
    text = b'{"metadata":{"resourceVersion":"7"},"items":[%b,%b]}' % (DEEP, one)
    deep, other = kubedecode.page(text, Sealed).items
    assert isinstance(deep, Unreadable)
    assert (deep.metadata.name, deep.problem) == ("deep", NESTED)
    assert isinstance(other, Sealed)


def test_deep_object_of_a_get_is_an_error() -> None:
    """The answer to a GET is refused, not a crash."""
    with pytest.raises(AnswerError, match=NESTED):
        kubedecode.whole(DEEP, Sealed)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (DEEP, NESTED),
        (b'{"metadata":{"name":"deep"},"spec":1}', "Expected `object`, got `int` - at `$.spec`"),
    ],
    ids=["deep", "odd"],
)
def test_single_object_that_does_not_fit_is_marked(text: bytes, problem: str) -> None:
    """As it is in a list; one that fits is read."""
    found = kubedecode.single(text, Sealed)
    assert isinstance(found, Unreadable)
    assert (found.metadata.name, found.problem) == ("deep", problem)
    assert isinstance(kubedecode.single(json.dumps(sealed("a")).encode(), Sealed), Sealed)


def test_deep_object_of_an_event_is_marked() -> None:
    """A watch goes on."""
    event = kubedecode.event(b'{"type":"MODIFIED","object":%b}' % DEEP, Sealed)
    assert event.type is EventType.MODIFIED
    assert isinstance(event.object, Unreadable)


def test_error_event_is_raised_as_the_answer_it_stands_for() -> None:
    """A watch can fail after it has begun with 200; seconds to wait come in the details."""
    status: dict[str, Any] = {"code": 410, "reason": "Expired", "message": "too old"}
    with pytest.raises(ExpiredError, match="too old"):
        kubedecode.event(json.dumps({"type": "ERROR", "object": status}).encode(), Sealed)
    status = {"code": 429, "reason": "TooManyRequests", "details": {"retryAfterSeconds": 3}}
    with pytest.raises(UnavailableError) as caught:
        kubedecode.event(json.dumps({"type": "ERROR", "object": status}).encode(), Sealed)
    assert caught.value.after == 3.0


def test_bookmark_has_a_version_and_nothing_else() -> None:
    """It need not fit the Struct of the objects."""
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    event = kubedecode.event(json.dumps(bookmark).encode(), Sealed)
    assert (event.type, event.resource_version) == (EventType.BOOKMARK, "9")


def test_event_of_an_unknown_type_is_refused() -> None:
    """What we do not understand is not taken for something else."""
    with pytest.raises(AnswerError, match="unknown type"):
        kubedecode.event(json.dumps({"type": "SPLIT", "object": sealed("a")}).encode(), Sealed)
