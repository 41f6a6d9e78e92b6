"""What the original's controller made of 57 objects, ours makes too, on both API servers."""

from typing import Any

import pytest

from tests.conformance.world import World, controlling
from tests.support import vectors
from tests.support.vectors import ObjectCase

VECTORS = pytest.mark.vectors("objects/, through the controller", by="world")
CASES = vectors.objects()
# Here the original is at fault; `fix` in the case says what is wanted: the Secret as recorded, and
# success.
AT_FAULT = {"skip-owner"}
SUCCESS = {
    "status": {"conditions": [{"status": "True", "type": "Synced"}], "observedGeneration": 1},
    "events": [
        {
            "type": "Normal",
            "reason": "Unsealed",
            "message": "SealedSecret unsealed successfully",
            "source": "sealed-secrets",
        }
    ],
}
# What the server fills in, or what differs from run to run.
RUN_TIME = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation")


def test_list_of_exceptions_fits_the_vectors() -> None:
    """Exactly the cases that have a `fix` are treated differently."""
    assert {case.name for case in CASES if "fix" in case.case} == AT_FAULT


@VECTORS
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_object_gives_recorded_secret_status_and_events(
    recorded_world: World, case: ObjectCase
) -> None:
    """Secret, status and Events of an object are the recorded ones."""
    found = await _play(recorded_world, case)
    wanted = case.result | SUCCESS if case.name in AT_FAULT else case.result
    assert found["secret"] == (wanted["secret"] and _with_data(wanted["secret"]))
    _compare_status(found["status"], wanted["status"], any_order="any_order" in case.case)
    if "any_order" in case.case:
        assert len(found["events"]) == 1
        assert found["events"][0] in wanted["events"]
    else:
        assert found["events"] == wanted["events"]


async def _play(world: World, case: ObjectCase) -> dict[str, Any]:
    """Apply the steps of a case in order and return what came of it, in the record's form."""
    steps = [vectors.load_manifest(step) for step in case.steps]
    sealed = steps[-1]
    namespace, name = sealed["metadata"]["namespace"], sealed["metadata"]["name"]
    try:
        async with controlling(world.access):
            for step in steps:
                applied = await world.apply(step)
                if step["kind"] == "SealedSecret":
                    await world.observed(applied)
        # The controller has finished: nothing more will come.
        stored = await world.get("SealedSecret", namespace, name)
        assert stored is not None
        secret = await world.get("Secret", namespace, name)
        return {
            "secret": secret and _recorded_form(secret, owner_uid=stored["metadata"]["uid"]),
            "status": stored["status"],
            "events": _without_repeats(await world.events(stored)),
        }
    finally:
        await world.delete("SealedSecret", namespace, name)
        await world.delete("Secret", namespace, name)


def _recorded_form(secret: dict[str, Any], owner_uid: str) -> dict[str, Any]:
    metadata = {key: value for key, value in secret["metadata"].items() if key not in RUN_TIME}
    for kind in ("labels", "annotations"):
        ours = {k: v for k, v in metadata.pop(kind, {}).items() if not k.startswith("sealer.dev/")}
        metadata |= {kind: ours} if ours else {}
    owners = [dict(owner) for owner in metadata.get("ownerReferences", ())]
    for owner in owners:
        assert owner.pop("uid") == owner_uid
    metadata |= {"ownerReferences": owners} if owners else {}
    return _with_data(secret | {"metadata": metadata})


def _with_data(secret: dict[str, Any]) -> dict[str, Any]:
    """Return a Secret in one form: a missing `data` is an empty one."""
    return {"data": {}} | secret


def _without_repeats(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the Events in the record's form, which counts repeated ones once."""
    recorded = []
    for event in events:
        form = {key: event[key] for key in ("type", "reason", "message")}
        form["source"] = event["source"]["component"]
        if form not in recorded:
            recorded.append(form)
    return recorded


def _compare_status(found: dict[str, Any], wanted: dict[str, Any], *, any_order: bool) -> None:
    """Compare, but for times, `reason`, and what we add behind the original's."""
    assert found["observedGeneration"] == wanted["observedGeneration"]
    (ours, *more), (theirs,) = found["conditions"], wanted["conditions"]
    assert (ours["type"], ours["status"]) == (theirs["type"], theirs["status"])
    assert [each["type"] for each in more] == ([] if ours["status"] == "True" else ["Stalled"])
    wanted_lines = theirs.get("message", "").split("\n")
    lines = ours.get("message", "").split("\n")
    if ours["status"] == "True":
        assert lines == wanted_lines == [""]
    elif any_order:
        assert _normal(lines[: len(wanted_lines)]) == _normal(wanted_lines)
    else:
        assert lines[: len(wanted_lines)] == wanted_lines


def _normal(lines: list[str]) -> list[str]:
    """Return lines, and the item keys in them, in one order."""
    normal = []
    for line in lines:
        text, _, items = line.removesuffix(")").rpartition(" (")
        normal.append(f"{text} ({', '.join(sorted(items.split(', ')))})")
    return sorted(normal)
