"""Types and immutability of Secrets on both API servers (conformance 82 and 83)."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sealer.documents.emit import emit_json
from sealer.manifest import Secret
from sealer_controller.marks import RECREATE_ANNOTATION
from tests.conformance.world import World, controlling
from tests.controller.memory import seal, secret

NAMESPACE, NAME = "shop", "db"
DOCKER = "kubernetes.io/dockerconfigjson"
_NEW = secret({"k": b"new"}).data
IMMUTABLE = "field is immutable when `immutable` is set"


async def test_type_of_the_template_is_that_of_the_secret(recorded_world: World) -> None:
    """A type with demands on its items, which they meet (82)."""
    config = emit_json({"auths": {"registry.example.com": {"auth": "x"}}}).encode()
    async with _made(recorded_world, secret({".dockerconfigjson": config}, type=DOCKER)) as made:
        assert made["type"] == DOCKER
        assert base64.b64decode(made["data"][".dockerconfigjson"]) == config


async def test_immutable_secret_stays_and_its_change_is_told_once(recorded_world: World) -> None:
    """An Event in the original's words, the generation is observed, and no retry (83)."""
    world = recorded_world
    before = secret({"k": b"old"}, immutable=True)
    async with _made(world, before) as made:
        assert made["immutable"] is True
        async with controlling(world.access):
            await world.observed(await world.apply(_manifest(replace(before, data=_NEW))))
        stored = await world.get("SealedSecret", NAMESPACE, NAME)
        assert stored is not None
        assert stored["status"]["observedGeneration"] == stored["metadata"]["generation"] == 2
        (synced,) = (c for c in stored["status"]["conditions"] if c["type"] == "Synced")
        assert (synced["status"], synced["reason"]) == ("False", "Immutable")
        first, hint = synced["message"].split("\n")
        assert first == f'Secret "db" is invalid: data: Forbidden: {IMMUTABLE}'
        assert RECREATE_ANNOTATION in hint
        told = [e for e in await world.events(stored) if e["reason"] == "ErrUpdateFailed"]
        assert ["the target Secret is immutable" in event["message"] for event in told] == [True]
        assert await world.get("Secret", NAMESPACE, NAME) == made


@asynccontextmanager
async def _made(world: World, plain: Secret) -> AsyncIterator[dict[str, Any]]:
    """Let the controller make a Secret; remove it, and its SealedSecret, in the end."""
    try:
        async with controlling(world.access):
            await world.observed(await world.apply(_manifest(plain)))
        made = await world.get("Secret", NAMESPACE, NAME)
        assert made is not None
        yield made
    finally:
        await world.delete("SealedSecret", NAMESPACE, NAME)
        await world.delete("Secret", NAMESPACE, NAME)


def _manifest(plain: Secret) -> dict[str, Any]:
    """Return what turns into a Secret, sealed with one of the recorded keys."""
    return seal(plain, key="rsa2048").to_object()
