"""A cluster to put recorded objects into, with our controller at work in it.

The same code drives the fake and the real API server; only the addresses and tokens differ.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sealer.keysecret import key_secret
from sealer_controller.controller import Controller
from sealer_controller.keykeeper import KeyKeeper, KeyPlan
from sealer_controller.keystore import KeyStore, KeyStoreOptions
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.places import Places
from sealer_controller.kube.store import KubeStore
from sealer_controller.kube.types import SEALED_SECRETS, secret_body
from sealer_controller.kube.vault import KubeVault
from sealer_controller.observer import Observer
from sealer_controller.reconcile import Reconciler
from sealer_controller.rendering import Rendering
from sealer_controller.renewal import Renewal
from sealer_controller.unsealer import Unsealer
from tests.contract.api import Api
from tests.support import vectors

__all__ = ["KEY_NAMESPACE", "NAMESPACES", "World", "controlling", "key_secrets"]

NAMESPACES = ("shop", "shop-eu")
KEY_NAMESPACE = "kube-system"
_PATHS = {"Secret": "/api/v1", "SealedSecret": "/apis/bitnami.com/v1alpha1", "Event": "/api/v1"}
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class World:
    """A cluster as an administrator sees it.

    Attributes:
        api: The API server.
        access: How the controller reaches it.
    """

    api: Api
    access: Access

    async def add_namespace(self, name: str) -> None:
        """Create a namespace if it is not there."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        code, answer = await self.api.raw("POST", "/api/v1/namespaces", body)
        assert code in (201, 409), answer

    async def apply(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Create an object, or replace the one there is; return it as stored."""
        metadata = manifest["metadata"]
        path = _path(manifest["kind"], metadata["namespace"])
        existing = await self.get(manifest["kind"], metadata["namespace"], metadata["name"])
        if existing is None:
            return await self._ask("POST", path, manifest)
        version = {"resourceVersion": existing["metadata"]["resourceVersion"]}
        body = manifest | {"metadata": metadata | version}
        return await self._ask("PUT", f"{path}/{metadata['name']}", body)

    async def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object, or None."""
        code, answer = await self.api.raw("GET", f"{_path(kind, namespace)}/{name}")
        return cast("dict[str, Any]", answer) if code == 200 else None

    async def delete(self, kind: str, namespace: str, name: str) -> None:
        """Delete an object if it is there."""
        code, answer = await self.api.raw("DELETE", f"{_path(kind, namespace)}/{name}")
        assert code in (200, 404), answer

    async def events(self, sealed: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the Events about a SealedSecret, oldest first."""
        metadata = sealed["metadata"]
        selector = f"?fieldSelector=involvedObject.uid={metadata['uid']}"
        found = await self._ask("GET", _path("Event", metadata["namespace"]) + selector)
        events = cast("list[dict[str, Any]]", found["items"])
        return sorted(events, key=lambda event: int(event["metadata"]["resourceVersion"]))

    async def observed(self, applied: dict[str, Any]) -> None:
        """Wait until the controller has told what it made of an object, by watching it."""
        metadata = applied["metadata"]
        selection = self.api.client.select(
            SEALED_SECRETS,
            namespace=metadata["namespace"],
            field_selector=f"metadata.name={metadata['name']}",
        )
        async with (
            asyncio.timeout(_PATIENCE_SECONDS),
            aclosing(selection.watch(metadata["resourceVersion"])) as events,
        ):
            async for event in events:
                status = getattr(event.object, "status", None) or {}
                if status.get("observedGeneration") == metadata["generation"]:
                    return
        raise AssertionError("the watch ended before the status was written")

    async def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        code, answer = await self.api.raw(method, path, body)
        assert code < 300, answer
        return cast("dict[str, Any]", answer)


def key_secrets() -> list[dict[str, Any]]:
    """Return the key Secrets that the recorded controller held, as manifests.

    Two are as the original's controller stored them; the others were put there by hand.
    """
    manifests = []
    for key in vectors.key_index()["keys"]:
        if "secret" in key:
            manifest = vectors.load_manifest(vectors.KEYS / key["secret"])
            del manifest["metadata"]["resourceVersion"], manifest["metadata"]["uid"]
            manifests.append(manifest)
        elif key["id"] != "stranger":
            pair = vectors.key_pair(key["id"])
            made = key_secret(pair, namespace=KEY_NAMESPACE, name=f"key-{key['id']}")
            manifests.append(secret_body(made))
    return manifests


@asynccontextmanager
async def controlling(
    access: Access, observer: Observer | None = None, *, follows_keys: bool = False
) -> AsyncIterator[Controller]:
    """Run our controller; leaving the block lets it finish what it has in hand.

    Args:
        access: How it reaches the API server.
        observer: Told what it does.
        follows_keys: Whether it takes notice of key Secrets that come and go.
    """
    async with KubeClient(access) as client:
        options = KeyStoreOptions(KEY_NAMESPACE, require_existing=True)
        vault = KubeVault(client, KEY_NAMESPACE)
        keystore = KeyStore(vault, options)
        plan = KeyPlan(Renewal(timedelta(), makes_first=False))
        keeper = KeyKeeper(keystore, vault, plan) if follows_keys else None
        render = Rendering(lambda: keystore.digest_key)
        with Unsealer(lambda: keystore.keyring, render=render, observer=observer) as unsealer:
            store = KubeStore(client, places=Places(NAMESPACES))
            reconciler = Reconciler(store, unsealer, lambda: keystore.digest_key, observer=observer)
            controller = Controller(store, keystore, reconciler, observer=observer, keeper=keeper)
            stop = asyncio.Event()
            running = asyncio.create_task(controller.run(stop))
            try:
                yield controller
            finally:
                stop.set()
                await running


def _path(kind: str, namespace: str) -> str:
    return f"{_PATHS[kind]}/namespaces/{namespace}/{kind.lower()}s"
