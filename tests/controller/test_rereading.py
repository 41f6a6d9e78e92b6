"""An object that was dealt with is not held: it is read again when there is work on it again."""

import logging
from collections.abc import Iterator

import pytest

from sealer.errors import RetryableError, SealerError, TerminalError
from sealer_controller.objects import Listed, Removed, SecretGone, Upserted
from sealer_controller.outcome import Outcome
from tests.controller.memory import SHOP_DB, seal, stored
from tests.controller.rig import Rig, rigged, running


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A rig with one key, whose store reports one object."""
    with rigged() as rig:
        rig.report(Upserted(stored(seal())), Listed(1))
        yield rig


def _lost(rig: Rig) -> SecretGone:
    """Delete the Secret behind the controller's back; return what the watch says of it."""
    return SecretGone(SHOP_DB, rig.store.secrets.pop(SHOP_DB).uid)


@pytest.mark.parametrize("error", [RetryableError("busy"), TerminalError("no right")])
async def test_object_that_cannot_be_read_again_is_tried_again(
    rig: Rig, error: SealerError, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the store answers: it is told, and the Secret is made in the end."""
    async with running(rig.controller()):
        assert (await rig.result()).outcome is Outcome.CREATED
        rig.store.fail("read_sealed_secret", error, error)
        with caplog.at_level(logging.WARNING):
            await rig.see(_lost(rig))
            assert (await rig.result()).outcome is Outcome.CREATED
    assert rig.store.calls.count("read_sealed_secret") == 3
    assert [record.getMessage() for record in caplog.records] == ["object_not_read"] * 2
    assert SHOP_DB in rig.store.secrets


async def test_object_that_is_gone_when_it_is_read_again_is_left_alone(rig: Rig) -> None:
    """The store no longer has it, and says so in its own time: nothing is made meanwhile."""
    async with running(rig.controller()):
        await rig.result()
        found = rig.store.sealed.pop(SHOP_DB)
        await rig.see(_lost(rig))
        rig.report(Removed(SHOP_DB, found.uid), Upserted(stored(seal(), uid="uid-2")))
        result = await rig.result()
    assert result.stored.uid == "uid-2"
    assert rig.store.calls.count("read_sealed_secret") == 1
