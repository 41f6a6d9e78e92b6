"""What is told again counts up; whatever goes wrong, an Event stops nothing."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealer_controller.kube import events
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.events import About, EventRecorder
from sealer_controller.kube.types import event_body
from sealer_controller.objects import Event
from tests.controller.memory import NOW, SHOP_DB, stored
from tests.fake.faults import Answer, Denied
from tests.fake.kinds import EVENTS, NAMESPACES
from tests.fake.server import FakeApi

TEXT = Event("Normal", "Unsealed", "text")


@pytest.fixture
async def recorder(fake_api: FakeApi) -> AsyncIterator[EventRecorder]:
    """A recorder on the fake API server, which has the namespace shop."""
    fake_api.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    async with KubeClient(Access(fake_api.url)) as client:
        yield EventRecorder(client)


async def _record(
    recorder: EventRecorder, event: Event = TEXT, *, uid: str = "u", later: int = 0
) -> None:
    body = event_body(stored(uid=uid), event, NOW + timedelta(seconds=later))
    await recorder.record(About(SHOP_DB, uid), event, body)


def _recorded(api: FakeApi) -> list[tuple[str, int, str, str]]:
    found = api.store.select(EVENTS, lambda _: True)
    return [
        (each["reason"], each["count"], each["firstTimestamp"][17:19], each["lastTimestamp"][17:19])
        for each in found
    ]


async def test_event_that_is_told_again_counts_up(
    fake_api: FakeApi, recorder: EventRecorder
) -> None:
    """It is still the one Event, first told then and last told now."""
    for later in range(3):
        await _record(recorder, later=later)
    assert _recorded(fake_api) == [("Unsealed", 3, "15", "17")]


@pytest.mark.parametrize(
    ("event", "uid"),
    [
        (replace(TEXT, message="other"), "u"),
        (replace(TEXT, reason="Other"), "u"),
        (replace(TEXT, type="Warning"), "u"),
        (TEXT, "other"),
    ],
    ids=["message", "reason", "type", "object"],
)
async def test_event_that_says_anything_else_is_one_of_its_own(
    fake_api: FakeApi, recorder: EventRecorder, event: Event, uid: str
) -> None:
    """Other words, or words about another object of the same name."""
    await _record(recorder)
    await _record(recorder, event, uid=uid)
    assert [count for _, count, _, _ in _recorded(fake_api)] == [1, 1]


async def test_event_that_somebody_else_changed_is_recorded_anew(
    fake_api: FakeApi, recorder: EventRecorder
) -> None:
    """Each update names the version that it replaces; one of ours names its own last."""
    for _ in range(3):
        await _record(recorder)
    (event,) = fake_api.store.select(EVENTS, lambda _: True)
    fake_api.store.replace(
        EVENTS, {**event, "message": "theirs"}, event["metadata"]["name"], "shop"
    )
    await _record(recorder)
    found = fake_api.store.select(EVENTS, lambda _: True)
    assert sorted((each["message"], each["count"]) for each in found) == [
        ("text", 1),
        ("theirs", 3),
    ]


@pytest.mark.parametrize("fault", [Answer(404, "NotFound"), Denied()], ids=["gone", "no-right"])
async def test_event_that_cannot_be_counted_up_is_recorded_anew(
    fake_api: FakeApi,
    recorder: EventRecorder,
    fault: Any,  # noqa: ANN401 - a fault
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The API server forgets Events after an hour, and the right to change them may be missing."""
    await _record(recorder)
    fake_api.faults.add(fault, verb="patch", resource="events")
    with caplog.at_level(logging.WARNING):
        await _record(recorder, later=1)
        await _record(recorder, later=2)
    assert sorted(count for _, count, _, _ in _recorded(fake_api)) == [1, 2]
    assert caplog.records == []


@pytest.mark.parametrize("verb", ["create", "patch"])
async def test_event_that_is_not_recorded_is_told_and_forgotten(
    fake_api: FakeApi, recorder: EventRecorder, caplog: pytest.LogCaptureFixture, verb: str
) -> None:
    """Nobody waits for it, and the next one is recorded as if nothing had been."""
    if verb == "patch":
        await _record(recorder)
    fake_api.faults.add(Answer(503, "ServiceUnavailable"), verb=verb, resource="events")
    with caplog.at_level(logging.WARNING):
        await _record(recorder)
    await _record(recorder)
    (line,) = caplog.records
    assert line.getMessage() == "event_not_recorded"
    assert line.__dict__["sealer_fields"]["name"] == "db"
    assert {count for _, count, _, _ in _recorded(fake_api)} == {1}


async def test_recorder_forgets_what_was_told_longest_ago(
    fake_api: FakeApi, recorder: EventRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many objects there are, the memory is bounded."""
    monkeypatch.setattr(events, "_MAXIMUM_SERIES", 2)
    for uid in ("a", "b", "a", "c", "b", "a"):
        await _record(recorder, uid=uid)
    counts = sorted(count for _, count, _, _ in _recorded(fake_api))
    assert counts == [1, 1, 1, 1, 2]
