"""Which rights a controller needs, by what it was told to do, and which ones it may have besides.

These are the rights of the manifests in `deploy/`; a test compares them.
"""

from collections.abc import Iterator

from sealer.certsource import CONFIG_MAP
from sealer.doctor.facts import Right
from sealer.doctor.settings import Settings
from sealer.manifest.sealedsecret import GROUP, PLURAL

_EVENTS = ("create", "patch")
_READ = ("get", "list", "watch")
_LEASES, _APPS, _REVIEWS = "coordination.k8s.io", "apps", "authorization.k8s.io"
_WORKLOADS = ("daemonsets", "deployments", "statefulsets")
_EVERYWHERE = ("",)


def needed(settings: Settings, namespace: str, selected: tuple[str, ...] = ()) -> Iterator[Right]:
    """Yield the rights without which the controller cannot do what it was told to.

    Args:
        settings: What it was told.
        namespace: Its own.
        selected: The namespaces that its selector chooses.
    """
    for place in places(settings, namespace, selected):
        yield from _at_work(settings, place)
    keys = ("get", "create", "list", *(("watch",) if settings.watches_keys else ()))
    yield from (Right(verb, "secrets", "", namespace) for verb in keys)
    if settings.elects:
        lease = ("leases", _LEASES, namespace)
        yield from (Right(verb, *lease, settings.lease) for verb in (*_READ, "update"))
        yield Right("create", *lease)
    if settings.selector:
        yield from (Right(verb, "namespaces") for verb in _READ[1:])


def places(settings: Settings, namespace: str, selected: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the namespaces that a controller looks at; an empty one means all."""
    if settings.sees_all:
        return _EVERYWHERE
    named = (namespace, *settings.namespaces) if settings.namespaces else ()
    own = () if settings.selector else (namespace,)
    return tuple(dict.fromkeys((*named, *own, *selected)))


def allowed(settings: Settings) -> frozenset[tuple[str, str, str, str]]:
    """Return what its rules may say, as verb, resource, group and the one name (or none).

    The rights that a person may have given it on purpose, to make Secrets anew, to roll workloads
    or to publish the certificate, are among them.
    """
    optional = (
        Right("delete", "secrets"),
        *(Right(verb, kind, _APPS) for kind in _WORKLOADS for verb in ("get", "list", "patch")),
        *(Right(verb, "configmaps", "", "", CONFIG_MAP) for verb in ("get", "update")),
        *(Right(verb, "secrets") for verb in (*_READ, "create", "update")),
        *(Right(verb, "namespaces") for verb in _READ),
        *(Right("create", f"{kind}subjectaccessreviews", _REVIEWS) for kind in ("local", "self")),
        *(Right(verb, "leases", _LEASES, "", settings.lease) for verb in (*_READ, "update")),
        Right("create", "leases", _LEASES),
        *_at_work(Settings(), ""),
    )
    return frozenset((each.verb, each.resource, each.group, each.name) for each in optional)


def _at_work(settings: Settings, place: str) -> Iterator[Right]:
    """Yield what the objects of a namespace take."""
    yield from (Right(verb, PLURAL, GROUP, place) for verb in _READ)
    if settings.writes_status:
        yield Right("update", f"{PLURAL}/status", GROUP, place)
    verbs = ["get", "create", "update"]
    verbs += ["list", "watch"] if settings.watches else []
    verbs += ["delete"] if settings.deletes else []
    yield from (Right(verb, "secrets", "", place) for verb in verbs)
    yield from (Right(verb, "events", "", place) for verb in _EVENTS)
