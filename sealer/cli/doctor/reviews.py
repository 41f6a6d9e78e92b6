"""What subjects may do, as the API server says: SubjectAccessReviews (threats.md T13, T7)."""

from collections.abc import Iterator, Mapping

from sealer.cli.cluster.gateway import Gateway
from sealer.cli.doctor.asking import fact
from sealer.doctor.checks.subjects import posting, reading
from sealer.doctor.facts import CONTROLLER, Fact, Place, Right
from sealer.doctor.rights import needed
from sealer.doctor.settings import Settings
from sealer.everybody import ACCOUNTS, EVERYBODY, default_groups, reviewed_as
from sealer.manifest.cursor import Cursor

_GROUP = "authorization.k8s.io"
_PATH = f"/apis/{_GROUP}/v1/subjectaccessreviews"
_REVIEW = Right("create", "subjectaccessreviews", _GROUP)


def questions(
    place: Place, settings: Settings | None, selected: tuple[str, ...]
) -> Iterator[tuple[str, Right]]:
    """Yield what to ask: a subject, and what it may do.

    Args:
        place: Where the controller is.
        settings: What it was told; None where that is not known.
        selected: The namespaces that it chooses by labels.
    """
    if settings is not None:
        for right in dict.fromkeys(needed(settings, place.namespace, selected)):
            yield CONTROLLER, right
    for group in default_groups(place.namespace):
        rights = (*reading(place.namespace), *posting(place.namespace, place.name))
        yield from ((group, right) for right in rights)


def review(
    gateway: Gateway, subject: str, right: Right, namespace: str, account: str
) -> Fact[bool]:
    """Return whether a subject may do something.

    Args:
        gateway: Reaches the API server.
        subject: `controller`, or a group.
        right: What.
        namespace: The controller's.
        account: The controller's ServiceAccount.
    """
    who = _controller(namespace, account) if subject == CONTROLLER else reviewed_as(subject)
    kind, _, part = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": kind, "subresource": part}
    attributes |= {"namespace": right.namespace, "name": right.name}
    body = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            **who,
            "resourceAttributes": {key: text for key, text in attributes.items() if text},
        },
    }

    def ask() -> bool:
        return Cursor(gateway.post(_PATH, body).json()).is_true("status", "allowed")

    return fact(ask, _REVIEW)


def _controller(namespace: str, account: str) -> Mapping[str, object]:
    groups = [ACCOUNTS, f"{ACCOUNTS}:{namespace}", EVERYBODY]
    return {"user": f"system:serviceaccount:{namespace}:{account}", "groups": groups}
