"""Where the controller is: where it is said or usual to be, else the only one that there is."""

from collections.abc import Sequence

from sealer.cli.cluster.gateway import Gateway
from sealer.cli.doctor.asking import every, fact, listing, one, path_of
from sealer.doctor.facts import Fact, Object, Place, Right
from sealer.doctor.workload import Likeness, labels_match, likeness
from sealer.manifest.cursor import Cursor

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


def candidates(
    gateway: Gateway, right: Right = DEPLOYMENTS, kind: str = "Deployment"
) -> Fact[list[Object]]:
    """Return all Deployments of the cluster, or workloads of another kind, that look like it.

    All are listed, since an installation may carry any labels; only those are kept.
    """

    def ask() -> list[Object]:
        return [
            {**each, "kind": kind}
            for each in listing(gateway, path_of(right))
            if likeness(each) is not Likeness.NONE
        ]

    return fact(ask, right)


def sets(gateway: Gateway) -> Fact[list[Object]]:
    """Return what looks like such a controller and is run by a kind that it is not meant for."""
    found: list[Object] = []
    for kind in ("StatefulSet", "DaemonSet"):
        right = DEPLOYMENTS._replace(resource=f"{kind.lower()}s")
        listed = candidates(gateway, right, kind)
        if not listed.is_known:
            return listed
        found += listed.get()
    return Fact(found)


def installation(found: Sequence[Object]) -> Object | None:
    """Return the only one of several Deployments that is a controller, or is called like one."""
    sure = [each for each in found if likeness(each) is Likeness.SURE]
    likely = sure or found
    return likely[0] if len(likely) == 1 else None


def key_of(deployment: Object) -> tuple[str, str]:
    """Return the namespace and name of a Deployment."""
    metadata = Cursor(deployment).at("metadata")
    return metadata.text("namespace"), metadata.text("name")


def _pod_labels(deployment: Object) -> object:
    return Cursor(deployment).at("spec", "template", "metadata", "labels").value
