"""When workloads are rolled: when what they read has changed, and at no other time."""

from dataclasses import replace

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer.manifest import SealedSecret, Secret, Template
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.marks import RESTART_ANNOTATION
from sealer_controller.objects import Condition, Event, Key, Status, StoredSealedSecret
from sealer_controller.restart import Restarter
from sealer_controller.workloads import Reading, wanted_stamp
from tests.controller.memory import MemoryStore, secret, stored
from tests.controller.memory_workloads import MemoryWorkloads

KEY, OTHER_KEY = bytes(32), bytes(range(32))
OLD, NEW = secret({"a": b"1", "b": b"1"}), secret({"a": b"2", "b": b"1"})
WEB, JOB = Key("shop", "web"), Key("shop", "job")


@pytest.fixture
def store() -> MemoryStore:
    """Takes the Events."""
    return MemoryStore()


@pytest.fixture
def workloads() -> MemoryWorkloads:
    """Two Deployments that read one item each, and one that reads none."""
    made = MemoryWorkloads()
    made.put("web", "a")
    made.put("job", "b")
    made.put("idle")
    return made


@pytest.fixture
def restarter(store: MemoryStore, workloads: MemoryWorkloads) -> Restarter:
    """Rolls them."""
    return Restarter(store, workloads, lambda: KEY)


def asking(text: str = "auto") -> StoredSealedSecret:
    """Return a SealedSecret that asks for restarts."""
    annotations = {RESTART_ANNOTATION: text}
    sealed = SealedSecret("shop", "db", {}, Template(), annotations=annotations)
    return stored(sealed, status=Status(1, (Condition("Synced", "True"),)))


def stamp_of(found: Secret, *items: str, key: bytes = KEY) -> str:
    """Return the stamp of a workload that reads these items, or all."""
    return wanted_stamp(key, found, Reading(frozenset(items) if items else None))


async def test_object_that_does_not_ask_rolls_nothing(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """Opt-in: without the annotation nobody is even listed."""
    await restarter.roll(stored(), OLD, NEW)
    assert workloads.calls == []


async def test_readers_of_what_changed_are_rolled_and_no_others(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """One Event names them."""
    await restarter.roll(asking(), OLD, NEW)
    assert workloads.stamps() == {"Deployment/web": stamp_of(NEW, "a")}
    assert store.events == [Event("Normal", "Restarted", "Restarted Deployment/web")]


async def test_new_secret_rolls_all_its_readers(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """Nobody knows what they have."""
    await restarter.roll(asking(), None, NEW)
    assert workloads.stamps() == {
        "Deployment/web": stamp_of(NEW, "a"),
        "Deployment/job": stamp_of(NEW, "b"),
    }


async def test_workload_that_has_the_content_is_not_rolled_again(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """Neither when the Secret comes back nor when it was another one for a moment."""
    await restarter.roll(asking(), None, NEW)
    workloads.calls.clear()
    await restarter.roll(asking(), OLD, NEW)
    await restarter.roll(asking(), None, NEW)
    assert workloads.calls == ["find", "find"]
    assert len(store.events) == 1


async def test_unchanged_secret_is_looked_at_once_for_stamps_of_other_content(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """A roll that had failed when the controller was stopped is made up for."""
    workloads.put("web", "a", stamp=stamp_of(OLD, "a"))
    await restarter.roll(asking(), NEW, NEW)
    assert workloads.stamps() == {"Deployment/web": stamp_of(NEW, "a")}
    workloads.calls.clear()
    await restarter.roll(asking(), NEW, replace(NEW, annotations={"other": "mark"}))
    assert workloads.calls == []


@pytest.mark.parametrize(
    "status",
    [
        Status(),
        Status(1, (Condition("Synced", "False"),)),
        Status(1, (Condition("Synced", "True"),)),
    ],
)
async def test_controller_that_was_killed_before_the_roll_makes_up_for_it(
    restarter: Restarter, workloads: MemoryWorkloads, status: Status
) -> None:
    """The Secret is right and its status is not written yet: what it was before, nobody knows."""
    sealed = replace(asking(), status=status, generation=2)
    await restarter.roll(sealed, NEW, NEW)
    assert workloads.stamps().keys() == {"Deployment/web", "Deployment/job"}


async def test_status_that_nobody_writes_tells_nothing(
    store: MemoryStore, workloads: MemoryWorkloads
) -> None:
    """With `--update-status=false` no start of the controller may look like a recovery."""
    restarter = Restarter(store, workloads, lambda: KEY, has_status=False)
    await restarter.roll(replace(asking(), status=Status()), NEW, NEW)
    assert workloads.stamps() == {}


async def test_change_that_came_while_no_controller_ran_rolls_who_reads_it(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """The status is late then as well, but what the Secret was before can be seen."""
    await restarter.roll(replace(asking(), generation=2), OLD, NEW)
    assert workloads.stamps().keys() == {"Deployment/web"}


async def test_status_that_is_late_is_no_reason_to_roll(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """This very process knows that there was nothing to roll."""
    await restarter.roll(asking(), NEW, NEW)
    await restarter.roll(replace(asking(), generation=2), NEW, NEW)
    assert workloads.stamps() == {}


async def test_stamp_of_another_key_is_no_reason_to_roll(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """A lost digest key rolls nobody by itself; a change of content does."""
    before = stamp_of(OLD, "a", key=OTHER_KEY)
    workloads.put("web", "a", stamp=before)
    await restarter.roll(asking(), OLD, OLD)
    assert workloads.stamps() == {"Deployment/web": before}
    await restarter.roll(asking(), OLD, NEW)
    assert workloads.stamps() == {"Deployment/web": stamp_of(NEW, "a")}


async def test_named_workloads_are_rolled_whatever_they_read(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """One that reads nothing in a way that shows is rolled by any change; others are left alone."""
    workloads.put("agent", kind="DaemonSet")
    await restarter.roll(asking("DaemonSet/agent,Deployment/job"), OLD, NEW)
    assert workloads.stamps() == {"DaemonSet/agent": stamp_of(NEW)}
    assert "find" not in workloads.calls


async def test_named_workload_that_does_not_exist_is_told_once(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """The others are rolled; there is nothing to try again."""
    await restarter.roll(asking("StatefulSet/none,Deployment/web"), OLD, NEW)
    assert list(workloads.stamps()) == ["Deployment/web"]
    assert [event.message for event in store.events] == [
        "sealer.dev/restart: there is no StatefulSet/none",
        "Restarted Deployment/web",
    ]
    await restarter.roll(asking("StatefulSet/none,Deployment/web"), NEW, NEW)
    assert len(store.events) == 2


async def test_named_workloads_that_do_not_exist_are_told_together_and_once(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """However often the content changes; again when others are missing, or one came and went."""
    two = asking("StatefulSet/none,Deployment/gone")
    for before, after in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
        await restarter.roll(two, before, after)
    workloads.put("gone")
    await restarter.roll(two, NEW, OLD)
    await restarter.roll(asking("Deployment/gone"), OLD, NEW)
    await restarter.roll(asking("StatefulSet/none"), NEW, OLD)
    assert [event.message for event in store.events if event.type == "Warning"] == [
        "sealer.dev/restart: there is no StatefulSet/none, Deployment/gone",
        "sealer.dev/restart: there is no StatefulSet/none",
        "sealer.dev/restart: there is no StatefulSet/none",
    ]


async def test_annotation_that_says_nothing_is_told_once(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """With the way out, as a warning: the Secret itself is right."""
    for _ in range(2):
        await restarter.roll(asking("Pod/x"), OLD, NEW)
    (event,) = store.events
    assert (event.type, event.reason) == ("Warning", "ErrRestartFailed")
    assert event.message.startswith("sealer.dev/restart: 'Pod/x' is no workload: write auto")
    assert workloads.calls == []


async def test_annotation_that_changes_counts_from_then_on(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """What is named now and has older content is rolled."""
    workloads.put("web", "a", stamp=stamp_of(OLD, "a"))
    await restarter.roll(asking("Deployment/job"), NEW, NEW)
    await restarter.roll(asking("Deployment/web"), NEW, NEW)
    assert workloads.stamps() == {"Deployment/web": stamp_of(NEW, "a")}


@pytest.mark.parametrize("call", ["find", "stamp"])
@pytest.mark.parametrize("error", [RetryableError("busy"), TerminalError("cannot patch")])
async def test_roll_that_fails_is_due_until_it_is_done(
    restarter: Restarter,
    workloads: MemoryWorkloads,
    store: MemoryStore,
    call: str,
    error: Exception,
) -> None:
    """Told once, when it lasts; tried again although the Secret is as it should be by then."""
    workloads.fail(call, error, error)
    with pytest.raises(type(error)):
        await restarter.roll(asking(), OLD, NEW)
    assert len(store.events) == (0 if isinstance(error, RetryableError) else 1)
    with pytest.raises(type(error)):
        await restarter.roll(asking(), NEW, NEW)
    assert [event.message for event in store.events] == [str(error)]
    await restarter.roll(asking(), NEW, NEW)
    assert workloads.stamps()["Deployment/web"] == stamp_of(NEW, "a")


async def test_workload_that_changes_meanwhile_is_read_again(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """A rollout of somebody else at the same moment loses nothing."""
    held = workloads.held["Deployment", WEB]

    def change() -> None:
        workloads.held["Deployment", WEB] = replace(held, resource_version="7")

    workloads.meanwhile("stamp", change)
    await restarter.roll(asking(), OLD, NEW)
    assert workloads.calls == ["find", "stamp", "read", "stamp"]
    assert workloads.held["Deployment", WEB].resource_version == "8"


async def test_workload_that_goes_meanwhile_is_left_alone(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """There is nothing to roll any more."""

    def remove() -> None:
        del workloads.held["Deployment", WEB]
        raise ChangedMeanwhileError("gone")

    workloads.meanwhile("stamp", remove)
    await restarter.roll(asking(), OLD, NEW)
    assert (workloads.stamps(), store.events) == ({}, [])


async def test_endless_conflict_ends_with_a_pause(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """A fight over a workload does not keep a worker busy for ever."""
    workloads.fail("stamp", *[ChangedMeanwhileError("fight")] * 9)
    with pytest.raises(ChangedMeanwhileError):
        await restarter.roll(asking(), OLD, NEW)
    assert workloads.calls.count("stamp") == 5


async def test_object_that_is_gone_is_forgotten(
    restarter: Restarter, workloads: MemoryWorkloads
) -> None:
    """One of the same name is looked at afresh."""
    await restarter.roll(asking(), NEW, NEW)
    restarter.forget(Key("shop", "db"))
    await restarter.roll(asking(), NEW, NEW)
    assert workloads.calls == ["find", "find"]


async def test_many_rolled_workloads_make_one_event_of_bounded_length(
    restarter: Restarter, workloads: MemoryWorkloads, store: MemoryStore
) -> None:
    """Twenty are named, the others counted."""
    for number in range(30):
        workloads.put(f"w{number}", "a")
    await restarter.roll(asking(), OLD, NEW)
    (event,) = store.events
    assert event.message.endswith(" and 11 more")
    assert event.message.count("Deployment/") == 20
