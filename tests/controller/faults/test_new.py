"""Objects that are new: no Secret is looked for, and none of others is lost."""

import pytest

from sealer.manifest import Secret
from sealer_controller.kube.store import KubeStore
from sealer_controller.objects import Key, StoredSecret
from tests.contract.api import SECRETS
from tests.controller.faults.world import World, controlling

NAMES = [f"db-{number}" for number in range(20)]


async def test_secrets_of_new_objects_are_created_without_a_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the one that somebody else has made: what cannot be created is found, and left."""
    asked: dict[str, list[str]] = {}
    read, create = KubeStore.read_secret, KubeStore.create_secret

    async def noted_read(store: KubeStore, key: Key) -> StoredSecret | None:
        asked.setdefault(key.name, []).append("read")
        return await read(store, key)

    async def noted_create(store: KubeStore, secret: Secret) -> StoredSecret:
        asked.setdefault(secret.name, []).append("create")
        return await create(store, secret)

    monkeypatch.setattr(KubeStore, "read_secret", noted_read)
    monkeypatch.setattr(KubeStore, "create_secret", noted_create)
    await world.foreign("theirs")
    async with controlling(world) as program:
        heard = "last_watch_event_timestamp_seconds"
        await program.until(lambda: program.metric(heard, kind="secrets") > 0)
        for name in [*NAMES, "theirs"]:
            await world.seal(name, {"k": name.encode()})
        await program.until(lambda: program.metric("objects", reason="NotManaged") == 1)
        await program.until(lambda: program.metric("objects", reason="Unsealed") == len(NAMES))
        # Some are looked at later, when there is time to tell of them.
        assert {asked[name][0] for name in NAMES} == {"create"}
        assert all(asked[name].count("create") == 1 for name in asked)
        theirs = await world.client.get(SECRETS, "theirs", world.namespace)
        assert theirs == world.left["theirs"]
