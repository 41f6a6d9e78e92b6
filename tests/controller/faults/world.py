"""A controller at work on an API server that is in trouble, and what must be true afterwards.

    async with controlling(world) as program:
        await world.seal("db", {"password": b"one"})
        world.wire.cut()
        ...
        world.wire.mend()
        await world.converged()
        assert program.metric("watch_restarts_total", kind="sealedsecrets", reason="unreachable")

The same scenes are played on the fake API server and on the real one. Whatever happened,
`converged` waits until every object is told right and its Secret is, and then looks at all Secrets
there are: none lost, none wrong, and none touched that is not ours.
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

from sealer.keysecret import DIGEST_KEY, KEY_LABEL, key_secret
from sealer.manifest import Secret as PlainSecret
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_controller.app import Parts, assembled
from sealer_controller.kube.access import Access
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import ConflictError, NotFoundError
from sealer_controller.kube.objects import ObjectT, Resource
from sealer_controller.kube.opening import on_cluster
from sealer_controller.kube.reflector import Deleted, Pace, Upserted, reflect
from sealer_controller.kube.types import secret_body
from sealer_controller.metrics import Metrics
from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.observers import Observers
from sealer_controller.settings.load import load
from sealer_keys.keyring import Keyring
from tests.contract.api import SEALED_SECRETS, SECRETS, Api, Sealed, Secret
from tests.support import vectors
from tests.support.wire import Wire

__all__ = ["Data", "Program", "Server", "World", "controlling", "in_trouble", "key_name"]

Data: TypeAlias = Mapping[str, bytes]
KEY = "rsa2048"
_PATIENCE_SECONDS = 20.0


class Server(Protocol):
    """What can be done to an API server."""

    async def crash(self) -> None:
        """End it as `kill -9` does, and all that it stands on."""

    async def revive(self) -> None:
        """Start it again where it was, with the objects that it had."""

    async def uninstall(self) -> None:
        """Remove the kind SealedSecret, and all objects with it."""

    async def install(self) -> None:
        """Serve the kind again."""

    async def forget(self) -> None:
        """Make it forget what happened before: watches that begin there are refused (410)."""


@dataclass
class World:
    """An API server, the network to it, and what people want of it.

    Attributes:
        server: The API server as somebody sees it who may kill it.
        client: An administrator's, which reaches the server past the network.
        namespace: The one that everything is in, the keys too.
        wire: The network between controller and server.
        access: How the controller reaches the server.
        sealed: The SealedSecrets that there are.
        secrets: The Secrets that there are.
        wanted: What the Secret of each SealedSecret must hold.
        left: Secrets that nobody may touch: those of others, and of SealedSecrets that are gone.
        loose: Names whose Secrets may be there or not: their SealedSecrets went away half-way.
    """

    server: Server
    client: KubeClient
    namespace: str
    wire: Wire
    access: Access
    sealed: dict[str, Sealed] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    wanted: dict[str, Data] = field(default_factory=dict)
    left: dict[str, Secret] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _running: asyncio.Task[None] | None = None

    async def put_key(self, name: str = KEY) -> None:
        """Put one of the recorded keys where the controller looks for keys."""
        pair = vectors.key_pair(name)
        body = secret_body(key_secret(pair, namespace=self.namespace, name=key_name(name)))
        await self.client.create(SECRETS, body, self.namespace)

    async def seal(self, name: str, data: Data, *, key: str = KEY, **spec: object) -> None:
        """Apply a SealedSecret that is to become a Secret with these data.

        Args:
            name: Of both.
            data: The items.
            key: The recorded key that it is sealed for.
            spec: More fields of the spec.
        """
        await self.apply(self.sealed_body(name, data, key=key, **spec))
        self.wanted[name] = data

    def sealed_body(
        self, name: str, data: Data, *, key: str = KEY, **spec: object
    ) -> dict[str, Any]:
        """Return a SealedSecret to send."""
        certificate = vectors.key_pair(key).certificate
        assert certificate is not None
        items = {item: SecretBytes(value) for item, value in data.items()}
        plain = PlainSecret(self.namespace, name, items)
        body: dict[str, Any] = seal_secret(plain, certificate).sealed_secret.to_object()
        body["spec"] |= spec
        return body

    async def apply(self, body: dict[str, Any]) -> None:
        """Create a SealedSecret, or replace the one there is, whatever is written meanwhile."""
        name = body["metadata"]["name"]
        while True:
            try:
                found = await self.client.get(SEALED_SECRETS, name, self.namespace)
            except NotFoundError:
                await self.client.create(SEALED_SECRETS, body, self.namespace)
                return
            version = {"resourceVersion": found.metadata.resource_version}
            newer = body | {"metadata": body["metadata"] | version}
            with suppress(ConflictError):
                await self.client.replace(SEALED_SECRETS, newer, name, self.namespace)
                return

    async def unseal(self, name: str) -> None:
        """Delete a SealedSecret. Nobody collects garbage here, so its Secret must stay as it is."""
        await self.client.delete(SEALED_SECRETS, name, self.namespace)
        del self.wanted[name]

    async def foreign(self, name: str) -> None:
        """Make a Secret of somebody else, which nobody may touch."""
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
        made = await self.client.create(SECRETS, body | {"data": {"k": "dGhlaXJz"}}, self.namespace)
        self.left[name] = made

    async def spoil(self, name: str, data: Data) -> None:
        """Write other data into a Secret behind the controller's back."""
        found = await self.client.get(SECRETS, name, self.namespace)
        found.data = {item: base64.b64encode(value).decode() for item, value in data.items()}
        await self.client.replace(SECRETS, found, name, self.namespace)

    async def lose(self, name: str) -> None:
        """Delete a Secret behind the controller's back."""
        await self.client.delete(SECRETS, name, self.namespace)

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until something is so, asking after each change of an object.

        Raises:
            TimeoutError: It does not come to be.
            Exception: The controller has failed.
        """
        async with asyncio.timeout(_PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: so() or self._has_failed())
        if self._running is not None and self._has_failed():
            self._running.result()

    def _has_failed(self) -> bool:
        task = self._running
        return task is not None and task.done() and not task.cancelled() and bool(task.exception())

    async def watch_over(self, task: asyncio.Task[None]) -> None:
        """Let whoever waits know when the controller fails."""
        self._running = task
        await asyncio.wait([task])
        async with self._news:
            self._news.notify_all()

    async def converged(self) -> None:
        """Wait until everything is as it is wanted, and make sure that nothing else is."""
        try:
            await self.until(lambda: not self.wrong())
        except TimeoutError:
            raise AssertionError(f"it does not converge: {self.wrong()}") from None
        await self._check_all()

    def wrong(self) -> dict[str, str]:
        """Return which objects are not as they are wanted, and why."""
        found = {name: self._fault(name, data) for name, data in self.wanted.items()}
        return {name: fault for name, fault in found.items() if fault}

    def _fault(self, name: str, data: Data) -> str:
        sealed, secret = self.sealed.get(name), self.secrets.get(name)
        if sealed is None:
            return "the SealedSecret is missing"
        if secret is None:
            return "the Secret is missing"
        if decoded(secret) != data:
            return f"the Secret is wrong in {sorted(decoded(secret).items() ^ data.items())}"
        if [owner.uid for owner in secret.metadata.owner_references] != [sealed.metadata.uid]:
            return "the Secret has another owner"
        if sealed.status.get("observedGeneration") != sealed.metadata.generation:
            return f"the status is old: {sealed.status}"
        return "" if synced(sealed) == "True" else f"not synced: {sealed.status}"

    async def _check_all(self) -> None:
        """Look at every Secret that there is: none wrong, none too many, none of others touched."""
        listed = await self.client.select(SECRETS, namespace=self.namespace).list()
        found = {item.metadata.name: item for item in listed.items if isinstance(item, Secret)}
        assert len(found) == len(listed.items)
        for name, data in self.wanted.items():
            assert decoded(found.pop(name)) == data
        for name, secret in self.left.items():
            assert found.pop(name) == secret
        for name in {DIGEST_KEY, *self.loose}:
            found.pop(name, None)
        assert all(KEY_LABEL in secret.metadata.labels for secret in found.values()), sorted(found)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Keep `sealed` and `secrets` up to date, whatever happens to the server."""
        tasks = [
            asyncio.create_task(self._keep(SEALED_SECRETS, self.sealed)),
            asyncio.create_task(self._keep(SECRETS, self.secrets)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, resource: Resource[ObjectT], objects: dict[str, ObjectT]) -> None:
        source = self.client.select(resource, namespace=self.namespace)
        async with aclosing(reflect(source, Pace(base=0.1, cap=0.5))) as changes:
            async for change in changes:
                if isinstance(change, Upserted):
                    objects[change.object.metadata.name] = change.object
                elif isinstance(change, Deleted):
                    objects.pop(change.key.name, None)
                async with self._news:
                    self._news.notify_all()


@dataclass
class Program:
    """A running controller.

    Attributes:
        parts: What it is made of.
        metrics: What it counts.
        stop: Ends it, as SIGTERM does.
        task: It, running.
        told: Hears what the controller tells.
    """

    parts: Parts
    metrics: Metrics
    stop: asyncio.Event
    task: asyncio.Task[None]
    told: "_Told"

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until something is so, asking after each thing that the controller tells.

        Raises:
            TimeoutError: It does not come to be.
        """
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not so():
                self.told.news.clear()
                await self.told.news.wait()

    async def idle(self) -> None:
        """Wait until nothing is being worked on: what was done has been counted then."""
        await self.until(lambda: not self.told.is_busy)

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of the series of a metric that have these labels."""
        text = self.metrics.render().decode()
        series = re.findall(rf"^sealed_secrets_controller_{name}(\S*) (\S+)$", text, re.MULTILINE)
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(value) for found, value in series if all(each in found for each in wanted))


class _Told(Observer):
    """Notes that the controller has told something, after whoever counts it."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.is_busy = False

    def queue_changed(self, waiting: int, working: int) -> None:
        """Note whether there is something to do."""
        self.is_busy = bool(waiting or working)
        self.news.set()

    def keys_changed(self, keyring: Keyring, unusable: int) -> None:
        """Note it."""
        del keyring, unusable
        self.news.set()

    def removed(self, key: Key) -> None:
        """Note it."""
        del key
        self.news.set()

    def watch_restarted(self, kind: str, reason: str) -> None:
        """Note it."""
        del kind, reason
        self.news.set()


@asynccontextmanager
async def controlling(world: World, *arguments: str) -> AsyncIterator[Program]:
    """Run the controller as the program does; leaving the block lets it finish its work.

    Args:
        world: Where.
        arguments: More of its flags; it looks at one namespace.
    """
    server = [f"--server={world.access.server}", "--all-namespaces=false", "--key-renew-period=0"]
    if world.access.token_file:
        server.append(f"--token-file={world.access.token_file}")
    if world.access.ca_file:
        server.append(f"--ca-file={world.access.ca_file}")
    settings = load([*server, "--key-size=2048", *arguments], {}).settings
    metrics, told, stop = Metrics("test"), _Told(), asyncio.Event()
    observers = Observers(metrics, told)
    async with on_cluster(settings, world.namespace, {}, observers) as place:
        with assembled(settings, world.namespace, place, observers) as parts:
            task = asyncio.create_task(parts.controller.run(stop))
            watching = asyncio.create_task(world.watch_over(task))
            try:
                yield Program(parts, metrics, stop, task, told)
            finally:
                stop.set()
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await task
                    await watching


@asynccontextmanager
async def in_trouble(server: Server, api: Api) -> AsyncIterator[World]:
    """Put a network in front of an API server, and a key into it."""
    url = urlsplit(api.access.server)
    assert url.hostname is not None
    assert url.port is not None
    async with Wire(url.hostname, url.port) as wire:
        address = f"{url.scheme}://{url.hostname}:{wire.port}"
        access = Access(address, api.access.token_file, api.access.ca_file)
        async with KubeClient(api.access, manager="administrator") as client:
            world = World(server, client, api.namespace, wire, access)
            await world.put_key()
            async with world.watched():
                yield world


def key_name(key: str = KEY) -> str:
    """Return the name of the Secret of a recorded key."""
    return f"key-{key}"


def decoded(secret: Secret) -> dict[str, bytes]:
    """Return the data of a Secret."""
    return {item: base64.b64decode(text) for item, text in secret.data.items()}


def synced(sealed: Sealed) -> str:
    """Return the status of the condition `Synced`."""
    conditions = sealed.status.get("conditions", ())
    return next((each["status"] for each in conditions if each["type"] == "Synced"), "")
