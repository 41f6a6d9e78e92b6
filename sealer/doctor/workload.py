"""The controller's Deployment and Pods: whose program it is, which version, and how it fares."""

import re
from collections.abc import Iterator
from enum import Enum

from sealer.doctor.facts import Facts, Gap, NotKnownError, Object
from sealer.doctor.settings import container_of
from sealer.manifest.cursor import Cursor

OURS = "sealer-controller"
ORIGINAL = "sealed-secrets-controller"
_IMAGE = re.compile(r"(?:.*/)?(?P<name>[^/:@]+)(?::(?P<tag>[^@]+))?(?:@.*)?")
_READY, _NOT_READY, _NOT_FOUND = 200, 503, 404
_BUILD = re.compile(r'^sealed_secrets_controller_build_info\{revision="v?([^"]+)"\}', re.MULTILINE)
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+.].*)?")


class Program(Enum):
    """Whose controller it is."""

    OURS = "sealer-controller"
    ORIGINAL = "the original"
    UNKNOWN = "unknown"


def deployment_of(facts: Facts) -> Object:
    """Return the controller's Deployment.

    Raises:
        NotKnownError: It cannot be read, or there is none to look at.
    """
    deployment = facts.deployment.get()
    if deployment is None:
        raise NotKnownError(Gap("there is no Deployment of a controller to look at"))
    return deployment


def program_of(facts: Facts) -> Program:
    """Return whose controller it is: what it answers tells better than what its image is called.

    Only ours serves `/readyz`; the original answers that it does not know the path.
    """
    status = facts.readiness.get() if facts.readiness.is_known else 0
    if status == _NOT_FOUND:
        return Program.ORIGINAL
    if status in (_READY, _NOT_READY):
        return Program.OURS
    deployment = facts.deployment.get() if facts.deployment.is_known else None
    name, _ = image_of(deployment) if deployment else ("", "")
    return {OURS: Program.OURS, ORIGINAL: Program.ORIGINAL}.get(name, Program.UNKNOWN)


def is_controller(deployment: Object) -> bool:
    """Tell whether a Deployment runs such a controller, by what its container is or is called."""
    name, _ = image_of(deployment)
    return name in (OURS, ORIGINAL) or container_of(deployment).text("name") == ORIGINAL


def image_of(deployment: Object) -> tuple[str, str]:
    """Return the image's name, without where it comes from, and its tag; empty without one."""
    found = _IMAGE.fullmatch(container_of(deployment).text("image"))
    return (found["name"], found["tag"] or "") if found else ("", "")


def version_of(facts: Facts) -> str:
    """Return the controller's version as it says it, or as its image is tagged; empty if neither.

    Raises:
        NotKnownError: The Deployment cannot be read.
    """
    said = _BUILD.search(facts.metrics.get()) if facts.metrics.is_known else None
    if said:
        return said[1]
    deployment = facts.deployment.get()
    _, tag = image_of(deployment) if deployment else ("", "")
    return tag.removeprefix("v")


def numbers_of(version: str) -> tuple[int, int] | None:
    """Return the first two numbers of a version; None where it is none."""
    found = _VERSION.fullmatch(version)
    numbers = (int(found[1]), int(found[2])) if found else (0, 0)
    return numbers if any(numbers) else None  # programs built from no release call themselves 0.0.0


def statuses(pod: Cursor) -> Iterator[Cursor]:
    """Yield the statuses of a Pod's containers."""
    yield from pod.each("status", "containerStatuses")


def is_ready(pod: Cursor) -> bool:
    """Tell whether a Pod is ready."""
    return any(
        (each.text("type"), each.text("status")) == ("Ready", "True")
        for each in pod.each("status", "conditions")
    )


def is_ending(pod: Cursor) -> bool:
    """Tell whether a Pod was deleted; it may lead, and answer, until it has ended."""
    return pod.has("metadata", "deletionTimestamp")


def account_of(deployment: Object) -> str:
    """Return the name of the ServiceAccount that the Pods run as."""
    return Cursor(deployment).text("spec", "template", "spec", "serviceAccountName") or "default"


def labels_match(selector: Cursor, labels: object) -> bool:
    """Tell whether a label selector with `matchLabels`, or a Service's, chooses labels."""
    wanted = selector.fields("matchLabels") or selector.fields()
    return bool(wanted) and isinstance(labels, dict) and wanted.items() <= labels.items()
