"""Work on a cluster: store and vault are the API server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sealer_controller.kube import access as kubeaccess
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.places import Places
from sealer_controller.kube.store import KubeStore
from sealer_controller.kube.throttle import Throttle
from sealer_controller.kube.vault import KubeVault
from sealer_controller.observer import Observer
from sealer_controller.settings.model import Settings

__all__ = ["on_cluster"]


@asynccontextmanager
async def on_cluster(
    settings: Settings, namespace: str, environ: Mapping[str, str], observer: Observer
) -> AsyncIterator[tuple[KubeStore, KubeVault]]:
    """Open the connection to the API server; nothing is asked of it yet.

    Args:
        settings: The settings.
        namespace: Our own, where the key Secrets are.
        environ: Says where the API server is, unless the settings do.
        observer: Told how the watches fare.

    Raises:
        AccessError: It is not known where the API server is, or who we are.
    """
    if settings.server:
        access = kubeaccess.Access(settings.server, settings.token_file, settings.ca_file)
    else:
        access = kubeaccess.in_cluster(environ)
    throttle = Throttle(settings.kubeclient_qps, settings.kubeclient_burst)
    async with KubeClient(access, throttle=throttle) as client:
        store = KubeStore(
            client,
            places=Places(settings.namespaces(namespace), str(settings.namespace_selector).strip()),
            label_selector=str(settings.label_selector),
            observer=observer,
        )
        yield store, KubeVault(client, namespace, prefix=settings.key_prefix, observer=observer)
