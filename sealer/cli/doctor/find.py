"""Where the controller is: where it is said or usual to be, else where its labels are."""

from sealer.cli.cluster.gateway import Gateway
from sealer.cli.doctor.asking import every, one
from sealer.doctor.facts import Fact, Object, Place, Right
from sealer.doctor.workload import is_controller, labels_match
from sealer.manifest.cursor import Cursor

# Of the charts, whatever the release is called, and of the manifests.
_LABELS = ({"app.kubernetes.io/name": "sealed-secrets"}, {"name": "sealed-secrets-controller"})
DEPLOYMENTS = Right("list", "deployments", "apps")


def service_at(gateway: Gateway, place: Place) -> Fact[Object | None]:
    """Return the Service of a place."""
    return one(gateway, Right("get", "services", "", place.namespace, place.name))


def deployment_at(
    gateway: Gateway, place: Place, service: Fact[Object | None]
) -> Fact[Object | None]:
    """Return the Deployment of a place: of the same name, or the one that its Service leads to."""
    named = one(
        gateway, DEPLOYMENTS._replace(verb="get", namespace=place.namespace, name=place.name)
    )
    if not named.is_known or named.get() is not None:
        return named
    found = service.get() if service.is_known else None
    if found is None:
        return named
    listed = every(gateway, DEPLOYMENTS._replace(namespace=place.namespace), "Deployment")
    if not listed.is_known:
        return Fact(None, listed.gap)
    selector = Cursor(found).at("spec", "selector")
    return Fact(
        next((each for each in listed.get() if labels_match(selector, _pod_labels(each))), None)
    )


def candidates(gateway: Gateway) -> Fact[list[Object]]:
    """Return all Deployments of the cluster that look like such a controller."""
    found: dict[tuple[str, str], Object] = {}
    for labels in _LABELS:
        listed = every(gateway, DEPLOYMENTS, "Deployment", labels=labels)
        if not listed.is_known:
            return listed
        found |= {key_of(each): each for each in listed.get() if is_controller(each)}
    return Fact(list(found.values()))


def key_of(deployment: Object) -> tuple[str, str]:
    """Return the namespace and name of a Deployment."""
    metadata = Cursor(deployment).at("metadata")
    return metadata.text("namespace"), metadata.text("name")


def _pod_labels(deployment: Object) -> object:
    return Cursor(deployment).at("spec", "template", "metadata", "labels").value
