"""Ask the API server which groups of many may read the Secrets of a namespace (threats.md T13).

Rights that a named person or program was given are no surprise; one that a group has been given in
which everybody is, or every program, seldom was meant to reach the sealing keys.
"""

from collections.abc import Sequence

from msgspec import Struct

from sealer.everybody import READING, default_groups, reviewed_as
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.objects import ObjectMeta, Resource

__all__ = ["readers"]

_GROUP, _VERSION = "authorization.k8s.io", "v1"


class _Status(Struct, frozen=True):
    allowed: bool = False


class _Review(Struct, frozen=True, kw_only=True):
    metadata: ObjectMeta = ObjectMeta()
    status: _Status = _Status()


_REVIEWS = Resource(_Review, "localsubjectaccessreviews", _VERSION, _GROUP)


async def readers(client: KubeClient, namespace: str) -> Sequence[str]:
    """Return those of the groups that everybody, or every program, is in that may read Secrets.

    Raises:
        RetryableError: The API server cannot be asked now.
        TerminalError: It refuses to answer.
    """
    groups = default_groups(namespace)
    return [group for group in groups if await _may_read(client, namespace, group)]


async def _may_read(client: KubeClient, namespace: str, group: str) -> bool:
    for verb in READING:
        attributes = {"namespace": namespace, "verb": verb, "version": "v1", "resource": "secrets"}
        body = {
            "apiVersion": f"{_GROUP}/{_VERSION}",
            "kind": "LocalSubjectAccessReview",
            "metadata": {"namespace": namespace},
            "spec": {**reviewed_as(group), "resourceAttributes": attributes},
        }
        if (await client.create(_REVIEWS, body, namespace)).status.allowed:
            return True
    return False
