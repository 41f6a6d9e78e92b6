"""The Deployments, StatefulSets and DaemonSets of a cluster, and the rolling of them.

Rolled is what `kubectl rollout restart` rolls, and the same way: by an annotation of the pod
template. How, and how fast, is the workload's own strategy.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from msgspec import Struct

from sealer_controller.errors import ChangedMeanwhileError
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import ConflictError, NotFoundError
from sealer_controller.kube.objects import ObjectMeta, Resource, Unreadable, key_of
from sealer_controller.objects import Key
from sealer_controller.workloads import KINDS, Workload

__all__ = ["KubeWorkloads"]


class _Spec(Struct, frozen=True):
    template: Any = None


class WorkloadObject(Struct, frozen=True, kw_only=True):
    """A workload: its pod template is looked at later, and leniently."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()


_RESOURCES = {kind: Resource(WorkloadObject, f"{kind.lower()}s", group="apps") for kind in KINDS}


class KubeWorkloads:
    """The port `Workloads` in requests of `kube`.

    Args:
        client: Reaches the API server.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def find(self, namespace: str) -> AsyncGenerator[Workload, None]:
        """Yield every workload of a namespace; of one that cannot be read nothing is known."""
        for kind, resource in _RESOURCES.items():
            pages = self._client.select(resource, namespace=namespace).pages()
            async with aclosing(pages):
                async for page in pages:
                    for obj in page.items:
                        if not isinstance(obj, Unreadable) and not _is_going(obj):
                            yield _workload(kind, obj)

    async def read(self, kind: str, key: Key) -> Workload | None:
        """Return a workload, or None."""
        try:
            obj = await self._client.get(_RESOURCES[kind], key.name, key.namespace)
        except NotFoundError:
            return None
        return None if _is_going(obj) else _workload(kind, obj)

    async def stamp(self, workload: Workload, name: str, text: str) -> None:
        """Annotate a workload's pod template. One that is gone is left alone."""
        patch = {
            "metadata": {"resourceVersion": workload.resource_version},
            "spec": {"template": {"metadata": {"annotations": {name: text}}}},
        }
        namespace, target = workload.key
        try:
            await self._client.merge_patch(_RESOURCES[workload.kind], patch, target, namespace)
        except ConflictError as error:
            raise ChangedMeanwhileError(error.message) from error
        except NotFoundError:
            return


def _is_going(obj: WorkloadObject) -> bool:
    return obj.metadata.deletion_timestamp is not None


def _workload(kind: str, obj: WorkloadObject) -> Workload:
    template = obj.spec.template
    metadata = template.get("metadata") if isinstance(template, Mapping) else None
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    stamps = annotations if isinstance(annotations, Mapping) else {}
    version = obj.metadata.resource_version
    return Workload(kind, key_of(obj), version, template, dict(stamps))
