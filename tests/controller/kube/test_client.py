"""The client against a server that misbehaves: every failure is one of our errors, and says enough.

What the client does when all is well is in `tests/contract`, on the real API server too.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from sealer.errors import IdentityError, RetryableError, SealerError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient, Limits
from sealer_controller.kube.decode import EventType
from sealer_controller.kube.errors import (
    AccessError,
    AnswerError,
    AnswerTooLargeError,
    ApiTerminalError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    SilentError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from sealer_controller.kube.objects import ObjectMeta
from sealer_controller.kube.throttle import Throttle
from tests.contract.api import SEALED_SECRETS, SECRETS, Secret, sealed_body, take
from tests.fake import kinds
from tests.fake.faults import (
    Act,
    Answer,
    Cut,
    CutAfter,
    CutInLine,
    Denied,
    ErrorLine,
    Line,
    Noise,
    Page,
    Silent,
    Slow,
)
from tests.fake.server import FakeApi
from tests.fake.watches import Command
from tests.support.tls import serving

CANARY_TOKEN = "canary-token"
CANARY_VALUE = "Y2FuYXJ5LXZhbHVl"


@pytest.fixture
async def client(fake_api: FakeApi) -> AsyncIterator[KubeClient]:
    """A client of the fake, with little patience."""
    limits = Limits(request_seconds=5, silence_seconds=5, answer_bytes=200_000)
    async with KubeClient(Access(fake_api.url), limits=limits) as opened:
        yield opened


def secret(name: str, data: str = "dg==") -> Secret:
    """Return a Secret to send."""
    return Secret(metadata=ObjectMeta(name=name), data={"k": data})


def make(api: FakeApi, *names: str) -> None:
    """Store SealedSecrets behind the client's back."""
    for name in names:
        api.store.create(kinds.SEALED_SECRETS, sealed_body(name), "default")


@pytest.mark.parametrize(
    ("act", "kind", "message"),
    [
        (Answer(429, "TooManyRequests", "slow down"), UnavailableError, "slow down"),
        (Answer(500, "InternalError", "boom"), UnavailableError, "boom"),
        (Answer(503, "", ""), UnavailableError, "the API server answered 503 Service Unavailable"),
        (Answer(409, "Conflict", "modified"), ConflictError, "modified"),
        (Page(502), UnavailableError, "the API server answered 502 Bad Gateway"),
        (Page(502, b"[" * 100_000), UnavailableError, "answered 502 Bad Gateway"),
        (Page(503, b"x" * (2 << 20)), UnavailableError, "answered 503"),
        (Page(500, b'{"message":"\xff"}'), UnavailableError, "answered 500 Internal Server Error"),
        (Page(599, b'{"code":"x"}'), UnavailableError, "the API server answered 599"),
        (Cut(), UnreachableError, "the connection was cut"),
        (Noise(), UnreachableError, "the connection failed"),
    ],
)
async def test_failure_that_passes_is_retryable(
    fake_api: FakeApi, client: KubeClient, act: Act, kind: type[RetryableError], message: str
) -> None:
    """Type and words; a proxy's page is not repeated, and nothing is tried again in here."""
    fake_api.faults.add(act, verb="create", times=-1)
    with pytest.raises(kind, match=message) as caught:
        await client.create(SECRETS, secret("a"), "default")
    assert caught.value.after is None
    assert "html" not in caught.value.message
    assert len(fake_api.calls) == 1


@pytest.mark.parametrize(
    ("act", "kind", "message"),
    [
        (Denied(), ForbiddenError, 'User "dev" cannot create resource "secrets"'),
        (Answer(410, "Expired", "too old"), ExpiredError, "too old"),
        (Page(302), ApiTerminalError, "the API server answered 302 Found"),
        (Page(200, b"<html>"), AnswerError, "cannot be used: JSON is malformed"),
        (Page(200, b'{"metadata":5}'), AnswerError, "Expected `object`, got `int`"),
        (Page(200, b'"' + b"x" * 300_000), AnswerTooLargeError, "longer than 200000 bytes"),
    ],
)
async def test_failure_that_stays_is_terminal(
    fake_api: FakeApi, client: KubeClient, act: Act, kind: type[SealerError], message: str
) -> None:
    """An answer that will not get better by asking again."""
    fake_api.faults.add(act, verb="create")
    with pytest.raises(kind, match=message):
        await client.create(SECRETS, secret("a"), "default")


async def test_redirect_is_not_followed(fake_api: FakeApi, client: KubeClient) -> None:
    """A token goes to the server that was named and to no other."""
    async with FakeApi() as other:
        fake_api.faults.add(Page(307, b"", f"{other.url}/api/v1/secrets"), verb="get")
        with pytest.raises(ApiTerminalError, match="answered 307 Temporary Redirect"):
            await client.get(SECRETS, "a", "default")
        assert other.calls == []


async def test_retry_after_is_handed_on(fake_api: FakeApi, client: KubeClient) -> None:
    """The server's own wish, in seconds."""
    fake_api.faults.add(Answer(429, retry_after=7), verb="get")
    with pytest.raises(UnavailableError) as caught:
        await client.get(SECRETS, "a", "default")
    assert caught.value.after == 7.0


@pytest.mark.parametrize("value", ["-1", "soon", "1.5", "9999999", "²", ""])
async def test_retry_after_that_is_no_number_is_ignored(
    fake_api: FakeApi, client: KubeClient, value: str
) -> None:
    """Nor is one that would mean weeks believed."""
    fake_api.faults.add(Answer(429, retry_after=value), verb="get")
    with pytest.raises(UnavailableError) as caught:
        await client.get(SECRETS, "a", "default")
    assert caught.value.after is None


async def test_creation_that_was_cut_may_have_happened(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """The error says only that there was no answer; the object is there."""
    fake_api.faults.add(CutAfter(), verb="create")
    with pytest.raises(UnreachableError):
        await client.create(SECRETS, secret("a"), "default")
    assert (await client.get(SECRETS, "a", "default")).data == {"k": "dg=="}


@pytest.mark.parametrize("act", [Cut(), CutAfter()])
async def test_replacement_that_was_cut_is_not_repeated(
    fake_api: FakeApi, client: KubeClient, act: Act
) -> None:
    """The answer to a second one would be of what the first one left, and say nothing of it."""
    before = await client.create(SECRETS, secret("a"), "default")
    fake_api.faults.add(act, verb="update")
    after = Secret(metadata=before.metadata, data={"k": "bmV3"})
    with pytest.raises(UnreachableError, match="the connection was cut"):
        await client.replace(SECRETS, after, "a", "default")
    assert len(await fake_api.called("update", "secrets")) == 1
    is_done = (await client.get(SECRETS, "a", "default")).data == after.data
    assert is_done == isinstance(act, CutAfter)


@pytest.mark.parametrize("act", [Cut(), CutAfter()])
async def test_deletion_that_was_cut_is_not_repeated(
    fake_api: FakeApi, client: KubeClient, act: Act
) -> None:
    """A second one would find nothing, as if somebody else had been there before us."""
    made = await client.create(SECRETS, secret("a"), "default")
    fake_api.faults.add(act, verb="delete")
    with pytest.raises(UnreachableError, match="the connection was cut"):
        await client.delete(SECRETS, "a", "default", uid=made.metadata.uid)
    assert len(await fake_api.called("delete", "secrets")) == 1
    is_there = bool(fake_api.store.select(kinds.SECRETS, lambda _: True))
    assert is_there == isinstance(act, Cut)


async def test_question_that_was_cut_is_asked_once_more(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """The server may have ended a connection that nothing used; to ask twice changes nothing."""
    await client.create(SECRETS, secret("a"), "default")
    fake_api.faults.add(Cut(), verb="get")
    assert (await client.get(SECRETS, "a", "default")).metadata.name == "a"
    assert len(await fake_api.called("get", "secrets")) == 2


@pytest.mark.parametrize("act", [Silent(), Slow()])
async def test_slow_answer_is_given_up(fake_api: FakeApi, act: Act) -> None:
    """A request has a deadline as a whole."""
    fake_api.faults.add(act, verb="get")
    limits = Limits(request_seconds=0.05)
    async with KubeClient(Access(fake_api.url), limits=limits) as client:
        with pytest.raises(UnreachableError, match="no answer in time"):
            await client.get(SECRETS, "a", "default")


async def test_slow_answer_in_time_is_taken(fake_api: FakeApi, client: KubeClient) -> None:
    """Waiting alone is no failure."""
    slow = Slow()
    fake_api.faults.add(slow, verb="create")
    task = asyncio.create_task(client.create(SECRETS, secret("a"), "default"))
    await fake_api.called("create", "secrets")
    assert not task.done()
    slow.until.set()
    assert (await task).metadata.name == "a"


async def test_server_that_is_gone_is_unreachable(fake_api: FakeApi) -> None:
    """The address and the reason are named."""
    url = fake_api.url
    await fake_api.__aexit__(None, None, None)
    async with KubeClient(Access(url)) as client:
        with pytest.raises(UnreachableError, match=f"{url}: Connect call failed|refused") as caught:
            await client.get(SECRETS, "a", "default")
    assert url in caught.value.message


async def test_server_whose_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """No request reaches it; named as the CA, the same certificate opens it."""
    path = tmp_path / "server.pem"
    async with FakeApi(tls=serving(path)) as api:
        async with KubeClient(Access(api.url)) as client:
            with pytest.raises(UnreachableError, match="its certificate was not accepted"):
                await client.get(SECRETS, "a", "default")
        assert api.calls == []
        async with KubeClient(Access(api.url, None, path)) as client:
            await client.create(SECRETS, secret("a"), "default")


async def test_certificates_that_rotate_are_read_again_once(tmp_path: Path) -> None:
    """A new authority in the file is believed at once; until it is there, nobody else is."""
    old, new, believed = tmp_path / "old.pem", tmp_path / "new.pem", tmp_path / "ca.crt"
    async with FakeApi(tls=serving(old)) as api:
        believed.write_bytes(old.read_bytes())
        async with KubeClient(Access(api.url, None, believed)) as client:
            await client.create(SECRETS, secret("a"), "default")
            await api.__aexit__(None, None, None)
            api.tls = serving(new)
            await api.__aenter__()
            with pytest.raises(UnreachableError, match="its certificate was not accepted"):
                await client.get(SECRETS, "a", "default")
            believed.write_bytes(new.read_bytes())
            assert (await client.get(SECRETS, "a", "default")).metadata.name == "a"


@pytest.mark.parametrize(
    "act", [Cut(), Noise(), Page(200, b"<html>\n"), Answer(500), Silent(), Page(302), Denied()]
)
async def test_no_error_carries_the_token_or_the_body(
    fake_api: FakeApi, tmp_path: Path, act: Act
) -> None:
    """Not in its text, not in a traceback, not in the repr of anything it is chained to."""
    token = tmp_path / "token"
    token.write_text(CANARY_TOKEN)
    fake_api.faults.add(act, times=-1)
    limits = Limits(request_seconds=0.2, silence_seconds=0.2)
    async with KubeClient(Access(fake_api.url, token), limits=limits) as client:
        with pytest.raises(SealerError) as caught:
            await client.create(SECRETS, secret("a", CANARY_VALUE), "default")
        with pytest.raises(SealerError) as watched:
            await anext(client.select(SECRETS).watch("1"))
    for error in (caught.value, watched.value):
        shown = "".join(traceback.format_exception(error))
        chain: BaseException | None = error
        while chain:
            shown += repr(chain) + repr(vars(chain))
            chain = chain.__cause__ or chain.__context__
        assert CANARY_TOKEN not in shown
        assert CANARY_VALUE not in shown


async def test_refused_token_is_read_again_once(fake_api: FakeApi, tmp_path: Path) -> None:
    """A token that rotated between two reads costs one more request, and no error."""
    token = tmp_path / "token"
    token.write_text("old")
    fake_api.token = "old"
    async with KubeClient(Access(fake_api.url, token)) as client:
        await client.create(SECRETS, secret("a"), "default")
        fake_api.token = "new"
        with pytest.raises(UnauthorizedError):
            await client.get(SECRETS, "a", "default")
        assert len(await fake_api.called("get", "secrets")) == 1
        token.write_text("new")
        assert (await client.get(SECRETS, "a", "default")).metadata.name == "a"
        assert len(await fake_api.called("get", "secrets")) == 3


async def test_client_without_its_token_does_not_start(fake_api: FakeApi, tmp_path: Path) -> None:
    """A missing token file is an error at the start, not at the first request."""
    with pytest.raises(AccessError, match="no token"):
        async with KubeClient(Access(fake_api.url, tmp_path / "token")):
            pass


async def test_client_that_is_not_open_says_so(fake_api: FakeApi) -> None:
    """A mistake of the program, not an error of the server."""
    with pytest.raises(RuntimeError, match="not open"):
        await KubeClient(Access(fake_api.url)).get(SECRETS, "a", "default")


async def test_object_without_a_name_is_never_asked_for(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """Without its name, the path of one object is the path of all of them."""
    for request in (
        client.get(SECRETS, "", "default"),
        client.delete(SECRETS, "", "default"),
        client.replace(SECRETS, secret(""), "", "default"),
        client.replace_status(SECRETS, secret(""), "", "default"),
    ):
        with pytest.raises(IdentityError):
            await request
    assert fake_api.calls == []


async def test_throttle_counts_every_request(fake_api: FakeApi) -> None:
    """The flags of the original are honoured where somebody sets them."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    throttle = Throttle(5, 1, clock=lambda: 0.0, sleep=sleep)
    async with KubeClient(Access(fake_api.url), throttle=throttle) as client:
        for name in "abc":
            await client.create(SECRETS, secret(name), "default")
    assert slept == pytest.approx([0.2, 0.4])


async def test_list_page_that_is_too_long_is_asked_for_in_parts(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """Memory is bounded, and big objects are listed all the same."""
    for number in range(5):
        body = sealed_body(f"s{number}", {"encryptedData": {"k": "A" * 60_000}})
        fake_api.store.create(kinds.SEALED_SECRETS, body, "default")
    page = await client.select(SEALED_SECRETS).list()
    assert [obj.metadata.name for obj in page.items] == [f"s{number}" for number in range(5)]
    limits = [int(call.query["limit"]) for call in fake_api.calls]
    assert limits[:4] == [500, 62, 7, 1]


async def test_list_with_one_object_that_is_too_long_fails(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """It does not ask for ever."""
    body = sealed_body("huge", {"encryptedData": {"k": "A" * 300_000}})
    fake_api.store.create(kinds.SEALED_SECRETS, body, "default")
    with pytest.raises(AnswerTooLargeError):
        await client.select(SEALED_SECRETS).list()


async def test_list_starts_again_when_a_page_expires(fake_api: FakeApi) -> None:
    """What was read before is thrown away: a list is the state of one moment."""
    make(fake_api, *"abcd")
    fake_api.faults.add(Answer(410, "Expired"), verb="list", skip=1)
    async with KubeClient(Access(fake_api.url), limits=Limits(page_objects=2)) as client:
        page = await client.select(SEALED_SECRETS).list()
    assert [obj.metadata.name for obj in page.items] == ["a", "b", "c", "d"]
    assert ["continue" in call.query for call in fake_api.calls] == [False, True, False, True]


async def test_list_that_always_expires_is_given_up(fake_api: FakeApi, client: KubeClient) -> None:
    """It does not ask for ever; whoever wants the list decides when to try again."""
    fake_api.faults.add(Answer(410, "Expired"), verb="list", times=-1)
    with pytest.raises(ExpiredError):
        await client.select(SEALED_SECRETS).list()
    assert len(fake_api.calls) == 3


async def test_watch_asks_for_bookmarks_and_ends_at_random(fake_api: FakeApi) -> None:
    """Five to ten minutes, so that not all clients come back at once."""
    for chance, seconds in ((0.0, "300"), (0.999999, "600")):
        async with KubeClient(Access(fake_api.url), chance=lambda value=chance: value) as client:  # type: ignore[misc] # a constant
            watch = client.select(SEALED_SECRETS, label_selector="t=x").watch("100")
            async with aclosing(watch):
                waiting = asyncio.ensure_future(anext(watch))
                await fake_api.watched("sealedsecrets")
                fake_api.command(Command.BOOKMARK)
                assert (await waiting).type is EventType.BOOKMARK
        await fake_api.unwatched()
        query = fake_api.calls[-1].query
        assert query == {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "labelSelector": "t=x",
            "resourceVersion": "100",
            "timeoutSeconds": seconds,
        }


async def test_watch_that_ends_as_agreed_just_ends(fake_api: FakeApi, client: KubeClient) -> None:
    """The end of a watch is no error."""
    watch = client.select(SEALED_SECRETS).watch("100")
    waiting = asyncio.ensure_future(anext(watch, None))
    await fake_api.watched("sealedsecrets")
    fake_api.command(Command.END)
    assert await waiting is None


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (CutInLine(), UnreachableError),
        (Cut(), UnreachableError),
        (ErrorLine(), ExpiredError),
        (ErrorLine(500, "InternalError"), UnavailableError),
        (Answer(410, "Expired"), ExpiredError),
        (Answer(429, retry_after=3), UnavailableError),
        (Line(b"<html>"), AnswerError),
        (Line(b"{}"), AnswerError),
    ],
)
async def test_watch_that_fails_raises(
    fake_api: FakeApi, client: KubeClient, act: Act, kind: type[SealerError]
) -> None:
    """Cut in the middle of a line, refused, or told so in a line."""
    fake_api.faults.add(act, verb="watch", times=2)
    with pytest.raises(kind):
        await take(client.select(SEALED_SECRETS).watch("100"), 1)


async def test_watch_that_says_nothing_is_taken_for_dead(fake_api: FakeApi) -> None:
    """A dead connection is noticed by its silence, before the first event and after."""
    limits = Limits(silence_seconds=0.05)
    async with KubeClient(Access(fake_api.url), limits=limits) as client:
        fake_api.faults.add(Silent(), verb="watch")
        with pytest.raises(SilentError, match="fell silent"):
            await take(client.select(SEALED_SECRETS).watch("100"), 1)
        make(fake_api, "a")
        watch = client.select(SEALED_SECRETS).watch("100")
        assert (await anext(watch)).object.metadata.name == "a"
        with pytest.raises(SilentError):
            await anext(watch)


async def test_watch_takes_lines_beyond_any_buffer(fake_api: FakeApi, client: KubeClient) -> None:
    """Three megabytes in one line, which the HTTP library's own reader refuses."""
    body = sealed_body("a", {"encryptedData": {"k": "A" * (3 << 20)}})
    fake_api.store.create(kinds.SEALED_SECRETS, body, "default")
    (event,) = await take(client.select(SEALED_SECRETS).watch("102"), 1)
    assert event.object.metadata.name == "a"


async def test_watch_that_is_left_closes_its_connection(
    fake_api: FakeApi, client: KubeClient
) -> None:
    """A reader that stops leaves nothing open."""
    watch = client.select(SEALED_SECRETS).watch("102")
    waiting = asyncio.ensure_future(anext(watch))
    await fake_api.watched("sealedsecrets")
    make(fake_api, "a")
    await waiting
    await watch.aclose()
    await fake_api.unwatched()
