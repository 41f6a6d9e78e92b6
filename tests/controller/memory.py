"""A store and a key vault in memory: they do as they are told and remember what was asked."""

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sealer.manifest import SealedSecret, Secret, Template
from sealer.sealing import seal_secret
from sealer.sensitive import SecretBytes
from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.objects import (
    Event,
    Key,
    Removed,
    SecretChange,
    Status,
    StoreChange,
    StoredSealedSecret,
    StoredSecret,
    Upserted,
)
from sealer_controller.ports import KeySecret, Workloads
from tests.support import vectors

__all__ = ["NOW", "SHOP_DB", "MemoryStore", "MemoryVault", "Scripted", "seal", "secret", "stored"]

Meanwhile = Callable[[], object]
NOW = datetime(2027, 1, 1, 12, 30, 15, 250_000, tzinfo=UTC)
SHOP_DB = Key("shop", "db")


def secret(data: Mapping[str, bytes] | None = None, **fields: Any) -> Secret:  # noqa: ANN401 - the fields of a Secret
    """Return the Secret shop/db with these items."""
    items = {key: SecretBytes(value) for key, value in (data or {"k": b"value"}).items()}
    return replace(Secret("shop", "db", items, type="Opaque"), **fields)


def seal(plain: Secret | None = None, *, key: str = "rsa2048") -> SealedSecret:
    """Return a Secret sealed with one of the recorded keys."""
    certificate = vectors.key_pair(key).certificate
    assert certificate is not None
    return seal_secret(plain or secret(), certificate).sealed_secret


def stored(sealed: SealedSecret | None = None, **fields: Any) -> StoredSealedSecret:  # noqa: ANN401 - its fields
    """Return a SealedSecret as a store holds it; without one, an object that needs no key."""
    empty = SealedSecret("shop", "db", {}, Template())
    return replace(StoredSealedSecret(sealed or empty, uid="uid-1"), **fields)


class Scripted:
    """Something whose calls are remembered, and can be made to fail or to be late.

    Attributes:
        calls: What was asked, in order.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._faults: dict[str, deque[Exception]] = {}
        self._meanwhile: dict[str, deque[Meanwhile]] = {}

    def fail(self, call: str, *errors: Exception) -> None:
        """Let the next calls of a method raise these errors, one each."""
        self._faults.setdefault(call, deque()).extend(errors)

    def meanwhile(self, call: str, *others: Meanwhile) -> None:
        """Let something else happen just before the next calls of a method, one each."""
        self._meanwhile.setdefault(call, deque()).extend(others)

    async def called(self, call: str) -> None:
        """Do what is to be done in every call."""
        self.calls.append(call)
        await asyncio.sleep(0)  # others get their turn, as with any real store
        if self._meanwhile.get(call):
            awaited = self._meanwhile[call].popleft()()
            if inspect.isawaitable(awaited):
                await awaited
        if self._faults.get(call):
            raise self._faults[call].popleft()


class MemoryStore(Scripted):
    """A store in memory.

    Attributes:
        sealed: The SealedSecrets that were reported and are not gone.
        secrets: What there is.
        statuses: The last status written of each object.
        events: The Events recorded, in order.
        news: What `changes` reports next; its `join` waits until all that is dealt with.
        secret_news: What `secret_changes` reports next.
        workloads: What can be rolled.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sealed: dict[Key, StoredSealedSecret] = {}
        self.secrets: dict[Key, StoredSecret] = {}
        self.statuses: dict[Key, Status] = {}
        self.events: list[Event] = []
        self.news: asyncio.Queue[StoreChange | Exception] = asyncio.Queue()
        self.secret_news: asyncio.Queue[SecretChange] = asyncio.Queue()
        self.workloads: Workloads | None = None
        self._version = 0

    def put(self, plain: Secret, uid: str = "secret-1") -> StoredSecret:
        """Hold a Secret, as if somebody else had written it."""
        self._version += 1
        held = StoredSecret(plain, uid, str(self._version))
        self.secrets[Key(plain.namespace, plain.name)] = held
        return held

    async def changes(self) -> AsyncGenerator[StoreChange, None]:
        """Report what is put into `news`; an error in it is raised."""
        while True:
            change = await self.news.get()
            if isinstance(change, Exception):
                raise change
            if isinstance(change, Upserted):
                self.sealed[change.stored.key] = change.stored
            elif isinstance(change, Removed):
                self.sealed.pop(change.key, None)
            yield change
            self.news.task_done()

    async def read_sealed_secret(self, key: Key) -> StoredSealedSecret | None:
        """Return a SealedSecret with the status that was last written, or None."""
        await self.called("read_sealed_secret")
        found = self.sealed.get(key)
        return found and replace(found, status=self.statuses.get(key, found.status))

    async def read_secret(self, key: Key) -> StoredSecret | None:
        """Return the Secret of that name, or None."""
        await self.called("read_secret")
        return self.secrets.get(key)

    async def create_secret(self, plain: Secret) -> StoredSecret:
        """Create a Secret."""
        await self.called("create_secret")
        if Key(plain.namespace, plain.name) in self.secrets:
            raise ChangedMeanwhileError("there is one")
        return self.put(plain)

    async def replace_secret(self, before: StoredSecret, after: Secret) -> StoredSecret:
        """Replace a Secret by another one of the same name."""
        await self.called("replace_secret")
        if self.secrets.get(Key(after.namespace, after.name)) != before:
            raise ChangedMeanwhileError("it is another one by now")
        return self.put(after, before.uid)

    async def secret_changes(self) -> AsyncGenerator[SecretChange, None]:
        """Report what is put into `secret_news`."""
        while True:
            yield await self.secret_news.get()
            self.secret_news.task_done()

    async def dry_run_create(self, plain: Secret) -> None:
        """Let a Secret be checked."""
        del plain
        await self.called("dry_run_create")

    async def delete_secret(self, before: StoredSecret) -> None:
        """Delete a Secret."""
        await self.called("delete_secret")
        key = Key(before.secret.namespace, before.secret.name)
        if self.secrets.get(key) != before:
            raise ChangedMeanwhileError("it is another one by now")
        del self.secrets[key]

    async def write_status(self, written: StoredSealedSecret, status: Status) -> None:
        """Write the status of a SealedSecret."""
        await self.called("write_status")
        self.statuses[written.key] = status

    async def record(self, _about: StoredSealedSecret, event: Event) -> None:
        """Record an Event about a SealedSecret."""
        await self.called("record")
        self.events.append(event)


class MemoryVault(Scripted):
    """A key vault in memory.

    Attributes:
        held: The key Secrets.
        taken: Names that something else has.
        digest: The Secret of the digest key, if there is one.
        news: What `changes` reports next; its `join` waits until all that is dealt with.
        published: The certificates that were published, in order.
        events: The Events recorded, each with the name of the key Secret.
        may_read: Who may read the keys and should not.
    """

    may_read: Sequence[str] = ()

    def __init__(self, *secrets: KeySecret) -> None:
        super().__init__()
        self.held = list(secrets)
        self.taken: set[str] = set()
        self.digest: Secret | None = None
        self.news: asyncio.Queue[None] = asyncio.Queue()
        self.published: list[bytes] = []
        self.events: list[tuple[str, Event]] = []

    async def key_secrets(self) -> Sequence[KeySecret]:
        """Return every key Secret."""
        await self.called("key_secrets")
        return tuple(self.held)

    async def create_key_secret(self, plain: Secret, prefix: str) -> KeySecret:
        """Store a new key Secret."""
        await self.called("create_key_secret")
        assert plain.name.startswith(prefix)
        if plain.name in self.taken | {each.secret.name for each in self.held}:
            raise ChangedMeanwhileError("the name is taken")
        made = KeySecret(plain, NOW)
        self.held.append(made)
        return made

    async def changes(self) -> AsyncGenerator[None, None]:
        """Report what is put into `news`."""
        while True:
            await self.news.get()
            yield
            self.news.task_done()

    async def publish(self, certificate: bytes) -> None:
        """Keep the certificate."""
        await self.called("publish")
        self.published.append(certificate)

    async def readers(self) -> Sequence[str]:
        """Return who may read the keys and should not."""
        await self.called("readers")
        return self.may_read

    async def record(self, name: str, event: Event) -> None:
        """Keep the Event."""
        await self.called("record")
        self.events.append((name, event))

    async def digest_key(self) -> Secret | None:
        """Return the Secret of the digest key, or None."""
        await self.called("digest_key")
        return self.digest

    async def create_digest_key(self, plain: Secret) -> Secret:
        """Store the Secret of the digest key."""
        await self.called("create_digest_key")
        if self.digest is not None:
            raise ChangedMeanwhileError("there is one")
        self.digest = plain
        return plain
