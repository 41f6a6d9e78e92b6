"""What was made as asked, and people should know of all the same (threats.md T3)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sealer_controller.objects import StoredSealedSecret
from sealer_controller.outcome import Outcome
from sealer_controller.reconcile import Reconciler
from tests.controller.memory import SHOP_DB, seal, stored
from tests.controller.rig import Rig, rigged

REFLECTOR = "reflector.v1.k8s.emberstack.com/reflection-allowed"
KUBED = "kubed.appscode.com/sync"


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key."""
    with rigged() as rig:
        yield rig


@pytest.fixture
async def reconciler(rig: Rig) -> Reconciler:
    """A reconciler on the rig's store."""
    await rig.keystore.load()
    return Reconciler(rig.store, rig.unsealer, lambda: bytes(32), observer=rig.observer)


def annotated(**annotations: str) -> StoredSealedSecret:
    """Return an object whose template has these annotations too."""
    sealed = seal()
    names = {**sealed.template.annotations, **annotations}
    return stored(replace(sealed, template=replace(sealed.template, annotations=names)))


async def test_secret_that_is_copied_elsewhere_is_made_and_warned_of(
    rig: Rig, reconciler: Reconciler
) -> None:
    """As with the original it is made; an Event names every annotation that does it, once."""
    found = annotated(**{REFLECTOR: "true", KUBED: "", "note": "x"})
    result = await reconciler.reconcile(found)
    assert result.outcome is Outcome.CREATED
    assert REFLECTOR in rig.store.secrets[SHOP_DB].secret.annotations
    unsealed, warning = rig.store.events
    assert (unsealed.type, unsealed.reason) == ("Normal", "Unsealed")
    assert (warning.type, warning.reason) == ("Warning", "ReplicatedSecret")
    assert "may be copied elsewhere" in warning.message
    assert f"because of {KUBED}, {REFLECTOR} in" in warning.message
    again = await reconciler.reconcile(replace(found, status=result.status))
    assert again.outcome is Outcome.UNCHANGED
    assert len(rig.store.events) == 2


async def test_secret_that_was_not_made_is_not_warned_of(rig: Rig, reconciler: Reconciler) -> None:
    """Nor is one without such an annotation."""
    await reconciler.reconcile(annotated(note="x", **{REFLECTOR: "false"}))
    assert [event.reason for event in rig.store.events] == ["Unsealed"]
    foreign = annotated(**{KUBED: ""})
    sealed = replace(foreign.sealed, name="other")
    await reconciler.reconcile(replace(foreign, sealed=sealed))
    assert [event.reason for event in rig.store.events] == ["Unsealed", "ErrUnsealFailed"]
