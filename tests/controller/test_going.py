"""An object that is being deleted is left alone: its Secret is garbage collection's by then."""

from sealer_controller.objects import Listed, SecretGone, Upserted
from tests.controller.memory import SHOP_DB, seal, secret, stored
from tests.controller.rig import rigged, running

GOING = Upserted(stored(seal(), generation=2, is_going=True))
MARKER = Upserted(stored(seal(secret(name="marker")), uid="uid-of-marker"))


async def test_secret_of_an_object_that_is_going_is_not_made_again() -> None:
    """It was taken away because its owner goes: to bring it back would be to fight."""
    with rigged() as rig:
        rig.report(Upserted(stored(seal())), Listed(1))
        async with running(rig.controller(workers=1)):
            await rig.result()
            gone = rig.store.secrets.pop(SHOP_DB)
            rig.report(GOING)
            await rig.store.news.join()
            await rig.see(SecretGone(SHOP_DB, gone.uid))
            rig.report(MARKER)
            assert (await rig.result()).stored.key.name == "marker"
        assert SHOP_DB not in rig.store.secrets


async def test_object_that_is_going_at_the_start_is_not_reconciled() -> None:
    """A finalizer of somebody else can hold it for long."""
    with rigged() as rig:
        rig.report(GOING, MARKER, Listed(2))
        async with running(rig.controller(workers=1)):
            assert (await rig.result()).stored.key.name == "marker"
        assert SHOP_DB not in rig.store.secrets
