"""A restart over many objects that have not changed costs no private-key operation and no write."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer.manifest import SealedSecret, Template
from sealer.scope import Scope
from sealer_controller.objects import Key, Listed, StoredSealedSecret, Upserted
from sealer_controller.outcome import Outcome
from sealer_controller.rendering import Rendering
from sealer_controller.unsealer import Unsealer
from sealer_keys.keyring import Keyring
from tests.controller.memory import seal, secret, stored
from tests.controller.rig import Rig, rigged, running
from tests.controller.watching import Recorder, with_hook

OBJECTS = 4_000


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key."""
    with rigged() as rig:
        yield rig


def _objects() -> list[StoredSealedSecret]:
    """Return objects of 40 namespaces; what they hold was sealed once, for everywhere."""
    anywhere = Scope.CLUSTER_WIDE.annotate({})
    sealed = seal(secret(annotations=anywhere))
    assert Scope.of(sealed.annotations) is Scope.CLUSTER_WIDE
    rendered = replace(sealed.template, data={"t": "{{ .k }}"})
    return [_named(replace(sealed, template=rendered), at) for at in range(OBJECTS)]


def _named(sealed: SealedSecret, at: int) -> StoredSealedSecret:
    named = replace(sealed, namespace=f"team-{at % 40}", name=f"app-{at}")
    return stored(named, uid=f"uid-{at}")


async def _pass(rig: Rig, objects: list[StoredSealedSecret]) -> dict[Key, Outcome]:
    """Let a controller that has just started work on all objects; return what it did to each."""
    rig.report(*map(Upserted, objects), Listed(len(objects)))
    done: dict[Key, Outcome] = {}
    async with running(rig.controller(workers=16)):
        while len(done) < len(objects):
            result = await rig.result()
            done[result.stored.key] = result.outcome
    return done


async def test_restart_over_4000_unchanged_objects_uses_no_private_key(rig: Rig) -> None:
    """Nothing is decrypted, nothing rendered, nothing written: one read for each."""
    objects = _objects()
    render = Rendering(lambda: rig.keystore.digest_key)
    with Unsealer(
        lambda: rig.keystore.keyring, render=render, observer=rig.observer
    ) as rig.unsealer:
        first = await _pass(rig, objects)
    assert set(first.values()) == {Outcome.CREATED}
    assert sum(opened for opened, _ in rig.observer.used) == OBJECTS

    told = [replace(each, status=rig.store.statuses[each.key]) for each in objects]
    rig.store.calls.clear()
    rig.observer = Recorder()
    uses: list[None] = []
    counting = Keyring([with_hook(lambda: uses.append(None))])
    with Unsealer(lambda: counting, observer=rig.observer) as rig.unsealer:
        second = await _pass(rig, told)
        assert set(second.values()) == {Outcome.UNCHANGED}
        assert (uses, rig.observer.used) == ([], [])
        assert rig.store.calls == ["read_secret"] * OBJECTS

        # That the count counts: an object that has changed is opened.
        changed = replace(told[0].sealed, template=Template(annotations={"note": "new"}))
        rig.report(Upserted(replace(told[0], sealed=changed, generation=2)))
        async with running(rig.controller()):
            await rig.result()
    assert uses == [None]
