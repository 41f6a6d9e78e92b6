"""The ways in which known clients fail on a watch (platform.md 7), as tests of ours.

Time does not pass here: pauses are recorded, and the clock is set by hand.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from sealer.errors import SealerError
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient, Limits
from sealer_controller.kube.errors import (
    AnswerError,
    ExpiredError,
    ForbiddenError,
    NotFoundError,
    SilentError,
    UnavailableError,
    UnreachableError,
)
from sealer_controller.kube.objects import Key
from sealer_controller.kube.reflector import (
    Change,
    Deleted,
    Interrupted,
    Pace,
    Progress,
    Synced,
    Undecodable,
    Upserted,
    reflect,
)
from tests.contract.api import SEALED_SECRETS, Sealed, sealed_body
from tests.fake import kinds
from tests.fake.faults import Act, Answer, Cut, CutInLine, Denied, ErrorLine, Line, Page, Silent
from tests.fake.server import FakeApi
from tests.fake.watches import Command


class Reader:
    """Reads a reflector's story of the SealedSecrets in a fake API server.

    Attributes:
        seen: The names and uids of the objects that exist, as the changes tell it.
        pauses: What the reflector has waited.
        now: Its clock.
    """

    def __init__(self, api: FakeApi, client: KubeClient) -> None:
        self.api = api
        self.seen: dict[str, str] = {}
        self.pauses: list[float] = []
        self.now = 0.0
        pace = Pace(clock=lambda: self.now, sleep=self._sleep, chance=lambda: 0.999999)
        self.story: AsyncGenerator[Change[Sealed], None] = reflect(
            client.select(SEALED_SECRETS, namespace="default"), pace
        )

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 2))

    async def until(self, *kinds: type[Any]) -> Any:  # noqa: ANN401 - a change of these kinds
        """Read on to the first change of one of these kinds and return it."""
        async for change in self.story:
            if isinstance(change, Upserted):
                self.seen[change.object.metadata.name] = change.object.metadata.uid
            elif isinstance(change, Deleted):
                assert self.seen.pop(change.key.name) == change.uid
            if isinstance(change, kinds):
                return change
        raise AssertionError("the story has ended")

    async def watching(self) -> None:
        """Read the list, and on until the watch after it is open."""
        await self.until(Synced)
        self.api.store.create(kinds.SEALED_SECRETS, sealed_body("witness"), "default")
        await self.until(Upserted)
        assert "witness" in self.seen

    def verbs(self) -> str:
        """Return the requests so far: l for a list, w for a watch."""
        return "".join(call.verb[0] for call in self.api.calls)

    def versions(self) -> list[str]:
        """Return where the watches so far began."""
        return [call.query["resourceVersion"] for call in self.api.calls if call.verb == "watch"]


@pytest.fixture
async def reader(fake_api: FakeApi) -> AsyncIterator[Reader]:
    """A reader of a fake with one object."""
    limits = Limits(request_seconds=5, silence_seconds=0.2)
    make(fake_api, "a")
    async with KubeClient(Access(fake_api.url), limits=limits) as client:
        reader = Reader(fake_api, client)
        async with aclosing(reader.story):
            yield reader


def make(api: FakeApi, name: str) -> None:
    """Create an object behind everybody's back."""
    api.store.create(kinds.SEALED_SECRETS, sealed_body(name), "default")


def remove(api: FakeApi, name: str) -> None:
    """Delete an object behind everybody's back."""
    api.store.delete(kinds.SEALED_SECRETS, name, "default")


async def test_story_begins_with_everything_there_is(reader: Reader) -> None:
    """The marker comes when all objects have been told, on an empty server too."""
    assert await reader.until(Synced) == Synced(1)
    assert list(reader.seen) == ["a"]


async def test_clean_end_goes_on_where_it_was(reader: Reader, fake_api: FakeApi) -> None:
    """Some clients end silently with the watch. Ours resumes, without a list, missing nothing."""
    await reader.watching()
    reader.now += 300
    fake_api.command(Command.END)
    assert await reader.until(Interrupted) == Interrupted(None, 0.0)
    make(fake_api, "b")
    remove(fake_api, "a")
    await reader.until(Deleted)
    assert set(reader.seen) == {"b", "witness"}
    assert reader.verbs() == "lww"


async def test_bookmark_moves_the_point_to_resume_from(reader: Reader, fake_api: FakeApi) -> None:
    """Some clients do not ask for bookmarks, and resume from a version long forgotten."""
    await reader.watching()
    for number in range(5):
        fake_api.store.create(kinds.SECRETS, {"metadata": {"name": f"noise-{number}"}}, "default")
    fake_api.command(Command.BOOKMARK)
    await reader.until(Progress)
    fake_api.store.forget()
    reader.now += 300
    fake_api.command(Command.END)
    await reader.until(Interrupted)
    make(fake_api, "b")
    await reader.until(Upserted)
    assert reader.verbs() == "lww"
    assert reader.versions()[-1] == str(fake_api.store.version - 1)


@pytest.mark.parametrize("act", [ErrorLine(), Answer(410, "Expired", "too old")])
async def test_expired_watch_lists_again_and_finds_what_was_missed(
    reader: Reader, fake_api: FakeApi, act: Act
) -> None:
    """As a line or as an answer, 410 ends no story, is not repeated, and loses no deletion."""
    make(fake_api, "gone")
    make(fake_api, "again")
    await reader.watching()
    fake_api.faults.add(act, verb="watch")
    fake_api.command(Command.END)
    assert (await reader.until(Interrupted)).error is None
    remove(fake_api, "gone")
    remove(fake_api, "again")
    make(fake_api, "again")
    make(fake_api, "new")
    assert isinstance((await reader.until(Interrupted)).error, ExpiredError)
    assert await reader.until(Synced) == Synced(4)
    assert set(reader.seen) == {"a", "again", "new", "witness"}
    stored = fake_api.store.get(kinds.SEALED_SECRETS, "again", "default")
    assert reader.seen["again"] == stored["metadata"]["uid"]
    make(fake_api, "last")
    await reader.until(Upserted)
    assert reader.verbs() == "lwwlw"
    assert len(set(reader.versions())) == 3


async def test_list_again_tells_only_what_is_new(reader: Reader, fake_api: FakeApi) -> None:
    """Objects that did not change are not told twice: each would be reconciled for nothing."""
    await reader.watching()
    fake_api.faults.add(ErrorLine(), verb="watch")
    fake_api.command(Command.END)
    await reader.until(Interrupted)
    await reader.until(Interrupted)
    assert await anext(reader.story) == Synced(2)


async def test_endless_410_is_no_hot_loop(reader: Reader, fake_api: FakeApi) -> None:
    """Each round waits longer, up to the cap."""
    fake_api.faults.add(ErrorLine(), verb="watch", times=-1)
    for _ in range(8):
        assert isinstance((await reader.until(Interrupted)).error, ExpiredError)
    await anext(reader.story)
    assert reader.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


async def test_endless_410_of_a_page_is_no_hot_loop(reader: Reader, fake_api: FakeApi) -> None:
    """A list that never comes to its end is begun again, ever more slowly."""
    fake_api.faults.add(Answer(410, "Expired"), verb="list", times=3)
    assert await reader.until(Synced) == Synced(1)
    assert reader.pauses == [0.5, 1.0, 2.0]


async def test_endless_clean_ends_are_no_hot_loop(reader: Reader, fake_api: FakeApi) -> None:
    """A server that ends every watch at once, politely, is not hammered."""
    fake_api.faults.add(Page(200, b""), verb="watch", times=-1)
    for _ in range(5):
        assert (await reader.until(Interrupted)).error is None
    assert reader.pauses == [0.5, 1.0, 2.0, 4.0]
    assert reader.verbs() == "lwwwww"


async def test_server_error_is_not_repeated_at_once(reader: Reader, fake_api: FakeApi) -> None:
    """500 is waited out, in growing pauses, and the watch goes on where it was."""
    fake_api.faults.add(Answer(500, "InternalError"), verb="watch", times=3)
    for _ in range(3):
        assert isinstance((await reader.until(Interrupted)).error, UnavailableError)
    make(fake_api, "b")
    await reader.until(Upserted)
    assert reader.pauses == [0.5, 1.0, 2.0]
    assert reader.verbs() == "lwwww"


async def test_server_error_of_a_list_is_not_repeated_at_once(
    reader: Reader, fake_api: FakeApi
) -> None:
    """The story begins when the server lets it."""
    fake_api.faults.add(Answer(500, "InternalError"), verb="list", times=3)
    await reader.until(Synced)
    assert reader.pauses == [0.5, 1.0, 2.0]
    assert reader.verbs() == "llll"


@pytest.mark.parametrize("verb", ["list", "watch"])
@pytest.mark.parametrize("code", [429, 503])
async def test_retry_after_is_obeyed(
    reader: Reader, fake_api: FakeApi, verb: str, code: int
) -> None:
    """The server says how long; never less."""
    fake_api.faults.add(Answer(code, retry_after=40), verb=verb)
    interrupted = await reader.until(Interrupted)
    assert isinstance(interrupted.error, UnavailableError)
    assert 40.0 <= interrupted.pause < 41.0
    if verb == "list":
        await reader.until(Synced)
    make(fake_api, "b")
    await reader.until(Upserted)
    assert reader.pauses == [40.5]


@pytest.mark.parametrize("act", [Cut(), CutInLine()])
async def test_cut_connection_resumes(reader: Reader, fake_api: FakeApi, act: Act) -> None:
    """Between two lines or in the middle of one: nothing is lost, nothing half is used."""
    # The HTTP library tries once more by itself when a connection was idle before.
    fake_api.faults.add(act, verb="watch", times=2)
    await reader.until(Synced)
    assert isinstance((await reader.until(Interrupted)).error, UnreachableError)
    fake_api.faults.clear()
    make(fake_api, "b")
    await reader.until(Upserted)
    assert set(reader.seen) == {"a", "b"}
    assert reader.verbs().startswith("lww")
    assert "l" not in reader.verbs()[1:]
    assert len(set(reader.versions())) == 1


async def test_silent_connection_is_noticed_and_listed_again(
    reader: Reader, fake_api: FakeApi
) -> None:
    """A dead connection, or a version the server has yet to reach, is found out by the silence."""
    fake_api.faults.add(Silent(), verb="watch")
    make(fake_api, "gone")
    await reader.until(Synced)
    remove(fake_api, "gone")
    assert isinstance((await reader.until(Interrupted)).error, SilentError)
    await reader.until(Synced)
    assert set(reader.seen) == {"a"}
    assert reader.verbs() == "lwl"


async def test_server_that_is_away_is_waited_for(reader: Reader, fake_api: FakeApi) -> None:
    """An outage ends no story, and what happened in it is told afterwards."""
    await reader.watching()
    await fake_api.__aexit__(None, None, None)
    for _ in range(3):
        assert isinstance((await reader.until(Interrupted)).error, UnreachableError)
    remove(fake_api, "a")
    make(fake_api, "b")
    await fake_api.__aenter__()
    await reader.until(Deleted)
    await reader.until(Upserted)
    assert set(reader.seen) == {"b", "witness"}


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (Denied(), ForbiddenError),
        (Answer(404, "NotFound"), NotFoundError),
        (Page(200, b"<html>\n"), AnswerError),
    ],
)
@pytest.mark.parametrize("verb", ["list", "watch"])
async def test_missing_right_or_kind_is_waited_for(
    reader: Reader, fake_api: FakeApi, verb: str, act: Act, kind: type[SealerError]
) -> None:
    """Rights and CRDs can come later; until then it asks ever more slowly, and says why."""
    fake_api.faults.add(act, verb=verb, times=4)
    for _ in range(4):
        assert isinstance((await reader.until(Interrupted)).error, kind)
    await reader.until(Synced)
    assert reader.pauses == [0.5, 1.0, 2.0, 4.0]
    assert set(reader.seen) == {"a"}


async def test_line_that_is_no_json_lists_again(reader: Reader, fake_api: FakeApi) -> None:
    """What cannot be read may have been anything, a deletion too."""
    await reader.watching()
    fake_api.command(Command.GARBLE)
    assert isinstance((await reader.until(Interrupted)).error, AnswerError)
    await reader.until(Synced)
    assert reader.verbs() == "lwl"


async def test_odd_object_stalls_nothing(reader: Reader, fake_api: FakeApi) -> None:
    """It is told as such, and what comes after it is told too."""
    odd = b'{"metadata":{"namespace":"default","name":"odd","uid":"o","resourceVersion":"9"}}'
    fake_api.faults.add(Line(b'{"type":"ADDED","object":%b}' % odd), verb="watch")
    await reader.until(Synced)
    make(fake_api, "b")
    change = await reader.until(Undecodable)
    assert (change.key, change.uid) == (Key("default", "odd"), "o")
    await reader.until(Upserted)
    assert set(reader.seen) == {"a", "b"}


async def test_pages_are_told_as_they_come(fake_api: FakeApi) -> None:
    """A long list is never held whole; a page that expires does not tell the first one twice."""
    for number in range(5):
        make(fake_api, f"s{number}")
    fake_api.faults.add(Answer(410, "Expired"), verb="list", skip=1)
    async with KubeClient(Access(fake_api.url), limits=Limits(page_objects=2)) as client:
        reader = Reader(fake_api, client)
        async with aclosing(reader.story):
            first = [await anext(reader.story) for _ in range(2)]
            assert [change.object.metadata.name for change in first] == ["s0", "s1"]  # type: ignore[union-attr] # both are
            assert len(fake_api.calls) == 1
            remove(fake_api, "s1")
            assert isinstance((await reader.until(Interrupted)).error, ExpiredError)
            rest = [await anext(reader.story) for _ in range(4)]
    assert [change.object.metadata.name for change in rest[:3]] == ["s2", "s3", "s4"]  # type: ignore[union-attr] # these are
    assert isinstance(rest[3], Deleted)


async def test_story_that_is_closed_closes_its_connection(
    reader: Reader, fake_api: FakeApi
) -> None:
    """A controller that stops leaves no watch open."""
    await reader.watching()
    await reader.story.aclose()
    await fake_api.unwatched()
