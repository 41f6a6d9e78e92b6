"""Work on a cluster: store, vault and Lease are in the API server."""

import socket
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from sealer_controller.election import Terms
from sealer_controller.elector import Elector
from sealer_controller.kube import access as kubeaccess
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.lease import KubeLease
from sealer_controller.kube.places import Places
from sealer_controller.kube.store import KubeStore
from sealer_controller.kube.throttle import Throttle
from sealer_controller.kube.vault import KubeVault
from sealer_controller.leadership import SoleReplica
from sealer_controller.observer import Observer
from sealer_controller.ports import Leadership
from sealer_controller.settings.model import Settings

__all__ = ["on_cluster"]


@asynccontextmanager
async def on_cluster(
    settings: Settings, namespace: str, environ: Mapping[str, str], observer: Observer
) -> AsyncIterator[tuple[KubeStore, KubeVault, Leadership]]:
    """Open the connection to the API server; nothing is asked of it yet.

    What is written through store and vault is written only while we lead.

    Args:
        settings: The settings.
        namespace: Our own, where the key Secrets are.
        environ: Says where the API server is, unless the settings do.
        observer: Told how the watches fare, and whether we lead.

    Raises:
        AccessError: It is not known where the API server is, or who we are.
    """
    if settings.server:
        access = kubeaccess.Access(settings.server, settings.token_file, settings.ca_file)
    else:
        access = kubeaccess.in_cluster(environ)
    throttle = Throttle(settings.kubeclient_qps, settings.kubeclient_burst)
    async with AsyncExitStack() as stack:
        leading: Leadership = SoleReplica(observer)
        if settings.leader_elect:
            # Its own connections, which no limit and no other request delays.
            client = await stack.enter_async_context(KubeClient(access))
            leading = _elector(client, settings, namespace, observer)
        client = KubeClient(access, throttle=throttle, may_write=leading.is_leader)
        await stack.enter_async_context(client)
        store = KubeStore(
            client,
            places=Places(settings.namespaces(namespace), str(settings.namespace_selector).strip()),
            label_selector=str(settings.label_selector),
            observer=observer,
        )
        vault = KubeVault(client, namespace, prefix=settings.key_prefix, observer=observer)
        yield store, vault, leading


def _elector(
    client: KubeClient, settings: Settings, namespace: str, observer: Observer
) -> Leadership:
    name = settings.leader_elect_resource_name
    return Elector(
        KubeLease(client, namespace, name, observer=observer),
        # The Pod's name, and what tells this process from an earlier one of the same Pod.
        f"{socket.gethostname()}_{uuid.uuid4()}",
        Terms(settings.leader_elect_lease_duration.total_seconds()),
        observer=observer,
    )
