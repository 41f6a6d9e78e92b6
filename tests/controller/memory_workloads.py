"""Workloads in memory, which read the Secret shop/db, and can be rolled."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.objects import Key
from sealer_controller.workloads import Workload, stamp_name
from tests.controller.memory import Scripted

__all__ = ["STAMP", "MemoryWorkloads"]

STAMP = stamp_name("db")


class MemoryWorkloads(Scripted):
    """Workloads in memory.

    Attributes:
        held: What there is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, Key], Workload] = {}

    def put(self, name: str, *items: str, kind: str = "Deployment", stamp: str = "") -> None:
        """Hold a workload that reads these items of the Secret; without any, it reads none."""
        variables = [
            {"name": item, "valueFrom": {"secretKeyRef": {"name": "db", "key": item}}}
            for item in items
        ]
        template = {"spec": {"containers": [{"name": "main", "env": variables}]}}
        key = Key("shop", name)
        stamps = {STAMP: stamp} if stamp else {}
        self.held[kind, key] = Workload(kind, key, "1", template, stamps)

    def stamps(self) -> dict[str, str]:
        """Return the stamps that there are, by workload."""
        return {str(each): each.stamps[STAMP] for each in self.held.values() if each.stamps}

    async def find(self, namespace: str) -> AsyncGenerator[Workload, None]:
        """Yield the workloads of a namespace."""
        await self.called("find")
        for workload in list(self.held.values()):
            if workload.key.namespace == namespace:
                yield workload

    async def read(self, kind: str, key: Key) -> Workload | None:
        """Return a workload, or None."""
        await self.called("read")
        return self.held.get((kind, key))

    async def stamp(self, workload: Workload, name: str, text: str) -> None:
        """Annotate a workload's pod template."""
        await self.called("stamp")
        found = self.held[workload.kind, workload.key]
        if found.resource_version != workload.resource_version:
            raise ChangedMeanwhileError("it is another one by now")
        version = str(int(found.resource_version) + 1)
        stamped = replace(found, resource_version=version, stamps={**found.stamps, name: text})
        self.held[workload.kind, workload.key] = stamped
