"""Make the cluster as if no controller had been installed, for the next who installs one."""

from tests.cluster.server import Cluster

__all__ = ["clear"]

_LABELS = (
    "name=sealed-secrets-controller",
    "app.kubernetes.io/name=sealed-secrets",
)
_KINDS = (
    "deployments,services,serviceaccounts,configmaps,poddisruptionbudgets,networkpolicies,"
    "roles,rolebindings"
)
_EVERYWHERE = "clusterroles,clusterrolebindings"
_KEY = "sealedsecrets.bitnami.com/sealed-secrets-key"
_WRITTEN = ("secret/sealed-secrets-digest-key", "lease/sealed-secrets-controller")
_QUIETLY = ("--ignore-not-found", "--wait=false")


def clear(cluster: Cluster, namespace: str = "kube-system") -> None:
    """Delete an installation, by chart or by manifests, and what the controller wrote beside it.

    The CustomResourceDefinition stays, and with it every SealedSecret.
    """
    place = ("-n", namespace, *_QUIETLY)
    for label in _LABELS:
        cluster.kubectl("delete", _KINDS, "-l", label, *place)
        cluster.kubectl("delete", _EVERYWHERE, "-l", label, *_QUIETLY)
    cluster.kubectl("delete", "secrets", "-l", _KEY, *place)
    cluster.kubectl("delete", "secrets", "-l", "owner=helm", *place)
    cluster.kubectl("delete", *_WRITTEN, *place)
